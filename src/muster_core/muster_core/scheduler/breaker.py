"""The circuit breaker: a robot that fails repeatedly rests, and shows by a probe that it works.

After Nygard (Release It!, 2007): closed while all is well, open for a pause after so many failures
in a row, half open while one harmless task, a short way by itself, tells how the robot is.
"""

from __future__ import annotations

from muster_core import __version__
from muster_core import events as ev
from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import OrderId, RobotId, task_id
from muster_core.order import OWN_ORDERS, Order, content_digest
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.records import RobotRecord
from muster_core.scheduler.roster import Roster
from muster_core.site import PlaceKind, Site
from muster_core.task import Step, Task, TaskPurpose
from muster_core.trace import make_traceparent


class Breaker:
    """Bars robots and makes their probe tasks."""

    def __init__(
        self, config: SchedulerConfig, recorder: Recorder, *, roster: Roster, site: Site
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._ledger = recorder.ledger
        self._roster = roster
        self._site = site

    def use_site(self, site: Site) -> None:
        """Go by this site from now on."""
        self._site = site

    def watch(self, now: Instant) -> list[tuple[RobotId, Task]]:
        """Bar the robots that failed too often. Returns the probe tasks that are to be given now.

        A robot that failed its probe is barred again at once, for twice as long.
        """
        due: list[tuple[RobotId, Task]] = []
        for robot_id, robot in self._ledger.robots.items():
            failures_max = 1 if robot.bars else self._config.breaker_failures_max
            if robot.failures >= failures_max:
                self._bar(robot_id, robot, now)
            elif robot.bars and self._is_probe_due(robot_id, robot, now):
                due.append((robot_id, self._make_probe(robot_id, now)))
        return due

    def _bar(self, robot_id: RobotId, robot: RobotRecord, now: Instant) -> None:
        pause_s = self._config.breaker_pause_s * 2.0 ** min(robot.bars, 30)
        pause_s = min(pause_s, self._config.breaker_pause_s_max)
        what = "its probe failed" if robot.bars else f"{robot.failures} failures in a row"
        event = ev.RobotBarred(
            robot_id=robot_id,
            failures=robot.failures,
            reason=f"{what}; it rests for {pause_s:g} s",
            probe_not_before_ns=now.wall_ns + int(pause_s * NS_PER_S),
        )
        self._recorder.emit(event, now)

    def _is_probe_due(self, robot_id: RobotId, robot: RobotRecord, now: Instant) -> bool:
        left_ns = robot.probe_not_before_ns - now.wall_ns
        # A wait beyond the longest pause means that the clock was set back.
        is_over = left_ns <= 0 or left_ns > self._config.breaker_pause_s_max * NS_PER_S
        return is_over and not self._roster.excluded(robot_id, robot, now, is_probe=True)

    def _make_probe(self, robot_id: RobotId, now: Instant) -> Task:
        """An order of Muster's own, accepted and planned."""
        place = self._goal(robot_id)
        order_id = OrderId(f"{OWN_ORDERS}{robot_id}/{self._ledger.seq + 1}")
        order = Order(
            order_id=order_id, kind="move", places=(place,), priority=0, requester="muster"
        )
        digest = content_digest(order)
        trace = make_traceparent(order_id, digest)
        accepted = ev.OrderAccepted(
            order_id=order_id, order=order, digest=digest, traceparent=trace
        )
        self._recorder.emit(accepted, now)
        task = Task(
            task_id(order_id, 0),
            order_id,
            (Step("go", place),),
            capabilities=("go",),
            purpose=TaskPurpose.PROBE,
            robot_id=robot_id,
        )
        planned = ev.OrderPlanned(
            order_id=order_id,
            tasks=(task,),
            policy="breaker",
            policy_version=__version__,
            traceparent=trace,
        )
        self._recorder.emit(planned, now)
        return task

    def _goal(self, robot_id: RobotId) -> str:
        """A parking place, where there is one, that is not where the robot stands."""
        here = self._roster.presences[robot_id].report.vertex
        parking = self._site.places_of_kind(PlaceKind.PARKING)
        places = parking or tuple(self._site.places.values())
        is_open = [place for place in places if not self._site.is_closed(place.vertex)] or places
        away = [place for place in is_open if place.vertex != here]
        return (away or is_open)[0].name
