"""Claims about whole fleets of real processes whose robots keep clear of each other (I8)."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

import rclpy
from muster_msgs import msg, srv

from muster_bringup.fleet import Fleet
from muster_bringup.options import parse_options
from muster_bringup.topology import fleet_topology
from muster_ros import channels
from muster_ros.conversions import to_wall_ns
from muster_ros.testing import Caller, domain_id, ros_context, spinning

sys.path.insert(0, str(Path(__file__).parent))
try:
    from referee import Referee
finally:
    sys.path.pop(0)

WAIT_S = 120.0
FLEET = "/traffic_test"
CORRIDOR = """
site: corridor
vertices: {w: [0, 0], a: [4, 0], m: [8, 0], b: [12, 0], e: [16, 0], p: [8, 4]}
edges: [[w, a, m, b, e], [m, p]]
places:
  park_1: {kind: parking, vertex: w}
  park_2: {kind: parking, vertex: e}
  west: {kind: shelf, vertex: w}
  east: {kind: shelf, vertex: e}
"""


class Floor:
    """A running fleet, and eyes on its robots."""

    def __init__(self, fleet: Fleet, node: Any) -> None:
        self.fleet = fleet
        self.referee = Referee()
        self.ended: dict[str, str] = {}
        self.states: dict[str, msg.RobotState] = {}
        self._caller = Caller(node, FLEET)
        for channel, callback in (
            (channels.ROBOT_STATES, self._on_state),
            (channels.EVENTS, self._on_event),
        ):
            node.create_subscription(channel.type, channel.path(FLEET), callback, channel.qos)

    def _on_state(self, state: msg.RobotState) -> None:
        self.states[state.robot_id] = state
        self.referee.hear(state.robot_id, state.vertex, to_wall_ns(state.stamp))

    def _on_event(self, event: msg.Event) -> None:
        if event.type in ("order_completed", "order_failed", "order_cancelled"):
            self.ended[event.order_id] = event.type

    def deliver(self, order_id: str, pickup: str, dropoff: str) -> None:
        order = msg.Order(order_id=order_id, pickup=pickup, dropoff=dropoff)
        request = srv.SubmitOrder.Request(order=order)
        answer = self._caller.call(channels.SUBMIT_ORDER, request)
        assert answer.accepted, answer.message

    def traffic(self) -> srv.GetTraffic.Response:
        return self._caller.call(channels.GET_TRAFFIC, srv.GetTraffic.Request())

    def wait_for(self, is_true: Callable[[], Any], what: str) -> None:
        deadline_s = time.monotonic() + WAIT_S
        while not is_true():
            assert time.monotonic() < deadline_s, f"{what} has not come true; {self.ended}"
            time.sleep(0.02)

    def wait_for_all(self, count: int) -> None:
        self.wait_for(lambda: len(self.ended) == count, f"the end of {count} orders")
        assert set(self.ended.values()) == {"order_completed"}, self.ended
        assert list(self.referee.violations()) == []


@contextmanager
def floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[Floor]:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id()))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    chosen = parse_options(namespace=FLEET, data_dir=tmp_path / "data", **options)
    with ros_context(), ExitStack() as resources:
        node = rclpy.create_node("eyes", namespace=FLEET)
        resources.callback(node.destroy_node)
        resources.enter_context(spinning([node]))
        fleet = Fleet(fleet_topology(chosen), chosen)
        watched = Floor(fleet, node)
        with fleet:
            fleet.wait_active(WAIT_S)
            yield watched


@pytest.mark.process
@pytest.mark.ros
def test_two_robots_that_must_swap_in_a_corridor_pass_at_the_passing_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "corridor.yaml"
    site.write_text(CORRIDOR)
    with floor(tmp_path, monkeypatch, site=site, robots=2, speed=4) as watched:
        watched.deliver("to-east", "west", "east")
        watched.deliver("to-west", "east", "west")
        watched.wait_for_all(2)
        ways = [watched.referee.ways(robot_id) for robot_id in ("robot_1", "robot_2")]
        assert ways[0][0] == "w" and "e" in ways[0]
        assert ways[1][0] == "e" and "w" in ways[1]
        assert any("p" in way for way in ways), "one of them makes way"


@pytest.mark.process
@pytest.mark.ros
def test_traffic_that_is_killed_under_way_returns_and_nobody_collides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with floor(tmp_path, monkeypatch, robots=4, speed=6) as watched:
        for number in range(1, 9):
            watched.deliver(f"o-{number}", f"shelf_{3 * number}", f"pack_{1 + number % 3}")
        watched.wait_for(
            lambda: any(state.state == state.WORKING for state in watched.states.values()),
            "a robot at work",
        )
        watched.wait_for(lambda: watched.traffic().open, "traffic's beginning")
        epoch = watched.traffic().epoch
        watched.wait_for(
            lambda: any(len(robot.held) > 1 for robot in watched.traffic().robots),
            "a robot with a stretch ahead of it",
        )
        os.kill(watched.fleet.pids["traffic"], signal.SIGKILL)
        watched.wait_for(lambda: watched.fleet.restarts["traffic"] == 1, "its restart")
        watched.wait_for_all(8)
        told = watched.traffic()
        assert told.open and told.epoch > epoch
        assert [list(robot.troubles) for robot in told.robots] == [[]] * 4


# The referee itself


def referee(**told: list[tuple[str, int]]) -> Referee:
    made = Referee()
    for robot_id, moments in told.items():
        for vertex, at_ns in moments:
            made.hear(robot_id, vertex, at_ns)
    return made


def test_referee_finds_two_at_one_vertex() -> None:
    found = referee(one=[("a", 0), ("b", 5), ("b", 9)], two=[("c", 0), ("b", 7), ("c", 8)])
    assert list(found.violations()) == ["one and two are both at b"]


def test_referee_finds_a_swap() -> None:
    found = referee(one=[("a", 0), ("a", 4), ("b", 8)], two=[("b", 0), ("b", 5), ("a", 9)])
    assert list(found.violations()) == ["one and two swap between a and b"]


def test_referee_lets_one_follow_the_other() -> None:
    found = referee(
        one=[("a", 0), ("b", 2), ("c", 4), ("c", 9)], two=[("x", 0), ("a", 3), ("b", 5), ("b", 9)]
    )
    assert list(found.violations()) == []
