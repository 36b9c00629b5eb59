from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from muster_cli.chaos.checker import Kind, Verdict, check
from muster_cli.chaos.history import Body, DeadLetter, Entry, History

STEPS = ("go", "pick", "go", "place")
S = 10**9


@dataclass
class Run:
    """Writes a history: what Kafka and the robots' journals would hold."""

    orders: list[Body] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    epoch: int = 1
    now_s: int = 0

    def send(self, order_id: str, kind: str = "deliver") -> None:
        self.orders.append({"order_id": order_id, "kind": kind})

    def event(self, kind: str, order_id: str = "", **content: Any) -> None:
        seq = len(self.events) + 1
        event = {"seq": seq, "epoch": self.epoch, "type": kind, **content}
        self.events.append(event | ({"order_id": order_id} if order_id else {}))

    def journal(self, robot_id: str, kind: str, **content: Any) -> None:
        self.now_s += 1
        seq = 1 + sum(entry.robot_id == robot_id for entry in self.entries)
        self.entries.append(Entry(robot_id, seq, self.now_s * S, {"type": kind, **content}))

    def lead(self, epoch: int) -> None:
        self.epoch = epoch
        self.event("epoch_started")

    def assign(self, order_id: str, number: int, robot_id: str) -> None:
        names = {"task_id": f"{order_id}/1", "attempt_id": f"{order_id}/1/{number}"}
        self.event("task_assigned", order_id, robot_id=robot_id, **names)

    def take(self, order_id: str, number: int, robot_id: str) -> None:
        names = {"task_id": f"{order_id}/1", "attempt_id": f"{order_id}/1/{number}"}
        steps = [{"verb": verb} for verb in STEPS]
        self.journal(robot_id, "attempt_accepted", order_id=order_id, steps=steps, **names)

    def work(self, order_id: str, number: int, robot_id: str, *steps: int) -> None:
        for index in steps:
            attempt_id = f"{order_id}/1/{number}"
            for kind in ("step_begun", "step_finished"):
                self.journal(robot_id, kind, attempt_id=attempt_id, step_index=index)

    def doubt(self, order_id: str, number: int, robot_id: str, step: int) -> None:
        """The robot is killed in the middle of a step, and says so when it is back."""
        attempt_id = f"{order_id}/1/{number}"
        self.journal(robot_id, "step_begun", attempt_id=attempt_id, step_index=step)
        self.stop(order_id, number, robot_id, "failed", is_uncertain=True)

    def stop(
        self, order_id: str, number: int, robot_id: str, result: str = "succeeded", **told: Any
    ) -> None:
        outcome = {"attempt_id": f"{order_id}/1/{number}", "order_id": order_id, "result": result}
        self.journal(robot_id, "attempt_finished", outcome=outcome | told)

    def end(self, order_id: str, number: int, result: str = "succeeded") -> None:
        self.event("attempt_ended", order_id, attempt_id=f"{order_id}/1/{number}", result=result)

    def deliver(self, order_id: str, number: int, robot_id: str) -> None:
        """One attempt from its assignment to its good end."""
        self.assign(order_id, number, robot_id)
        self.take(order_id, number, robot_id)
        self.work(order_id, number, robot_id, 0, 1, 2, 3)
        self.stop(order_id, number, robot_id)
        self.end(order_id, number)

    def judge(self) -> Verdict:
        return check(self.history())

    def history(self, **changes: Any) -> History:
        journals: dict[str, tuple[Entry, ...]] = {}
        for entry in self.entries:
            journals[entry.robot_id] = (*journals.get(entry.robot_id, ()), entry)
        history = History(orders=tuple(self.orders), events=tuple(self.events), journals=journals)
        return replace(history, **changes)


@pytest.fixture
def run() -> Run:
    """Two orders delivered by two robots, one sent twice; the scheduler changed in between."""
    run = Run()
    run.lead(1)
    for order_id in ("a", "b", "a"):
        run.send(order_id)
    run.event("order_accepted", "a")
    run.event("order_accepted", "b")
    run.deliver("a", 1, "robot_1")
    run.event("order_completed", "a")
    run.lead(2)
    run.deliver("b", 1, "robot_2")
    run.event("order_completed", "b")
    return run


def found(verdict: Verdict, kind: Kind, invariant: str, order_id: str, words: str) -> bool:
    """Whether the verdict names exactly this kind of violation."""
    assert not verdict.is_kept
    return any(
        (each.kind, each.invariant, each.order_id) == (kind, invariant, order_id)
        and words in each.sentence
        for each in verdict.violations
    )


