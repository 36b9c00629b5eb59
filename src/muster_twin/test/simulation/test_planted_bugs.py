"""The checker is itself checked: each planted bug is found, by the invariant that it breaks."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from muster_core.agent import read_journal
from muster_core.agent.core import AgentCore
from muster_core.agent.permission import Permission
from muster_core.agent.promises import Promises
from muster_core.agent.records import StepBegun
from muster_core.agent.state import AgentState
from muster_core.agent.worker import Worker
from muster_core.driver.protocol import Way
from muster_core.gateway.event_export import EventExport
from muster_core.gateway.order_import import OrderImport
from muster_core.scheduler import attempts, core, lease_book, sagas
from muster_core.scheduler.effects import Reply, SendTask
from muster_core.scheduler.engine import Engine
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.requests import Requests
from muster_core.scheduler.roster import Roster
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.holdings import Holdings
from muster_core.traffic.inputs import TrafficReport
from muster_core.traffic.stretch import Stretch
from muster_twin.simulation.driver import BodyDriver
from muster_twin.simulation.floor import neighbours_of
from muster_twin.simulation.run import run_seed

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug, the invariant it breaks, and how to plant it."""

    name: str
    invariant: str
    plant: Patch


BUGS: list[Bug] = []


def breaks(invariant: str) -> Callable[[Patch], Patch]:
    """Register a bug under the name of the function that plants it."""

    def register(plant: Patch) -> Patch:
        BUGS.append(Bug(plant.__name__, invariant, plant))
        return plant

    return register


@breaks("I1")
def acknowledge_before_the_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Engine._commit

    def hasty(self: Any, now: Any) -> None:
        effects, self._held = self._held, []
        for effect in effects:
            self._outlets.perform(effect)
        commit(self, now)

    monkeypatch.setattr(Engine, "_commit", hasty)


@breaks("I1")
def drop_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts.Attempts, "take_outcome", lambda *_: True)


@breaks("I1")
def confirm_a_cancel_without_recording_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cancel = Requests.cancel

    def confirm(self: Any, request: Any, now: Any) -> Reply:
        order = self._ledger.orders.get(request.order_id)
        if order is None:
            return cancel(self, request, now)
        return Reply(request.reply_to, None, None)

    monkeypatch.setattr(Requests, "cancel", confirm)


@breaks("I1")
def commit_orders_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    received = OrderImport.on_order_received

    def finish_at_once(self: Any, item: Any) -> None:
        received(self, item)
        self._finish(item.position, self._held[item.position])

    monkeypatch.setattr(OrderImport, "on_order_received", finish_at_once)


@breaks("I2")
def lose_a_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "_on_order_cancel_requested", lambda *_: None)


@breaks("I2")
def take_a_failure_for_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    finish = AgentCore._finish

    def boast(self: Any, stop: Any, *, is_uncertain: bool) -> None:
        from muster_core.task import OutcomeResult

        finish(self, replace(stop, result=OutcomeResult.SUCCEEDED), is_uncertain=False)

    monkeypatch.setattr(AgentCore, "_finish", boast)


@breaks("I3")
def assign_two_robots(monkeypatch: pytest.MonkeyPatch) -> None:
    send = core.SchedulerCore._send_task

    def send_twice(self: Any, robot_id: Any, attempt: Any, now: Any) -> None:
        send(self, robot_id, attempt, now)
        effect = self._effects[-1]
        assert isinstance(effect, SendTask)
        for other, presence in self.roster.presences.items():
            if other != robot_id:
                heard = presence.report.report_number
                self._effects.append(replace(effect, robot_id=other, heard_report=heard))

    monkeypatch.setattr(core.SchedulerCore, "_send_task", send_twice)


@breaks("I3")
def give_more_work_to_full_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "_hand", lambda *_: None)


@breaks("I4")
def ignore_the_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    step = AgentCore.step

    def believe(self: Any, item: Any, now: Any) -> None:
        epoch = getattr(item, "epoch", None)
        if epoch is not None and epoch < self.state.epoch:
            item = replace(item, epoch=self.state.epoch)
        step(self, item, now)

    monkeypatch.setattr(AgentCore, "step", believe)


@breaks("I4")
def lead_under_the_same_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    start = core.SchedulerCore.start

    def go_on(self: Any, scheduler: str, now: Any, *, epoch_min: int = 0) -> None:
        self.ledger.epoch = max(0, self.ledger.epoch - 1)
        start(self, scheduler, now, epoch_min=0)

    monkeypatch.setattr(core.SchedulerCore, "start", go_on)


@breaks("I5")
def accept_a_changed_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    def accept(self: Any, request: Any, known: Any, digest: str) -> Reply:
        return Reply(request.reply_to, None, None, is_duplicate=True)

    monkeypatch.setattr(Requests, "_answer_duplicate", accept)


@breaks("I6")
def change_the_state_without_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    emit = Recorder.emit

    def emit_and_meddle(self: Any, event: Any, now: Any) -> None:
        emit(self, event, now)
        for robot in self.ledger.robots.values():
            robot.failures = 0

    monkeypatch.setattr(Recorder, "emit", emit_and_meddle)


