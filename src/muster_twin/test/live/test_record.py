"""Claims about what a run with real nodes comes to, and how it is told."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from muster_core.clock import NS_PER_S
from muster_core.ids import OrderId
from muster_core.order import Order
from muster_twin.live.record import LiveRecord
from muster_twin.live.table import make_table
from muster_twin.streams.order_stream import TimedOrder


def made(count: int) -> LiveRecord:
    record = LiveRecord()
    orders = [
        TimedOrder(10.0 * number, Order(order_id=OrderId(f"o-{number}"))) for number in range(count)
    ]
    record.begin(orders, 1000 * NS_PER_S)
    return record


def test_times_count_from_when_an_order_was_asked_for() -> None:
    record = made(2)
    record.take("task_assigned", "o-1", 1012 * NS_PER_S)
    record.take("order_completed", "o-1", 1060 * NS_PER_S)
    assert record.assignment_s == [2.0]
    assert record.service_s == [50.0]
    assert record.unfinished == 1 and not record.is_done


def test_what_is_told_twice_or_of_others_counts_once_or_not_at_all() -> None:
    record = made(1)
    record.take("order_completed", "probe/robot_1/7", 1001 * NS_PER_S)
    for at_s in (1010, 1020):
        record.take("order_failed", "o-0", at_s * NS_PER_S)
    assert record.ends == {"order_failed": 1} and record.is_done
    assert record.service_s == [10.0]


def test_table_tells_what_went_wrong_and_who_computed() -> None:
    record = made(3)
    record.refuse("o-2", "no such place")
    record.take("order_failed", "o-0", 1010 * NS_PER_S)
    record.simulated_s, record.took_s, record.cpu_s = 3600.0, 100.0, {"traffic": 25.0, "sh": 0.1}
    console = Console(width=80, record=True, file=StringIO())
    console.print(make_table(record, "3 robots"))
    text = console.export_text()
    for words in ("failed", "refused", "unfinished", "CPU of traffic", "25%", "36.0"):
        assert words in text
    assert "CPU of sh" not in text
