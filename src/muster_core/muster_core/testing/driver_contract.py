"""What every driver must do, as checks to run on one: each gets a fresh :class:`DriverCase`.

A driver's own tests run them all::

    @pytest.mark.parametrize("check", DRIVER_CHECKS, ids=lambda check: check.__name__)
    def test_driver_keeps_contract(check):
        check(DriverCase(driver=..., now=..., go=Step("go", "shelf_1")))

Those of a :class:`WayDriver` run ``WAY_CHECKS`` as well, with ``way`` in the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from muster_core.clock import NS_PER_S, Instant
from muster_core.driver.protocol import (
    DRIVER_API_VERSION,
    DRIVER_API_VERSION_MIN,
    WAY_API_VERSION,
    Driver,
    DriverReport,
    StepState,
    Way,
    WayDriver,
)
from muster_core.task import Step

STEP_S_MAX = 600.0
POLL_S = 0.05


@dataclass(slots=True, kw_only=True)
class DriverCase:
    """A fresh driver and what it can be asked.

    :param go: a step that takes the robot elsewhere and lasts a second at least.
    :param now: the virtual time; the checks move it on.
    :param way: four vertices or more that the robot can drive along from where it stands, half a
        second from one to the next at least.
    """

    driver: Driver
    go: Step
    now: Instant
    way: tuple[str, ...] = ()

    @property
    def way_driver(self) -> WayDriver:
        """The driver, that of a robot which traffic can lead."""
        return cast(WayDriver, self.driver)

    def advance(self, duration_s: float = POLL_S) -> DriverReport:
        """The driver's report ``duration_s`` later."""
        self.now = self.now.later(duration_s)
        return self.driver.poll(self.now)

    def drive(self, first: int, last: int) -> None:
        """Have it drive along the part of ``way`` between these two vertices."""
        self.way_driver.drive(Way(first, self.way[first : last + 1]), self.now)

    def until_reached(self, number: int) -> DriverReport:
        """The first report of a vertex of that number, on ``way``."""
        for _ in range(int(STEP_S_MAX / POLL_S)):
            report = self.advance()
            if report.reached >= number:
                return report
        raise AssertionError(f"vertex {number} is not reached after {STEP_S_MAX} s: {report}")

    def until_standing(self) -> list[DriverReport]:
        """All reports until the step is not running any more."""
        reports = [self.driver.poll(self.now)]
        for _ in range(int(STEP_S_MAX / POLL_S)):
            if reports[-1].step_state is not StepState.RUNNING:
                return reports
            reports.append(self.advance())
        raise AssertionError(f"the step still runs after {STEP_S_MAX} s: {reports[-1]}")


def check_says_what_it_is(case: DriverCase) -> None:
    """It names itself, its interface's version and at least one verb."""
    driver = case.driver
    assert DRIVER_API_VERSION_MIN <= driver.api_version <= DRIVER_API_VERSION
    assert driver.name and driver.version and driver.verbs and driver.speed_mps_max > 0


def check_stands_before_first_step(case: DriverCase) -> None:
    """A fresh driver has no step, and a battery within 0 to 1."""
    report = case.driver.poll(case.now)
    assert report.step_state is StepState.NONE
    assert 0.0 <= report.battery <= 1.0


def check_finishes_step_with_growing_progress(case: DriverCase) -> None:
    """A step runs, its progress never falls, and it ends finished."""
    case.driver.start(case.go, case.now)
    reports = case.until_standing()
    assert len(reports) > 2, "the step ended too soon to check anything"
    progress = [report.progress for report in reports]
    assert progress == sorted(progress)
    assert progress[0] >= 0.0 and progress[-1] == 1.0
    assert reports[-1].step_state is StepState.FINISHED


def check_end_stays_until_next_step(case: DriverCase) -> None:
    """The end of a step is told for as long as nobody asks for anything else."""
    case.driver.start(case.go, case.now)
    case.until_standing()
    assert case.advance(5.0).step_state is StepState.FINISHED
    case.driver.stop(case.now)
    assert case.advance().step_state is StepState.FINISHED
    case.driver.start(Step("wait", duration_s=2.0), case.now)
    assert case.advance().step_state is StepState.RUNNING


def check_stops_at_safe_point(case: DriverCase) -> None:
    """A stopped step ends before its time, and not as finished."""
    case.driver.start(case.go, case.now)
    case.advance()
    case.driver.stop(case.now)
    assert case.until_standing()[-1].step_state is StepState.STOPPED


def check_can_go_on_after_stop(case: DriverCase) -> None:
    """After a stop the same step can be given again and finishes."""
    check_stops_at_safe_point(case)
    case.driver.start(case.go, case.now)
    assert case.until_standing()[-1].step_state is StepState.FINISHED


def check_does_not_stop_half_way_through_pick(case: DriverCase) -> None:
    """A pick that has begun is finished, whoever asks to stop."""
    case.driver.start(case.go, case.now)
    case.until_standing()
    case.driver.start(Step("pick", case.go.place), case.now)
    assert case.advance().step_state is StepState.RUNNING
    case.driver.stop(case.now)
    assert case.until_standing()[-1].step_state is StepState.FINISHED


def check_unknown_verb_fails_with_reason(case: DriverCase) -> None:
    """A verb it does not know is told by ``poll``, not raised."""
    case.driver.start(Step("somersault"), case.now)
    report = case.until_standing()[-1]
    assert report.step_state is StepState.FAILED
    assert "somersault" in report.message


def check_waits_as_long_as_asked(case: DriverCase) -> None:
    """A step's duration is the least it takes."""
    case.driver.start(Step("wait", duration_s=2.0), case.now)
    assert case.advance(0.01).step_state is StepState.RUNNING
    assert case.until_standing()[-1].step_state is StepState.FINISHED