@breaks("I6")
def forget_what_was_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    apply = AgentState.apply

    def apply_twice(self: Any, record: Any) -> None:
        apply(self, record)
        if type(record).__name__ == "OutcomeAcknowledged":
            self.ended.clear()

    def replay(journal: Any, *, attempts_remembered_max: int) -> AgentState:
        state = AgentState(attempts_remembered_max)
        for record in read_journal(journal):
            apply(state, record)
        return state

    monkeypatch.setattr(AgentState, "apply", apply_twice)
    monkeypatch.setattr("muster_twin.simulation.invariants.replay.fold_journal", replay)


@breaks("I7")
def export_out_of_order(monkeypatch: pytest.MonkeyPatch) -> None:
    produce = EventExport._produce

    def reverse(self: Any, pending: Any, now: Any) -> None:
        self._buffer = deque(reversed(self._buffer))
        produce(self, pending, now)

    monkeypatch.setattr(EventExport, "_produce", reverse)


@breaks("I7")
def export_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    match = EventExport._match

    def match_and_step_back(self: Any, page: Any, now: Any) -> bool:
        is_found = match(self, page, now)
        self._tail -= is_found
        return is_found

    monkeypatch.setattr(EventExport, "_match", match_and_step_back)


@breaks("I9")
def keep_every_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Promises, "is_owing_all_it_can", False)
    record = Promises.record

    def never_forget(self: Any, item: Any) -> None:
        if type(item).__name__ != "OutcomeAcknowledged":
            record(self, item)

    monkeypatch.setattr(Promises, "record", never_forget)


@breaks("I11")
def work_on_without_a_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Permission, "is_over", lambda *_: False)


@breaks("I11")
def reassign_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_unheard(self: Any, robot_id: Any, now: Any) -> bool:
        return not self.is_alive(robot_id, now)

    monkeypatch.setattr(Roster, "has_lease_run_out", is_unheard)


@breaks("I11")
def let_a_lease_run_from_its_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    step = AgentCore.step

    def remember_now(self: Any, item: Any, now: Any) -> None:
        self._permission.now_ns = now.steady_ns
        step(self, item, now)

    def end_ns(self: Any, grant: Any, duration_s: float) -> int:
        return self._lease.end_ns(self.now_ns, duration_s)

    monkeypatch.setattr(AgentCore, "step", remember_now)
    monkeypatch.setattr(Permission, "_end_ns", end_ns)


@breaks("I11")
def repeat_after_a_pick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sagas, "whereabouts", lambda *_: sagas.Whereabouts.UNTOUCHED)


@breaks("I11")
def pick_without_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (core, lease_book):
        monkeypatch.setattr(module, "steps_permitted", lambda task: len(task.task.steps))


@breaks("I1")
def forget_that_a_pick_began(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Promises.record

    def omit(self: Any, item: Any) -> None:
        if not isinstance(item, StepBegun):
            record(self, item)

    monkeypatch.setattr(Promises, "record", omit)


@breaks("I1")
def pick_before_the_journal_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def turn(self: Any, batch: Any, now: Any) -> Any:
        from muster_core.agent.inputs import DriverReported, Ticked

        self._core.step(DriverReported(self._driver.poll(now)), now)
        for item in batch or [Ticked()]:
            self._core.step(item, now)
        ready = self._core.ready(now)
        for effect in ready.effects:
            yield
            self._perform(effect, now)
        self._append(ready, now)

    monkeypatch.setattr(Worker, "turn", turn)


@breaks("I8")
def release_what_another_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Holdings, "others", lambda *_: ())


@breaks("I8")
def free_a_vertex_before_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Stretch.report

    def boast(self: Any, **said: Any) -> TrafficReport:
        told, reached = report(self, **said), self.at
        if self.end == reached:
            return told
        # As if it were at the next vertex once it may set off for that. Its position would tell.
        held = told.held[reached + 1 - told.left :]
        return replace(told, left=reached + 1, at=reached + 1, held=held, x=None, y=None)

    monkeypatch.setattr(Stretch, "report", boast)


@breaks("I8")
def obey_an_old_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = Stretch.accept

    def obey(self: Any, release: Any) -> bool:
        self.epoch, self._newest_release = 0, 0
        return accept(self, release)

    monkeypatch.setattr(Stretch, "accept", obey)


@breaks("I8")
def forget_what_was_held_at_a_restart_of_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrafficCore, "_on_robot_known", lambda *_: None)


@breaks("I8")
def open_before_the_roll_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    call_roll = TrafficCore._call_roll

    def open_at_once(self: Any, now: Any) -> None:
        call_roll(self, now)
        self._is_open = True

    monkeypatch.setattr(TrafficCore, "_call_roll", open_at_once)


@breaks("I8")
def drive_on_without_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    drive = BodyDriver.drive

    def overrun(self: Any, way: Any, now: Any) -> None:
        ahead = sorted(neighbours_of(way.vertices[-1]))
        drive(self, Way(way.first, (*way.vertices, ahead[0])), now)

    monkeypatch.setattr(BodyDriver, "drive", overrun)


SEEDS_MAX = 200


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bug_is_found_by_the_invariant_that_it_breaks(
    bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug.plant(monkeypatch)
    found: Counter[str] = Counter()
    for seed in range(SEEDS_MAX):
        violation = run_seed(seed).violation
        if violation is not None:
            found[violation.invariant] += 1
            # A bug may break several at once; its own must be among the first to be found.
            if violation.invariant == bug.invariant:
                return
    pytest.fail(f"{SEEDS_MAX} seeds found {dict(found)}")
