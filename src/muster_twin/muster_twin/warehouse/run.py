"""Variants run one after the other on the same orders."""

from __future__ import annotations

from collections.abc import Sequence

from muster_core.site import Site
from muster_twin.streams.order_stream import TimedOrder
from muster_twin.warehouse.outcome import Outcome, outcome_of
from muster_twin.warehouse.variant import Variant
from muster_twin.warehouse.world import Warehouse


def run_variant(variant: Variant, site: Site, orders: Sequence[TimedOrder]) -> Outcome:
    """What comes of the orders in this variant.

    :raises MusterError: when it cannot be run as it is set.
    """
    warehouse = Warehouse(variant.site(site), variant.settings, orders)
    warehouse.run()
    return outcome_of(warehouse, variant.name)
