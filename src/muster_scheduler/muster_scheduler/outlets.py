"""Where the engine's effects go: to agents, to the policy, to those who asked, and to the world."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from muster_msgs import msg
from rclpy.node import Node

from muster_core.events import Record, RobotDescribed
from muster_core.ids import OrderId
from muster_core.log import LogEntry
from muster_core.scheduler.effects import Effect, PublishLeases, Query, Reply, SendTask
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.views import order_view
from muster_ros import channels
from muster_scheduler.answers import event_message
from muster_scheduler.goals import Following, Goals
from muster_scheduler.peers import Peers


class RosOutlets:
    """The engine's :class:`Outlets` over ROS. Its publishers exist from ``open`` on."""

    def __init__(self, ledger: Ledger, peers: Peers, goals: Goals) -> None:
        self._ledger = ledger
        self._peers = peers
        self._goals = goals

    def open(self, node: Node, fleet: str, resources: ExitStack) -> None:
        """Offer the topics; ``resources`` ends it. Called from the executor's thread."""

        def publisher(channel: channels.Channel) -> Any:
            made = node.create_publisher(channel.type, channel.path(fleet), channel.qos)
            resources.callback(node.destroy_publisher, made)
            return made

        self._events = publisher(channels.EVENTS)
        self._leases = publisher(channels.LEASES)
        self._fleet_state = publisher(channels.FLEET_STATE)

    def ask(self, query: Query) -> None:
        """See :class:`Outlets`."""
        self._peers.policy.ask(query)

    def perform(self, effect: Effect) -> None:
        """See :class:`Outlets`."""
        if isinstance(effect, SendTask):
            self._peers.dispatcher.send(effect)
        elif isinstance(effect, PublishLeases):
            self._leases.publish(_leases_message(effect))
        else:
            self._reply(effect)

    def publish(self, records: Sequence[Record], entries: Sequence[LogEntry]) -> None:
        """See :class:`Outlets`."""
        touched: dict[OrderId, None] = {}
        for record, entry in zip(records, entries, strict=True):
            self._events.publish(event_message(record, entry.body))
            if isinstance(record.event, RobotDescribed):
                self._peers.connect([record.event.robot_id])
            order_id = OrderId(getattr(record.event, "order_id", ""))
            if order_id in self._goals:
                touched[order_id] = None
        for order_id in touched:
            order = self._ledger.orders.get(order_id)
            if order is not None:
                self._goals.tell(order_view(self._ledger, order), order.error_code)

    def publish_fleet_state(self, message: msg.FleetState) -> None:
        """Tell dashboards how the fleet is."""
        self._fleet_state.publish(message)

    def _reply(self, reply: Reply) -> None:
        if isinstance(reply.reply_to, Following):
            self._reply_to_goal(reply, reply.reply_to.handle)
        elif reply.reply_to is not None:
            reply.reply_to(reply)

    def _reply_to_goal(self, reply: Reply, handle: Any) -> None:
        if reply.refusal is not None:
            self._goals.refuse(handle, reply.refusal.code, reply.refusal.message)
        elif reply.view is not None:
            # Only now: before, a goal of other content under the same id would follow it.
            self._goals.open(reply.view.order.order_id, handle)
            self._goals.tell(reply.view)


def _leases_message(effect: PublishLeases) -> msg.Leases:
    def holds(pairs: Sequence[tuple[str, str]]) -> list[msg.LeaseGrant]:
        return [msg.LeaseGrant(robot_id=robot, attempt_id=attempt) for robot, attempt in pairs]

    return msg.Leases(
        epoch=effect.epoch,
        duration_s=effect.duration_s,
        grants=[
            msg.LeaseGrant(
                robot_id=grant.robot_id,
                attempt_id=grant.attempt_id,
                heard_report=grant.heard_report,
                steps_permitted=grant.steps_permitted,
            )
            for grant in effect.grants
        ],
        revocations=holds(effect.revocations),
        acknowledgements=holds(effect.acknowledgements),
    )
