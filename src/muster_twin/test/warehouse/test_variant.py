import pytest

from muster_core.errors import ConfigError, SiteError
from muster_twin.warehouse.run import run_variant
from muster_twin.warehouse.settings import TrafficKind, WarehouseSettings
from muster_twin.warehouse.variant import Variant

BASE = Variant("batch", WarehouseSettings(robots=4, duration_s_max=3600.0))


def test_plain_word_is_a_policy():
    assert BASE.changed("nearest").settings.policy == "nearest"


def test_several_changes_are_joined_by_commas():
    variant = BASE.changed("robots=9,policy=nearest,traffic=quick,close=r2c3")
    assert variant.settings.robots == 9
    assert variant.settings.policy == "nearest"
    assert variant.settings.traffic is TrafficKind.QUICK
    assert variant.closed == ("r2c3",)


@pytest.mark.parametrize("text", ["", "robots=many", "traffic=none", "speed=3", "robots="])
def test_what_cannot_be_compared_is_told_with_the_forms(text):
    with pytest.raises(ConfigError, match="write a policy's name"):
        BASE.changed(text)


def test_closed_zone_that_does_not_exist_is_refused(blocks):
    with pytest.raises(SiteError, match="no zone 'aisle_9'"):
        BASE.changed("close=aisle_9").site(blocks)


@pytest.mark.parametrize("traffic", ["full", "quick"])
def test_nobody_drives_through_a_closed_aisle(blocks, deliveries, traffic):
    closed = ("r2c6", "r5c6")
    orders = [o for o in deliveries(blocks, 20, every_s=10.0) if "c6" not in o.order.pickup]
    base = BASE.changed(f"traffic={traffic}")
    opened = run_variant(base, blocks, orders)
    shut = run_variant(base.changed(f"close={'+'.join(closed)}"), blocks, orders)
    assert sum(opened.visits.get(vertex, 0) for vertex in closed) > 0
    assert sum(shut.visits.get(vertex, 0) for vertex in closed) == 0
    assert shut.completed == opened.completed == len(orders)
