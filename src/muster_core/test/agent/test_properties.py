"""What must hold of an agent whatever it is told, however late, and wherever it crashes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from muster_core.agent import fold, read_journal, shortest
from muster_core.agent.inputs import Grant, Input, LeasesReceived, StopRequested, TaskOffered
from muster_core.agent.records import (
    AttemptAccepted,
    AttemptDeclined,
    AttemptFinished,
    OutcomeAcknowledged,
    StepBegun,
)
from muster_core.clock import NS_PER_S
from muster_core.ids import AttemptId
from muster_core.robot import make_report_number
from muster_core.task import REPEATABLE_VERBS
from muster_core.testing.driver import FAKE_VERBS
from muster_core.testing.robot import LEASE_S, REMEMBERED_MAX, Begun, Robot, steps

ATTEMPTS = st.sampled_from(["o/0#1", "o/0#2", "p/0#1"])
SOME = st.lists(ATTEMPTS, max_size=3, unique=True).map(tuple)
EPOCHS = st.integers(min_value=0, max_value=2)
VERBS = st.lists(st.sampled_from([*FAKE_VERBS, "juggle"]), max_size=4)
WORK = st.lists(st.sampled_from(["go", "pick", "place"]), min_size=1, max_size=4)
PERMITTED = st.integers(min_value=0, max_value=4)
# Long enough that the kept back share covers the milliseconds by which numbers may run ahead.
LEASES_S = st.floats(0.1, 20.0)
# How many reports ago the one was made that the scheduler had heard: messages are late, repeated
# and out of order. Negative: it never was made.
HEARD_AGO = st.sampled_from([0, 0, 0, 1, 2, 5, 20, 100, -1])
# Pieces of a turn that are done before the agent crashes.
CRASHES = st.none() | st.none() | st.integers(min_value=0, max_value=5)


class Given(NamedTuple):
    """A grant of this start of the agent that was good for something when it got it."""

    attempt_id: AttemptId
    steps_permitted: int
    ends_ns: int


class WatchedRobot(Robot):
    """Keeps, apart from the agent, when it made its reports and what it was then given."""

    def __init__(self) -> None:
        self.sent: list[Input] = []
        self.given: list[Given] = []
        self.made_ns: dict[int, int] = {}
        super().__init__()

    def _open(self) -> None:
        self.made_ns.clear()
        self.given.clear()
        super()._open()

    def put(self, *items, crash_after=None):
        self.sent.extend(items)
        for item in items:
            if isinstance(item, TaskOffered):
                self.give(item.grant, item.lease_s)
            elif isinstance(item, LeasesReceived) and item.epoch >= self.core.state.epoch:
                for grant in item.granted:
                    self.give(grant, item.duration_s)
        return super().put(*items, crash_after=crash_after)

    def publish(self, report, now):
        super().publish(report, now)
        self.made_ns[report.report_number] = now.steady_ns

    def give(self, grant: Grant, duration_s: float) -> None:
        made_ns = self.made_ns.get(grant.heard_report, -(10**18))
        ends_ns = made_ns + round(duration_s * NS_PER_S)
        if ends_ns > self.now.steady_ns:
            self.given.append(Given(grant.attempt_id, grant.steps_permitted, ends_ns))

    def on_begun(self, begun):
        super().on_begun(begun)
        given = [given for given in self.given if given.attempt_id == begun.attempt_id]
        if begun.attempt_id:
            assert any(begun.step_index < one.steps_permitted for one in given)
            assert any(begun.now.steady_ns < one.ends_ns for one in given)


class AnyAgent(RuleBasedStateMachine):
    """Every rule is something the world may do at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.robot = WatchedRobot()
        self.epoch = 0
        self.offered = 0
        self.owed: set[str] = set()
        self.acknowledged: set[str] = set()
        self.failed: set[tuple[str, int]] = set()

    def number(self, heard_ago: int) -> int:
        published = self.robot.published
        if heard_ago < 0:
            return make_report_number(self.robot.core.state.incarnation + 1, 0)
        return published[max(0, len(published) - 1 - heard_ago)].report_number

    @rule(
        attempt=ATTEMPTS,
        verbs=VERBS,
        epoch=EPOCHS,
        lease_s=LEASES_S,
        permitted=PERMITTED,
        heard_ago=HEARD_AGO,
        crash_after=CRASHES,
    )
    def offer(self, attempt, verbs, epoch, lease_s, permitted, heard_ago, crash_after):
        self.robot.offer(
            attempt,
            steps(*verbs),
            epoch=epoch,
            lease_s=lease_s,
            steps_permitted=permitted,
            heard_report=self.number(heard_ago),
            crash_after=crash_after,
        )

    @rule(
        epoch=EPOCHS,
        granted=SOME,
        revoked=SOME,
        acknowledged=SOME,
        duration_s=LEASES_S,
        permitted=PERMITTED,
        heard_ago=HEARD_AGO,
        crash_after=CRASHES,
    )
    def leases(
        self, epoch, granted, revoked, acknowledged, duration_s, permitted, heard_ago, crash_after
    ):
        if epoch >= self.epoch:
            self.acknowledged |= set(acknowledged)
        self.robot.leases(
            epoch=epoch,
            granted=granted,
            revoked=revoked,
            acknowledged=acknowledged,
            duration_s=duration_s,
            steps_permitted=permitted,
            heard_report=self.number(heard_ago),
            crash_after=crash_after,
        )

    @rule(work=WORK, permitted=PERMITTED, crash_after=CRASHES, duration_s=st.floats(0.0, 2.0))
    def offer_fresh_work(self, work, permitted, crash_after, duration_s):
        self.robot.driver.set_fault("")
        self.robot.driver.set_battery(1.0)
        self.robot.run(3.0, granting=True)
        self.offered += 1
        self.robot.offer(
            f"w/0#{self.offered}",
            steps(*work),
            epoch=self.epoch,
            steps_permitted=permitted,
            crash_after=crash_after,
        )
        self.robot.run(duration_s)

    @rule(permitted=PERMITTED, lease_s=LEASES_S, crash_after=CRASHES, duration_s=st.floats(0, 2))
    def grant_what_it_has(self, permitted, lease_s, crash_after, duration_s):
        attempt = self.robot.core.state.attempt
        if attempt is not None:
            self.robot.leases(
                granted=(attempt.attempt_id,),
                duration_s=lease_s,
                steps_permitted=permitted,
                crash_after=crash_after,
            )
            self.robot.run(duration_s)

    @rule(ago=st.integers(min_value=1, max_value=30), crash_after=CRASHES)
    def deliver_again(self, ago, crash_after):
        self.robot.put(*self.robot.sent[-ago:][:1], crash_after=crash_after)

    @rule(duration_s=st.floats(0.1, 3.0), granting=st.booleans())
    def let_time_pass(self, duration_s, granting):
        self.robot.run(duration_s, granting=granting)

    @rule(duration_s=st.floats(3.0, 20.0), crash_after=CRASHES)
    def stall(self, duration_s, crash_after):
        self.robot.now = self.robot.now.later(duration_s)
        self.robot.put(crash_after=crash_after)

    @rule(duration_s=st.floats(0.0, 1.0), crash_after=CRASHES)
    def tick(self, duration_s, crash_after):
        self.robot.now = self.robot.now.later(duration_s)
        self.robot.put(crash_after=crash_after)

    @rule(attempt=ATTEMPTS)
    def request_stop(self, attempt):
        self.robot.put(StopRequested(AttemptId(attempt)))

    @rule()
    def fail_step(self):
        self.failed |= {(begun.attempt_id, begun.step_index) for begun in self.robot.begun[-1:]}
        self.robot.driver.fail("stuck")

    @rule()
    def forget_step(self):
        self.robot.driver.forget()

    @rule(fault=st.sampled_from(["", "emergency stop"]))
    def set_fault(self, fault):
        self.robot.driver.set_fault(fault)

    @rule(battery=st.floats(0.0, 1.0))
    def set_battery(self, battery):
        self.robot.driver.set_battery(battery)

    @rule(is_driver_kept=st.booleans())
    def restart(self, is_driver_kept):
        self.robot.restart(is_driver_kept=is_driver_kept)

    @rule()
    def reactivate(self):
        self.robot.reactivate()

    @invariant()
    def epoch_never_decreases(self):
        assert self.robot.report.epoch >= self.epoch
        self.epoch = self.robot.report.epoch

    @invariant()
    def outcomes_go_only_when_acknowledged(self):
        owed = {outcome.attempt_id for outcome in self.robot.report.outcomes}
        assert self.owed - owed <= self.acknowledged
        self.owed = owed
        self.acknowledged -= owed

    @invariant()
    def at_most_one_attempt_at_once_and_one_outcome_each(self):
        running, accepted, ended = None, Counter(), Counter()
        for record in read_journal(self.robot.journal):
            if isinstance(record, AttemptAccepted):
                assert running is None
                running = record.attempt_id
                accepted[running] += 1
            elif isinstance(record, AttemptFinished):
                assert record.outcome.attempt_id == running
                running = None
                ended[record.outcome.attempt_id] += 1
            elif isinstance(record, AttemptDeclined):
                ended[record.outcome.attempt_id] += 1
            elif isinstance(record, OutcomeAcknowledged):
                assert ended[record.attempt_id] == 1
        assert all(count == 1 for count in (*accepted.values(), *ended.values()))
        assert set(accepted) - set(ended) == ({running} if running else set())

    @invariant()
    def what_is_told_is_on_disk_and_numbers_grow(self):
        numbers = [report.report_number for report in self.robot.published]
        assert all(older < newer for older, newer in pairwise(numbers))
        ended = self.robot.kept().ended
        told = (outcome for report in self.robot.published for outcome in report.outcomes)
        assert all(ended[outcome.attempt_id] == outcome for outcome in told)

    @invariant()
    def what_cannot_be_repeated_is_begun_once(self):
        begun = Counter(step[:2] for step in self.robot.begun if cannot_be_repeated(step))
        assert all(count == 1 for count in begun.values())

    @invariant()
    def attempt_ends_uncertain_where_nobody_said_how_the_step_ended(self):
        last_begun = {
            record.attempt_id: record.step_index
            for record in read_journal(self.robot.journal)
            if isinstance(record, StepBegun)
        }
        for attempt_id, outcome in self.robot.core.state.ended.items():
            index = last_begun.get(attempt_id)
            has_begun = index is not None and outcome.steps_finished == index
            assert outcome.is_uncertain <= has_begun
            if has_begun and not outcome.is_uncertain:
                assert (attempt_id, index) in self.failed

    @invariant()
    def short_journal_tells_the_same(self):
        kept = self.robot.kept()
        assert fold(shortest(kept), attempts_remembered_max=REMEMBERED_MAX) == kept

    def teardown(self):
        self.robot.driver.set_fault("")
        self.robot.run(LEASE_S * 3)
        assert self.robot.core.state.attempt is None, "without grants every attempt ends"


def cannot_be_repeated(begun: Begun) -> bool:
    return bool(begun.attempt_id) and begun.step.verb not in REPEATABLE_VERBS


AnyAgent.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnyAgent = AnyAgent.TestCase
