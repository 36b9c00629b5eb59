"""A robot under traffic: what it holds, where it wants to go, and what its driver is to drive.

Traffic's reports and releases go in and out here, and nothing else of the agent knows of them. The
robot drives along what was released to it, with a task and without (it gives way), and stands at
its end; so nothing here needs traffic to be there.

A robot whose agent has just started holds nothing until it stands: what its agent before held is
still held in its name, and it may yet be on its way along that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from muster_core.agent.abilities import Abilities
from muster_core.agent.config import AgentConfig
from muster_core.agent.effects import Drive, Effect, ReportTraffic
from muster_core.agent.run import Run
from muster_core.agent.state import AgentState
from muster_core.clock import NS_PER_S, Instant
from muster_core.driver.protocol import DriverReport, StepState, Way
from muster_core.errors import SiteError
from muster_core.ids import RobotId
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion, TrafficReport
from muster_core.traffic.stretch import Stretch


class Driving:
    """Leads the driver along the robot's stretch. ``goal`` is the vertex it wants to get to.

    :param state: what the journal knows: which start of the agent this is, and the newest of
        traffic's epochs.
    """

    def __init__(
        self,
        config: AgentConfig,
        robot_id: RobotId,
        *,
        abilities: Abilities,
        state: AgentState,
        now: Instant,
    ) -> None:
        self.epoch = state.traffic_epoch
        self.goal = ""
        # The vertices of which any will do.
        self._goals: tuple[str, ...] = ()
        self._moved_ns: int | None = None
        self._config = config
        self._robot_id = robot_id
        assert abilities.ground is not None, "a robot that traffic leads knows its site"
        self._ground = abilities.ground
        self._estimate_s = abilities.estimate_s
        self._session = state.incarnation
        self._stretch: Stretch | None = None
        self._place = (0.0, 0.0)
        # The way given last, while the driver is on it; None once it stands.
        self._given: Way | None = None
        self._has_driven = False
        self._is_stopping = False
        self._is_standing = False
        self._retry_ns = now.steady_ns
        self._whole_s = self._progress = 0.0
        self._told: object = None
        self._report_ns = now.steady_ns

    # What is true

    @property
    def is_placed(self) -> bool:
        """Whether it is known what the robot holds."""
        return self._stretch is not None

    @property
    def held(self) -> tuple[str, ...]:
        """The vertices that the robot is at or may drive to; none before it has stood once."""
        return () if self._stretch is None else self._stretch.held

    @property
    def is_under_way(self) -> bool:
        """Whether the driver is on a way that it was given."""
        return self._given is not None

    @property
    def has_arrived(self) -> bool:
        """Whether the robot stands at its goal, or another that will do, and drives no farther."""
        stretch = self._stretch
        is_at_end = stretch is not None and not stretch.ahead and stretch.vertex in self._goals
        return bool(self.goal) and is_at_end and not self.is_under_way

    @property
    def ignored(self) -> int:
        """Releases that were old, or meant for an agent before this one."""
        return 0 if self._stretch is None else self._stretch.ignored

    # What is heard

    def hear_driver(self, report: DriverReport, now: Instant) -> str:
        """Take in where the robot is; why it drives no farther, though it should, or empty."""
        self._place = (report.x, report.y)
        is_standing = self._is_standing = report.step_state is not StepState.RUNNING
        was_stopping = self._is_stopping
        self._is_stopping = was_stopping and not is_standing
        stretch = self._stretch
        if stretch is None:
            if is_standing and report.vertex:
                self._stretch = self._stand(report)
            return ""
        if self._has_driven:
            self._reach(stretch, report)
        given = self._given
        if given is None or not is_standing:
            return ""
        self._given = None
        if was_stopping or (report.step_state is StepState.FINISHED and stretch.at >= given.last):
            return ""
        self._retry_ns = now.later(self._config.drive_retry_s).steady_ns
        return _trouble(report)

    def hear_traffic(self, epoch: int, release: Release | None) -> None:
        """A traffic of that epoch calls the roll, or releases something.

        None before it is obeyed any more. Old and foreign releases change nothing.
        """
        stretch = self._stretch
        if stretch is None:
            self.epoch = max(epoch, self.epoch)
            return
        if release is None or release.robot_id != self._robot_id:
            stretch.call_roll(epoch)
        else:
            stretch.accept(release)
        self.epoch = stretch.epoch

    def stop(self) -> None:
        """The driver is told to stop at the next vertex: give it no way until it stands."""
        self._is_stopping = True

    # Steps

    def begin(self, run: Run, vertex: str) -> None:
        """Have the robot get to where the step ``go`` of ``run`` leads, or fail the step.

        :param vertex: where the robot is.
        """
        place = run.step.place
        try:
            goal = self._ground.vertex_of(place)
        except SiteError as error:
            run.fail(str(error), is_known=True)
            return
        self._goals = (goal,)
        if run.is_before_takeover:  # that vertex is taken
            self._goals = self._ground.neighbours_of(goal, vertex)
        if not self._goals:
            run.fail(f"no vertex next to {place!r} can be reached from here", is_known=True)
            return
        self.goal = self._goals[0]
        self._moved_ns = None
        self._whole_s = self._estimate_s((run.step,), vertex)
        self._progress = 0.0

    def as_step(self, run: Run | None, report: DriverReport | None) -> DriverReport | None:
        """``report`` as it were if the driver did the steps ``go`` of ``run`` by itself."""
        if run is None or report is None or not (run.is_under_way and run.is_go):
            return report
        remaining_s = self._estimate_s((run.step,), report.vertex)
        if self._whole_s:
            self._progress = max(self._progress, 1.0 - remaining_s / self._whole_s)
        return replace(report, progress=self._progress, remaining_s=remaining_s)

    def has_finished(self, run: Run, report: DriverReport, trouble: str) -> bool:
        """Whether the step ``go`` of ``run`` is done. It fails here if it can go on no longer.

        :param trouble: what :meth:`hear_driver` said of ``report``.
        """
        if run.stop is not None:
            run.is_under_way = self.is_under_way
        elif report.fault:
            run.fail(f"the robot needs a person: {report.fault}", is_known=True)
        elif trouble:
            run.fail(trouble, is_known=True)
        else:
            return self.has_arrived
        return False

    # What is to be done

    def effects(self, run: Run | None, motion: Motion, now: Instant) -> Iterator[Effect]:
        """What the driver and traffic are to be told now.

        :param run: the robot's, as it is now.
        :param motion: what the robot can do about its place.
        """
        if run is None or not run.is_under_way or not run.is_go or run.stop is not None:
            self.goal = ""
        stretch = self._stretch
        if stretch is None:
            return
        self._change_goal(now)
        way = None if self._is_stopping else self._way(stretch, motion, now)
        if way is not None:
            self._given, self._has_driven = way, True
            yield Drive(way)
        report = self._due_report(stretch, motion, now)
        if report is not None:
            yield ReportTraffic(report)

    def farewell(self) -> TrafficReport | None:
        """The report with which the agent ends: the robot comes to stand, and stays there."""
        stretch = self._stretch
        if stretch is None:
            return None
        x, y = self._place
        return stretch.report(motion=Motion.STOPPED, x=x, y=y)

    # How

    def _stand(self, report: DriverReport) -> Stretch:
        return Stretch(
            self._robot_id,
            session=self._session,
            vertex=report.vertex,
            next_vertex=report.next_vertex,
            epoch=self.epoch,
            edge_length_m=self._ground.edge_length_m,
            length_m=self._config.tail_m,
        )

    def _reach(self, stretch: Stretch, report: DriverReport) -> None:
        stretch.reach(min(max(stretch.at, report.reached), stretch.end))
        if self._config.tail_m and stretch.ahead:
            # As the crow flies: on a bent edge the robot is farther, and leaves what it holds late.
            stretch.go_past(self._ground.distance_m(stretch.vertex, self._place))

    def _way(self, stretch: Stretch, motion: Motion, now: Instant) -> Way | None:
        given, at = self._given, stretch.at
        may_drive = motion is Motion.MOVABLE and not stretch.is_halted
        if given is None:
            may_drive = may_drive and self._is_standing and now.steady_ns >= self._retry_ns
            is_due = may_drive and bool(stretch.ahead)
            return Way(at, (stretch.vertex, *stretch.ahead)) if is_due else None
        if may_drive:
            last = stretch.end
        elif motion is Motion.BUSY:
            return None  # it is to work where it stands, and stands soon
        else:
            last = min(at + 1, given.last)
        if last == given.last:
            return None
        return Way(at, (stretch.vertex, *stretch.ahead[: last - at]))

    def _change_goal(self, now: Instant) -> None:
        """Of several goals, try the next one when the robot has stood for long: it is blocked.

        A lost robot may hold vertices round it that it was to drive to; nobody here knows of them.
        """
        if not self.goal or len(self._goals) == 1:
            return
        if self.is_under_way or self._moved_ns is None:
            self._moved_ns = now.steady_ns
        elif now.steady_ns >= self._moved_ns + int(self._config.drive_retry_s * NS_PER_S):
            self._moved_ns = now.steady_ns
            index = self._goals.index(self.goal) + 1
            self.goal = self._goals[index % len(self._goals)]

    def _due_report(self, stretch: Stretch, motion: Motion, now: Instant) -> TrafficReport | None:
        motion = self._told_motion(motion, now)
        news = (stretch.held, stretch.at, stretch.epoch, stretch.is_halted, self.goal, motion)
        if news == self._told and now.steady_ns < self._report_ns:
            return None
        self._told = news
        self._report_ns = now.later(self._config.traffic_report_period_s).steady_ns
        x, y = self._place
        return stretch.report(goal=self.goal, motion=motion, x=x, y=y)

    def _told_motion(self, motion: Motion, now: Instant) -> Motion:
        """A robot that could not drive on counts as stopped until it tries again."""
        is_waiting = now.steady_ns < self._retry_ns
        return Motion.STOPPED if is_waiting and motion is Motion.MOVABLE else motion


def motion_of(run: Run | None, report: DriverReport | None, *, is_adrift: bool) -> Motion:
    """What the robot can do about its place.

    :param is_adrift: whether its lease ran out and no scheduler was heard since: where it stands
        is where it is looked for.
    """
    if report is None or report.fault:
        return Motion.STOPPED
    if run is None or run.is_ending:
        return Motion.STOPPED if is_adrift else Motion.MOVABLE
    return Motion.MOVABLE if run.step.verb == "go" else Motion.BUSY


def _trouble(report: DriverReport) -> str:
    match report.step_state:
        case StepState.FAILED:
            return report.message or report.fault or "no reason given"
        case StepState.STOPPED:
            return "the driver stopped by itself"
        case StepState.NONE:
            return "the driver has forgotten its way"
        case _:
            return "the driver stands, and not at the end of its way"
