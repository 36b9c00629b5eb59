"""The sentences of a story. Plain words, past tense; ids only where somebody needs them."""

from __future__ import annotations

from collections.abc import Sequence

from muster_core import events as ev
from muster_core.explain.spelling import counted, ordinal, spell_duration
from muster_core.explain.story import Choice, Present, Try
from muster_core.order import DEFAULT_PRIORITY, Order
from muster_core.task import OutcomeResult, Resolution, Step, Task, TaskPurpose

STEPS_TOLD_MAX = 8
PLACES_TOLD_MAX = 3
_COST_S_MIN = 0.05
"""A lesser difference is none."""
COST_IN_SECONDS = ("batch", "nearest")
"""Policies whose cost is the time until the pick-up, s: the built-in ones, by name (importing them
would bring the solver). Others have measures of their own."""

_DONE = {
    "go": "drove to {}",
    "pick": "picked up at {}",
    "place": "put down at {}",
    "scan": "scanned {}",
    "charge": "charged at {}",
}
_DOING = {
    "go": "driving to {}",
    "pick": "picking up at {}",
    "place": "putting down at {}",
    "scan": "scanning {}",
    "charge": "charging at {}",
}
_PLANNED = {"go": "drive to {}", "pick": "pick up", "place": "put down", "scan": "scan"}
_PURPOSES = {
    TaskPurpose.WORK: "was chosen",
    TaskPurpose.RESUME: "was chosen to go on with the item that it has",
    TaskPurpose.FETCH: "was chosen to fetch the item",
    TaskPurpose.RETURN: "was chosen to bring the item back",
    TaskPurpose.PROBE: "was chosen to show that it works again",
}
_ANSWERS = {
    Resolution.COMPLETED: "the item is where it should be",
    Resolution.RETRY: "the item is at its pick-up place again, so try once more",
    Resolution.FAILED: "give it up",
}


def wish_words(order: Order) -> str:
    """What is wanted, as in ``deliver shelf_1 → pack_2``."""
    ends = [place for place in (order.pickup, order.dropoff) if place]
    places = ends or list(order.places)
    told = " → ".join(places[:PLACES_TOLD_MAX])
    more = len(places) - PLACES_TOLD_MAX
    return f"{order.kind} {told}{f' and {more} more' if more > 0 else ''}".rstrip()


def accepted_words(order: Order) -> str:
    """Who asked, and for how much of a hurry."""
    words = f"ordered by {order.requester or 'somebody who gave no name'}"
    if order.priority != DEFAULT_PRIORITY:
        words += f", priority {order.priority}"
    if order.deadline:
        words += f", to be done by {order.deadline}"
    if order.requires:
        words += f", by a robot that can {', '.join(order.requires)}"
    if order.payload_kg:
        words += f", with {order.payload_kg:g} kg to carry"
    return words


def planned_words(event: ev.OrderPlanned) -> str:
    """Which policy made what of the order."""
    policy = policy_words(event.policy, event.policy_version, stood_in=event.fallback)
    tasks = [steps_words(task.steps) for task in event.tasks]
    if len(tasks) == 1:
        return f"planned by {policy}: {tasks[0]}"
    listed = "; ".join(f"({number}) {words}" for number, words in enumerate(tasks, 1))
    return f"planned by {policy} as {counted(len(tasks), 'task')}: {listed}"


def policy_words(name: str, version: str, *, stood_in: bool) -> str:
    """Which policy it was, and whether it stood in for the one that should have answered."""
    words = f"policy {name} {version}".rstrip()
    if stood_in:
        return f"the built-in {words}, because the fleet's gave no usable answer in time"
    return words


def steps_words(steps: Sequence[Step]) -> str:
    """Planned steps, as in ``drive to shelf_1, pick up, drive to pack_1, put down``."""
    told, at = [], ""
    for step in steps[:STEPS_TOLD_MAX]:
        phrase = _PLANNED.get(step.verb, step.verb)
        if "{}" in phrase:
            told.append(phrase.format(place_words(step.place)))
        else:
            is_there = step.place in ("", at)
            told.append(phrase if is_there else f"{phrase} at {place_words(step.place)}")
        at = step.place or at
    if len(steps) > STEPS_TOLD_MAX:
        told.append(f"and {counted(len(steps) - STEPS_TOLD_MAX, 'step')} more")
    return ", ".join(told)


