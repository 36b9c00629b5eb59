from __future__ import annotations

import pytest

from muster_core.explain import ordinal, spell_duration, spell_offset
from muster_core.explain.spelling import counted


@pytest.mark.parametrize(
    ("duration_s", "words"),
    [
        (-1, "0 s"), (0.04, "0 s"), (5, "5 s"), (4.24, "4.2 s"), (9.96, "10 s"), (59.4, "59 s"),
        (59.6, "1 min"), (84, "1 min 24 s"), (3600, "1 h"), (7500, "2 h 5 min"),
        (86_400 * 3 + 3600 * 4, "3 d 4 h"),
    ],
)  # fmt: skip
def test_durations_are_spelled_in_their_two_largest_units(duration_s: float, words: str) -> None:
    assert spell_duration(duration_s) == words


@pytest.mark.parametrize(
    ("offset_s", "words"),
    [
        (0, "+0:00"),
        (-0.2, "+0:00"),
        (12, "+0:12"),
        (75.6, "+1:16"),
        (3723, "+1:02:03"),
        (-5, "-0:05"),
    ],
)
def test_offsets_count_from_the_beginning(offset_s: float, words: str) -> None:
    assert spell_offset(offset_s) == words


def test_ordinals_follow_the_tens_and_teens() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip


def test_counts_agree_with_their_noun() -> None:
    assert (counted(1, "try"), counted(2, "try"), counted(0, "step")) == (
        "1 try",
        "2 tries",
        "0 steps",
    )
