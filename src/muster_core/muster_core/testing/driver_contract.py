"""What every driver must do, as checks to run on one: each gets a fresh :class:`DriverCase`.

A driver's own tests run them all::

    @pytest.mark.parametrize("check", DRIVER_CHECKS, ids=lambda check: check.__name__)
    def test_driver_keeps_contract(check):
        check(DriverCase(driver=..., now=..., go=Step("go", "shelf_1")))
"""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.clock import Instant
from muster_core.driver.protocol import DRIVER_API_VERSION, Driver, DriverReport, StepState
from muster_core.task import Step

STEP_S_MAX = 600.0
POLL_S = 0.05


@dataclass(slots=True, kw_only=True)
class DriverCase:
    """A fresh driver and what it can be asked.

    :param go: a step that takes the robot elsewhere and lasts a second at least.
    :param now: the virtual time; the checks move it on.
    """

    driver: Driver
    go: Step
    now: Instant

    def advance(self, duration_s: float = POLL_S) -> DriverReport:
        """The driver's report ``duration_s`` later."""
        self.now = self.now.later(duration_s)
        return self.driver.poll(self.now)

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
    assert driver.api_version == DRIVER_API_VERSION
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
