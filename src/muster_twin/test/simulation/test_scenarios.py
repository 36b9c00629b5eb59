"""Scenarios hold: what they print now is what their files say.

``python3 -m pytest src/muster_twin/test/simulation/test_scenarios.py --rewrite`` writes the files
anew; read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from muster_twin.simulation.scenario import Scenario, ScenarioError, rerun

SCENARIOS = sorted(Path(__file__).with_name("scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_comes_out_as_it_is_written(path: Path, request: pytest.FixtureRequest) -> None:
    written = path.read_text()
    present = rerun(written)
    if request.config.getoption("--rewrite", default=False):
        path.write_text(present)
        return
    assert present == written


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 8


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("sing", "'sing' is no command; commands are fleet, submit"),
        ("run 5", "'5' is no duration; write 5s"),
        ("crash robot_9", "'robot_9' is no process; there are policy, scheduler_1"),
        ("crash robot_1 at lunch", "'lunch' is not a valid Pause"),
        ("carry o-1 shelf_1", "'carry o-1 shelf_1' cannot be done: 'o-1'"),
        ("submit", "'submit' cannot be done"),
    ],
)
def test_command_that_cannot_be_done_says_why(line: str, sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence.replace("(", r"\(")):
        Scenario().do(line)


def test_fleet_is_made_once() -> None:
    with pytest.raises(ScenarioError, match="the fleet is there already"):
        rerun("run 1s\n\nfleet robots=3\n")