def place_words(place: str) -> str:
    """A place's name; a vertex, which steps write as ``@se1``, by its own."""
    return place.removeprefix("@")


def chosen_words(
    attempt: Try, *, task_number: int, tasks_total: int, pause_s: float, is_only_one: bool
) -> str:
    """Which robot was chosen for what, and against whom.

    :param is_only_one: whether only this robot could be chosen at all.
    :param pause_s: how long the task had to rest after the try before, s; 0 = that does not matter.
    """
    words = f"{attempt.robot_id} {_PURPOSES[attempt.purpose]}"
    if tasks_total > 1:
        words += f" for task {task_number} of {tasks_total}"
    if attempt.number > 1:
        words += f" for the {ordinal(attempt.number)} try,"
        words += f" after a pause of {spell_duration(pause_s)}," if pause_s > 0 else ""
    if not attempt.choice.policy:
        return words.rstrip(",")
    return f"{words} {choice_words(attempt.choice, is_only_one=is_only_one)}"


def choice_words(choice: Choice, *, is_only_one: bool) -> str:
    """By which policy, at which cost, and how much worse the next best was.

    :param is_only_one: whether only this robot could be chosen at all.
    """
    policy = policy_words(choice.policy, choice.policy_version, stood_in=choice.stood_in)
    in_seconds = choice.policy in COST_IN_SECONDS
    cost = f"{choice.cost:.1f} s away" if in_seconds else f"cost {choice.cost:.1f}"
    if is_only_one and not choice.cost:
        return f"by {policy}"
    words = f"by {policy}: {cost}"
    if choice.runner_up:
        return f"{words}; {_runner_up_words(choice, in_seconds)}"
    return words if is_only_one else f"{words}; no other robot could have done it then"


def _runner_up_words(choice: Choice, in_seconds: bool) -> str:
    worse = choice.runner_up_cost - choice.cost
    if not in_seconds:
        more = f"{abs(worse):.1f} {'more' if worse >= 0 else 'less'}"
        cost = f"{choice.runner_up_cost:.1f}"
        return f"the next best, {choice.runner_up}, would have cost {cost} ({more})"
    if abs(worse) < _COST_S_MIN:
        return f"{choice.runner_up} would have come as soon"
    if worse > 0:
        return f"the next best, {choice.runner_up}, would have come {worse:.1f} s later"
    return (
        f"{choice.runner_up} would have come {-worse:.1f} s sooner, but was still busy or wanted "
        "for another order"
    )


def done_words(verb: str, place: str) -> str:
    """A finished step, as in ``drove to shelf_1``."""
    return _verb_words(_DONE, verb, place, f"did {verb}")


def doing_words(verb: str, place: str) -> str:
    """A step under way, as in ``driving to shelf_1``."""
    return _verb_words(_DOING, verb, place, f"doing {verb}")


def permitted_words(step: Step | None) -> str:
    """What the robot may do now that nobody may do twice."""
    if step is None:
        return "was allowed to do what cannot be repeated"
    words = f"was allowed to {_PLANNED.get(step.verb, step.verb)} at {place_words(step.place)}"
    return f"{words}; from then on no other robot may" if step.verb == "pick" else words


def ended_words(robot_id: str, task: Task | None, event: ev.AttemptEnded) -> str:
    """How a try ended, at which step, and where the item is."""
    if event.result is OutcomeResult.SUCCEEDED:
        return f"{robot_id} was done"
    if event.result is OutcomeResult.REFUSED:
        return f"{robot_id} did not take it{_because(event.message)}"
    ends = {
        OutcomeResult.FAILED: "failed",
        OutcomeResult.CANCELLED: "stopped as it was told",
        OutcomeResult.LOST: "was lost",
    }
    words = f"{robot_id} {ends[event.result]}{_step_words(task, event.steps_finished)}"
    return words + _because(event.message) + _item_words(task, event)


