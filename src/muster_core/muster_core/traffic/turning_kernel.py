"""The kernel of one decision for robots that turn on the spot; see ``turning.py``.

Integers and flat arrays only. ``paths`` [robots * options * (horizon + 1)] has the vertices of each
option at the times 0 to the horizon, ``wishes`` [robots * options] the options in the order of
their worth, the best first, then -1. ``holders`` [(horizon + 1) * vertices] is who is to be where
at each time, or -1; ``chosen`` [robots] each robot's option at present.
"""

from __future__ import annotations

from muster_core.compiled import Numbers, kernel, part

NOBODY = -1
SEVERAL = -2


@part
def who_is_in_the_way(
    robot: int,
    option: int,
    options: int,
    horizon: int,
    vertices: int,
    paths: Numbers,
    holders: Numbers,
) -> int:
    """The only robot that the option collides with and when it first does, NOBODY or SEVERAL.

    Both in one number: robot * (horizon + 1) + time.
    """
    met = NOBODY
    first = 0
    begin = (robot * options + option) * (horizon + 1)
    for time in range(1, horizon + 1):
        here = paths[begin + time - 1]
        there = paths[begin + time]
        other = holders[time * vertices + there]
        if other >= 0 and other != robot:
            if met >= 0 and met != other:
                return SEVERAL
            if met < 0:
                first = time
            met = other
        if there != here:
            other = holders[(time - 1) * vertices + there]
            if other >= 0 and other != robot and holders[time * vertices + here] == other:
                if met >= 0 and met != other:
                    return SEVERAL
                if met < 0:
                    first = time
                met = other
    return met * (horizon + 1) + first if met >= 0 else NOBODY


@part
def put(
    robot: int,
    who: int,
    option: int,
    options: int,
    horizon: int,
    vertices: int,
    paths: Numbers,
    holders: Numbers,
) -> None:
    """Note that ``who`` is where the robot's option leads; NOBODY takes it away."""
    begin = (robot * options + option) * (horizon + 1)
    for time in range(1, horizon + 1):
        holders[time * vertices + paths[begin + time]] = who


@part
def choose(
    root: int,
    rank: Numbers,
    options: int,
    horizon: int,
    vertices: int,
    paths: Numbers,
    wishes: Numbers,
    holders: Numbers,
    chosen: Numbers,
    tried: Numbers,
    kept: Numbers,
    stack: Numbers,
    asked: Numbers,
    times_max: int,
) -> None:
    """Give ``root`` the best option that is to be had, moving less urgent robots out of its way.

    If one of those finds nothing, everything it was tried for is as before. ``tried`` [robots] is
    -1 but for robots on ``stack``; ``kept`` [robots] is what those had before. ``asked`` [robots *
    (horizon + 1)] counts for the root how often a robot was asked to be out of the way at each
    time, from ``rank * times_max`` on: a search goes to nobody for the same more than so often.
    """
    depth = 1
    stack[0] = root
    tried[root] = 0
    kept[root] = chosen[root]
    put(root, NOBODY, chosen[root], options, horizon, vertices, paths, holders)
    unasked = rank[root] * times_max
    while depth > 0:
        robot = stack[depth - 1]
        pushed = SEVERAL
        while tried[robot] < options:
            option = wishes[robot * options + tried[robot]]
            tried[robot] += 1
            if option < 0:
                break
            if depth == 1 and option == kept[robot]:
                pushed = NOBODY  # no better one is to be had; what it has is free for it
            else:
                pushed = SEVERAL
                met = who_is_in_the_way(robot, option, options, horizon, vertices, paths, holders)
                if met == NOBODY:
                    pushed = NOBODY
                elif met >= 0:
                    other = met // (horizon + 1)
                    if rank[other] > rank[root] and tried[other] < 0:
                        times = max(asked[met], unasked)
                        if times < unasked + times_max:
                            asked[met] = times + 1
                            pushed = other
            if pushed != SEVERAL:
                chosen[robot] = option
                break
        if pushed == NOBODY:
            put(robot, robot, chosen[robot], options, horizon, vertices, paths, holders)
            for i in range(depth):
                tried[stack[i]] = -1
            return
        if pushed >= 0:
            # Taken away first, for the two paths may share a place at different times only.
            kept[pushed] = chosen[pushed]
            put(pushed, NOBODY, chosen[pushed], options, horizon, vertices, paths, holders)
            put(robot, robot, chosen[robot], options, horizon, vertices, paths, holders)
            stack[depth] = pushed
            tried[pushed] = 0
            depth += 1
            continue
        # Nothing is to be had: it goes back to what it had, and who pushed it tries on.
        chosen[robot] = kept[robot]
        tried[robot] = -1
        depth -= 1
        if depth > 0:
            below = stack[depth - 1]
            put(below, NOBODY, chosen[below], options, horizon, vertices, paths, holders)
        put(robot, robot, chosen[robot], options, horizon, vertices, paths, holders)


@kernel
def choose_all(
    order: Numbers,
    rank: Numbers,
    options: int,
    horizon: int,
    vertices: int,
    paths: Numbers,
    wishes: Numbers,
    holders: Numbers,
    chosen: Numbers,
    tried: Numbers,
    kept: Numbers,
    stack: Numbers,
    asked: Numbers,
    times_max: int,
) -> None:
    """Choose for all robots in ``order``, the most urgent first; changes ``chosen``."""
    for i in range(len(order)):
        choose(
            order[i],
            rank,
            options,
            horizon,
            vertices,
            paths,
            wishes,
            holders,
            chosen,
            tried,
            kept,
            stack,
            asked,
            times_max,
        )
