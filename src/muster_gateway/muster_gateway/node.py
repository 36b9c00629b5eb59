"""The gateway's lifecycle node: a thin shell round its core."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from muster_core.clock import Instant
from muster_core.gateway import effects
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.core import GatewayCore, GatewayStatus
from muster_core.gateway.inputs import EventPublished, Input
from muster_gateway.kafka_client import KafkaClient
from muster_gateway.scheduler_client import SchedulerClient, to_logged_event
from muster_ros.channels import EVENTS
from muster_ros.clock import read_clock
from muster_ros.loop import CoreLoop
from muster_ros.parameters import load_config
from muster_ros.process import crash
from muster_ros.shell import MusterNode

TICK_S = 0.1
INBOX_MAX = 20_000
PROBLEM_LOG_PERIOD_S = 10.0


class GatewayNode(MusterNode):
    """Orders from Kafka to the scheduler, events from the scheduler to Kafka."""

    def __init__(self, name: str = "gateway", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._config = GatewayConfig()
        self._core = GatewayCore(self._config)
        self._status: GatewayStatus | None = None
        self._kafka: KafkaClient | None = None
        self._scheduler: SchedulerClient | None = None
        self._loop: CoreLoop[Input] | None = None
        self._logged: tuple[str, ...] = ()
        self._log_not_before_ns = 0

    def open(self, resources: ExitStack) -> None:
        """See :class:`MusterNode`. Kafka need not be there."""
        self._config = load_config(self, GatewayConfig)
        self._scheduler = SchedulerClient(self, self.fleet, config=self._config, put=self._put)
        resources.callback(self._scheduler.close)
        events = self.create_subscription(
            EVENTS.type, EVENTS.path(self.fleet), self._on_event, EVENTS.qos
        )
        resources.callback(self.destroy_subscription, events)

    def start(self, resources: ExitStack) -> None:
        """See :class:`MusterNode`. The clients connect to Kafka when it is there."""
        self._core = GatewayCore(self._config)
        self._loop = CoreLoop(
            "gateway", self._handle, tick_s=TICK_S, inbox_max=INBOX_MAX, on_crash=crash
        )
        self._kafka = KafkaClient(self._config, source=self.fleet, put=self._put)
        resources.callback(self._close_inbox)
        resources.callback(self._kafka.stop)
        resources.callback(self._loop.stop)  # first: its effects need Kafka
        self._kafka.start()
        self._loop.start()

    def diagnose(self) -> dict[str, str]:
        """Problems in sentences, then counts."""
        status = self._status
        if status is None:
            return {}
        kafka_problem = self._kafka.problem if self._kafka is not None else ""
        problems = [text for text in (kafka_problem, *status.problems) if text]
        return {
            "problems": "; ".join(problems) or "none",
            **{f"orders_{name}": str(count) for name, count in status.orders.items()},
            **{f"events_{name}": str(count) for name, count in status.events.items()},
        }

    def _on_event(self, message: Any) -> None:
        self._put(EventPublished(to_logged_event(message)))

    def _close_inbox(self) -> None:
        self._loop = None

    def _put(self, item: Input) -> bool:
        loop = self._loop
        return loop is not None and loop.put(item)

    def _handle(self, batch: list[Input]) -> None:
        now = read_clock()
        for item in batch:
            self._core.step(item, now)
        try:
            for effect in self._core.ready(now):
                self._perform(effect, now)
        except Exception:
            if self.context.ok():
                raise
            return  # the process is being ended, and ROS is gone first
        assert self._scheduler is not None
        self._scheduler.forget_old()
        self._status = self._core.status(now)
        self._log_problems(self._status, now)

    def _perform(self, effect: effects.Effect, now: Instant) -> None:
        assert self._kafka is not None and self._scheduler is not None
        match effect:
            case effects.SubmitOrder():
                self._scheduler.submit(effect)
            case effects.ReadEvents():
                self._scheduler.read(effect)
            case _:
                self._kafka.perform(effect, now)

    def _log_problems(self, status: GatewayStatus, now: Instant) -> None:
        assert self._kafka is not None
        problems = tuple(text for text in (self._kafka.problem, *status.problems) if text)
        if problems == self._logged or now.steady_ns < self._log_not_before_ns:
            return
        self._log_not_before_ns = now.later(PROBLEM_LOG_PERIOD_S).steady_ns if problems else 0
        self._logged = problems
        if problems:
            self.logs.warning("gateway waits", problems="; ".join(problems))
        else:
            self.logs.info("gateway is well again")
