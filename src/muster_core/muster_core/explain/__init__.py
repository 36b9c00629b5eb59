"""What happened to one order and why, in words: ``explain`` makes a ``Story`` from its events."""

from muster_core.explain.narrator import Narrator, explain
from muster_core.explain.record import story_record
from muster_core.explain.spelling import ordinal, spell_duration, spell_offset
from muster_core.explain.story import Choice, Moment, Present, StepTold, Story, Times, Tone, Try
from muster_core.explain.words import wish_words

__all__ = [
    "Choice",
    "Moment",
    "Narrator",
    "Present",
    "StepTold",
    "Story",
    "Times",
    "Tone",
    "Try",
    "explain",
    "ordinal",
    "spell_duration",
    "spell_offset",
    "story_record",
    "wish_words",
]
