"""What must hold of an agent whatever it is told, and whenever it is restarted."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from muster_core.agent import read_journal
from muster_core.agent.inputs import StopRequested
from muster_core.agent.records import (
    AttemptAccepted,
    AttemptDeclined,
    AttemptFinished,
    OutcomeAcknowledged,
)
from muster_core.ids import AttemptId
from muster_core.testing.driver import FAKE_VERBS
from muster_core.testing.robot import LEASE_S, Robot, steps

ATTEMPTS = st.sampled_from(["o/0#1", "o/0#2", "p/0#1"])
SOME = st.lists(ATTEMPTS, max_size=3, unique=True).map(tuple)
EPOCHS = st.integers(min_value=0, max_value=2)
VERBS = st.lists(st.sampled_from([*FAKE_VERBS, "juggle"]), max_size=4)


class AnyAgent(RuleBasedStateMachine):
    """Every rule is something the world may do at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.robot = Robot()
        self.epoch = 0
        self.owed: set[str] = set()
        self.acknowledged: set[str] = set()

    @rule(attempt=ATTEMPTS, verbs=VERBS, epoch=EPOCHS, lease_s=st.floats(0.0, 20.0))
    def offer(self, attempt, verbs, epoch, lease_s):
        self.robot.offer(attempt, steps(*verbs), epoch=epoch, lease_s=lease_s)

    @rule(epoch=EPOCHS, granted=SOME, revoked=SOME, acknowledged=SOME)
    def leases(self, epoch, granted, revoked, acknowledged):
        if epoch >= self.epoch:
            self.acknowledged |= set(acknowledged)
        self.robot.leases(epoch=epoch, granted=granted, revoked=revoked, acknowledged=acknowledged)

    @rule(duration_s=st.floats(0.1, 12.0), granting=st.booleans())
    def let_time_pass(self, duration_s, granting):
        self.robot.run(duration_s, granting=granting)

    @rule(attempt=ATTEMPTS)
    def request_stop(self, attempt):
        self.robot.put(StopRequested(AttemptId(attempt)))

    @rule()
    def fail_step(self):
        self.robot.driver.fail("stuck")

    @rule(fault=st.sampled_from(["", "emergency stop"]))
    def set_fault(self, fault):
        self.robot.driver.set_fault(fault)

    @rule(battery=st.floats(0.0, 1.0))
    def set_battery(self, battery):
        self.robot.driver.set_battery(battery)

    @rule()
    def restart(self):
        self.robot.restart()

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

    def teardown(self):
        self.robot.driver.set_fault("")
        self.robot.run(LEASE_S * 3)
        assert self.robot.core.state.attempt is None, "without grants every attempt ends"


AnyAgent.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnyAgent = AnyAgent.TestCase
