"""What the policies make of the same orders."""

from __future__ import annotations

from pathlib import Path

from muster_core.site import load_site
from muster_twin.streams.spec import make_stream
from muster_twin.warehouse.outcome import outcome_of
from muster_twin.warehouse.settings import WarehouseSettings
from muster_twin.warehouse.world import START_WALL_NS, Warehouse

SITE = Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml"
ROBOTS, ORDERS, SEEDS = 6, 80, (1, 2, 3)


def mean_service_s(policy: str, orders_per_h: float) -> float:
    """The mean of the seeds' mean times from asked for to done, s."""
    site, means_s = load_site(SITE), []
    for seed in SEEDS:
        stream = f"poisson:{orders_per_h:g}"
        orders = make_stream(
            stream, count=ORDERS, site=site, seed=seed, start_wall_ns=START_WALL_NS
        )
        settings = WarehouseSettings(robots=ROBOTS, seed=seed, policy=policy)
        warehouse = Warehouse(site, settings, orders)
        warehouse.run()
        outcome = outcome_of(warehouse, policy)
        assert outcome.completed == ORDERS and outcome.collisions == 0
        means_s.append(outcome.service.mean_s)
    return sum(means_s) / len(means_s)


def test_batch_serves_a_busy_fleet_s_orders_sooner_than_nearest() -> None:
    assert mean_service_s("batch", 300) < 0.97 * mean_service_s("nearest", 300)


def test_batch_is_as_good_as_nearest_where_most_robots_are_idle() -> None:
    assert mean_service_s("batch", 60) < 1.02 * mean_service_s("nearest", 60)
