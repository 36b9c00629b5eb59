"""Robots' queues, and the moves that better them: take some tasks out, put them back elsewhere.

Destroy and repair after Shaw (1998) and Ropke and Pisinger (2006), insertion by regret after
Potvin and Rousseau (1993), acceptance after Dueck's record-to-record travel (1993); exchanges, in
which a linear sum assignment says who gets what, after Thompson and Psaraftis (1993).

A queue is a linked list of tasks. Each task keeps its finish and, of the queue from it on, what it
costs (``rest``), what each second of delay costs (``slope``), and for how long a delay that holds
(``room``): so most insertions are priced without walking the queue.

All kernels stand in this one long file, see :mod:`muster_core.compiled`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from muster_core.compiled import Numbers, kernel, part
from muster_core.policy.problem import Problem

NOBODY = -1
"""No task, or no robot."""

SAMPLED = 8
"""Of so many tasks drawn, the fittest is taken out; more when there are many."""

THRESHOLD = 0.5
"""By which share a schedule may be worse than the best and be gone on from; it shrinks to 0."""

GAIN_MIN = 1e-9
"""An improvement by a smaller share is a rounding error."""

MARGIN_S = 1e-6
"""A delay that comes so near to where its price changes is priced by walking the queue."""

INF = math.inf


class Queues(NamedTuple):
    """Who does what in which order. Of tasks that are in no queue only ``owner`` counts.

    :param head: [robots], first task, as :data:`NOBODY` when there is none.
    :param cost: [robots], what the queue costs.
    :param owner: [tasks], whose queue it is in; so :data:`NOBODY`.
    :param after: [tasks], the next task of the queue; ``before`` the one before.
    :param finish_s: [tasks], s from now; ``energy_s``: s of work that are left then.
    """

    head: Numbers
    cost: Numbers
    owner: Numbers
    after: Numbers
    before: Numbers
    finish_s: Numbers
    energy_s: Numbers
    own: Numbers
    rest: Numbers
    slope: Numbers
    room_s: Numbers


class Scratch(NamedTuple):
    """Room for one round, so that none is made within.

    :param taken: [taken_max], the tasks that are out; ``from_robot`` and ``from_task`` where each
        was when it was taken out.
    :param robot: [taken_max], the robot where each costs least, after the task ``place``;
        ``second_robot`` the next best.
    :param best_head: [robots], the best queues found; so ``best_after``, [tasks].
    :param cost: [2], of the queues as they are and of the best.
    :param chance: [1], the state of the generator.
    """

    taken: Numbers
    from_robot: Numbers
    from_task: Numbers
    least: Numbers
    second: Numbers
    robot: Numbers
    second_robot: Numbers
    place: Numbers
    best_head: Numbers
    best_after: Numbers
    cost: Numbers
    chance: Numbers


class Exchange(NamedTuple):
    """Room for exchanges, in which each robot gives one task and gets one.

    :param tasks: [robots], the tasks that are out.
    :param prices: [robots * robots], the least that each costs in each queue, after the task
        ``places``; a row of robots for each task.
    """

    tasks: Numbers
    prices: Numbers
    places: Numbers


@part
def draw(chance: Numbers, bound: int) -> int:
    """A number from 0 to ``bound`` - 1 (Marsaglia's xorshift, 2003)."""
    x = chance[0]
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    chance[0] = x
    return x % bound  # type: ignore[no-any-return]


@part
def arrive(
    p: Problem, robot: int, here: int, task: int, time_s: float, energy_s: float
) -> tuple[float, float, bool]:
    """When the robot has done ``task`` after ``here``, its energy then, whether it charged before.

    :param here: its task before; NOBODY = where it is first.
    :param time_s: when it is free, with so much energy.
    :returns: inf as time when it cannot be.
    """
    slowness = p.slowness[robot]
    if here < 0:
        leg_s = p.leg_s[robot * p.tasks + task]
    else:
        leg_s = p.stop_s[p.last[here] * p.stops + p.first[task]] * slowness
    if leg_s == INF:
        return INF, 0.0, False
    work_s = leg_s + p.duration_s[task] * slowness
    if energy_s == INF:
        return time_s + work_s, energy_s, False
    way_s = p.way_s[p.last[task]] * slowness
    if way_s == INF:
        way_s = 0.0
    if energy_s >= p.low_s and energy_s >= work_s + way_s:
        return time_s + work_s, energy_s - work_s, False
    if here < 0:
        to_s, stop = p.charger_s[robot], p.charger[robot]
    else:
        to_s, stop = p.way_s[p.last[here]] * slowness, p.way_to[p.last[here]]
    if to_s == INF:
        if energy_s >= work_s + way_s:
            return time_s + work_s, energy_s - work_s, False
        return INF, 0.0, True
    work_s = (p.stop_s[stop * p.stops + p.first[task]] + p.duration_s[task]) * slowness
    if work_s + way_s > p.full_s:
        return INF, 0.0, True
    begin_s = max(time_s + to_s, p.appointment_s[robot])
    begin_s += max(0.0, p.full_s - max(0.0, energy_s - to_s)) * p.charge_rate
    return begin_s + work_s, p.full_s - work_s, True


@part
def price_of(p: Problem, robot: int, task: int, finish_s: float) -> float:
    """What the task costs when the robot has done it at ``finish_s``, its wait until now aside."""
    seconds = finish_s
    if finish_s > p.due_s[task]:
        seconds += p.late_factor * (finish_s - p.due_s[task])
    if p.planned_for[task] >= 0 and p.planned_for[task] != robot:
        seconds += p.change_s
    return p.weight[task] * seconds  # type: ignore[no-any-return]


@part
def refresh(p: Problem, q: Queues, robot: int) -> float:
    """Reckon a queue anew after a change; by how much its cost has grown."""
    time_s, energy_s = p.ready_s[robot], p.energy_s[robot]
    here, task = NOBODY, q.head[robot]
    while task >= 0:
        before_s = energy_s
        time_s, energy_s, has_charged = arrive(p, robot, here, task, time_s, energy_s)
        q.finish_s[task] = time_s
        q.energy_s[task] = energy_s
        q.own[task] = price_of(p, robot, task, time_s)
        q.slope[task] = p.weight[task]
        room_s = p.due_s[task] - time_s
        if room_s < 0.0:
            q.slope[task] *= 1.0 + p.late_factor
            room_s = INF
        if has_charged:
            room_s = -1.0
        elif energy_s < INF:
            way_s = p.way_s[p.last[task]] * p.slowness[robot]
            if way_s < INF:
                room_s = min(room_s, energy_s - way_s)
            room_s = min(room_s, energy_s, before_s - p.low_s)
        q.room_s[task] = room_s
        here, task = task, q.after[task]
    rest, slope, room_s = 0.0, 0.0, INF
    while here >= 0:
        rest += q.own[here]
        slope += q.slope[here]
        room_s = min(room_s, q.room_s[here])
        q.rest[here], q.slope[here], q.room_s[here] = rest, slope, room_s
        here = q.before[here]
    growth = rest - q.cost[robot]
    q.cost[robot] = rest
    return growth  # type: ignore[no-any-return]


@part
def rest_of(p: Problem, q: Queues, robot: int, task: int, time_s: float, energy_s: float) -> float:
    """What the queue costs from ``task`` on when that one is done at ``time_s``."""
    cost = 0.0
    while True:
        cost += price_of(p, robot, task, time_s)
        following = q.after[task]
        if following < 0 or time_s == INF:
            return cost
        time_s, energy_s, _ = arrive(p, robot, task, following, time_s, energy_s)
        task = following


@part
def insertion(p: Problem, q: Queues, robot: int, task: int, limit: float) -> tuple[float, int]:
    """The least that the task costs in this robot's queue, and after which task it goes.

    :param limit: what costs as much or more is not looked for; inf stands for it.
    """
    least, place = limit, NOBODY
    here, time_s, energy_s = NOBODY, p.ready_s[robot], p.energy_s[robot]
    leg_s, work_s = p.leg_s[robot * p.tasks + task], p.duration_s[task] * p.slowness[robot]
    while p.weight[task] * (time_s + leg_s + work_s) < least:  # further back it can only cost more
        following = q.head[robot] if here < 0 else q.after[here]
        finish_s, left_s, charged = arrive(p, robot, here, task, time_s, energy_s)
        cost = INF
        if finish_s < INF:
            cost = price_of(p, robot, task, finish_s)
        if following >= 0 and cost < least:
            next_s, next_left_s, charges = arrive(p, robot, task, following, finish_s, left_s)
            delay_s = next_s - q.finish_s[following]
            if charged or charges or delay_s < 0.0 or delay_s > q.room_s[following] - MARGIN_S:
                cost += rest_of(p, q, robot, following, next_s, next_left_s)
                cost -= q.rest[following]
            else:
                cost += delay_s * q.slope[following]
        if cost < least:
            least, place = cost, here
        if following < 0:
            break
        here, time_s, energy_s = following, q.finish_s[following], q.energy_s[following]
        leg_s = p.nearest_s[task] * p.slowness[robot]
    if least < limit:
        return least, place
    return INF, NOBODY


@part
def link(q: Queues, robot: int, here: int, task: int) -> None:
    """Put the task into the robot's queue, after ``here``."""
    following = q.head[robot] if here < 0 else q.after[here]
    if here < 0:
        q.head[robot] = task
    else:
        q.after[here] = task
    if following >= 0:
        q.before[following] = task
    q.before[task], q.after[task], q.owner[task] = here, following, robot


@part
def unlink(q: Queues, task: int) -> None:
    """Take the task out of its queue."""
    here, following = q.before[task], q.after[task]
    if here < 0:
        q.head[q.owner[task]] = following
    else:
        q.after[here] = following
    if following >= 0:
        q.before[following] = here
    q.owner[task] = NOBODY


@part
def saving(p: Problem, q: Queues, task: int) -> float:
    """What its queue would cost less without the task."""
    robot, here, following = q.owner[task], q.before[task], q.after[task]
    if following < 0:
        return q.own[task]  # type: ignore[no-any-return]
    time_s, energy_s = p.ready_s[robot], p.energy_s[robot]
    if here >= 0:
        time_s, energy_s = q.finish_s[here], q.energy_s[here]
    next_s, left_s, _ = arrive(p, robot, here, following, time_s, energy_s)
    return q.rest[task] - rest_of(p, q, robot, following, next_s, left_s)  # type: ignore[no-any-return]


@part
def distance(p: Problem, q: Queues, task: int, other: int) -> float:
    """How little two tasks have to do with one another: not following at once, nor at one time."""
    way_s = p.stop_s[p.last[task] * p.stops + p.first[other]]
    back_s = p.stop_s[p.last[other] * p.stops + p.first[task]]
    return min(way_s, back_s) + abs(q.finish_s[task] - q.finish_s[other])  # type: ignore[no-any-return]


@part
def choose(p: Problem, q: Queues, s: Scratch, manner: int, taken: int) -> int:
    """The next task to take out: any (0), one near to one that is out (1), or a costly one (2)."""
    chosen = draw(s.chance, p.tasks)
    if manner == 0 or (manner == 1 and taken == 0):
        return chosen
    near = s.taken[draw(s.chance, taken)] if taken else NOBODY
    least = INF
    for _ in range(SAMPLED + p.tasks // 16):
        task = draw(s.chance, p.tasks)
        if q.owner[task] < 0:
            continue
        misfit = distance(p, q, near, task) if manner == 1 else -saving(p, q, task)
        if misfit < least:
            least, chosen = misfit, task
    return chosen


@part
def take(p: Problem, q: Queues, task: int) -> tuple[bool, float]:
    """Take the task out of its queue if the rest can be done without. By how much the cost grew."""
    robot, here = q.owner[task], q.before[task]
    unlink(q, task)
    growth = refresh(p, q, robot)
    if q.cost[robot] < INF:
        return True, growth
    link(q, robot, here, task)
    refresh(p, q, robot)
    return False, 0.0


@part
def take_out(p: Problem, q: Queues, s: Scratch, wanted: int) -> tuple[int, float]:
    """Take up to so many tasks out of their queues. How many, and by how much the cost grew."""
    taken, growth = 0, 0.0
    manner = draw(s.chance, 3)
    for _ in range(2 * wanted):
        if taken == wanted:
            break
        task = choose(p, q, s, manner, taken)
        robot, here = q.owner[task], q.before[task]
        if robot < 0:
            continue
        is_out, more = take(p, q, task)
        if is_out:
            s.taken[taken], s.from_robot[taken], s.from_task[taken] = task, robot, here
            taken += 1
            growth += more
    return taken, growth


@part
def offer(p: Problem, q: Queues, s: Scratch, number: int, robot: int) -> None:
    """Let the robot bid for a task that is out: the best and the second best bids are kept."""
    price, place = insertion(p, q, robot, s.taken[number], s.second[number])
    if price < s.least[number]:
        s.second[number], s.second_robot[number] = s.least[number], s.robot[number]
        s.least[number], s.robot[number], s.place[number] = price, robot, place
    elif price < s.second[number]:
        s.second[number], s.second_robot[number] = price, robot


@part
def offer_all(p: Problem, q: Queues, s: Scratch, number: int) -> None:
    """Let every robot bid for a task that is out."""
    s.least[number], s.second[number] = INF, INF
    s.robot[number], s.second_robot[number] = NOBODY, NOBODY
    for robot in range(p.robots):
        offer(p, q, s, number, robot)


@part
def put_in(p: Problem, q: Queues, s: Scratch, taken: int, has_regret: bool) -> tuple[int, float]:
    """Insert the taken tasks one by one. Returns how many stay out, and the growth of the cost.

    :param has_regret: whether that one goes first which loses most by waiting for its second best
        robot; otherwise the one that costs least.
    """
    growth, left = 0.0, taken
    for number in range(taken):
        offer_all(p, q, s, number)
    while left:
        chosen, greatest = NOBODY, -INF
        for number in range(taken):
            if q.owner[s.taken[number]] >= 0 or s.robot[number] < 0:
                continue
            fitness = s.second[number] - s.least[number] if has_regret else -s.least[number]
            if fitness > greatest:
                chosen, greatest = number, fitness
        if chosen < 0:
            break  # none of those left can be inserted
        robot = s.robot[chosen]
        link(q, robot, s.place[chosen], s.taken[chosen])
        growth += refresh(p, q, robot)
        left -= 1
        for number in range(taken):
            if q.owner[s.taken[number]] >= 0:
                continue
            if robot in (s.robot[number], s.second_robot[number]):
                offer_all(p, q, s, number)
            else:
                offer(p, q, s, number, robot)
    return left, growth


@part
def undo(p: Problem, q: Queues, s: Scratch, taken: int) -> None:
    """Put the taken tasks back where they were."""
    for number in range(taken):
        robot = q.owner[s.taken[number]]
        if robot >= 0:
            unlink(q, s.taken[number])
            refresh(p, q, robot)
    for number in range(taken - 1, -1, -1):
        link(q, s.from_robot[number], s.from_task[number], s.taken[number])
        refresh(p, q, s.from_robot[number])


@part
def cost_of(p: Problem, q: Queues) -> float:
    """What all queues cost together."""
    total = 0.0
    for robot in range(p.robots):
        total += q.cost[robot]
    return total


@part
def keep(p: Problem, q: Queues, s: Scratch, cost: float) -> None:
    """The queues as they are become the best."""
    s.cost[1] = cost
    for robot in range(p.robots):
        s.best_head[robot] = q.head[robot]
    for task in range(p.tasks):
        s.best_after[task] = q.after[task]


@kernel
def append(p: Problem, q: Queues, robots: Numbers, tasks: Numbers) -> None:
    """Put each task at the end of its robot's queue if it can be done there.

    What the queues cost is not reckoned.
    """
    for number in range(len(tasks)):
        robot, task = robots[number], tasks[number]
        last, following = NOBODY, q.head[robot]
        while following >= 0:
            last, following = following, q.after[following]
        time_s, energy_s = p.ready_s[robot], p.energy_s[robot]
        if last >= 0:
            time_s, energy_s = q.finish_s[last], q.energy_s[last]
        time_s, energy_s, _ = arrive(p, robot, last, task, time_s, energy_s)
        if time_s < INF:
            link(q, robot, last, task)
            q.finish_s[task], q.energy_s[task] = time_s, energy_s


@kernel
def reckon(p: Problem, q: Queues) -> float:
    """What all queues cost, reckoned anew."""
    for robot in range(p.robots):
        refresh(p, q, robot)
    return cost_of(p, q)


@kernel
def insert(p: Problem, q: Queues, robots: Numbers, tasks: Numbers) -> None:
    """Insert the tasks one by one where each costs least, if it can be anywhere.

    :param robots: whose queue each is best put in; NOBODY = any.
    """
    for number in range(len(tasks)):
        task, chosen = tasks[number], robots[number]
        least, place = INF, NOBODY
        if chosen >= 0:
            least, place = insertion(p, q, chosen, task, INF)
        if least == INF:
            for robot in range(p.robots):
                price, after = insertion(p, q, robot, task, least)
                if price < least:
                    least, place, chosen = price, after, robot
        if least < INF:
            link(q, chosen, place, task)
            refresh(p, q, chosen)


@kernel
def take_one_each(p: Problem, q: Queues, s: Scratch, e: Exchange) -> int:
    """Take any one task out of each queue and price each in all of them. Returns how many."""
    taken = 0
    for robot in range(p.robots):
        length, task = 0, q.head[robot]
        while task >= 0:
            length += 1
            task = q.after[task]
        if length:
            task = q.head[robot]
            for _ in range(draw(s.chance, length)):
                task = q.after[task]
            is_out, _ = take(p, q, task)
            if is_out:
                e.tasks[taken] = task
                taken += 1
    for number in range(taken):
        for robot in range(p.robots):
            at = number * p.robots + robot
            e.prices[at], e.places[at] = insertion(p, q, robot, e.tasks[number], INF)
    return taken


@kernel
def give_one_each(p: Problem, q: Queues, s: Scratch, e: Exchange, robots: Numbers) -> None:
    """Insert the taken tasks, each into the queue of its robot."""
    for number in range(len(robots)):
        robot = robots[number]
        link(q, robot, e.places[number * p.robots + robot], e.tasks[number])
        refresh(p, q, robot)
    s.cost[0] = cost_of(p, q)
    if s.cost[0] < s.cost[1]:
        keep(p, q, s, s.cost[0])


@kernel
def search(p: Problem, q: Queues, s: Scratch, rounds: int, boldness: float) -> None:
    """So many rounds of taking some tasks out and putting them back.

    :param boldness: 1 to 0; by which share of :data:`THRESHOLD` a schedule may be worse.
    """
    for _ in range(rounds):
        taken, growth = take_out(p, q, s, 1 + draw(s.chance, len(s.taken)))
        left, more = put_in(p, q, s, taken, draw(s.chance, 2) == 0)
        cost = s.cost[0] + growth + more
        if left or cost > s.cost[1] * (1.0 + THRESHOLD * boldness / p.tasks):
            undo(p, q, s, taken)
            continue
        s.cost[0] = cost
        if cost < s.cost[1] * (1.0 - GAIN_MIN):
            keep(p, q, s, cost)