def test_a_run_that_kept_the_promise_has_no_violation(run: Run) -> None:
    verdict = run.judge()
    assert verdict.violations == ()
    assert verdict.is_kept
    assert verdict.ends == {"completed": 2}
    assert verdict.last_line(3) == "chaos: 2 orders, 3 kills, 2 ended once, 0 lost, 0 twice"


def test_an_order_that_never_ended_is_lost(run: Run) -> None:
    run.events.pop()
    verdict = run.judge()
    assert found(verdict, Kind.LOST, "I2", "b", "never ended")
    assert verdict.last_line(3) == "chaos: 2 orders, 3 kills, 1 ended once, 1 lost, 0 twice"


def test_an_order_that_was_never_accepted_is_lost(run: Run) -> None:
    run.send("c")
    assert found(run.judge(), Kind.LOST, "I1", "c", "never accepted")


def test_an_order_that_was_refused_is_lost_and_the_reason_told(run: Run) -> None:
    run.send("c")
    verdict = check(run.history(dead_letters=(DeadLetter("c", "no such place"),)))
    assert found(verdict, Kind.LOST, "I1", "c", "no such place")


def test_an_order_that_nobody_sent_is_found(run: Run) -> None:
    run.event("order_accepted", "ghost")
    assert found(run.judge(), Kind.OTHER, "I1", "ghost", "never sent")


def test_an_order_accepted_twice_is_found(run: Run) -> None:
    run.event("order_accepted", "a")
    assert found(run.judge(), Kind.TWICE, "I5", "a", "accepted 2 times")


def test_an_order_that_ended_twice_is_found(run: Run) -> None:
    run.event("order_failed", "a")
    verdict = run.judge()
    assert found(verdict, Kind.TWICE, "I2", "a", "completed, failed")
    assert verdict.last_line(1) == "chaos: 2 orders, 1 kills, 1 ended once, 0 lost, 1 twice"


def test_an_event_that_is_there_twice_is_found(run: Run) -> None:
    events = tuple(run.events)
    verdict = check(run.history(events=(*events[:4], events[3], *events[4:])))
    assert found(verdict, Kind.OTHER, "I7", "", "event 4 is in Kafka twice")
    assert verdict.last_line(1).endswith("0 lost, 0 twice, 1 other violations")


def test_events_out_of_order_are_found(run: Run) -> None:
    events = list(run.events)
    events[1], events[2] = events[2], events[1]
    verdict = check(run.history(events=tuple(events)))
    assert found(verdict, Kind.OTHER, "I7", "", "events 2 to 2 are not in Kafka before event 3")
    assert found(verdict, Kind.OTHER, "I7", "", "event 2 is in Kafka twice, or out of order")


def test_a_gap_in_the_events_is_found(run: Run) -> None:
    events = tuple(run.events)
    verdict = check(run.history(events=(*events[:3], *events[5:])))
    assert found(verdict, Kind.OTHER, "I7", "", "events 4 to 5 are not in Kafka")


def test_a_stream_that_does_not_begin_at_the_first_event_is_found(run: Run) -> None:
    verdict = check(run.history(events=tuple(run.events[1:])))
    assert found(verdict, Kind.OTHER, "I7", "", "events 1 to 1 are not in Kafka")


def test_an_epoch_that_does_not_grow_is_found(run: Run) -> None:
    run.lead(2)
    assert found(run.judge(), Kind.OTHER, "I4", "", "epoch 2 began")


def test_a_deposed_schedulers_event_is_found(run: Run) -> None:
    run.epoch = 1
    run.event("robot_silent", robot_id="robot_1")
    assert found(run.judge(), Kind.OTHER, "I4", "", "of epoch 1 amid events of epoch 2")


def test_a_delivery_done_by_two_robots_is_found(run: Run) -> None:
    run.deliver("b", 2, "robot_1")
    verdict = run.judge()
    assert found(verdict, Kind.TWICE, "I11", "b", "pick was done 2 times")
    assert found(verdict, Kind.TWICE, "I11", "b", "place was done 2 times")
    assert found(verdict, Kind.TWICE, "I2", "b", "after the order's end")
    assert verdict.last_line(0) == "chaos: 2 orders, 0 kills, 2 ended once, 0 lost, 1 twice"