def late_words(event: ev.OutcomeArrivedLate) -> str:
    """What a robot that had been lost told of its try after all."""
    ends = {
        OutcomeResult.SUCCEEDED: "it had done everything",
        OutcomeResult.FAILED: "it had failed",
        OutcomeResult.CANCELLED: "it had stopped",
        OutcomeResult.REFUSED: "it had never begun",
    }
    end = ends.get(event.result, event.result.value)
    if event.result is not OutcomeResult.SUCCEEDED and event.steps_finished:
        end += f" after {counted(event.steps_finished, 'step')}"
    doubt = "; whether it had done the next one it does not know" if event.uncertain else ""
    return f"{event.robot_id} told how its try had ended: {end}{_because(event.message)}{doubt}"


def revised_words(event: ev.TaskRevised) -> str:
    """What is to be done instead; why was told when the try before it ended."""
    task, steps = event.task, steps_words(event.task.steps)
    robot_id = task.robot_id or "any robot"
    match task.purpose:
        case TaskPurpose.RESUME if task.is_holding:
            return f"{robot_id}, which has the item, is to go on with the rest: {steps}"
        case TaskPurpose.RESUME:
            return f"{robot_id} is to go on with the rest: {steps}"
        case TaskPurpose.FETCH:
            return f"{robot_id} that can is to fetch the item: {steps}"
        case TaskPurpose.RETURN:
            return f"{robot_id}, which has the item, is to bring it back: {steps}"
        case _:
            reason = f" ({event.reason})" if event.reason else ""
            return f"it begins again{reason}: {steps}"


def suspended_words(event: ev.OrderSuspended) -> str:
    """What a person was asked."""
    where = f"; {event.robot_id} was last seen at {event.vertex}" if event.vertex else ""
    return f"a person was asked: {question_words(event.reason)}{where}"


def question_words(reason: str) -> str:
    """What a person is asked, without saying that one is."""
    return reason.removeprefix("a person is asked: ")


def resolved_words(event: ev.OrderResolved) -> str:
    """What the person answered."""
    who = event.requester or "somebody"
    return f"{who} answered: {_ANSWERS[event.resolution]}{_aside(event.reason)}"


def now_words(attempt: Try | None, task: Task | None, present: Present | None) -> str:
    """Where an order is that has not ended; of one that is suspended the question says it."""
    if attempt is not None and attempt.result is None:
        if not attempt.began_ns:
            return f"{attempt.robot_id} has been told and has not begun yet"
        index = len(attempt.steps)
        if task is None or index >= len(task.steps):
            return f"{attempt.robot_id} is about to finish"
        step = task.steps[index]
        at = f"step {index + 1} of {len(task.steps)}"
        return f"{attempt.robot_id} is {doing_words(step.verb, step.place)} ({at})"
    place = (
        f"{ordinal(present.queue_position)} in line" if present and present.queue_position else ""
    )
    message = present.message if present else ""
    return ": ".join(part for part in (place, message) if part) or "it waits"


def _verb_words(table: dict[str, str], verb: str, place: str, otherwise: str) -> str:
    if verb in table and place:
        return table[verb].format(place_words(place))
    return f"{otherwise} at {place_words(place)}" if place else otherwise


def _step_words(task: Task | None, steps_finished: int) -> str:
    if task is None or steps_finished >= len(task.steps):
        return ""
    step = task.steps[steps_finished]
    return f" while {doing_words(step.verb, step.place)}"


def _item_words(task: Task | None, event: ev.AttemptEnded) -> str:
    if task is None:
        return ""
    if task.has_item(event.steps_finished):
        doubt = ", unless it has put it down since" if event.uncertain else ""
        return f"; it has the item{doubt}"
    if event.uncertain and event.steps_finished < len(task.steps):
        return "; nobody knows whether it had finished that"
    return ""


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _aside(reason: str) -> str:
    return f" ({reason})" if reason else ""
