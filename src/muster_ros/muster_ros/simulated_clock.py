"""The clock of a simulated world: what ``/clock`` says, for all nodes of the process.

One listener for the process, and not ROS's one per node: a process of a hundred agents would hear
each message a hundred times.
"""

from __future__ import annotations

import os
import threading
import time

from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ConfigError
from muster_ros import clock
from muster_ros.side_node import SideNode

CLOCK_TOPIC = "/clock"
FIRST_AWAITED_S_MAX = 20.0
"""How long a node that is to use simulated time waits for it to be told."""
PACE_MIN, PACE_MAX = 1.0, 1000.0
PACE_MEASURED_S = 0.5
"""Over how long the pace is measured, real s."""


class SimulatedClock:
    """Time as it was told last. It stands while nobody tells it, and never goes back."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._pace = 1.0
        self._measured_from: tuple[float, int] | None = None
        self._is_told = threading.Event()

    @property
    def pace(self) -> float:
        """Simulated seconds in a second, as measured; at least 1."""
        return self._pace

    def hear(self, now_ns: int, *, heard_s: float) -> None:
        """It is ``now_ns`` in the simulated world; heard at ``heard_s`` of a real steady clock."""
        self._now_ns = max(self._now_ns, now_ns)
        before = self._measured_from
        if before is None:
            self._measured_from = (heard_s, now_ns)
        elif heard_s - before[0] >= PACE_MEASURED_S:
            passed_s = (now_ns - before[1]) / NS_PER_S
            self._pace = min(PACE_MAX, max(PACE_MIN, passed_s / (heard_s - before[0])))
            self._measured_from = (heard_s, now_ns)
        self._is_told.set()

    def now(self) -> Instant:
        """This moment in the simulated world, on both clocks."""
        return Instant(self._now_ns, self._now_ns)

    def wait(self, timeout_s: float) -> bool:
        """Wait until it was told for the first time; whether it was."""
        return self._is_told.wait(timeout_s)


class _Listener:
    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self._node = SideNode(f"clock_{os.getpid()}", "/")
        qos = QoSProfile(
            depth=1, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.BEST_EFFORT
        )
        self._node.node.create_subscription(Clock, CLOCK_TOPIC, self._on_clock, qos)
        self._node.start()

    def stop(self) -> None:
        self._node.stop()

    def _on_clock(self, message: Clock) -> None:
        stamp = message.clock
        now_ns = stamp.sec * NS_PER_S + stamp.nanosec
        self.clock.hear(now_ns, heard_s=time.monotonic())


class _Process:
    lock = threading.Lock()
    listener: _Listener | None = None


def use_simulated_clock(timeout_s: float = FIRST_AWAITED_S_MAX) -> None:
    """Have this process keep to ``/clock`` from now on.

    :raises ConfigError: when nobody tells the time within ``timeout_s``.
    """
    with _Process.lock:
        listener = _Process.listener = _Process.listener or _Listener()
    if not listener.clock.wait(timeout_s):
        raise ConfigError(
            f"use_sim_time is true and nothing came over {CLOCK_TOPIC} for {timeout_s:g} s; start "
            f"the simulation first, or set it to false"
        )
    clock.use(listener.clock)


def use_real_clock() -> None:
    """Have this process keep to its host's clocks again."""
    with _Process.lock:
        listener, _Process.listener = _Process.listener, None
    clock.use(None)
    if listener is not None:
        listener.stop()
