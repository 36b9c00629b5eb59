"""A gateway between a mock Kafka and a fake scheduler with real services, all in one process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest

rclpy = pytest.importorskip("rclpy")
pytest.importorskip("confluent_kafka")

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition  # noqa: E402
from muster_msgs import msg, srv  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.lifecycle import TransitionCallbackReturn  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402

from muster_core.clock import utc_text  # noqa: E402
from muster_core.errors import ErrorCode, Refusal  # noqa: E402
from muster_core.intake import check_order  # noqa: E402
from muster_core.kinds import KINDS  # noqa: E402
from muster_core.order import Order, content_digest  # noqa: E402
from muster_core.site.model import Edge, Place, PlaceKind, Site, Vertex  # noqa: E402
from muster_core.site.routing import Routes  # noqa: E402
from muster_gateway.mock_kafka import MockKafka  # noqa: E402
from muster_gateway.node import GatewayNode  # noqa: E402
from muster_ros.channels import EVENTS, READ_EVENTS, SUBMIT_ORDER  # noqa: E402
from muster_ros.clock import read_clock  # noqa: E402
from muster_ros.conversions import time_message, to_order  # noqa: E402

FLEET = "/muster"
DOMAIN_ID = int(os.environ.get("ROS_DOMAIN_ID", 1 + os.getpid() % 100))
WAIT_S = 20.0
SUCCESS = TransitionCallbackReturn.SUCCESS

SITE = Site(
    name="pair",
    vertices=(Vertex("a", 0.0, 0.0), Vertex("b", 5.0, 0.0), Vertex("pit", 5.0, 5.0)),
    edges=(Edge("a", "b", 5.0), Edge("b", "a", 5.0), Edge("b", "pit", 5.0)),
    places={
        "shelf_1": Place("shelf_1", "a", PlaceKind.SHELF),
        "pack_1": Place("pack_1", "b", PlaceKind.STATION),
        "pit_1": Place("pit_1", "pit", PlaceKind.SHELF),
    },
)


class FakeScheduler(Node):
    """Takes orders into a log in memory and tells its events.

    :param events_published_max: how many events it publishes; the others can only be read.
    """

    def __init__(self, context: Any, log: list[msg.Event]) -> None:
        super().__init__("scheduler", namespace=FLEET, context=context)
        self.log = log
        self.digests: dict[str, str] = {}
        self.trouble = ErrorCode.NONE
        self.asked = 0
        self.is_publishing = True
        self._routes = Routes(SITE)
        self._events = self.create_publisher(EVENTS.type, EVENTS.path(FLEET), EVENTS.qos)
        self.create_service(
            srv.SubmitOrder, SUBMIT_ORDER.path(FLEET), self._submit, qos_profile=SUBMIT_ORDER.qos
        )
        self.create_service(
            srv.ReadEvents, READ_EVENTS.path(FLEET), self._read, qos_profile=READ_EVENTS.qos
        )

    def record(self, kind: str, order_id: str, **content: Any) -> None:
        """Append an event to the log and publish it."""
        data = {"type": kind, "order_id": order_id, **content}
        event = msg.Event(
            seq=len(self.log) + 1,
            stamp=time_message(time.time_ns()),
            epoch=1,
            type=kind,
            order_id=order_id,
            data=msgspec.json.encode(data).decode(),
        )
        self.log.append(event)
        if self.is_publishing:
            self._events.publish(event)

    def _submit(self, request: Any, response: Any) -> Any:
        self.asked += 1
        refusal = self._take(to_order(request.order), response)
        if refusal is not None:
            response.accepted = False
            response.error_code = int(refusal.code)
            response.message = refusal.message
        return response

    def _take(self, order: Order, response: Any) -> Refusal | None:
        if self.trouble is not ErrorCode.NONE:
            return Refusal(self.trouble, "not now")
        digest = content_digest(order)
        known = self.digests.get(order.order_id)
        if known is not None and known != digest:
            return Refusal(ErrorCode.CHANGED_DUPLICATE, f"order {order.order_id!r} differs")
        response.duplicate = known is not None
        response.accepted = True
        if known is not None:
            return None
        refusal = check_order(
            order,
            site=SITE,
            routes=self._routes,
            kinds=KINDS,
            capabilities={"go", "pick", "place", "scan"},
            now=read_clock(),
        )
        if refusal is None:
            self.digests[order.order_id] = digest
            self.record("order_accepted", order.order_id, digest=digest)
        return refusal

    def _read(self, request: Any, response: Any) -> Any:
        first = request.from_seq - 1
        response.events = self.log[first : first + (request.limit or 500)]
        response.last_seq = len(self.log)
        return response


class Bench:
    """Makes gateways and schedulers, and looks into Kafka."""

    def __init__(self, resources: ExitStack) -> None:
        self.log: list[msg.Event] = []
        self.kafka = resources.enter_context(MockKafka())
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=DOMAIN_ID)
        resources.callback(self._context.try_shutdown)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._spinner = threading.Thread(target=self._executor.spin, daemon=True)
        self._spinner.start()
        self._producer: Producer | None = None
        self._nodes: list[Node] = []
        resources.callback(self._stop)

    def _stop(self) -> None:
        for node in list(self._nodes):
            self.end(node)
        self._executor.shutdown(timeout_sec=5)
        self._spinner.join(5)

    def scheduler(self) -> FakeScheduler:
        """A scheduler over the bench's log."""
        scheduler = FakeScheduler(self._context, self.log)
        self._nodes.append(scheduler)
        self._executor.add_node(scheduler)
        return scheduler

    def end(self, node: Node) -> None:
        """End a node as a process that ends does."""
        self._nodes.remove(node)
        self._executor.remove_node(node)
        if isinstance(node, GatewayNode):
            node.close()
        node.destroy_node()

    def gateway(self, **parameters: Any) -> GatewayNode:
        """An active gateway."""
        defaults = {
            "bootstrap_servers": self.kafka.bootstrap_servers,
            "retry_s_max": 0.5,
            "follow_period_s": 0.5,
        }
        overrides = [Parameter(k, value=v) for k, v in {**defaults, **parameters}.items()]
        node = GatewayNode(context=self._context, parameter_overrides=overrides)
        self._nodes.append(node)
        self._executor.add_node(node)
        assert node.trigger_configure() == SUCCESS
        assert node.trigger_activate() == SUCCESS
        return node

    def send(self, *bodies: bytes | Mapping[str, Any] | None) -> None:
        """Put orders into the orders' topic, in one partition."""
        if self._producer is None:
            self._producer = Producer({"bootstrap.servers": self.kafka.bootstrap_servers})
        for body in bodies:
            value = msgspec.json.encode(body) if isinstance(body, Mapping) else body
            self._producer.produce("muster.orders", value, partition=0)
        assert self._producer.flush(WAIT_S) == 0

    def records(self, topic: str) -> list[Message]:
        """All that the topic's partition 0 has now."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.kafka.bootstrap_servers,
                "group.id": "looker",
                "enable.partition.eof": True,
            }
        )
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[Message] = []
        try:
            while True:
                message = consumer.poll(WAIT_S)
                assert message is not None, "Kafka does not answer"
                if message.error() is None:
                    found.append(message)
                    continue
                assert message.error().code() == KafkaError._PARTITION_EOF
                return found
        finally:
            consumer.close()

    def exported(self) -> list[int]:
        """The sequence numbers of the events in Kafka, in its order."""
        return [msgspec.json.decode(m.value())["seq"] for m in self.records("muster.events")]

    def committed(self) -> int:
        """The offset up to which the gateway's group is done with partition 0."""
        consumer = Consumer(
            {"bootstrap.servers": self.kafka.bootstrap_servers, "group.id": "muster-gateway"}
        )
        try:
            (place,) = consumer.committed([TopicPartition("muster.orders", 0)], timeout=WAIT_S)
            return max(0, int(place.offset))
        finally:
            consumer.close()

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until ``is_so``, at most ``WAIT_S``."""
        deadline_s = time.monotonic() + WAIT_S
        while not is_so():
            assert time.monotonic() < deadline_s, f"in vain: {what}"
            time.sleep(0.05)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A bench of the test's own."""
    with ExitStack() as resources:
        yield Bench(resources)


def past_deadline() -> str:
    """A deadline of an hour ago."""
    return utc_text(time.time_ns() - 3600 * 10**9)