def suspended(run: Run, order_id: str, *, answer: str) -> None:
    """A robot is lost after its pick, a person answers, another robot does it from the start."""
    run.send(order_id)
    run.event("order_accepted", order_id)
    run.assign(order_id, 1, "robot_1")
    run.take(order_id, 1, "robot_1")
    run.work(order_id, 1, "robot_1", 0, 1)
    run.stop(order_id, 1, "robot_1", "failed")
    run.end(order_id, 1, "lost")
    run.event("order_suspended", order_id, robot_id="robot_1")
    run.event("order_resolved", order_id, resolution=answer)


def test_a_second_pick_is_right_when_a_person_asked_for_it(run: Run) -> None:
    suspended(run, "c", answer="retry")
    run.deliver("c", 2, "robot_2")
    run.event("order_completed", "c")
    assert run.judge().violations == ()


def test_a_second_pick_behind_a_persons_back_is_found(run: Run) -> None:
    suspended(run, "c", answer="completed")
    run.deliver("c", 2, "robot_2")
    run.event("order_completed", "c")
    assert found(run.judge(), Kind.TWICE, "I11", "c", "pick was done 2 times")


def test_a_third_pick_needs_a_second_answer(run: Run) -> None:
    suspended(run, "c", answer="retry")
    run.deliver("c", 2, "robot_2")
    run.deliver("c", 3, "robot_1")
    run.event("order_completed", "c")
    assert found(run.judge(), Kind.TWICE, "I11", "c", "pick was done 3 times")


