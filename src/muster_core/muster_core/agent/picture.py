"""What an agent tells of its robot, drawn from what it knows."""

from __future__ import annotations

from muster_core.agent.run import Errand, Run
from muster_core.agent.state import AgentState
from muster_core.driver.protocol import DriverReport
from muster_core.ids import RobotId
from muster_core.robot import RobotMode, RobotReport


def picture(
    robot_id: RobotId,
    state: AgentState,
    report: DriverReport | None,
    run: Run | None,
    *,
    alone: str = "",
    battery_low: float = 0.0,
) -> RobotReport:
    """The robot's report; ``OFFLINE`` as long as the driver has said nothing.

    :param alone: what is to be said of the scheduler's silence; empty when nothing is.
    :param battery_low: charge below which it takes no work, whether or not it can charge now.
    """
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
    told.message = report.fault or _message(run, alone)
    if told.mode is RobotMode.IDLE and report.battery < battery_low:
        told.mode = RobotMode.CHARGING
        told.message = f"the battery is at {report.battery:.0%} and it cannot charge yet"
    told.x, told.y, told.heading = report.x, report.y, report.heading
    told.vertex = report.vertex
    told.battery = report.battery
    if run is not None and run.errand is not Errand.PARK:
        told.busy_s = run.busy_s(report)
    return told


def _message(run: Run | None, alone: str) -> str:
    parks = f"parks at {run.steps[-1].place}" if run and run.errand is Errand.PARK else ""
    return ", ".join(part for part in (alone, parks) if part)


def _mode(state: AgentState, report: DriverReport, run: Run | None) -> RobotMode:
    if report.fault:
        return RobotMode.FAULT
    if state.attempt is not None:
        return RobotMode.WORKING
    # A robot that goes to park can be given work at once.
    is_charging = run is not None and run.errand is Errand.CHARGE
    return RobotMode.CHARGING if is_charging else RobotMode.IDLE
