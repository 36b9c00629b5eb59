"""The kernel of one PIBT decision, in integers and flat arrays only; see ``pibt.py``.

Priority inheritance with backtracking (K. Okumura, M. Machida, X. Defago, Y. Tamura, Artificial
Intelligence 310, 2022) and the swap operation (K. Okumura, IJCAI 2023), told from the papers. The
recursion over pushed robots is a stack here, since a push may be as long as the fleet.

Names: ``at`` [robots] is where a robot stands, ``to`` [robots] where it goes, -1 = undecided;
``holder_now`` and ``holder_next`` [vertices] are the robot that stands there or goes there, or -1.
``table`` [rows * vertices] has the distances, ``row_of`` [robots] a robot's row or -1 without a
goal, ``goal_of`` [robots] its goal or -1. ``near`` [vertices * width] is a vertex itself, then its
neighbours, then -1; ``wishes`` [robots * width] the same for where each robot stands, the best
first. ``pull`` [robots] is whom a robot would swap places with.
"""

from __future__ import annotations

from muster_core.compiled import Numbers, kernel, part

GOES = -1
FAILS = -2


@part
def distance(robot: int, vertex: int, vertices: int, table: Numbers, row_of: Numbers) -> int:
    """How far the robot is from its goal at ``vertex``; 0 without a goal."""
    row = row_of[robot]
    return table[row * vertices + vertex] if row >= 0 else 0


@part
def next_to_pull(
    came_from: int, vertex: int, width: int, near: Numbers, holder_now: Numbers, goal_of: Numbers
) -> tuple[int, int]:
    """In how many ways a robot can be led on from ``vertex``, and one of them.

    Not back, and not into a dead end where a robot rests at its goal.
    """
    ways = 0
    way = -1
    for k in range(vertex * width + 1, vertex * width + width):
        after = near[k]
        if after < 0:
            break
        if after == came_from:
            continue
        there = holder_now[after]
        if there >= 0 and goal_of[there] == after:
            is_dead_end = width < 3 or near[after * width + 2] < 0
            if is_dead_end:
                continue
        ways += 1
        way = after
    return ways, way


@part
def is_swap_required(
    pusher: int,
    puller: int,
    pusher_at: int,
    puller_at: int,
    width: int,
    near: Numbers,
    holder_now: Numbers,
    goal_of: Numbers,
    table: Numbers,
    row_of: Numbers,
) -> bool:
    """Whether the two have to change places, as the pusher drives the puller on before it."""
    vertices = len(holder_now)
    here, ahead = pusher_at, puller_at
    while distance(pusher, ahead, vertices, table, row_of) < distance(
        pusher, here, vertices, table, row_of
    ):
        ways, way = next_to_pull(here, ahead, width, near, holder_now, goal_of)
        if ways >= 2:
            return False
        if ways == 0:
            break
        here, ahead = ahead, way
    if distance(puller, here, vertices, table, row_of) >= distance(
        puller, ahead, vertices, table, row_of
    ):
        return False
    left = distance(pusher, here, vertices, table, row_of)
    return left == 0 or distance(pusher, ahead, vertices, table, row_of) < left


@part
def is_swap_possible(
    pusher_at: int,
    puller_at: int,
    width: int,
    near: Numbers,
    holder_now: Numbers,
    goal_of: Numbers,
) -> bool:
    """Whether the puller, drawing the other after it, comes to where two can pass."""
    here, ahead = pusher_at, puller_at
    for _ in range(len(holder_now)):
        ways, way = next_to_pull(here, ahead, width, near, holder_now, goal_of)
        if ways >= 2:
            return True
        if ways == 0:
            return False
        here, ahead = ahead, way
        if ahead == pusher_at:
            return False  # round a loop
    return False


@part
def whom_to_swap_with(
    robot: int,
    wish: int,
    at: Numbers,
    to: Numbers,
    width: int,
    near: Numbers,
    bridges: Numbers,
    holder_now: Numbers,
    goal_of: Numbers,
    table: Numbers,
    row_of: Numbers,
) -> int:
    """The robot that this one has to let pass by leading it away, or -1.

    Only across an edge that nothing leads round. Either the one in its way, or one that follows
    it while it clears the way (push and swap).
    """
    here = at[robot]
    is_across = False
    for k in range(here * width + 1, here * width + width):
        if near[k] == wish:
            is_across = bridges[k]
    if not is_across:
        return -1
    other: int = holder_now[wish]
    if (
        other >= 0
        and other != robot
        and to[other] < 0
        and is_swap_required(
            robot, other, here, wish, width, near, holder_now, goal_of, table, row_of
        )
        and is_swap_possible(wish, here, width, near, holder_now, goal_of)
    ):
        return other
    for k in range(here * width + 1, here * width + width):
        if near[k] < 0:
            break
        other = holder_now[near[k]]
        if (
            other >= 0
            and near[k] != wish
            and is_swap_required(
                other, robot, here, wish, width, near, holder_now, goal_of, table, row_of
            )
            and is_swap_possible(wish, here, width, near, holder_now, goal_of)
        ):
            return other
    return -1


