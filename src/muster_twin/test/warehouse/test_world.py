import os
from pathlib import Path

import msgspec
import pytest

from muster_core.errors import ConfigError, PluginError
from muster_core.log import MemoryLog
from muster_core.scheduler.codec import fold
from muster_core.site import load_site
from muster_twin.streams.spec import make_stream
from muster_twin.warehouse.outcome import outcome_of
from muster_twin.warehouse.settings import TrafficKind, WarehouseSettings
from muster_twin.warehouse.spans import Span
from muster_twin.warehouse.world import STALL_S_MAX, START_WALL_NS, Warehouse

KINDS = list(TrafficKind)
SHARED = Path(os.environ.get("MUSTER_SHARED_DATA", Path(__file__).parents[5] / "shared" / "data"))
WAREHOUSE = SHARED / "sites" / "warehouse_small.map"
STUCK_S_MAX = 300.0
"""How long a robot may stand with somewhere to get to in the crowd below; the README states it."""


def settings(**changes) -> WarehouseSettings:
    return WarehouseSettings(**{"robots": 8, "duration_s_max": 7200.0, **changes})


def run(site, orders, **changes):
    warehouse = Warehouse(site, settings(**changes), orders)
    warehouse.run()
    return warehouse, outcome_of(warehouse, "it")


@pytest.mark.parametrize("traffic", KINDS)
@pytest.mark.parametrize("policy", ["nearest", "batch"])
def test_all_orders_are_completed_and_nobody_collides(blocks, deliveries, traffic, policy):
    orders = deliveries(blocks, 40, every_s=5.0)
    _, outcome = run(blocks, orders, traffic=traffic, policy=policy)
    assert outcome.completed == 40
    assert outcome.unfinished == 0
    assert outcome.collisions == 0
    assert 0 < outcome.longest_wait_s < 300


@pytest.mark.parametrize("traffic", KINDS)
def test_same_seed_is_the_same_run(blocks, deliveries, traffic):
    orders = deliveries(blocks, 20, every_s=4.0)
    runs = [run(blocks, orders, traffic=traffic, policy="nearest")[0] for _ in range(2)]
    assert runs[0].scheduler.log.kept == runs[1].scheduler.log.kept
    assert runs[0].visits == runs[1].visits


def test_another_seed_is_another_run(blocks, deliveries):
    orders = deliveries(blocks, 20, every_s=4.0)
    ends = [run(blocks, orders, seed=seed)[1].completed_at_s for seed in (1, 2)]
    assert ends[0] != ends[1]


def test_log_of_a_run_folds_to_its_state(blocks, deliveries):
    warehouse, _ = run(blocks, deliveries(blocks, 10, every_s=4.0))
    scheduler = warehouse.scheduler
    folded = fold(MemoryLog(scheduler.log.kept), orders_remembered_max=1000)
    assert folded.counts == scheduler.ledger.counts
    assert folded.seq == scheduler.ledger.seq


def test_times_of_all_robots_add_up_to_the_run(blocks, deliveries):
    warehouse, outcome = run(blocks, deliveries(blocks, 10, every_s=4.0))
    for body in warehouse.bodies.values():
        assert sum(body.tally.spent_s.values()) == pytest.approx(warehouse.timeline.now_s)
    assert sum(outcome.activities.values()) == pytest.approx(1.0)


def test_robots_that_take_longer_to_pick_serve_later(blocks, deliveries):
    orders = deliveries(blocks, 10, every_s=60.0)
    quick, slow = (
        run(blocks, orders, pick=Span(mean_s))[1].service.mean_s for mean_s in (2.0, 30.0)
    )
    assert slow == pytest.approx(quick + 28.0, abs=6.0)


def test_robots_that_turn_slowly_serve_later(blocks, deliveries):
    orders = deliveries(blocks, 10, every_s=60.0)
    means_s = [run(blocks, orders, turn_deg_per_s=turn)[1].service.mean_s for turn in (0.0, 30.0)]
    assert means_s[1] > means_s[0] + 3.0


def test_robots_with_little_charge_go_to_charge_and_work_again(charging_site, deliveries):
    orders = deliveries(charging_site, 12, every_s=400.0)
    warehouse, outcome = run(
        charging_site, orders, robots=1, policy="nearest", battery_start_min=0.999999
    )
    assert outcome.completed == 12
    body = warehouse.bodies["robot_1"]
    charge = body.charge
    assert charge < 0.95, "it drained"
    warehouse.timeline.run(warehouse.timeline.now_ns + 10**9 * 30_000, lambda: False)
    assert outcome_of(warehouse, "later").activities["charging"] > 0
    assert body.charge > 0.25


@pytest.mark.parametrize("traffic", KINDS)
def test_breakdowns_cost_time_and_lose_nothing(blocks, deliveries, traffic):
    orders = deliveries(blocks, 30, every_s=5.0)
    _, outcome = run(
        blocks, orders, traffic=traffic, breakdown_every_h=0.1, repair=Span(60.0, 20.0)
    )
    assert outcome.completed == 30
    assert outcome.collisions == 0
    assert outcome.activities["broken"] > 0.01


def test_run_is_given_up_after_its_time(blocks, deliveries):
    _, outcome = run(blocks, deliveries(blocks, 30, every_s=5.0), duration_s_max=30.0)
    assert outcome.unfinished == 30 - outcome.completed > 0
    assert outcome.makespan_s == outcome.simulated_s > 0
    assert outcome.simulated_s == pytest.approx(30.0)


def test_run_in_which_nothing_ends_any_more_is_given_up(blocks, deliveries):
    orders = deliveries(blocks, 3, every_s=1.0)
    warehouse, outcome = run(blocks, orders, duration_s_max=1e6, pick=Span(1e5))
    assert warehouse.has_stalled
    assert outcome.unfinished == 3
    assert outcome.simulated_s < 2 * STALL_S_MAX


def test_orders_that_name_no_place_are_refused_and_counted(blocks, deliveries):
    orders = list(deliveries(blocks, 3, every_s=1.0))
    order = msgspec.structs.replace(orders[1].order, pickup="nowhere")
    orders[1] = type(orders[1])(orders[1].release_s, order)
    _, outcome = run(blocks, orders)
    assert (outcome.completed, outcome.refused, outcome.unfinished) == (2, 1, 0)
    assert "nowhere" in next(iter(outcome.refusals))


def test_more_robots_than_fit_are_refused_in_a_sentence(blocks):
    with pytest.raises(ConfigError, match="100 robots do not fit site 'blocks'"):
        Warehouse(blocks, settings(robots=100), ())


def test_unknown_policy_is_told_with_the_choices(blocks):
    with pytest.raises(PluginError, match="nearest"):
        Warehouse(blocks, settings(policy="best"), ())


@pytest.mark.skipif(not WAREHOUSE.is_file(), reason=f"there is no {WAREHOUSE}")
@pytest.mark.parametrize(("traffic", "robots", "count"), [("full", 300, 400), ("quick", 300, 300)])
def test_crowd_in_a_real_warehouse_finishes_without_collision(traffic, robots, count):
    site = load_site(WAREHOUSE)
    orders = make_stream(
        "poisson:6000", count=count, site=site, seed=1, start_wall_ns=START_WALL_NS
    )
    _, outcome = run(site, orders, traffic=TrafficKind(traffic), robots=robots, policy="nearest")
    assert outcome.completed == count
    assert outcome.collisions == 0
    assert outcome.longest_wait_s < STUCK_S_MAX
