"""Claims about the state tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster_core.errors import IllegalTransitionError
from muster_core.states import (
    ATTEMPT_TABLE,
    ORDER_TABLE,
    ROBOT_TABLE,
    TASK_TABLE,
    OrderState,
    TaskState,
    diagram,
    transition,
)

ARCHITECTURE = Path(__file__).parents[2] / "README.md"
TABLES = {"order": ORDER_TABLE, "task": TASK_TABLE, "attempt": ATTEMPT_TABLE, "robot": ROBOT_TABLE}


@pytest.mark.parametrize("state", [state for state in OrderState if state.is_final])
def test_nothing_happens_to_an_order_that_has_ended(state: OrderState) -> None:
    assert not [before for before, _ in ORDER_TABLE if before is state]


@pytest.mark.parametrize("state", [state for state in TaskState if state.is_final])
def test_nothing_happens_to_a_task_that_has_ended(state: TaskState) -> None:
    assert not [before for before, _ in TASK_TABLE if before is state]


def test_every_order_can_end_in_each_way_from_wherever_a_robot_may_have_it() -> None:
    for event in ("order_completed", "order_failed", "order_cancelled"):
        assert transition(ORDER_TABLE, "order", "o-1", OrderState.ACTIVE, event).is_final


def test_illegal_transition_names_the_noun_its_state_and_the_event() -> None:
    sentence = r"order 'o-1' is 'completed'.*'task_assigned'"
    with pytest.raises(IllegalTransitionError, match=sentence):
        transition(ORDER_TABLE, "order", "o-1", OrderState.COMPLETED, "task_assigned")


@pytest.mark.parametrize("noun", TABLES)
def test_architecture_page_shows_the_tables_as_they_are(noun: str) -> None:
    if not ARCHITECTURE.exists():
        pytest.skip("the architecture page is not beside the package")
    assert diagram(TABLES[noun]) in ARCHITECTURE.read_text()