@part
def reverse(robot: int, width: int, wishes: Numbers) -> None:
    """Turn the robot's wishes round."""
    first = robot * width
    last = first
    while last + 1 < first + width and wishes[last + 1] >= 0:
        last += 1
    while first < last:
        wishes[first], wishes[last] = wishes[last], wishes[first]
        first += 1
        last -= 1


@part
def take_wish(
    robot: int,
    at: Numbers,
    to: Numbers,
    holder_now: Numbers,
    holder_next: Numbers,
    wishes: Numbers,
    width: int,
    rotates: bool,
    tried: Numbers,
) -> int:
    """Give the robot the next of its wishes that is to be had: whom that pushes, GOES or FAILS."""
    here = at[robot]
    while tried[robot] < width:
        wish = wishes[robot * width + tried[robot]]
        tried[robot] += 1
        if wish < 0:
            break
        if holder_next[wish] >= 0:
            continue
        other: int = holder_now[wish]
        if other >= 0 and other != robot:
            if to[other] == here:
                continue  # they would swap along the edge
            if not rotates and tried[other] >= 0:
                continue  # a closed ring, where nobody could be the first to go
        to[robot] = wish
        holder_next[wish] = robot
        return other if other >= 0 and other != robot and to[other] < 0 else GOES
    to[robot] = here
    holder_next[here] = robot  # taken back from the one that pushed it
    return FAILS


@part
def decide_one(
    root: int,
    at: Numbers,
    to: Numbers,
    holder_now: Numbers,
    holder_next: Numbers,
    wishes: Numbers,
    width: int,
    near: Numbers,
    bridges: Numbers,
    goal_of: Numbers,
    table: Numbers,
    row_of: Numbers,
    swaps: bool,
    rotates: bool,
    stack: Numbers,
    tried: Numbers,
    pull: Numbers,
) -> None:
    """Decide where ``root`` goes and, before it, all whom it pushes.

    ``tried`` [robots] counts the wishes tried while the robot is on ``stack``, else is -1.
    """
    depth = 1
    stack[0] = root
    tried[root] = 0
    outcome = FAILS
    while depth > 0:
        robot = stack[depth - 1]
        if swaps and tried[robot] == 0:
            wish = wishes[robot * width]
            pull[robot] = whom_to_swap_with(
                robot, wish, at, to, width, near, bridges, holder_now, goal_of, table, row_of
            )
            if pull[robot] >= 0:
                reverse(robot, width, wishes)
        if outcome == FAILS:
            outcome = take_wish(
                robot, at, to, holder_now, holder_next, wishes, width, rotates, tried
            )
        if outcome >= 0:
            stack[depth] = outcome
            tried[outcome] = 0
            depth += 1
            outcome = FAILS
            continue
        if swaps and outcome == GOES and tried[robot] == 1:
            led = pull[robot]
            here = at[robot]
            if led >= 0 and to[led] < 0 and holder_next[here] < 0:
                to[led] = here
                holder_next[here] = led
        tried[robot] = -1
        depth -= 1


@kernel
def decide_all(
    order: Numbers,
    at: Numbers,
    to: Numbers,
    holder_now: Numbers,
    holder_next: Numbers,
    wishes: Numbers,
    width: int,
    near: Numbers,
    bridges: Numbers,
    goal_of: Numbers,
    table: Numbers,
    row_of: Numbers,
    swaps: bool,
    rotates: bool,
    stack: Numbers,
    tried: Numbers,
    pull: Numbers,
) -> None:
    """Decide for all robots in ``order``, the most urgent first; fills ``to``."""
    for i in range(len(order)):
        if to[order[i]] < 0:
            decide_one(
                order[i],
                at,
                to,
                holder_now,
                holder_next,
                wishes,
                width,
                near,
                bridges,
                goal_of,
                table,
                row_of,
                swaps,
                rotates,
                stack,
                tried,
                pull,
            )