def test_an_item_may_be_picked_from_a_lost_robot_when_the_log_says_so(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.take("c", 1, "robot_1")
    run.work("c", 1, "robot_1", 0, 1)
    run.stop("c", 1, "robot_1", "failed")
    run.end("c", 1, "lost")
    run.event("task_revised", "c", task={"purpose": "fetch"})
    run.deliver("c", 2, "robot_2")
    run.event("order_completed", "c")
    assert run.judge().violations == ()
    run.event("attempt_started", "c")
    revised = next(event for event in run.events if event["type"] == "task_revised")
    revised["task"] = {"purpose": "resume"}
    assert found(run.judge(), Kind.TWICE, "I11", "c", "pick was done 2 times")


def test_a_pick_repeated_after_one_of_which_nobody_knows_is_found(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.take("c", 1, "robot_1")
    run.work("c", 1, "robot_1", 0)
    run.doubt("c", 1, "robot_1", 1)
    run.end("c", 1, "failed")
    run.deliver("c", 2, "robot_2")
    run.event("order_completed", "c")
    assert found(run.judge(), Kind.TWICE, "I11", "c", "pick was done 1 times, perhaps 2")


def test_a_pick_that_the_robot_knows_it_did_not_do_may_be_repeated(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.take("c", 1, "robot_1")
    run.journal("robot_1", "step_begun", attempt_id="c/1/1", step_index=1)
    run.stop("c", 1, "robot_1", "failed")
    run.end("c", 1, "failed")
    run.deliver("c", 2, "robot_2")
    run.event("order_completed", "c")
    assert run.judge().violations == ()


def test_a_completed_delivery_that_no_robot_placed_is_lost(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.take("c", 1, "robot_1")
    run.work("c", 1, "robot_1", 0, 1, 2)
    run.stop("c", 1, "robot_1")
    run.end("c", 1)
    run.event("order_completed", "c")
    assert found(run.judge(), Kind.LOST, "I2", "c", "no robot's journal tells")


def test_an_order_of_another_kind_needs_no_item(run: Run) -> None:
    run.send("c", kind="move")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.take("c", 1, "robot_1")
    run.work("c", 1, "robot_1", 0)
    run.stop("c", 1, "robot_1")
    run.end("c", 1)
    run.event("order_completed", "c")
    assert run.judge().violations == ()


def test_a_robot_given_a_second_task_is_found(run: Run) -> None:
    for order_id in ("c", "d"):
        run.send(order_id)
        run.event("order_accepted", order_id)
        run.assign(order_id, 1, "robot_1")
    for order_id in ("c", "d"):
        run.end(order_id, 1, "cancelled")
        run.event("order_cancelled", order_id)
    assert found(run.judge(), Kind.TWICE, "I3", "d", "robot robot_1 was given d/1/1")


def test_a_task_given_to_two_robots_is_found(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.assign("c", 2, "robot_2")
    run.end("c", 1, "cancelled")
    run.end("c", 2, "cancelled")
    run.event("order_cancelled", "c")
    assert found(run.judge(), Kind.TWICE, "I3", "c", "task c/1 was given c/1/2")


def test_an_attempt_that_never_ended_is_found(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.event("order_cancelled", "c")
    assert found(run.judge(), Kind.OTHER, "I2", "c", "c/1/1 on robot robot_1 never ended")


def test_an_attempt_that_ended_twice_is_found(run: Run) -> None:
    run.end("b", 1, "lost")
    assert found(run.judge(), Kind.OTHER, "I3", "b", "ended twice")


def test_two_robots_at_work_on_one_task_at_once_are_found(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.take("c", 1, "robot_1")
    run.end("c", 1, "lost")
    run.assign("c", 2, "robot_2")
    run.take("c", 2, "robot_2")
    run.work("c", 1, "robot_1", 0)  # it goes on though its lease must have run out
    run.stop("c", 1, "robot_1", "failed")
    run.work("c", 2, "robot_2", 0, 1, 2, 3)
    run.stop("c", 2, "robot_2")
    run.end("c", 2)
    run.event("order_completed", "c")
    verdict = run.judge()
    assert found(verdict, Kind.TWICE, "I3", "c", "robot robot_1 worked on task c/1 for 2.000 s")


def test_a_robot_that_wakes_up_to_the_end_of_its_attempt_has_not_worked_on_it(run: Run) -> None:
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.take("c", 1, "robot_1")
    run.end("c", 1, "lost")
    run.deliver("c", 2, "robot_2")
    run.event("order_completed", "c")
    run.journal("robot_1", "step_finished", attempt_id="c/1/1", step_index=0)
    run.now_s -= 1  # all in one moment: the way it had driven is over, and so is its lease
    run.stop("c", 1, "robot_1", "failed")
    assert run.judge().violations == ()


def test_a_robot_at_work_on_two_tasks_is_found(run: Run) -> None:
    run.take("a", 1, "robot_3")
    run.take("b", 1, "robot_3")
    assert found(run.judge(), Kind.OTHER, "I3", "", "robot robot_3 took a task beside a/1/1")


def test_work_on_an_attempt_that_the_robot_does_not_have_is_found(run: Run) -> None:
    run.journal("robot_1", "step_finished", attempt_id="a/1/1", step_index=3)
    assert found(run.judge(), Kind.OTHER, "I3", "", "robot robot_1 tells of a/1/1")


def test_work_that_the_log_gave_to_nobody_is_found(run: Run) -> None:
    run.take("b", 7, "robot_1")
    run.stop("b", 7, "robot_1", "cancelled")
    assert found(run.judge(), Kind.TWICE, "I1", "b", "b/1/7, which the log gave to nobody")


def test_work_that_the_log_gave_to_another_robot_is_found(run: Run) -> None:
    run.take("b", 1, "robot_1")
    run.stop("b", 1, "robot_1", "cancelled")
    assert found(run.judge(), Kind.TWICE, "I1", "b", "which the log gave to robot robot_2")


def test_an_attempt_begun_again_is_found(run: Run) -> None:
    run.take("b", 1, "robot_2")
    run.stop("b", 1, "robot_2", "cancelled")
    assert found(run.judge(), Kind.TWICE, "I3", "b", "b/1/1 was begun twice")


def test_a_robot_left_with_an_open_attempt_is_found(run: Run) -> None:
    run.entries.pop()
    assert found(run.judge(), Kind.OTHER, "I2", "b", "robot robot_2 has not ended b/1/1")


def test_musters_own_probe_of_a_robot_is_nobodys_order(run: Run) -> None:
    run.event("order_accepted", "probe/robot_1/9")
    run.assign("probe/robot_1/9", 1, "robot_1")
    run.take("probe/robot_1/9", 1, "robot_1")
    verdict = run.judge()
    assert verdict.violations == ()
    assert verdict.orders == 2


def test_a_robot_that_is_given_work_beside_its_probe_is_found(run: Run) -> None:
    run.event("order_accepted", "probe/robot_1/9")
    run.assign("probe/robot_1/9", 1, "robot_1")
    run.send("c")
    run.event("order_accepted", "c")
    run.assign("c", 1, "robot_1")
    run.end("c", 1, "cancelled")
    run.event("order_cancelled", "c")
    assert found(run.judge(), Kind.TWICE, "I3", "c", "robot robot_1 was given c/1/1")
