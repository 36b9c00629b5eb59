"""Report numbers only grow, and tell when a report was made."""

from __future__ import annotations

from muster_core.agent.report_numbers import ReportNumbers
from muster_core.clock import Instant
from muster_core.robot import INCARNATIONS_MAX, split_report_number
from muster_core.testing.robot import Robot

START = Instant(10**18, 5 * 10**9)


def test_number_tells_incarnation_and_time():
    numbers = ReportNumbers(7, START)
    number = numbers.next(START.later(1.5))
    assert split_report_number(number) == (7, 1500)
    assert numbers.made_ns(number) == START.later(1.5).steady_ns


def test_reports_of_one_millisecond_have_different_numbers():
    numbers = ReportNumbers(1, START)
    made = [numbers.next(START.later(0.001)) for _ in range(5)]
    made.append(numbers.next(START.later(0.002)))
    assert made == sorted(set(made))


def test_numbers_of_other_starts_are_not_its_own():
    numbers = ReportNumbers(2, START)
    newest = numbers.next(START.later(1.0))
    before = ReportNumbers(1, START).next(START.later(9.0))
    after = ReportNumbers(3, START).next(START)
    assert [numbers.is_made(number) for number in (0, before, newest, newest + 1, after)] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert [numbers.is_foreign(number) for number in (0, before, newest, newest + 1, after)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_the_last_incarnation_still_fits_the_message():
    number = ReportNumbers(INCARNATIONS_MAX - 1, START).next(START.later(1e9))
    assert number < 2**64


def test_numbers_grow_over_restarts_and_reactivations():
    robot = Robot()
    for again in (robot.restart, robot.reactivate, robot.restart):
        robot.run(3.0)
        again()
        again()
    robot.run(1.0)
    numbers = [report.report_number for report in robot.published]
    assert numbers == sorted(set(numbers))
    assert len({number >> 40 for number in numbers}) >= 5


def test_start_is_on_disk_before_its_first_report():
    robot = Robot()
    robot.restart()
    robot.put(crash_after=1)  # before the journal was written
    told = len(robot.published)
    robot.put()
    assert split_report_number(robot.published[told].report_number)[0] == 2
