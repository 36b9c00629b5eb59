"""Whether an order can be done: by its kind, on this site, by this fleet, in time."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from muster_core.clock import Instant
from muster_core.errors import ErrorCode, Refusal
from muster_core.intake.deadline import check_deadline
from muster_core.intake.fields import check_fields
from muster_core.intake.sentence import did_you_mean, listed, quoted
from muster_core.kinds import Kind
from muster_core.order import Order
from muster_core.robot import PAYLOAD_SLACK
from muster_core.site.model import Site
from muster_core.site.routing import Routes

_PLACE_FIELDS = ("pickup", "dropoff", "places")


def check_order(
    order: Order,
    *,
    site: Site,
    routes: Routes,
    kinds: Mapping[str, Kind],
    capabilities: Collection[str] | None,
    payload_kg_max: float = math.inf,
    now: Instant,
) -> Refusal | None:
    """Why the order cannot be accepted; None when it can.

    Ask only for an order id that is not known yet: a retry of an accepted order may come after its
    deadline.

    :param routes: of ``site``.
    :param capabilities: of all robots together; None = the fleet is not known yet, check nothing.
    :param payload_kg_max: what the strongest of them carries, kg.
    """
    return (
        check_fields(order)
        or _check_kind(order, kinds)
        or _check_places(order, site, routes)
        or _check_requires(order, capabilities)
        or _check_payload(order, payload_kg_max)
        or check_deadline(order, now)
    )


def _check_kind(order: Order, kinds: Mapping[str, Kind]) -> Refusal | None:
    kind = kinds.get(order.kind)
    if kind is None:
        hint = did_you_mean(order.kind, kinds)
        known = f"known kinds are {listed(kinds)}"
        return Refusal(
            ErrorCode.UNKNOWN_KIND,
            f"kind {quoted(order.kind)} is unknown; {f'{hint} ({known})' if hint else known}",
        )
    missing = [name for name in _PLACE_FIELDS if name in kind.needs and not getattr(order, name)]
    if missing:
        return Refusal(
            ErrorCode.MISSING_PLACE,
            f"kind {order.kind!r} needs {listed(kind.needs)}, and {missing[0]} is empty; "
            f"an order of this kind looks like {kind.example}",
        )
    spare = [name for name in _PLACE_FIELDS if name not in kind.needs and getattr(order, name)]
    if spare:
        return Refusal(
            ErrorCode.WRONG_SHAPE,
            f"kind {order.kind!r} has no use for {spare[0]}, which is "
            f"{quoted(getattr(order, spare[0]))}; leave it out, or choose another kind; "
            f"an order of this kind looks like {kind.example}",
        )
    return None


def _check_places(order: Order, site: Site, routes: Routes) -> Refusal | None:
    """Whether robots can go to each place. Then they can go from any to any, too.

    For what can be reached is one strongly connected component.
    """
    named = [("pickup", order.pickup), ("dropoff", order.dropoff)]
    named = [(field, name) for field, name in named if name]
    named.extend(("places: entry", name) for name in order.places)
    for field, name in named:
        if name not in site.places:
            nearest = site.closest_name(name)
            hint = f"did you mean {nearest!r}?" if nearest else f"known are {listed(site.places)}"
            return Refusal(
                ErrorCode.UNKNOWN_PLACE,
                f"{field} {quoted(name)} is not a place of site {site.name!r}; {hint}",
            )
        reason = routes.unreachable_reason(name)
        if reason is not None:
            return Refusal(
                ErrorCode.UNREACHABLE_PLACE,
                f"{field} {quoted(name)} is out of reach: {reason} "
                "Name another place, or mend the site file",
            )
    if order.pickup and order.pickup == order.dropoff:
        return Refusal(
            ErrorCode.WRONG_SHAPE,
            f"pickup and dropoff are both {quoted(order.pickup)}, so there is nothing to carry; "
            "name two different places",
        )
    return None


def _check_requires(order: Order, capabilities: Collection[str] | None) -> Refusal | None:
    if capabilities is None:
        return None
    for name in order.requires:
        if name not in capabilities:
            hint = did_you_mean(name, capabilities)
            offered = f"the fleet offers {listed(capabilities) or 'none'}"
            return Refusal(
                ErrorCode.UNKNOWN_CAPABILITY,
                f"requires {quoted(name)}, which no robot of the fleet offers; "
                f"{f'{hint} ({offered})' if hint else offered}",
            )
    return None


def _check_payload(order: Order, payload_kg_max: float) -> Refusal | None:
    if order.payload_kg <= payload_kg_max * (1.0 + PAYLOAD_SLACK):
        return None
    strongest = f"the strongest robot of the fleet carries {payload_kg_max:g} kg"
    if not payload_kg_max:
        strongest = "no robot of the fleet tells how much it carries (its agent's payload_kg_max)"
    return Refusal(
        ErrorCode.TOO_HEAVY,
        f"payload_kg is {quoted(order.payload_kg)}, which is too much: {strongest}; split the "
        "load into several orders, or leave payload_kg out where weight does not count",
    )
