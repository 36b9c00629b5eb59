import json

import pytest

from muster_core.clock import NS_PER_S
from muster_core.events import EpochStarted, OrderAccepted, Record
from muster_core.intake import deadline_ns
from muster_core.log import SqliteLog
from muster_core.order import Order
from muster_core.scheduler.codec import to_entries
from muster_core.site import parse_site
from muster_twin.streams.kept import write_orders
from muster_twin.streams.order_stream import StreamError
from muster_twin.streams.spec import make_stream

SITE = parse_site(
    """
site: row
vertices: {a: [0, 0], b: [1, 0], c: [2, 0]}
edges: [[a, b, c]]
places:
  shelf_1: {vertex: a, kind: shelf}
  shelf_2: {vertex: b, kind: shelf}
  pack_1: {vertex: c, kind: station}
"""
)
START_WALL_NS = 5_000_000 * NS_PER_S


def stream(text, count=0, seed=1, site=SITE):
    return make_stream(text, count=count, site=site, seed=seed, start_wall_ns=START_WALL_NS)


def test_poisson_orders_come_at_their_rate():
    orders = stream("poisson:720", 2000)
    assert orders[-1].release_s / 2000 == pytest.approx(5.0, rel=0.1)
    assert len({timed.order.order_id for timed in orders}) == 2000


def test_deliveries_go_from_shelves_to_stations():
    orders = [timed.order for timed in stream("poisson:100", 50)]
    assert {order.pickup for order in orders} == {"shelf_1", "shelf_2"}
    assert {order.dropoff for order in orders} == {"pack_1"}


def test_same_seed_draws_the_same_orders_and_another_others():
    assert stream("poisson:100", 20) == stream("poisson:100", 20)
    assert stream("poisson:100", 20) != stream("poisson:100", 20, seed=2)


def test_profile_is_busier_in_the_morning_than_at_night():
    orders = stream("profile:500", 500 * 24)
    hours = [int(timed.release_s // 3600) for timed in orders]
    morning, night = hours.count(3), hours.count(20)  # from 9 and from 2 on: it begins at 6
    assert morning > 5 * night
    assert orders[-1].release_s == pytest.approx(24 * 3600, rel=0.1)


def test_waves_come_together():
    times_s = [timed.release_s for timed in stream("waves:10:15", 30)]
    assert [int(time_s // 900) for time_s in times_s] == [0] * 10 + [1] * 10 + [2] * 10
    assert all(time_s % 900 <= 60 for time_s in times_s)


@pytest.mark.parametrize(
    "text", ["", "poisson", "poisson:x", "poisson:0", "waves:10", "tides:3", "poisson:1:2", "nan:1"]
)
def test_what_is_no_stream_is_told_with_the_forms(text):
    with pytest.raises(StreamError, match="poisson:PER_HOUR"):
        stream(text, 5)


def test_site_without_two_places_has_nothing_to_deliver():
    site = parse_site("site: empty\nvertices: {a: [0, 0], b: [1, 0]}\nedges: [[a, b]]\n")
    with pytest.raises(StreamError, match="no two places"):
        stream("poisson:10", 5, site=site)


def test_file_is_read_as_it_was_written(tmp_path):
    orders = stream("poisson:100", 5)
    write_orders(tmp_path / "orders.jsonl", orders)
    assert stream(f"file:{tmp_path / 'orders.jsonl'}") == orders
    assert stream(f"file:{tmp_path / 'orders.jsonl'}", 2) == orders[:2]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is empty"),
        ("{", "line 1: "),
        ('{"release_s": 0}', "line 1: .*order"),
        ('{"release_s": -1, "order": {"order_id": "o"}}', "line 1: release_s is -1"),
        (
            '\n{"release_s": 0, "order": {"order_id": "o"}}\n' * 2,
            "line 4: order 'o' is there twice",
        ),
        (
            json.dumps({"release_s": 0, "order": {"order_id": "x" * 70_000}}),
            "line 1: has 70.* bytes",
        ),
    ],
)
def test_file_that_cannot_be_used_is_refused_with_the_line(tmp_path, content, complaint):
    path = tmp_path / "orders.jsonl"
    path.write_text(content)
    with pytest.raises(StreamError, match=f"{path}: {complaint}"):
        stream(f"file:{path}")


def test_recorded_log_gives_its_orders_at_their_times(tmp_path):
    path = tmp_path / "scheduler.log"
    orders = [
        Order(order_id="o-1", pickup="shelf_1", dropoff="pack_1"),
        Order(order_id="o-2", pickup="shelf_2", dropoff="pack_1", deadline="1970-01-02T00:00:00Z"),
        Order(order_id="probe/robot_1/7", kind="move", places=("shelf_1",)),
    ]
    write_log(path, orders)
    found = stream(f"log:{path}")
    assert [timed.release_s for timed in found] == [0.0, 30.0]
    assert found[0].order == orders[0]
    moved_ns = START_WALL_NS - 100 * NS_PER_S
    assert deadline_ns(found[1].order.deadline) == 86_400 * NS_PER_S + moved_ns


def write_log(path, orders):
    started = EpochStarted(epoch=1, scheduler="s", version="1", site="row", site_digest="")
    records = [Record(1, 90 * NS_PER_S, 1, started)]
    for number, order in enumerate(orders):
        event = OrderAccepted(order_id=order.order_id, order=order, digest="", traceparent="")
        records.append(Record(number + 2, (100 + 30 * number) * NS_PER_S, 1, event))
    log = SqliteLog(path)
    log.append(to_entries(records))
    log.close()


@pytest.mark.parametrize("kind", ["file", "log"])
def test_stream_that_is_not_there_is_told_by_its_path(tmp_path, kind):
    with pytest.raises(StreamError, match="nothing"):
        stream(f"{kind}:{tmp_path / 'nothing'}")


def test_log_that_is_none_is_refused(tmp_path):
    path = tmp_path / "scheduler.log"
    path.write_text("no log at all")
    with pytest.raises(StreamError, match=str(path)):
        stream(f"log:{path}")
