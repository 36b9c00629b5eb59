"""The judge: whether a run kept the promise, by Kafka's topics and the robots' journals alone.

Rules for editors: pure; every rule is a function over the history that yields violations, and has a
test that shows it a history which breaks it. Nothing here may ask, or share code with, what is
judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from muster_cli.chaos.attempts import Attempt, read_attempts
from muster_cli.chaos.history import Body, History

ENDS = {
    "order_completed": "completed",
    "order_failed": "failed",
    "order_cancelled": "cancelled",
}
HANDLING_VERBS = ("pick", "place")
"""What must not be done twice: after it the world is not what it was."""
OWN_ORDERS = "probe/"
"""How ids of Muster's own orders begin: a robot that failed moves a little, to show that it works.

Nobody sent them, and one may be under way when the run ends.
"""


class Kind(str, Enum):
    """What a violation means for its order."""

    LOST = "lost"
    TWICE = "twice"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that cannot be if Muster keeps its promise.

    :param invariant: the one that is broken, as in ``I2``.
    :param order_id: empty when it is about no one order.
    """

    kind: Kind
    invariant: str
    order_id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgment over a run.

    :param ends: orders by how they ended.
    """

    orders: int
    ended_once: int
    ends: Counter[str]
    violations: tuple[Violation, ...]

    @property
    def is_kept(self) -> bool:
        """Whether the promise was kept."""
        return not self.violations and self.ended_once == self.orders

    def number_of(self, kind: Kind) -> int:
        """Orders with a violation of this kind; of ``OTHER``, violations."""
        found = [violation for violation in self.violations if violation.kind is kind]
        if kind is Kind.OTHER:
            return len(found)
        return len({violation.order_id for violation in found})

    def last_line(self, kills: int) -> str:
        """The line that a chaos run ends with."""
        others = self.number_of(Kind.OTHER)
        return (
            f"chaos: {self.orders} orders, {kills} kills, {self.ended_once} ended once, "
            f"{self.number_of(Kind.LOST)} lost, {self.number_of(Kind.TWICE)} twice"
            + (f", {others} other violations" if others else "")
        )


def check(history: History) -> Verdict:
    """The judgment over what a run left behind, once everything has come to rest."""
    attempts: list[Attempt] = []
    violations = list(_check_stream(history.events))
    # What follows is judged by each event once: that one is there twice has been said.
    events = {event["seq"]: event for event in reversed(history.events)}
    history = replace(history, events=tuple(reversed(events.values())))
    for journal in history.journals.values():
        found, problems = read_attempts(journal)
        attempts.extend(found)
        violations += [Violation(Kind.OTHER, "I3", "", problem) for problem in problems]
    violations += _check_orders(history)
    violations += _check_given_attempts(history.events)
    violations += _check_taken_attempts(history.events, attempts)
    violations += _check_work(history, attempts)
    violations += _check_overlaps(attempts)
    ends = _ends(history.events)
    once = [name for name in history.order_ids() if len(ends[name]) == 1]
    return Verdict(
        orders=len(history.order_ids()),
        ended_once=len(once),
        ends=Counter(ends[name][0] for name in once),
        violations=tuple(violations),
    )


def nothing_known(orders: int) -> Verdict:
    """The judgment over a run that broke off before anything could be read."""
    return Verdict(orders, 0, Counter(), ())


def _ends(events: Iterable[Body]) -> defaultdict[str, list[str]]:
    """How each order ended, by its id; more than one entry is one too many."""
    ends: defaultdict[str, list[str]] = defaultdict(list)
    for event in events:
        if event["type"] in ENDS:
            ends[event["order_id"]].append(ENDS[event["type"]])
    return ends


def _check_stream(events: Iterable[Body]) -> Iterator[Violation]:
    """I7: the log in its order, each event once, from the first on. I4: epochs only grow."""
    expected, epoch = 1, 0
    for event in events:
        seq = event["seq"]
        if seq < expected:
            yield Violation(Kind.OTHER, "I7", "", f"event {seq} is in Kafka twice, or out of order")
            continue
        if seq > expected:
            sentence = f"events {expected} to {seq - 1} are not in Kafka before event {seq}"
            yield Violation(Kind.OTHER, "I7", "", sentence)
        expected = seq + 1
        if event["type"] == "epoch_started" and event["epoch"] <= epoch:
            sentence = f"epoch {event['epoch']} began at event {seq} after epoch {epoch}"
            yield Violation(Kind.OTHER, "I4", "", sentence)
        elif event["epoch"] != epoch and event["type"] != "epoch_started":
            sentence = f"event {seq} is of epoch {event['epoch']} amid events of epoch {epoch}"
            yield Violation(Kind.OTHER, "I4", "", sentence)
        epoch = max(epoch, event["epoch"])


def _check_orders(history: History) -> Iterator[Violation]:
    """I1, I2, I5: each order that was sent was accepted once and ended once, and no other was."""
    accepted = Counter(
        event["order_id"] for event in history.events if event["type"] == "order_accepted"
    )
    ends = _ends(history.events)
    refusals = {letter.order_id: letter.reason for letter in history.dead_letters}
    sent = history.order_ids()
    for order_id in sent:
        if not accepted[order_id]:
            why = f"was refused: {refusals[order_id]}" if order_id in refusals else "never accepted"
            yield Violation(Kind.LOST, "I1", order_id, why)
        elif not ends[order_id]:
            yield Violation(Kind.LOST, "I2", order_id, "was accepted and never ended")
        if accepted[order_id] > 1:
            told = f"was accepted {accepted[order_id]} times"
            yield Violation(Kind.TWICE, "I5", order_id, told)
        if len(ends[order_id]) > 1:
            yield Violation(Kind.TWICE, "I2", order_id, f"ended: {', '.join(ends[order_id])}")
    for order_id in sorted((accepted.keys() | ends.keys()) - set(sent)):
        if order_id.startswith(OWN_ORDERS):
            continue
        yield Violation(Kind.OTHER, "I1", order_id, "was never sent")


def _check_given_attempts(events: Iterable[Body]) -> Iterator[Violation]:
    """I3 by the log: a task and a robot have one attempt at a time, each ends, none after all."""
    open_by_task: dict[str, str] = {}
    open_by_robot: dict[str, str] = {}
    given: dict[str, Body] = {}
    ended: set[str] = set()
    over: set[str] = set()
    for event in events:
        order_id, attempt_id = event.get("order_id", ""), event.get("attempt_id", "")
        if event["type"] in ENDS:
            over.add(order_id)
        elif event["type"] == "task_assigned":
            robot_id, task_id = event["robot_id"], event["task_id"]
            for what, held in (
                (f"task {task_id}", open_by_task.get(task_id)),
                (f"robot {robot_id}", open_by_robot.get(robot_id)),
            ):
                if held is not None:
                    told = f"{what} was given {attempt_id} while it had {held}"
                    yield Violation(Kind.TWICE, "I3", order_id, told)
            if attempt_id in given:
                told = f"attempt {attempt_id} was given a second time"
                yield Violation(Kind.TWICE, "I3", order_id, told)
            if order_id in over:
                told = f"robot {robot_id} was given {attempt_id} after the order's end"
                yield Violation(Kind.TWICE, "I2", order_id, told)
            open_by_task[task_id] = open_by_robot[robot_id] = attempt_id
            given[attempt_id] = event
        elif event["type"] == "attempt_ended":
            if attempt_id not in given or attempt_id in ended:
                told = f"attempt {attempt_id} ended twice, or was never given"
                yield Violation(Kind.OTHER, "I3", order_id, told)
                continue
            ended.add(attempt_id)
            open_by_task.pop(given[attempt_id]["task_id"], None)
            open_by_robot.pop(given[attempt_id]["robot_id"], None)
    for attempt_id, event in given.items():
        if attempt_id not in ended and not event["order_id"].startswith(OWN_ORDERS):
            told = f"attempt {attempt_id} on robot {event['robot_id']} never ended"
            yield Violation(Kind.OTHER, "I2", event["order_id"], told)


def _check_taken_attempts(
    events: Iterable[Body], attempts: Iterable[Attempt]
) -> Iterator[Violation]:
    """Robots worked on what the log says they were given, and on nothing else; and ended it."""
    given = {
        event["attempt_id"]: event["robot_id"]
        for event in events
        if event["type"] == "task_assigned"
    }
    seen: set[str] = set()
    for attempt in attempts:
        attempt_id, robot_id = attempt.attempt_id, attempt.robot_id
        if given.get(attempt_id) != robot_id:
            told = f"robot {robot_id} took {attempt_id}, which the log gave to "
            told += f"robot {given[attempt_id]}" if attempt_id in given else "nobody"
            yield Violation(Kind.TWICE, "I1", attempt.order_id, told)
        if attempt_id in seen:
            told = f"attempt {attempt_id} was begun twice, the second time by robot {robot_id}"
            yield Violation(Kind.TWICE, "I3", attempt.order_id, told)
        seen.add(attempt_id)
        if not attempt.is_ended and not attempt.order_id.startswith(OWN_ORDERS):
            told = f"robot {robot_id} has not ended {attempt_id}"
            yield Violation(Kind.OTHER, "I2", attempt.order_id, told)


def _check_work(history: History, attempts: Iterable[Attempt]) -> Iterator[Violation]:
    """I11: nothing is handled twice unless somebody asked for it; what is completed is placed."""
    tries: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        tries[attempt.order_id].append(attempt)
    ends = _ends(history.events)
    answers = _answers(history.events)
    fetches = _fetches(history.events)
    delivered = {order["order_id"] for order in history.orders if _is_delivery(order)}
    for order_id, ones in tries.items():
        retries = answers[order_id].count("retry")
        for verb in HANDLING_VERBS:
            allowed = 1 + retries + (fetches[order_id] if verb == "pick" else 0)
            done = sum(one.times_finished(verb) for one in ones)
            doubtful = sum(one.times_doubtful(verb) for one in ones)
            if done + doubtful > allowed:
                told = f"{verb} was done {done} times"
                told += f", perhaps {done + doubtful}" if doubtful else ""
                told += f", by {', '.join(_who(ones, verb))}; {allowed} asked for"
                yield Violation(Kind.TWICE, "I11", order_id, told)
    for order_id in sorted(delivered):
        placed = sum(one.times_finished("place") for one in tries[order_id])
        is_by_person = "completed" in answers[order_id]
        if ends[order_id] == ["completed"] and not placed and not is_by_person:
            told = "is completed, and no robot's journal tells that its item was placed"
            yield Violation(Kind.LOST, "I2", order_id, told)


def _is_delivery(order: Body) -> bool:
    return order.get("kind", "deliver") == "deliver"


def _answers(events: Iterable[Body]) -> defaultdict[str, list[str]]:
    """What persons answered, by the order that they were asked about."""
    answers: defaultdict[str, list[str]] = defaultdict(list)
    for event in events:
        if event["type"] == "order_resolved":
            answers[event["order_id"]].append(event["resolution"])
    return answers


def _fetches(events: Iterable[Body]) -> Counter[str]:
    """How often an order's item was to be fetched from a lost robot, and so picked once more."""
    return Counter(
        event["order_id"]
        for event in events
        if event["type"] == "task_revised" and event["task"].get("purpose") == "fetch"
    )


def _who(attempts: Iterable[Attempt], verb: str) -> Iterator[str]:
    for one in attempts:
        if one.times_finished(verb) or one.times_doubtful(verb):
            doubt = "" if one.times_finished(verb) else " (perhaps)"
            yield f"{one.robot_id}{doubt} in {one.attempt_id}"


def _check_overlaps(attempts: Iterable[Attempt]) -> Iterator[Violation]:
    """I3 by the journals: at no moment did two robots work on one task."""
    tries: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        tries[attempt.task_id].append(attempt)
    for task_id, ones in tries.items():
        ones.sort(key=lambda one: one.accepted_ns)
        last = ones[0]
        for one in ones[1:]:
            overlap_ns = last.worked_ns - one.accepted_ns
            if overlap_ns > 0:
                told = (
                    f"robot {last.robot_id} worked on task {task_id} for {overlap_ns / 1e9:.3f} s "
                    f"after robot {one.robot_id} had begun"
                )
                yield Violation(Kind.TWICE, "I3", one.order_id, told)
            last = max(last, one, key=lambda each: each.worked_ns)
