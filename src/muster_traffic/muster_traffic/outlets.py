"""Where traffic's words go in ROS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from muster_msgs import msg
from rclpy.action.server import RCLError
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.publisher import Publisher

from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.site.zones_in_force import ZonesInForce
from muster_core.traffic.effects import Release
from muster_ros import channels
from muster_ros.channels import Channel
from muster_ros.traffic_conversions import release_message, zones_message


class RosOutlets:
    """See :class:`muster_traffic.worker.Outlets`.

    Publishers are made and destroyed in the executor's thread; the loop's thread publishes.

    :param caller: how this traffic calls itself in the roll.
    :param robots_max: robots that can be told anything; further ones are not.
    """

    def __init__(self, node: Node, fleet: str, *, caller: str, robots_max: int) -> None:
        self._node = node
        self._fleet = fleet
        self._caller = caller
        self._robots_max = robots_max
        self._releases: dict[RobotId, Publisher] = {}

    def open(self, resources: ExitStack) -> None:
        """Make what is not for one robot alone; ``resources`` closes everything."""
        resources.callback(self._close)
        self._roll = self._publisher(channels.TRAFFIC_ROLL)
        resources.callback(self._node.destroy_publisher, self._roll)
        self._zones = self._publisher(channels.ZONES)
        resources.callback(self._node.destroy_publisher, self._zones)

    def know(self, robot_id: RobotId) -> None:
        """The robot was heard, so it can be told something. In the executor's thread."""
        if robot_id not in self._releases and len(self._releases) < self._robots_max:
            self._releases[robot_id] = self._publisher(channels.RELEASES, robot_id)

    def call_roll(self, epoch: int, site: Site) -> None:
        """See :class:`Outlets`."""
        roll = msg.TrafficRoll(epoch=epoch, caller=self._caller, site_digest=site.digest)
        self._unless_ending(self._roll.publish, roll)

    def send(self, release: Release) -> None:
        """See :class:`Outlets`. Repeated by the core until it has arrived."""
        publisher = self._releases.get(release.robot_id)
        if publisher is not None:
            self._unless_ending(publisher.publish, release_message(release))

    def tell_zones(self, zones: ZonesInForce, epoch: int) -> None:
        """See :class:`Outlets`."""
        changed = frozenset(zones.changes)
        told = zones_message(zones.site, changed, epoch=epoch, number=zones.number)
        self._unless_ending(self._zones.publish, told)

    def forget(self, robot_id: RobotId) -> None:
        """See :class:`Outlets`."""
        executor = self._node.executor
        if executor is not None:
            executor.create_task(self._forget, robot_id)

    def _forget(self, robot_id: RobotId) -> None:
        publisher = self._releases.pop(robot_id, None)
        if publisher is not None:
            self._node.destroy_publisher(publisher)

    def _publisher(self, channel: Channel, robot_id: str = "") -> Publisher:
        # A plain publisher: a lifecycle one is mute while the node becomes active, which is when
        # the roll is called.
        path = channel.path(self._fleet, robot_id)
        return self._node.create_publisher(channel.type, path, channel.qos)

    def _unless_ending(self, publish: Callable[[Any], None], message: Any) -> None:
        try:
            publish(message)
        except rclpy_implementation.InvalidHandle:
            return  # its robot has just been removed
        except RCLError:
            if self._node.context.ok():  # a signal ends the context before the node
                raise

    def _close(self) -> None:
        for publisher in self._releases.values():
            self._node.destroy_publisher(publisher)
        self._releases.clear()
