"""Orders into tasks for the kinds that Muster knows: what the built-in policies plan with.

Each kind is a row of a table; every one of them becomes a single task, which one robot does in one
go. What cannot be planned is refused in a sentence, never raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from muster_core.errors import ErrorCode, Refusal
from muster_core.kinds import DELIVER, KINDS, MOVE, SCAN, Kind
from muster_core.order import Order
from muster_core.policy.protocol import Plan
from muster_core.site import Site
from muster_core.task import STEPS_MAX, Step, TaskProposal


def plan_order(order: Order, site: Site) -> Plan:
    """The order's tasks, or a refusal that says what stands in the way."""
    refusal = _refusal(order, site)
    if refusal is not None:
        return Plan(order.order_id, refusal=refusal)
    steps = _STEPS[order.kind](order)
    if len(steps) > STEPS_MAX:
        return Plan(order.order_id, refusal=_too_long(order, len(steps)))
    task = TaskProposal(
        steps, _capabilities(order, steps), allows_fetch=True, payload_kg=order.payload_kg
    )
    return Plan(order.order_id, (task,))


def _deliver(order: Order) -> tuple[Step, ...]:
    return (
        Step("go", order.pickup),
        Step("pick", order.pickup),
        Step("go", order.dropoff),
        Step("place", order.dropoff),
    )


def _scan(order: Order) -> tuple[Step, ...]:
    return tuple(Step(verb, place) for place in order.places for verb in ("go", "scan"))


def _move(order: Order) -> tuple[Step, ...]:
    return tuple(Step("go", place) for place in order.places)


_STEPS: Mapping[str, Callable[[Order], tuple[Step, ...]]] = {
    DELIVER.name: _deliver,
    SCAN.name: _scan,
    MOVE.name: _move,
}


def _capabilities(order: Order, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """What the verbs need and what the order requires besides, each once, in the order of names."""
    return tuple(sorted({step.verb for step in steps} | set(order.requires)))


def _refusal(order: Order, site: Site) -> Refusal | None:
    kind = KINDS.get(order.kind)
    if kind is None:
        return _unknown_kind(order)
    for field in kind.needs:
        if not getattr(order, field):
            return _missing(order, kind, field)
    for place in _named_places(order, kind):
        if place not in site.places:
            return _unknown_place(order, place, site)
    return None


def _named_places(order: Order, kind: Kind) -> tuple[str, ...]:
    """The places that the kind's fields name, in their order."""
    names: list[str] = []
    for field in kind.needs:
        value = getattr(order, field)
        names.extend((value,) if isinstance(value, str) else value)
    return tuple(names)


def _unknown_kind(order: Order) -> Refusal:
    return Refusal(
        ErrorCode.UNKNOWN_KIND,
        f"order {order.order_id!r} is of kind {order.kind!r}, which this policy cannot plan; "
        f"it plans {', '.join(KINDS)}",
    )


def _missing(order: Order, kind: Kind, field: str) -> Refusal:
    return Refusal(
        ErrorCode.MISSING_PLACE,
        f"order {order.order_id!r} of kind {kind.name!r} has no {field}; "
        f"it needs {' and '.join(kind.needs)}, as in {kind.example}",
    )


def _unknown_place(order: Order, place: str, site: Site) -> Refusal:
    nearest = site.closest_name(place)
    hint = f"; did you mean {nearest!r}?" if nearest else ""
    return Refusal(
        ErrorCode.PLAN_FAILED,
        f"order {order.order_id!r} names place {place!r}, which site {site.name!r} does not have"
        f"{hint}",
    )


def _too_long(order: Order, steps: int) -> Refusal:
    return Refusal(
        ErrorCode.PLAN_FAILED,
        f"order {order.order_id!r} would take {steps} steps; a task has at most {STEPS_MAX}, "
        "so split the order",
    )
