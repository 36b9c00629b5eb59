"""Claims about real nodes in a simulated world: a whole fleet of processes, for half a minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster_core.site import load_site
from muster_twin.live.record import LiveRecord
from muster_twin.live.settings import LiveSettings
from muster_twin.live.twin import LiveTwin
from muster_twin.streams.spec import make_stream

SITE = Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml"
ORDERS = 6


@pytest.fixture(scope="module")
def record() -> LiveRecord:
    orders = make_stream("poisson:300", count=ORDERS, site=load_site(SITE), seed=1, start_wall_ns=0)
    settings = LiveSettings(robots=4, rate=20.0, policy="nearest")
    with LiveTwin(SITE, settings) as twin:
        return twin.run(orders)


def test_orders_are_done_and_nobody_bumps_into_anybody(record: LiveRecord) -> None:
    assert record.ends == {"order_completed": ORDERS}
    assert record.unfinished == 0 and not record.refusals
    assert record.bumps == []


def test_it_is_faster_than_real_time_and_times_are_the_simulated_ones(record: LiveRecord) -> None:
    assert record.speed > 1.0
    assert len(record.service_s) == len(record.assignment_s) == ORDERS
    # A delivery takes a pick of some seconds and a way at walking pace, however fast the clock.
    assert record.service_s[0] > 10.0
    assert record.service_s[-1] <= record.simulated_s


def test_what_each_program_computes_is_told(record: LiveRecord) -> None:
    assert {"scheduler", "policy", "traffic", "agent", "twin"} <= set(record.cpu_s)
    assert all(spent_s >= 0 for spent_s in record.cpu_s.values())
