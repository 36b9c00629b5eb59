"""A fleet of real nodes in a simulated world: started, given orders, judged, ended."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import rclpy
from muster_msgs import msg, srv
from rclpy.executors import SingleThreadedExecutor

from muster_core.clock import NS_PER_S
from muster_core.errors import MusterError
from muster_ros import channels as ch
from muster_ros.child import Child, log_tails
from muster_ros.conversions import order_message
from muster_ros.domain import claim_domain
from muster_twin.live.clock_publisher import ClockPublisher
from muster_twin.live.driver import BUMPED
from muster_twin.live.pacer import Pacer
from muster_twin.live.parameters import SILENCE_S_MAX, parameters_text
from muster_twin.live.processes import cpu_by_program
from muster_twin.live.record import LiveRecord
from muster_twin.live.settings import LiveSettings
from muster_twin.streams.order_stream import TimedOrder

START_S_MAX = 120.0
"""How long the fleet may take to come up, real s."""
STALL_S_MAX = 120.0
"""How long time may stand, real s."""
IN_FLIGHT_MAX = 64
RESEND_S = 5.0
"""After so long without an answer an order is sent again, real s; it is the same order."""
SPIN_S = 0.05


class LiveTwinError(MusterError):
    """A run with real nodes could not be brought to its end."""


class LiveTwin:
    """One run. Whatever it starts is ended when it is closed; use it as a context manager.

    :param site: the site's file.
    :param tell: told how far it is, for people.
    """

    def __init__(
        self, site: Path, settings: LiveSettings, *, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._site = site
        self._settings = settings
        self._tell = tell
        self._resources = ExitStack()
        self._robots: dict[str, msg.RobotState] = {}
        self.record = LiveRecord()

    def __enter__(self) -> LiveTwin:
        try:
            self._open()
        except BaseException:
            self._resources.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def run(self, orders: Sequence[TimedOrder]) -> LiveRecord:
        """Give the fleet the orders at their times, and wait for all to end.

        :raises LiveTwinError: when the fleet does not come up, ends, or does not keep up at all.
        """
        settings, pacer, record = self._settings, self._pacer, self.record
        self._wait_until_ready()
        began_s, began_ns = time.monotonic(), pacer.now_ns
        cpu_before, held_before_s = self._cpu(), pacer.held_s
        pacer.rate = settings.rate
        record.begin(orders, began_ns)
        waiting = list(reversed(orders))
        sent: dict[str, tuple[Any, TimedOrder, float]] = {}
        until_ns = began_ns + int(settings.duration_s_max * NS_PER_S)
        told_at = 0
        while not record.is_done and pacer.now_ns < until_ns:
            self._spin()
            self._send_due(waiting, sent, (pacer.now_ns - began_ns) / NS_PER_S)
            if record.ended != told_at:
                told_at = record.ended
                self._tell(f"{told_at} of {len(orders)} orders ended")
        record.simulated_s = (pacer.now_ns - began_ns) / NS_PER_S
        record.took_s = time.monotonic() - began_s
        record.held_s = pacer.held_s - held_before_s
        after = self._cpu()
        record.cpu_s = {name: spent - cpu_before.get(name, 0.0) for name, spent in after.items()}
        return record

    # How it comes up

    def _open(self) -> None:
        resources, settings = self._resources, self._settings
        directory = Path(resources.enter_context(TemporaryDirectory(prefix="muster-twin-")))
        domain = claim_domain(resources)
        os.environ["ROS_DOMAIN_ID"] = str(domain)
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        parameters = directory / "parameters.yaml"
        parameters.write_text(parameters_text(settings))
        self._log = directory
        self._child = Child(
            "fleet", self._up(directory, parameters), log=directory / "up.log",
            environment=os.environ,
        )  # fmt: skip
        resources.callback(self._child.stop)
        context = rclpy.context.Context()
        rclpy.init(
            args=[],
            context=context,
            signal_handler_options=rclpy.signals.SignalHandlerOptions.NO,
        )
        resources.callback(rclpy.try_shutdown, context=context)
        self._node = rclpy.create_node("twin", namespace=settings.fleet, context=context)
        resources.callback(self._node.destroy_node)
        self._executor = SingleThreadedExecutor(context=context)
        resources.callback(self._executor.shutdown, 0)
        self._executor.add_node(self._node)
        # Real time until all are there: what waits for processes to start is not simulated.
        self._pacer = Pacer(1.0, silence_s_max=SILENCE_S_MAX, begins_ns=time.time_ns())
        ClockPublisher(self._node, self._pacer)
        self._subscribe(ch.ROBOT_STATES, self._on_robot)
        self._subscribe(ch.FLEET_STATE, self._on_fleet)
        self._subscribe(ch.EVENTS, self._on_event)
        self._submit = self._node.create_client(
            ch.SUBMIT_ORDER.type,
            ch.SUBMIT_ORDER.path(settings.fleet),
            qos_profile=ch.SUBMIT_ORDER.qos,
        )

    def _up(self, directory: Path, parameters: Path) -> list[str]:
        settings = self._settings
        return [
            *(sys.executable, "-m", "muster_cli", "--fleet", settings.fleet, "up"),
            *("--robots", str(settings.robots), "--robots-per-process", str(settings.robots)),
            *("--site", str(self._site), "--driver", "twin", "--policy", settings.policy),
            *("--data-dir", str(directory / "data"), "--params-file", str(parameters)),
        ]

    def _subscribe(self, channel: ch.Channel, on_message: Callable[[Any], None]) -> None:
        path = channel.path(self._settings.fleet)
        self._node.create_subscription(channel.type, path, on_message, channel.qos)

    def _wait_until_ready(self) -> None:
        deadline_s = time.monotonic() + START_S_MAX
        ready = told = -1
        while ready < self._settings.robots:
            ready = sum(
                robot.state != msg.RobotState.OFFLINE and robot.epoch > 0
                for robot in self._robots.values()
            )
            if ready != told:
                told = ready
                self._tell(f"{ready} of {self._settings.robots} robots are ready")
            self._spin()
            if time.monotonic() > deadline_s:
                raise LiveTwinError(
                    f"{ready} of {self._settings.robots} robots are ready after "
                    f"{START_S_MAX:.0f} s\n{log_tails(self._log)}"
                )

    # What is heard

    def _on_robot(self, robot: msg.RobotState) -> None:
        self._pacer.hear(robot.robot_id)
        before = self._robots.get(robot.robot_id)
        self._robots[robot.robot_id] = robot
        is_new = before is None or before.message != robot.message
        if is_new and BUMPED in robot.message:
            self.record.bumps.append(f"{robot.robot_id} {robot.message}")

    def _on_fleet(self, _fleet: msg.FleetState) -> None:
        self._pacer.hear("the scheduler")

    def _on_event(self, event: msg.Event) -> None:
        self.record.take(
            event.type, event.order_id, event.stamp.sec * NS_PER_S + event.stamp.nanosec
        )

    # What is said

    def _send_due(
        self,
        waiting: list[TimedOrder],
        sent: dict[str, tuple[Any, TimedOrder, float]],
        now_s: float,
    ) -> None:
        real_s = time.monotonic()
        for order_id, (future, timed, since_s) in list(sent.items()):
            if future.done():
                del sent[order_id]
                if not (answer := future.result()).accepted:
                    self.record.refuse(order_id, answer.message)
            elif real_s - since_s > RESEND_S:
                self._submit.remove_pending_request(future)
                sent[order_id] = (self._send(timed), timed, real_s)
        while waiting and waiting[-1].release_s <= now_s and len(sent) < IN_FLIGHT_MAX:
            timed = waiting.pop()
            sent[timed.order.order_id] = (self._send(timed), timed, real_s)

    def _send(self, timed: TimedOrder) -> Any:
        return self._submit.call_async(srv.SubmitOrder.Request(order=order_message(timed.order)))

    def _spin(self) -> None:
        until_s = time.monotonic() + SPIN_S
        while (left_s := until_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)
        self._child.check()
        if self._pacer.standing_s > STALL_S_MAX:
            raise LiveTwinError(
                f"nothing was heard of {self._pacer.oldest} for {STALL_S_MAX:.0f} s\n"
                f"{log_tails(self._log)}"
            )

    def _cpu(self) -> dict[str, float]:
        return cpu_by_program(self._child.pid) | {"twin": time.process_time()}
