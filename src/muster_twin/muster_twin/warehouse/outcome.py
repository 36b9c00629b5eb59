"""What came of a run, in numbers: for tables, for reports, and for other programs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from muster_core.clock import NS_PER_S
from muster_core.states import OrderState
from muster_twin.warehouse.tally import Activity
from muster_twin.warehouse.world import START_S, START_WALL_NS, Warehouse

COLLISIONS_TOLD_MAX = 10


class Spread(msgspec.Struct, frozen=True):
    """Seconds, of many."""

    mean_s: float
    p50_s: float
    p95_s: float
    max_s: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One run. All times are simulated unless they say otherwise; shares are 0 to 1.

    :param name: of the variant, for tables and charts.
    :param unfinished: orders that had not ended when the run was given up.
    :param makespan_s: from the beginning to the end of the last order; where orders are left
        unfinished, all the time that was simulated: less is not known of it.
    :param service: of completed orders, from asked for to done.
    :param assignment: of orders that a robot was found for, from asked for to that.
    :param utilisation: the robots' time with something to do.
    :param activities: the shares of the robots' time, by activity.
    :param longest_wait_s: how long one robot stood with somewhere to get to, at the longest.
    :param collisions: how often two bodies were at one place, by the referee (I8).
    :param troubles: that traffic told, by kind.
    :param asked_at_s: when each order was asked for, ascending.
    :param completed_at_s: when each completed order was done, ascending.
    :param service_s: of each of those orders, in the same order.
    :param visits: how often robots came to each vertex.
    :param waits_s: how long robots stood at each vertex with somewhere to get to.
    :param cpu_s: how long the run took, seconds of CPU.
    :param speed: simulated seconds per second of CPU.
    :param computing: the shares of ``cpu_s``, by part of the fleet; the rest is the world's.
    """

    name: str
    site: str
    robots: int
    policy: str
    traffic: str
    seed: int
    orders: int
    completed: int
    failed: int
    cancelled: int
    refused: int
    unfinished: int
    makespan_s: float
    throughput_per_h: float
    service: Spread
    assignment: Spread
    utilisation: float
    activities: dict[str, float]
    driven_m: float
    longest_wait_s: float
    longest_wait: str
    collisions: int
    collisions_told: tuple[str, ...]
    refusals: dict[str, int]
    troubles: dict[str, int]
    simulated_s: float
    cpu_s: float
    speed: float
    computing: dict[str, float]
    asked_at_s: tuple[float, ...]
    completed_at_s: tuple[float, ...]
    service_s: tuple[float, ...]
    visits: dict[str, int]
    waits_s: dict[str, float]


def outcome_of(warehouse: Warehouse, name: str) -> Outcome:
    """What came of the run that ``warehouse`` has behind it."""
    ledger, settings = warehouse.scheduler.ledger, warehouse.settings
    done = sorted(
        (order.ended_ns, order.accepted_ns)
        for order in ledger.orders.values()
        if order.state is OrderState.COMPLETED
    )
    ends_s = [(ended_ns - START_WALL_NS) / NS_PER_S for ended_ns, _ in done]
    service_s = [(ended_ns - accepted_ns) / NS_PER_S for ended_ns, accepted_ns in done]
    assigned = warehouse.scheduler.assigned_ns
    assignment_s = [
        (assigned[order_id] - order.accepted_ns) / NS_PER_S
        for order_id, order in ledger.orders.items()
        if order_id in assigned
    ]
    activities = _activities(warehouse)
    longest_wait_s, longest_wait = max(
        (body.tally.longest_wait_s, f"{body.robot_id} at {body.tally.longest_wait_at}")
        for body in warehouse.bodies.values()
    )
    counts, scheduler, referee = ledger.counts, warehouse.scheduler, warehouse.referee
    simulated_s = warehouse.timeline.now_s - START_S
    unfinished = len(warehouse.orders) - scheduler.ended - scheduler.refused
    makespan_s = simulated_s if unfinished else max(ends_s, default=0.0)
    return Outcome(
        name=name,
        site=warehouse.ground.site.name,
        robots=settings.robots,
        policy=settings.policy,
        traffic=settings.traffic.value,
        seed=settings.seed,
        orders=len(warehouse.orders),
        completed=len(done),
        failed=counts[OrderState.FAILED],
        cancelled=counts[OrderState.CANCELLED],
        refused=scheduler.refused,
        unfinished=unfinished,
        makespan_s=makespan_s,
        throughput_per_h=len(done) / makespan_s * 3600 if makespan_s else 0.0,
        service=_spread(service_s),
        assignment=_spread(assignment_s),
        utilisation=1.0 - activities[Activity.IDLE.value],
        activities=activities,
        driven_m=sum(body.tally.driven_m for body in warehouse.bodies.values()),
        longest_wait_s=longest_wait_s,
        longest_wait=longest_wait if longest_wait_s else "",
        collisions=referee.collisions_total,
        collisions_told=tuple(map(str, referee.collisions[:COLLISIONS_TOLD_MAX])),
        refusals=dict(scheduler.refusals.most_common(10)),
        troubles=dict(warehouse.traffic.troubles),
        simulated_s=simulated_s,
        cpu_s=warehouse.took_s,
        speed=warehouse.timeline.now_s / warehouse.took_s if warehouse.took_s else 0.0,
        computing={
            part: spent_s / (warehouse.took_s or 1.0)
            for part, spent_s in sorted(warehouse.stopwatch.spent_s.items())
        },
        asked_at_s=tuple(timed.release_s for timed in warehouse.orders),
        completed_at_s=tuple(ends_s),
        service_s=tuple(service_s),
        visits=dict(sorted(warehouse.visits.items())),
        waits_s=dict(sorted(warehouse.waits_s.items())),
    )


def _activities(warehouse: Warehouse) -> dict[str, float]:
    tallies = [body.tally for body in warehouse.bodies.values()]
    spent_s = {a: sum(tally.spent_s[a] for tally in tallies) for a in Activity}
    total_s = sum(spent_s.values()) or 1.0
    return {activity.value: spent / total_s for activity, spent in spent_s.items()}


def _spread(values_s: Sequence[float]) -> Spread:
    if not values_s:
        return Spread(0.0, 0.0, 0.0, 0.0)
    ordered = sorted(values_s)

    def percentile(share: float) -> float:
        return ordered[max(0, math.ceil(len(ordered) * share) - 1)]

    mean_s = sum(ordered) / len(ordered)
    return Spread(mean_s, percentile(0.5), percentile(0.95), ordered[-1])
