"""A traffic node, robots that drive what is released to them, and people who ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from muster_msgs import msg, srv
from rclpy.node import Node
from rclpy.parameter import Parameter

from muster_core.ids import RobotId
from muster_core.traffic.stretch import Stretch
from muster_ros import channels as ch
from muster_ros.testing import Caller, ros_context, spinning
from muster_ros.traffic_conversions import to_release, traffic_report_message
from muster_traffic.node import TrafficNode

FLEET = "/test"
SITE = """
site: corridor
vertices: {a: [0, 0], b: [5, 0], c: [10, 0], d: [15, 0], p: [5, 5]}
edges: [[a, b, c, d], [b, p]]
places:
  parking_1: {vertex: a, kind: parking}
  shelf_1: {vertex: d, kind: shelf}
zones:
  far: {vertices: [c, d]}
"""
QUICK = {"hearing_s_min": 0.3, "silence_s_max": 1.0, "tick_s": 0.02, "repeat_s": 0.1}


class Robot:
    """An agent's end of the channels: it reports, and drives when the test says so."""

    def __init__(self, node: Node, name: str, vertex: str, *, session: int = 1) -> None:
        self.robot_id = RobotId(name)
        self.goal = ""
        self.is_mute = False
        self.releases: list[msg.Release] = []
        self.rolls: list[msg.TrafficRoll] = []
        self.stretch = Stretch(
            self.robot_id, session=session, vertex=vertex, edge_length_m=lambda *_: 5.0
        )
        self._node = node
        reports = ch.TRAFFIC_REPORTS
        self.reports = node.create_publisher(reports.type, reports.path(FLEET), reports.qos)
        for channel, callback in (
            (ch.TRAFFIC_ROLL, self._on_roll),
            (ch.RELEASES, self._on_release),
        ):
            path = channel.path(FLEET, name)
            node.create_subscription(channel.type, path, callback, channel.qos)
        node.create_timer(0.1, self.report)

    def report(self) -> None:
        if not self.is_mute:
            self.reports.publish(traffic_report_message(self.stretch.report(goal=self.goal), 0))

    def _on_roll(self, message: msg.TrafficRoll) -> None:
        self.rolls.append(message)
        self.stretch.call_roll(message.epoch)

    def _on_release(self, message: msg.Release) -> None:
        self.releases.append(message)
        self.stretch.accept(to_release(message))
        while self.stretch.ahead and not self.stretch.is_halted:
            self.stretch.reach_next()
        self.report()


class Bench:
    """Makes traffics and robots, and asks on behalf of the test."""

    def __init__(self, directory: Path, executor: Any, resources: ExitStack) -> None:
        self.directory = directory
        self.site = directory / "site.yaml"
        self.site.write_text(SITE)
        self._executor = executor
        self._resources = resources
        self.ears = self.node("ears")
        self.caller = Caller(self.ears, FLEET)
        self.zones: list[msg.Zones] = []
        self.ears.create_subscription(
            ch.ZONES.type, ch.ZONES.path(FLEET), self.zones.append, ch.ZONES.qos
        )

    def node(self, name: str) -> Node:
        node = Node(name, namespace=FLEET)
        self._executor.add_node(node)
        self._resources.callback(node.destroy_node)
        self._resources.callback(self._executor.remove_node, node)
        return node

    def robot(self, name: str, vertex: str, *, session: int = 1) -> Robot:
        return Robot(self.node(name), name, vertex, session=session)

    def traffic(self, name: str = "traffic", **parameters: Any) -> TrafficNode:
        """A traffic that is not configured yet."""
        values = {"site": str(self.site), "data_dir": str(self.directory / name), **QUICK}
        overrides = [Parameter(key, value=value) for key, value in {**values, **parameters}.items()]
        node = TrafficNode(name, namespace=FLEET, parameter_overrides=overrides)
        self._executor.add_node(node)
        self._resources.callback(self.end, node)
        return node

    def active_traffic(self, name: str = "traffic", **parameters: Any) -> TrafficNode:
        node = self.traffic(name, **parameters)
        assert node.trigger_configure().name == "SUCCESS", node.problem
        assert node.trigger_activate().name == "SUCCESS", node.problem
        return node

    def end(self, node: TrafficNode) -> None:
        """Take a traffic away as a process that ends does. Twice is fine."""
        if node in self._executor.get_nodes():
            node.close()
            self._executor.remove_node(node)
            node.destroy_node()

    # What people ask

    def ask(self, *names: str) -> srv.GetTraffic.Response:
        return self.caller.call(ch.GET_TRAFFIC, srv.GetTraffic.Request(robot_ids=list(names)))

    def remove(self, name: str) -> srv.RemoveRobot.Response:
        request = srv.RemoveRobot.Request(robot_id=name, requester="ann", reason="towed away")
        return self.caller.call(ch.REMOVE_ROBOT, request)

    def set_zone(self, *fields: str, reset: bool = False, **zone: Any) -> srv.SetZone.Response:
        request = srv.SetZone.Request(
            zone=msg.Zone(**zone), fields=list(fields), reset=reset, requester="ann"
        )
        return self.caller.call(ch.SET_ZONE, request)

    def change_site(self, digest: str = "") -> srv.ChangeSite.Response:
        request = srv.ChangeSite.Request(site_digest=digest, requester="ann")
        return self.caller.call(ch.CHANGE_SITE, request)

    def held(self, name: str) -> list[str]:
        """What traffic takes a robot to hold; empty = it does not know the robot."""
        return [vertex for robot in self.ask(name).robots for vertex in robot.held]

    def troubles(self, name: str) -> list[str]:
        return [trouble for robot in self.ask(name).robots for trouble in robot.troubles]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ros_context(), spinning([]) as executor, ExitStack() as resources:
        yield Bench(tmp_path, executor, resources)
