"""The kinds of order that Muster knows, and which places each must name.

Intake checks orders by this table and the planner plans by it, so that the two agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of order.

    :param needs: the fields of :class:`~muster_core.order.Order` that must not be empty.
    :param example: an order of this kind as JSON, for the sentence of a refusal.
    """

    name: str
    needs: tuple[str, ...]
    example: str


DELIVER = Kind(
    "deliver",
    needs=("pickup", "dropoff"),
    example='{"order_id": "o-1", "kind": "deliver", "pickup": "shelf_1", "dropoff": "pack_1"}',
)
SCAN = Kind(
    "scan",
    needs=("places",),
    example='{"order_id": "o-1", "kind": "scan", "places": ["shelf_1", "shelf_2"]}',
)
MOVE = Kind(
    "move",
    needs=("places",),
    example='{"order_id": "o-1", "kind": "move", "places": ["shelf_1"]}',
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (DELIVER, SCAN, MOVE)})
