"""The kernel of a joint plan: one robot's best way through the others', and whole groups of them.

Integers and flat arrays only, in one :class:`Board`. A *state* is where a robot is, with its
heading where that counts; its vertex is ``state // headings``. Costs are in quarters of a step of
delay, so that reasons smaller than a step can break ties: a way without a detour costs nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from muster_core.compiled import Numbers, kernel, part

NOBODY = -1
STEP = 4
"""What a step of delay costs."""
AWAY = 1
"""What each step away from its last goal costs a robot that has been there."""
CROSSING = 1
"""What it costs to cross a robot whose delay weighs less than one's own."""
EAGER, SHY = 2, 8
"""What it costs to cross another one: first little, so that short ways are found, and then so much
that a robot in a crowd rather makes way itself than ploughs through."""
COST_MAX = 4000
"""No way that costs more is looked for."""
STAMP_STEP = 2 * COST_MAX
OUTSIDE, LIFTED, MEMBER = 0, 1, 2
LEGS = 3
"""On the way to the goal, on the way to the one after it, and at rest."""


class Board(NamedTuple):
    """All that a plan is made on. ``horizon`` steps, so ``horizon + 1`` times."""

    horizon: int
    states: int
    headings: int
    vertices: int
    width: int
    near: Numbers
    """[states * width]: a state itself, those that a step leads to, then -1."""
    columns: int
    table: Numbers
    """[rows * columns]: steps from each state to the goal of a row, plus ``arrived``."""
    arrived: int
    row: Numbers
    """[robots]: the row of a robot's goal, -1 = none; ``then_row`` of the one after it."""
    then_row: Numbers
    rest: Numbers
    """[robots]: the vertex where a robot stays once it has nowhere to go."""
    weight: Numbers
    """[robots]: what a delay of each robot weighs."""
    paths: Numbers
    """[robots * times]: each robot's states. They never collide between two calls."""
    cost: Numbers
    """[robots]: what its path costs each robot."""
    holders: Numbers
    """[times * vertices]: who is to be where at each time, or -1."""
    role: Numbers
    """[robots]: OUTSIDE, or in the group that is moved now: LIFTED off, or put back: MEMBER."""
    group: Numbers
    kept_paths: Numbers
    kept_costs: Numbers
    found: Numbers
    """[times]: the states of the way found last."""
    crossed: Numbers
    """[2 * horizon]: the robots that it crosses."""
    node_state: Numbers
    node_leg: Numbers
    node_time: Numbers
    node_before: Numbers
    node_next: Numbers
    buckets: Numbers
    """[COST_MAX + 1]: the first open node of each cost; ``node_next`` has the others."""
    seen: Numbers
    """[times * LEGS * states]: the least cost at which a search came by, plus its stamp."""
    counts: Numbers
    """[3]: the stamp of the search, nodes that may still be opened, searches so far."""


@part
def put(board: Board, robot: int, who: int) -> None:
    """Note that ``who`` is where the robot's path leads; NOBODY takes it away."""
    times = board.horizon + 1
    for time in range(times):
        vertex = board.paths[robot * times + time] // board.headings
        board.holders[time * board.vertices + vertex] = who


@part
def leg_at(board: Board, robot: int, leg: int, state: int) -> int:
    """The leg that a robot is on after it came to ``state`` on ``leg``."""
    if leg == 0:
        row = board.row[robot]
        if row >= 0 and board.table[row * board.columns + state] > board.arrived:
            return 0
        leg = 1 if board.then_row[robot] >= 0 else 2
        if leg == 1 and row >= 0:
            return 1  # it has come to its goal just now; the next one is not the same
    if leg == 1 and board.table[board.then_row[robot] * board.columns + state] > board.arrived:
        return 1
    return 2


@part
def step_cost(board: Board, robot: int, leg: int, before: int, after: int) -> int:
    """What a step of the robot costs: nothing, if it comes nearer."""
    if leg == 2:
        return AWAY if after // board.headings != board.rest[robot] else 0
    row = (board.row[robot] if leg == 0 else board.then_row[robot]) * board.columns
    farther: int = board.table[row + after] - board.table[row + before]
    return STEP * (1 + farther)


@part
def path_cost(board: Board, robot: int) -> int:
    """What the robot's path costs it."""
    first = robot * (board.horizon + 1)
    leg = leg_at(board, robot, 0, board.paths[first])
    cost = 0
    for place in range(first, first + board.horizon):
        after = board.paths[place + 1]
        cost += step_cost(board, robot, leg, board.paths[place], after)
        leg = leg_at(board, robot, leg, after)
    return cost


