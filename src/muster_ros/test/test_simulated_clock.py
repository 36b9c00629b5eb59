"""Claims about the clock of a simulated world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import rclpy
from rclpy.lifecycle import TransitionCallbackReturn as Result
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ConfigError
from muster_ros.clock import read_clock, real_s
from muster_ros.shell import MusterNode
from muster_ros.simulated_clock import (
    PACE_MEASURED_S,
    SimulatedClock,
    use_real_clock,
    use_simulated_clock,
)
from muster_ros.testing import spinning, wait_until


@pytest.fixture(autouse=True)
def real_clock_afterwards() -> Iterator[None]:
    yield
    use_real_clock()


def test_time_stands_while_nobody_tells_it_and_never_goes_back() -> None:
    clock = SimulatedClock()
    clock.hear(7 * NS_PER_S, heard_s=0.0)
    clock.hear(5 * NS_PER_S, heard_s=0.1)
    assert clock.now() == clock.now() == Instant(7 * NS_PER_S, 7 * NS_PER_S)


def test_pace_is_measured_and_never_below_real_time() -> None:
    clock = SimulatedClock()
    for tick in range(11):
        clock.hear(tick * NS_PER_S, heard_s=tick * PACE_MEASURED_S / 5)
    assert clock.pace == pytest.approx(5 / PACE_MEASURED_S)
    clock.hear(10 * NS_PER_S, heard_s=100.0)
    assert clock.pace == 1.0


def test_clock_that_nobody_tells_is_refused_with_what_to_do(ros: None) -> None:
    with pytest.raises(ConfigError, match=r"/clock .* start the simulation first"):
        use_simulated_clock(timeout_s=0.2)


def test_node_with_use_sim_time_lives_in_the_simulated_world(ros: None) -> None:
    teller = rclpy.create_node("teller")
    publisher = teller.create_publisher(Clock, "/clock", 10)
    message = Clock()
    message.clock.sec = 1234
    # Told again and again: who is not listening yet hears none of it.
    timer = teller.create_timer(0.01, lambda: publisher.publish(message))
    node = MusterNode(
        "sample",
        namespace="/test",
        parameter_overrides=[Parameter("use_sim_time", value=True)],
    )
    try:
        with spinning([teller]):
            assert node.trigger_configure() == Result.SUCCESS
            assert read_clock().wall_ns == read_clock().steady_ns == 1234 * NS_PER_S
            message.clock.sec = 1235
            wait_until(lambda: read_clock().steady_ns == 1235 * NS_PER_S, "the next moment")
    finally:
        teller.destroy_timer(timer)
        node.destroy_node()
        teller.destroy_node()


def test_waits_are_real_ones_where_there_is_no_simulated_world() -> None:
    assert real_s(3.0) == 3.0
