"""Claims about trace contexts."""

from __future__ import annotations

import pytest

from muster_core.trace import is_traceparent, make_traceparent, trace_id

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_made_traceparent_is_valid_and_repeatable() -> None:
    made = make_traceparent("o-1", 5)
    assert is_traceparent(made)
    assert made == make_traceparent("o-1", 5) != make_traceparent("o-2", 5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD.upper(),
        GOOD.replace("00-", "ff-", 1),
        GOOD[:-1],
        GOOD + "-x",
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
    ],
)
def test_what_is_no_traceparent_has_no_trace_id(text: str) -> None:
    assert not is_traceparent(text)
    assert trace_id(text) == ""


def test_trace_id_is_the_shared_part() -> None:
    assert trace_id(GOOD) == "0af7651916cd43dd8448eb211c80319c"