@part
def swapper(board: Board, time: int, here: int, there: int) -> int:
    """Who would swap places along the edge with a step that ends at ``time``, or NOBODY."""
    now = time * board.vertices
    other: int = board.holders[now + here]
    if here != there and other >= 0 and board.holders[now - board.vertices + there] == other:
        return other
    return NOBODY


@part
def price(board: Board, robot: int, other: int, crossing: int) -> int:
    """What it costs to cross the other one, NOBODY included; -1 = it must not be crossed."""
    if other < 0:
        return 0
    if crossing == 0 or board.role[other] != OUTSIDE:
        return -1
    return CROSSING if board.weight[other] < board.weight[robot] else crossing


@part
def search(board: Board, robot: int, limit: int, crossing: int) -> int:
    """What the robot's cheapest way costs, or -1 when none costs ``limit`` or less.

    Its own path must have been taken off the board. The way is left in ``found``. It may lead
    through robots outside the group at the price of ``crossing`` each time, unless that is 0.
    (A* through space and time with exact distances: D. Silver, Cooperative Pathfinding, 2005.)
    """
    headings, states, horizon = board.headings, board.states, board.horizon
    near, width, seen, holders = board.near, board.width, board.seen, board.holders
    table, arrived, buckets, node_next = board.table, board.arrived, board.buckets, board.node_next
    limit = min(limit, COST_MAX)
    board.counts[0] += STAMP_STEP
    board.counts[2] += 1
    stamp = board.counts[0]
    nodes_max = min(len(board.node_state), board.counts[1])
    for cost in range(limit + 1):
        buckets[cost] = -1
    start = board.paths[robot * (horizon + 1)]
    open_node(board, 0, start, leg_at(board, robot, 0, start), 0, -1, 0)
    count = 1
    bucket = 0
    end = -1
    while bucket <= limit:
        node = buckets[bucket]
        if node < 0:
            bucket += 1
            continue
        buckets[bucket] = node_next[node]
        time = board.node_time[node] + 1
        if time > horizon:
            end = node
            break
        state = board.node_state[node]
        leg = board.node_leg[node]
        here = state // headings
        then = time * board.vertices
        row = (board.row[robot] if leg == 0 else board.then_row[robot]) * board.columns
        left = table[row + state] if leg < 2 else 0
        for k in range(width - 1, -1, -1):  # the last one opened is looked at first: waiting
            after = near[state * width + k]
            if after < 0:
                continue
            there = after // headings
            new_leg = leg
            if leg == 2:
                cost = bucket + (AWAY if there != board.rest[robot] else 0)
            else:
                cost = bucket + STEP * (1 + table[row + after] - left)
                if table[row + after] <= arrived:
                    new_leg = leg_at(board, robot, leg, after)
            if cost > limit:
                continue
            if holders[then + there] >= 0 or (there != here and holders[then + here] >= 0):
                meeting = price(board, robot, holders[then + there], crossing)
                swap = price(board, robot, swapper(board, time, here, there), crossing)
                cost += meeting + swap
                if meeting < 0 or swap < 0 or cost > limit:
                    continue
            key = (time * LEGS + new_leg) * states + after
            if stamp <= seen[key] <= stamp + cost:
                continue
            seen[key] = stamp + cost
            if count >= nodes_max:
                break
            open_node(board, count, after, new_leg, time, node, cost)
            count += 1
    board.counts[1] -= count
    if end < 0:
        return -1
    trace(board, end)
    return bucket


@part
def open_node(
    board: Board, node: int, state: int, leg: int, time: int, before: int, cost: int
) -> None:
    """Write down a node of the search, to be looked at before others of the same cost."""
    board.node_state[node] = state
    board.node_leg[node] = leg
    board.node_time[node] = time
    board.node_before[node] = before
    board.node_next[node] = board.buckets[cost]
    board.buckets[cost] = node


@part
def trace(board: Board, node: int) -> None:
    """Write the way to a node into ``found``."""
    while node >= 0:
        board.found[board.node_time[node]] = board.node_state[node]
        node = board.node_before[node]


@part
def find_crossed(board: Board) -> int:
    """How many robots ``found`` crosses; they are in ``crossed``."""
    count = 0
    for time in range(1, board.horizon + 1):
        here = board.found[time - 1] // board.headings
        there = board.found[time] // board.headings
        count = note(board, count, board.holders[time * board.vertices + there])
        count = note(board, count, swapper(board, time, here, there))
    return count


