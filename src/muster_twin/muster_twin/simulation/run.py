"""One seed from beginning to end, and many of them on several cores."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from muster_core.clock import NS_PER_S
from muster_core.events import Record, event_type
from muster_twin.simulation.faults import Troubles, mend
from muster_twin.simulation.history import Happening
from muster_twin.simulation.plan import Plan, Verb, Wish, draw_plan
from muster_twin.simulation.witness import Violation
from muster_twin.simulation.world import World

CALM_S_MAX = 240.0
"""How long everything may take to end well once all troubles are over, s."""
CALM_LOOK_S = 2.0
CHUNK = 20
"""Seeds that a process takes at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one seed.

    :param digest: of the log, the journals and Kafka: equal for equal runs.
    :param happenings: all that happened; empty when it was not asked for.
    """

    seed: int
    plan: Plan
    violation: Violation | None
    simulated_s: float
    events: int
    digest: str
    happenings: tuple[Happening, ...] = ()


def run_seed(seed: int, *, keeps_history: bool = False) -> Result:
    """Simulate one fleet: a time of troubles, then calm in which all must end well."""
    chance = Random(seed)
    plan = draw_plan(chance)
    world = World(
        chance,
        robots=plan.robots,
        schedulers=plan.schedulers,
        has_spare=plan.has_spare,
        has_traffic=plan.has_traffic,
    )
    Troubles(world, plan.faults, plan.trouble_s)
    for wish in plan.wishes:
        if wish.after:
            world.on_recorded.append(partial(_grant_after, world, wish))
        else:
            world.timeline.after(wish.at_s, partial(_grant, world, wish))
    world.run(plan.trouble_s)
    mend(world)
    _calm(world)
    violation = world.witness.violation
    return Result(
        seed,
        plan,
        violation,
        world.timeline.now_s,
        world.timeline.events,
        _digest(world),
        tuple(world.history.happenings) if keeps_history else (),
    )


def run_seeds(seeds: Iterable[int], *, jobs: int = 1) -> Iterator[Result]:
    """The results of ``seeds``, in their order.

    :param jobs: processes that share the work.
    """
    if jobs <= 1:
        yield from map(run_seed, seeds)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(run_seed, seeds, chunksize=CHUNK)


def _grant(world: World, wish: Wish) -> None:
    match wish.verb:
        case Verb.SUBMIT:
            world.submit(wish.order)
        case Verb.WRITE:
            world.write(wish.order, wish.body)
        case Verb.CANCEL:
            world.client.cancel(wish.order.order_id)


def _grant_after(world: World, wish: Wish, record: Record) -> None:
    """Grant the wish a while after the event that it waits for. A client asks once."""
    is_it = event_type(record.event) == wish.after
    if is_it and getattr(record.event, "order_id", "") == wish.order.order_id:
        world.timeline.after(wish.at_s, partial(_grant, world, wish))


def _calm(world: World) -> None:
    deadline_ns = world.timeline.now_ns + int(CALM_S_MAX * NS_PER_S)
    while world.witness.violation is None and world.timeline.now_ns < deadline_ns:
        world.run(CALM_LOOK_S)
        if world.is_quiet():
            break
    if world.witness.violation is None:
        world.witness.tell("ended")


def _digest(world: World) -> str:
    digest = hashlib.sha256()
    for disk in world.disks:
        for entry in disk.entries:
            digest.update(f"{entry.seq}|{entry.wall_ns}|{entry.epoch}|".encode() + entry.body)
    digest.update(f"{len(world.broker.kafka.events)}|{world.timeline.now_ns}".encode())
    return digest.hexdigest()
