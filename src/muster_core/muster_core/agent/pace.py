"""How often an agent looks at its driver: seldom while idle, and when a step is to end."""

from __future__ import annotations

from muster_core.agent.config import AgentConfig
from muster_core.agent.run import Run
from muster_core.driver.protocol import DriverReport, StepState

IDLE_SHARE = 0.25
"""Of a heartbeat's period: how often an idle robot is looked at, so that heartbeats are on time."""

STEP_END_S = 0.01
"""The shortest pause, about as long as it takes to tell others of a step's end."""


def pause_s(
    config: AgentConfig, report: DriverReport | None, run: Run | None, *, is_idle: bool
) -> float:
    """How long the driver need not be asked, and no time looked at, if nothing is heard, s.

    :param report: the driver's last one.
    :param run: what the robot is taken through.
    :param is_idle: nothing is under way, and nothing was promised.
    """
    if is_idle:
        return max(config.tick_s, config.heartbeat_period_s * IDLE_SHARE)
    if report is None or run is None or not run.is_under_way:
        return config.tick_s
    if report.step_state is not StepState.RUNNING:
        # It is of before the step began: when this one ends is not known yet.
        return min(config.tick_s, STEP_END_S)
    expected_s = report.remaining_s or config.tick_s  # 0 = the driver does not know
    return min(config.tick_s, max(expected_s, STEP_END_S))