def check_estimates_are_pure(case: DriverCase) -> None:
    """Asking how long steps take is answered with a finite number and changes nothing."""
    before = case.driver.poll(case.now)
    assert 0.0 <= case.driver.estimate_s((case.go, case.go), before.vertex) < STEP_S_MAX
    assert case.driver.poll(case.now) == before


def check_closes_twice(case: DriverCase) -> None:
    """Closing twice is fine."""
    case.driver.close()
    case.driver.close()


def check_drives_along_its_way(case: DriverCase) -> None:
    """It passes every vertex in order, tells them by number, and stands at the last one."""
    assert case.driver.api_version >= WAY_API_VERSION
    assert len(case.way) >= 4, "the case has no way"
    last = len(case.way) - 1
    case.drive(0, last)
    reports = case.until_standing()
    numbers = [report.reached for report in reports]
    assert numbers == sorted(numbers) and set(numbers) == set(range(last + 1))
    assert all(report.vertex == case.way[report.reached] for report in reports)
    assert all(
        report.next_vertex in ("", case.way[min(report.reached + 1, last)]) for report in reports
    )
    end = reports[-1]
    assert (end.step_state, end.vertex, end.next_vertex) == (
        StepState.FINISHED,
        case.way[-1],
        "",
    )


def check_stands_at_the_end_of_what_it_was_given(case: DriverCase) -> None:
    """It goes no farther, and on from there when it is given more."""
    case.drive(0, 1)
    assert case.until_standing()[-1].vertex == case.way[1]
    assert case.advance(60.0).vertex == case.way[1]
    case.drive(1, 3)
    end = case.until_standing()[-1]
    assert (end.step_state, end.vertex, end.reached) == (StepState.FINISHED, case.way[3], 3)


def check_goes_on_without_a_stop_when_its_way_is_made_longer(case: DriverCase) -> None:
    """A way that is made longer in time takes no longer than one that was whole from the start."""
    began = case.now
    case.drive(0, 1)
    case.advance()
    case.drive(0, 3)
    assert case.until_standing()[-1].vertex == case.way[3]
    took_ns = case.now.steady_ns - began.steady_ns
    case.drive(3, 3)
    assert case.until_standing()[-1].step_state is StepState.FINISHED
    back = tuple(reversed(case.way[:4]))
    began = case.now
    case.way_driver.drive(Way(3, back), case.now)
    assert case.until_standing()[-1].reached == 6
    assert abs(took_ns - (case.now.steady_ns - began.steady_ns)) <= 2 * POLL_S * NS_PER_S


def check_stands_where_its_way_was_made_shorter(case: DriverCase) -> None:
    """A way may be made shorter; the robot stands at its end, or at the next vertex after it."""
    case.drive(0, 3)
    case.advance()
    case.drive(0, 2)
    assert case.until_standing()[-1].reached == 2
    case.drive(2, 3)
    case.advance()
    case.drive(2, 2)
    end = case.until_standing()[-1]
    assert (end.step_state, end.vertex) == (StepState.FINISHED, case.way[end.reached])


def check_stops_its_drive_at_the_next_vertex(case: DriverCase) -> None:
    """A stop ends the drive before its end, at a vertex, and a further drive goes on from there."""
    case.drive(0, 3)
    case.until_reached(1)
    case.driver.stop(case.now)
    stopped = case.until_standing()[-1]
    assert stopped.step_state is StepState.STOPPED
    assert stopped.reached in (1, 2) and stopped.vertex == case.way[stopped.reached]
    assert stopped.next_vertex == ""
    case.drive(stopped.reached, 3)
    assert case.until_standing()[-1].vertex == case.way[3]


def check_tells_vertices_apart_that_it_passes_twice(case: DriverCase) -> None:
    """Numbers go on where a way turns back."""
    there_and_back = (*case.way[:3], case.way[1], case.way[0])
    case.way_driver.drive(Way(0, there_and_back), case.now)
    end = case.until_standing()[-1]
    assert (end.reached, end.vertex) == (4, case.way[0])
    case.way_driver.drive(Way(4, case.way[:2]), case.now)
    end = case.until_standing()[-1]
    assert (end.reached, end.vertex) == (5, case.way[1])


def check_does_steps_between_drives(case: DriverCase) -> None:
    """What it reached stays true while it does a step where it stands."""
    case.drive(0, 1)
    case.until_standing()
    case.driver.start(Step("wait", duration_s=0.5), case.now)
    assert case.until_standing()[-1].step_state is StepState.FINISHED
    case.drive(1, 2)
    end = case.until_standing()[-1]
    assert (end.reached, end.vertex) == (2, case.way[2])


DRIVER_CHECKS = (
    check_says_what_it_is,
    check_stands_before_first_step,
    check_finishes_step_with_growing_progress,
    check_end_stays_until_next_step,
    check_stops_at_safe_point,
    check_can_go_on_after_stop,
    check_does_not_stop_half_way_through_pick,
    check_unknown_verb_fails_with_reason,
    check_waits_as_long_as_asked,
    check_estimates_are_pure,
    check_closes_twice,
)
WAY_CHECKS = (
    check_drives_along_its_way,
    check_stands_at_the_end_of_what_it_was_given,
    check_goes_on_without_a_stop_when_its_way_is_made_longer,
    check_stands_where_its_way_was_made_shorter,
    check_stops_its_drive_at_the_next_vertex,
    check_tells_vertices_apart_that_it_passes_twice,
    check_does_steps_between_drives,
)
