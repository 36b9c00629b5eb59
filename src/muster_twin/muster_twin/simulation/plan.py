"""What one seed is about: how many robots and orders, who wants what and when, which troubles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random

import msgspec

from muster_core.ids import OrderId
from muster_core.order import Order
from muster_twin.simulation.faults import Fault, draw_faults
from muster_twin.simulation.floor import SHELVES

ROBOTS = (2, 2, 3, 3, 4)
SPARE_SHARE = 0.25
TRAFFIC_SHARE = 0.75
ORDERS_MIN, ORDERS_MAX = 4, 12
TROUBLE_S_MIN, TROUBLE_S_MAX = 40.0, 120.0
WISHES_SHARE = 0.7
"""Of the time of trouble, the first part in which orders come in."""

KAFKA_SHARE = 0.4
REPEATED_SHARE, CHANGED_SHARE, CANCELLED_SHARE = 0.2, 0.15, 0.4
ROUNDS_SHARE, STOPS_MAX = 0.25, 5
NOT_JSON = b'{"order_id": "o-'


class Verb(Enum):
    """What somebody wants of an order."""

    SUBMIT = "submit"
    WRITE = "write"  # to Kafka
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a client does at a time.

    :param at_s: when; after the event, if there is one to wait for.
    :param after: the event of the order that is waited for; empty = none.
    :param body: a record for Kafka that is no order at all; empty as a rule.
    """

    at_s: float
    verb: Verb
    order: Order
    after: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is drawn before a simulation begins.

    :param trouble_s: how long faults happen; after that everything is mended.
    :param has_spare: whether the last robot is a spare.
    :param has_traffic: whether traffic leads the robots.
    """

    robots: int
    schedulers: int
    has_spare: bool
    has_traffic: bool
    trouble_s: float
    wishes: tuple[Wish, ...]
    faults: tuple[Fault, ...]


def draw_plan(chance: Random) -> Plan:
    """A plan in swarm style: each one has a few kinds of trouble, and those thoroughly.

    A mixture of everything at once finds less (Groce et al., Swarm Testing, 2012).
    """
    trouble_s = chance.uniform(TROUBLE_S_MIN, TROUBLE_S_MAX)
    robots = chance.choice(ROBOTS)
    return Plan(
        robots=robots,
        schedulers=chance.choice((1, 2, 2)),
        has_spare=robots > 2 and chance.random() < SPARE_SHARE,
        has_traffic=chance.random() < TRAFFIC_SHARE,
        trouble_s=trouble_s,
        wishes=_draw_wishes(chance, trouble_s * WISHES_SHARE),
        faults=draw_faults(chance),
    )


def _draw_wishes(chance: Random, until_s: float) -> tuple[Wish, ...]:
    wishes: list[Wish] = []
    for number in range(1, chance.randint(ORDERS_MIN, ORDERS_MAX) + 1):
        shelf = chance.randint(1, SHELVES)
        order = _draw_order(chance, OrderId(f"o-{number}"), f"shelf_{shelf}")
        at_s = chance.uniform(0, until_s)
        how = Verb.WRITE if chance.random() < KAFKA_SHARE else Verb.SUBMIT
        wishes.append(Wish(at_s, how, order))
        if chance.random() < REPEATED_SHARE:
            wishes.append(Wish(chance.uniform(at_s, until_s), how, order))
        if chance.random() < CHANGED_SHARE:
            changed = msgspec.structs.replace(order, priority=order.priority + 1)
            wishes.append(Wish(chance.uniform(at_s, until_s), Verb.SUBMIT, changed))
        if chance.random() < CANCELLED_SHARE:
            wishes.append(_draw_cancel(chance, order, at_s))
    if chance.random() < KAFKA_SHARE:
        wishes.append(Wish(chance.uniform(0, until_s), Verb.WRITE, wishes[0].order, body=NOT_JSON))
    return tuple(sorted(wishes, key=lambda wish: wish.at_s))


def _draw_cancel(chance: Random, order: Order, at_s: float) -> Wish:
    after = chance.choice(("", "task_assigned", "attempt_started", "pick_permitted"))
    if not after:
        return Wish(chance.uniform(at_s, at_s + 20), Verb.CANCEL, order)
    return Wish(chance.uniform(0, 4), Verb.CANCEL, order, after)


def _draw_order(chance: Random, order_id: OrderId, shelf: str) -> Order:
    priority = chance.choice((50, 100, 100, 200))
    if chance.random() < ROUNDS_SHARE:
        stops = chance.sample(range(1, SHELVES + 1), chance.randint(2, STOPS_MAX))
        places = tuple(f"shelf_{stop}" for stop in stops)
        kind = chance.choice(("scan", "scan", "move"))
        return Order(order_id=order_id, kind=kind, places=places, priority=priority)
    dropoff = chance.choice(("pack_1", "pack_2"))
    return Order(order_id=order_id, pickup=shelf, dropoff=dropoff, priority=priority)
