"""Claims about how often an agent looks at its driver."""

from __future__ import annotations

import pytest

from muster_core.agent.config import AgentConfig
from muster_core.agent.pace import STEP_END_S, pause_s
from muster_core.agent.run import Run
from muster_core.driver.protocol import DriverReport, StepState
from muster_core.task import Step

CONFIG = AgentConfig(site="site.yaml", tick_s=0.1, heartbeat_period_s=1.0)


def report(state: StepState, remaining_s: float = 0.0) -> DriverReport:
    return DriverReport(0.0, 0.0, 0.0, "a", 1.0, state, remaining_s=remaining_s)


def under_way() -> Run:
    return Run((Step("scan", "bay_1"),), is_under_way=True)


def test_idle_robot_is_looked_at_seldom_and_still_tells_itself_in_time() -> None:
    pause = pause_s(CONFIG, report(StepState.NONE), None, is_idle=True)
    assert CONFIG.tick_s < pause <= CONFIG.heartbeat_period_s / 4


@pytest.mark.parametrize(
    ("remaining_s", "pause"), [(7.0, 0.1), (0.04, 0.04), (0.001, STEP_END_S), (0.0, 0.1)]
)
def test_driver_is_asked_when_its_step_should_end(remaining_s: float, pause: float) -> None:
    running = report(StepState.RUNNING, remaining_s)
    assert pause_s(CONFIG, running, under_way(), is_idle=False) == pause


def test_step_that_began_just_now_is_asked_about_at_once() -> None:
    before = report(StepState.FINISHED)
    assert pause_s(CONFIG, before, under_way(), is_idle=False) == STEP_END_S


def test_promised_work_that_cannot_begin_yet_is_looked_at_every_tick() -> None:
    waiting = Run((Step("pick", "shelf_1"),))
    assert pause_s(CONFIG, report(StepState.NONE), waiting, is_idle=False) == CONFIG.tick_s
    assert pause_s(CONFIG, None, None, is_idle=False) == CONFIG.tick_s
