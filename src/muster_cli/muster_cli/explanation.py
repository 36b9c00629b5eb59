"""A story on the terminal: a headline, where the time went, and an indented timeline."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from muster_cli.question import answer_text
from muster_cli.styles import STATE_STYLES
from muster_core.clock import NS_PER_S, utc_text
from muster_core.explain import Moment, Story, Tone, spell_duration, spell_offset, wish_words
from muster_core.explain.narrator import MOMENTS_SIDE_MAX

_TONES = {
    Tone.PLAIN: "default",
    Tone.GOOD: "bold green",
    Tone.BAD: "red",
    Tone.ASKING: "bold magenta",
}
_GAP_COLUMNS = 2
_INDENT_COLUMNS = 4
_WORDS_COLUMNS_MIN = 20
_TOOK_S_MIN = 0.05
"""What took less is told without its duration."""


def print_explanation(story: Story, console: Console) -> None:
    """Print the story for people."""
    console.print(_headline(story))
    console.print(_times(story))
    console.print()
    offsets = [spell_offset(_offset_s(moment, story)) for moment in story.moments]
    width = max(map(len, offsets))
    for number, (offset, moment) in enumerate(zip(offsets, story.moments, strict=True)):
        if number == MOMENTS_SIDE_MAX and story.moments_left_off:
            console.print(f"... {story.moments_left_off} more are left out ...", style="dim")
        _print_moment(moment, f"{offset:>{width}}", console)
    if story.question:
        console.print()
        console.print(answer_text(story.order_id))


def _headline(story: Story) -> Text:
    text = Text(story.order_id, style="bold")
    text.append(f"  {wish_words(story.order)}  ", style="default")
    text.append(story.state.value, style=STATE_STYLES.get(story.state.value, "default"))
    return text


def _times(story: Story) -> Text:
    times = story.times
    total_s = (story.until_ns - story.accepted_ns) / NS_PER_S
    parts = [
        f"{words} {spell_duration(duration_s)}"
        for words, duration_s in (
            ("waiting", times.waiting_s),
            ("driving", times.driving_s),
            ("handling", times.handling_s),
            ("waiting for a person", times.person_s),
        )
        if duration_s >= _TOOK_S_MIN
    ]
    until = "took" if story.ended_ns else "so far"
    begun = f"accepted {utc_text(story.accepted_ns)[:19].replace('T', ' ')} UTC"
    words = f"{begun}; {until} {spell_duration(total_s)}"
    return Text(f"{words}: {', '.join(parts)}" if parts else words, style="dim")


def _print_moment(moment: Moment, offset: str, console: Console) -> None:
    """The moment after its offset; what does not fit goes on below its beginning."""
    margin = len(offset) + _GAP_COLUMNS + _INDENT_COLUMNS * moment.depth
    text = Text("now: " if moment.event == "now" else "", style="bold")
    text.append(moment.words, style=_TONES[moment.tone])
    if moment.took_s >= _TOOK_S_MIN:
        text.append(f" ({spell_duration(moment.took_s)})", style="dim")
    lines = text.wrap(console, max(console.width - margin, _WORDS_COLUMNS_MIN))
    for number, line in enumerate(lines):
        line.rstrip()
        head = offset.ljust(margin) if number == 0 else " " * margin
        console.print(Text(head, style="dim").append_text(line), soft_wrap=True)


def _offset_s(moment: Moment, story: Story) -> float:
    return (moment.wall_ns - story.accepted_ns) / NS_PER_S
