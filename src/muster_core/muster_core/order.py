"""Orders: what somebody wants, and the record of how far it is."""

from __future__ import annotations

import hashlib

import msgspec

from muster_core.ids import OrderId

ORDER_BYTES_MAX = 64 * 1024
ORDER_ID_LENGTH_MAX = 128
OWN_ORDERS = "probe/"
"""What the ids of Muster's own orders begin with, and nobody else's may."""
PRIORITY_MAX = 255
DEFAULT_PRIORITY = 100
PLACES_MAX = 256
REQUIRES_MAX = 32
TEXT_LENGTH_MAX = 1024
PAYLOAD_KG_MAX = 1e6


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants done. Field by field as in ``muster_msgs/msg/Order.msg``."""

    order_id: OrderId
    kind: str = "deliver"
    pickup: str = ""
    dropoff: str = ""
    places: tuple[str, ...] = ()
    priority: int = DEFAULT_PRIORITY
    deadline: str = ""
    requires: tuple[str, ...] = ()
    payload_kg: float = 0.0
    requester: str = ""
    traceparent: str = ""


def content_digest(order: Order) -> str:
    """A digest of what is wanted: equal for a retry, different for another wish.

    Who asks and the trace context are left out, for a retry may come with others.
    """
    content: tuple[object, ...] = (
        order.kind,
        order.pickup,
        order.dropoff,
        order.places,
        order.priority,
        order.deadline,
        sorted(order.requires),
    )
    if order.payload_kg:  # without one the digest is what it was before there were payloads
        content = (*content, float(order.payload_kg))
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:32]
