"""The scheduler's node: a thin shell that brings requests and reports to its loop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from muster_msgs import msg
from rclpy.action import ActionServer, CancelResponse, GoalResponse

from muster_core.errors import ConfigError, ErrorCode
from muster_core.events import Record, RobotDescribed
from muster_core.ids import OrderId, RobotId
from muster_core.log import LogEntry, SqliteLog
from muster_core.scheduler import inputs as inp
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import Effect, PublishLeases, Query, Reply, SendTask
from muster_core.scheduler.views import order_view
from muster_core.site import Routes, load_site
from muster_ros import channels
from muster_ros.conversions import to_order, to_robot_description, to_robot_report
from muster_ros.deferred import Deferred, create_deferred_service
from muster_ros.loop import CoreLoop
from muster_ros.parameters import load_config
from muster_ros.process import crash
from muster_ros.shell import MusterNode
from muster_ros.side_node import SideNode
from muster_scheduler import requests as req
from muster_scheduler.answers import (
    STATES_BY_NUMBER,
    cancel_response,
    event_message,
    submit_response,
)
from muster_scheduler.dispatch import Dispatcher
from muster_scheduler.engine import Engine
from muster_scheduler.goals import Goals
from muster_scheduler.policy_client import PolicyClient
from muster_scheduler.storage import fold, log_path


class Following:
    """The way back to a goal of ``execute_order``, where a service has its :class:`Deferred`."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle


class SchedulerNode(MusterNode):
    """Records and enforces; the policy decides. See ``muster_core.scheduler``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("scheduler", **kwargs)
        self._engine: Engine | None = None
        self._goals = Goals()
        self._dispatcher = Dispatcher(self.fleet)

    def open(self, resources: ExitStack) -> None:
        """Read parameters, site and log, and open the channels."""
        config = load_config(self, SchedulerConfig)
        if not config.site:
            raise ConfigError(f"{self.get_fully_qualified_name()}: parameter 'site' is missing")
        site = load_site(config.site)
        log = SqliteLog(log_path(config.data_dir, self.fleet))
        resources.callback(log.close)
        ledger = fold(log, orders_remembered_max=config.orders_remembered_max)
        for place, order_id in ledger.places().items():
            if place not in site.places:
                raise ConfigError(
                    f"site {config.site!r} has no place {place!r}, which the open order "
                    f"{order_id!r} needs; start with the site that it was accepted for"
                )
        core = SchedulerCore(config, ledger, site=site, routes=Routes(site))
        self._engine = Engine(core, log, self, self.logs)
        self._config = config
        self._loop: CoreLoop[req.Request] | None = None
        self._open_publishers(resources)
        self._open_services(resources)

    def start(self, resources: ExitStack) -> None:
        """Take the lead and begin to work."""
        assert self._engine is not None
        self._dispatcher.start(resources)
        for robot_id in self._engine.core.ledger.robots:
            self._dispatcher.connect(robot_id)
        # Heartbeats are most of what arrives, and the policy's answers are waited for: neither is
        # to be looked for among everything else.
        ears = SideNode("scheduler_ears", self.fleet)
        resources.callback(ears.stop)
        self._policy = PolicyClient(ears.node, self.fleet, self._put, self.logs)
        self._engine.start(self.get_fully_qualified_name())
        loop: CoreLoop[req.Request] = CoreLoop(
            "scheduler",
            self._engine.handle,
            tick_s=self._config.tick_s,
            inbox_max=self._config.inbox_max,
            on_crash=crash,
        )
        loop.start()
        self._loop = loop
        resources.callback(self._stop_loop)
        self._listen_to_robots(ears)

    def diagnose(self) -> dict[str, str]:
        """Counters that an operator looks at first."""
        if self._engine is None:
            return {}
        engine, loop = self._engine, self._loop
        return {
            "epoch": str(engine.core.ledger.epoch),
            "events": str(engine.core.ledger.seq),
            "commits": str(engine.commits),
            "commit_longest_ms": f"{engine.commit_longest_ms:.1f}",
            "inbox_overflows": str(loop.overflows if loop else 0),
            "proposals_rejected": str(engine.core.proposals_rejected),
            "outcomes_of_strangers": str(engine.core.strangers),
            "robots_left_out": str(self._dispatcher.robots_left_out),
            "storage_problem": engine.storage_problem,
        }

    # Effects; called by the engine, from the loop's thread.

    def ask(self, query: Query) -> None:
        """See :class:`Outlets`."""
        self._policy.ask(query)

    def perform(self, effect: Effect) -> None:
        """See :class:`Outlets`."""
        if isinstance(effect, SendTask):
            self._dispatcher.send(effect)
        elif isinstance(effect, PublishLeases):
            self._leases.publish(_leases_message(effect))
        else:
            self._reply(effect)

    def publish(self, records: Sequence[Record], entries: Sequence[LogEntry]) -> None:
        """See :class:`Outlets`."""
        assert self._engine is not None
        ledger = self._engine.core.ledger
        touched: dict[OrderId, None] = {}
        for record, entry in zip(records, entries, strict=True):
            self._events.publish(event_message(record, entry.body))
            if isinstance(record.event, RobotDescribed):
                self._dispatcher.connect(record.event.robot_id)
            order_id = OrderId(getattr(record.event, "order_id", ""))
            if order_id in self._goals:
                touched[order_id] = None
        for order_id in touched:
            order = ledger.orders.get(order_id)
            if order is not None:
                self._goals.tell(order_view(ledger, order), order.error_code)

    def publish_fleet_state(self, message: msg.FleetState) -> None:
        """See :class:`Outlets`."""
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

    # Channels; callbacks translate and enqueue.

    def _open_publishers(self, resources: ExitStack) -> None:
        self._events = self._publisher(channels.EVENTS, resources)
        self._leases = self._publisher(channels.LEASES, resources)
        self._fleet_state = self._publisher(channels.FLEET_STATE, resources)

    def _publisher(self, channel: channels.Channel, resources: ExitStack) -> Any:
        publisher = self.create_publisher(channel.type, channel.path(self.fleet), channel.qos)
        resources.callback(self.destroy_publisher, publisher)
        return publisher

    def _open_services(self, resources: ExitStack) -> None:
        for channel, callback in (
            (channels.SUBMIT_ORDER, self._on_submit_order),
            (channels.CANCEL_ORDER, self._on_cancel_order),
            (channels.GET_ORDERS, self._on_get_orders),
            (channels.GET_ROBOTS, self._on_get_robots),
            (channels.READ_EVENTS, self._on_read_events),
        ):
            service = create_deferred_service(self, channel, channel.path(self.fleet), callback)
            resources.callback(self.destroy_service, service)
        server = ActionServer(
            self,
            channels.EXECUTE_ORDER.type,
            channels.EXECUTE_ORDER.path(self.fleet),
            execute_callback=_conclude_without_order,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_goal_accepted,
            cancel_callback=self._on_goal_cancel,
            goal_service_qos_profile=channels.EXECUTE_ORDER.qos,
            result_service_qos_profile=channels.EXECUTE_ORDER.qos,
            cancel_service_qos_profile=channels.EXECUTE_ORDER.qos,
        )
        resources.callback(server.destroy)

    def _listen_to_robots(self, ears: SideNode) -> None:
        """Hear robots, once the loop takes them in: a description comes to each listener once."""
        for channel, callback in (
            (channels.ROBOT_STATES, self._on_robot_state),
            (channels.ROBOT_DESCRIPTIONS, self._on_robot_description),
        ):
            path = channel.path(self.fleet)
            ears.node.create_subscription(channel.type, path, callback, channel.qos)
        ears.start()

    def _put(self, item: req.Request) -> bool:
        loop = self._loop
        return loop is not None and loop.put(item)

    def _stop_loop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()

    def _on_submit_order(self, request: Any) -> Deferred:
        answer = Deferred()
        item = inp.SubmitOrder(
            lambda r: answer.resolve(submit_response(r)), to_order(request.order)
        )
        if not self._put(item):
            answer.resolve(_turned_away(channels.SUBMIT_ORDER, self._loop))
        return answer

    def _on_cancel_order(self, request: Any) -> Deferred:
        answer = Deferred()
        item = inp.CancelOrder(
            lambda reply: answer.resolve(cancel_response(reply)),
            OrderId(request.order_id),
            request.requester,
            request.reason,
        )
        if not self._put(item):
            answer.resolve(_turned_away(channels.CANCEL_ORDER, self._loop))
        return answer

    def _on_get_orders(self, request: Any) -> Deferred:
        answer = Deferred()
        states = (STATES_BY_NUMBER.get(number) for number in request.states)
        item = req.GetOrders(
            answer,
            frozenset(map(OrderId, request.order_ids)),
            frozenset(state for state in states if state is not None),
            request.limit,
        )
        return self._put_query(item)

    def _on_get_robots(self, request: Any) -> Deferred:
        return self._put_query(
            req.GetRobots(Deferred(), frozenset(map(RobotId, request.robot_ids)))
        )

    def _on_read_events(self, request: Any) -> Deferred:
        return self._put_query(req.ReadEvents(Deferred(), request.from_seq, request.limit))

    def _put_query(self, query: req.Query) -> Deferred:
        """Enqueue a question. One that cannot be taken gets no answer; its asker has a deadline."""
        self._put(query)
        return query.reply_to

    def _on_robot_state(self, message: msg.RobotState) -> None:
        self._put(inp.RobotReported(to_robot_report(message)))

    def _on_robot_description(self, message: msg.RobotDescription) -> None:
        self._put(inp.RobotDescribed(to_robot_description(message)))

    def _on_goal(self, _goal: Any) -> GoalResponse:
        is_full = self._loop is None or len(self._goals) >= self._config.goals_open_max
        return GoalResponse.REJECT if is_full else GoalResponse.ACCEPT

    def _on_goal_accepted(self, handle: Any) -> None:
        order = to_order(handle.request)
        if not self._put(inp.SubmitOrder(Following(handle), order)):
            message = "the scheduler is not active or overloaded; send the order again later"
            self._goals.refuse(handle, ErrorCode.QUEUE_FULL, message)

    def _on_goal_cancel(self, handle: Any) -> CancelResponse:
        order_id = OrderId(handle.request.order_id)
        is_taken = self._put(inp.CancelOrder(None, order_id, reason="its goal was cancelled"))
        return CancelResponse.ACCEPT if is_taken else CancelResponse.REJECT


def _conclude_without_order(handle: Any) -> Any:
    """Never called: goals are concluded by :class:`Goals`, which brings its own callback."""
    handle.abort()
    return channels.EXECUTE_ORDER.type.Result()


def _turned_away(channel: channels.Channel, loop: CoreLoop[req.Request] | None) -> Any:
    response = channel.type.Response(accepted=False)
    is_active = loop is not None
    response.error_code = int(ErrorCode.QUEUE_FULL if is_active else ErrorCode.NOT_ACTIVE)
    reason = "its inbox is full" if is_active else "it is not active"
    response.message = f"the scheduler cannot take it now: {reason}; send it again later"
    return response


def _leases_message(effect: PublishLeases) -> msg.Leases:
    def holds(pairs: Sequence[tuple[str, str]]) -> list[msg.LeaseGrant]:
        return [msg.LeaseGrant(robot_id=robot, attempt_id=attempt) for robot, attempt in pairs]

    return msg.Leases(
        epoch=effect.epoch,
        duration_s=effect.duration_s,
        grants=holds(effect.grants),
        revocations=holds(effect.revocations),
        acknowledgements=holds(effect.acknowledgements),
    )
