"""What an agent tells of its robot, drawn from what it knows."""

from __future__ import annotations

from muster_core.agent.run import Run
from muster_core.agent.state import AgentState
from muster_core.driver.protocol import DriverReport
from muster_core.ids import RobotId
from muster_core.robot import RobotMode, RobotReport


def picture(
    robot_id: RobotId, state: AgentState, report: DriverReport | None, run: Run | None
) -> RobotReport:
    """The robot's report; ``OFFLINE`` as long as the driver has said nothing."""
    told = RobotReport(
        robot_id=robot_id, epoch=state.epoch, outcomes=tuple(state.outcomes.values())
    )
    if state.attempt is not None:
        told.attempt_id = state.attempt.attempt_id
        told.step_index = state.steps_finished
        told.steps_total = len(state.attempt.steps)
    if report is None:
        told.message = "the driver has not reported yet"
        return told
    told.mode = _mode(state, report, run)
    told.message = report.fault
    told.x, told.y, told.heading = report.x, report.y, report.heading
    told.vertex = report.vertex
    told.battery = report.battery
    if run is not None and run.is_under_way:
        told.busy_s = report.remaining_s + run.later_s
    return told


def _mode(state: AgentState, report: DriverReport, run: Run | None) -> RobotMode:
    if report.fault:
        return RobotMode.FAULT
    if state.attempt is not None:
        return RobotMode.WORKING
    return RobotMode.IDLE if run is None else RobotMode.CHARGING