@part
def note(board: Board, count: int, other: int) -> int:
    """Add a robot to ``crossed`` unless it is there or NOBODY; how many are there then."""
    if other < 0:
        return count
    for i in range(count):
        if board.crossed[i] == other:
            return count
    board.crossed[count] = other
    return count + 1


@part
def take(board: Board, robot: int) -> None:
    """Make ``found`` the robot's path."""
    first = robot * (board.horizon + 1)
    for time in range(board.horizon + 1):
        board.paths[first + time] = board.found[time]
    put(board, robot, robot)
    board.cost[robot] = path_cost(board, robot)


@part
def lift(board: Board, robot: int, place: int) -> None:
    """Take the robot off the board, as number ``place`` of the group, to be put back or moved."""
    times = board.horizon + 1
    board.group[place] = robot
    board.role[robot] = LIFTED
    board.kept_costs[place] = board.cost[robot]
    for time in range(times):
        board.kept_paths[place * times + time] = board.paths[robot * times + time]
    put(board, robot, NOBODY)


@part
def move_group(board: Board, root: int, crossing: int) -> bool:
    """Give ``root`` a cheaper path and those in its way other ones, if that is worth it to all.

    What the others lose must weigh less than what ``root`` gains; else everything is as before.
    """
    times = board.horizon + 1
    lift(board, root, 0)
    size = 1
    done = 0
    gain = 0
    is_better = True
    while done < size and is_better:
        robot = board.group[done]
        old = board.kept_costs[done]
        limit = old - 1 if done == 0 else old + (gain - 1) // board.weight[robot]
        is_better = search(board, robot, limit, crossing) >= 0
        if not is_better:
            break
        for i in range(find_crossed(board)):
            if size == len(board.group):
                is_better = False
                break
            lift(board, board.crossed[i], size)
            size += 1
        if not is_better:
            break
        board.role[robot] = MEMBER
        take(board, robot)
        done += 1
        gain += board.weight[robot] * (old - board.cost[robot])
        is_better = gain > 0
    if not is_better:
        for place in range(size):
            if board.role[board.group[place]] == MEMBER:
                put(board, board.group[place], NOBODY)
        for place in range(size):
            robot = board.group[place]
            board.cost[robot] = board.kept_costs[place]
            for time in range(times):
                board.paths[robot * times + time] = board.kept_paths[place * times + time]
            put(board, robot, robot)
    for place in range(size):
        board.role[board.group[place]] = OUTSIDE
    return is_better


@part
def go_round(board: Board, robot: int) -> bool:
    """Give the robot a cheaper path past all the others, if there is one."""
    put(board, robot, NOBODY)
    is_better = search(board, robot, board.cost[robot] - 1, 0) >= 0
    if is_better:
        take(board, robot)
    else:
        put(board, robot, robot)
    return is_better


@part
def extend(board: Board, robot: int) -> None:
    """Let the robot's last step, in which it waits so far, lead on where that is free."""
    last = robot * (board.horizon + 1) + board.horizon
    state = board.paths[last]
    leg = leg_at(board, robot, 0, board.paths[last - board.horizon])
    for place in range(last - board.horizon + 1, last + 1):
        leg = leg_at(board, robot, leg, board.paths[place])
    here = state // board.headings
    best, least = state, step_cost(board, robot, leg, state, state)
    for k in range(1, board.width):
        after = board.near[state * board.width + k]
        if after < 0 or least == 0:
            break
        cost = step_cost(board, robot, leg, state, after)
        there = after // board.headings
        if cost < least and (
            there == here
            or (
                board.holders[board.horizon * board.vertices + there] < 0
                and swapper(board, board.horizon, here, there) < 0
            )
        ):
            best, least = after, cost
    board.holders[board.horizon * board.vertices + here] = NOBODY
    board.holders[board.horizon * board.vertices + best // board.headings] = robot
    board.paths[last] = best


@kernel
def improve_all(board: Board, order: Numbers, passes: int) -> None:
    """Improve the paths of all robots, in ``order``, until none gets better or it is time."""
    for i in range(len(order)):
        put(board, order[i], order[i])
    for i in range(len(order)):
        extend(board, order[i])
        board.cost[order[i]] = path_cost(board, order[i])
    stuck = STEP * board.horizon // 2
    for _ in range(passes):
        is_better = False
        for i in range(len(order)):
            robot = order[i]
            is_due = board.cost[robot] > 0 and board.counts[1] > 0
            if is_due and (
                move_group(board, robot, EAGER)
                or go_round(board, robot)
                or (board.cost[robot] >= stuck and move_group(board, robot, SHY))
            ):
                is_better = True
        if not is_better:
            break
    for i in range(len(order)):
        put(board, order[i], NOBODY)
