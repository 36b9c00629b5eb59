"""Cold spares: robots in reserve that are called when another is lost."""

from __future__ import annotations

from muster_core import events as ev
from muster_core.clock import Instant
from muster_core.ids import RobotId
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.roster import Roster
from muster_core.states import RobotStanding


class Spares:
    """Calls and releases the robots that the configuration names as spares."""

    def __init__(self, config: SchedulerConfig, recorder: Recorder, roster: Roster) -> None:
        self._names = tuple(RobotId(name) for name in config.spares)
        self._recorder = recorder
        self._ledger = recorder.ledger
        self._roster = roster

    def watch(self, now: Instant) -> bool:
        """Call a spare for each lost robot, as long as there are any. Whether one was called."""
        if not self._names:
            return False
        robots = self._ledger.robots
        lost = [
            robot_id
            for robot_id, robot in robots.items()
            if robot.standing is RobotStanding.SILENT and robot_id not in self._names
        ]
        for name in self._names:
            self._release(name, lost, now)
        replaced = {robots[name].instead_of for name in self._names if name in robots}
        missing = [robot_id for robot_id in lost if robot_id not in replaced]
        called = list(zip(missing, self._free(now), strict=False)) if missing else []
        for robot_id, name in called:
            self._recorder.emit(ev.SpareCalled(robot_id=name, instead_of=robot_id), now)
        return bool(called)

    def _free(self, now: Instant) -> list[RobotId]:
        robots = self._ledger.robots
        return [
            name
            for name in self._names
            if name in robots
            and not robots[name].instead_of
            and not robots[name].bars
            and robots[name].standing is RobotStanding.FREE
            and self._roster.is_alive(name, now)
        ]

    def _release(self, name: RobotId, lost: list[RobotId], now: Instant) -> None:
        robot = self._ledger.robots.get(name)
        if robot is None or not robot.instead_of or robot.instead_of in lost:
            return
        if robot.standing is RobotStanding.FREE:
            event = ev.SpareReleased(robot_id=name, instead_of=robot.instead_of)
            self._recorder.emit(event, now)
