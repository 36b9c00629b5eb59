"""How long a fleet is without a scheduler that assigns, when the leading one ends or stands still.

From SIGKILL (or SIGSTOP) of the leading scheduler's process to the first ``task_assigned`` of its
standby, as another process hears it; real processes, started and started again by the bring-up,
while orders wait for robots that end their tasks all the time. Beside it: the leadership lease, so
the ratio says how many leases it takes.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from client import FLEET, Client, make_order, open_client
from figure import Better, Figure, percentile, spread
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from muster_msgs import msg, srv

from muster_bringup.fleet import Fleet
from muster_bringup.options import parse_options
from muster_bringup.topology import SCHEDULER, STANDBY, fleet_topology
from muster_core.scheduler.config import SchedulerConfig
from muster_ros.channels import EVENTS, SUBMIT_ORDER

ROOT = Path(__file__).resolve().parent.parent
ACTIVE = State.PRIMARY_STATE_ACTIVE
ROBOTS = 4
SPEED = 100
ORDERS_PER_ROUND = 100
WITHOUT_CHARGING = """
/**/agent:
  ros__parameters:
    driver_settings: {drain_per_m: 0.0, drain_per_s: 0.0}
"""
ROUNDS, ROUNDS_QUICK = 7, 2
RATIO_MAX = 2.5
LEASE_S = SchedulerConfig().leadership_lease_s
READY_TIMEOUT_S = 60.0
ASK_S = 1.0
TAKEOVER_TIMEOUT_S = 30.0


def measure(is_quick: bool) -> list[Figure]:
    """Once for a leader that is killed, once for one that is stopped."""
    rounds = ROUNDS_QUICK if is_quick else ROUNDS
    with ExitStack() as stack:
        client = stack.enter_context(open_client())
        pair = Pair(client, stack.enter_context(_open_fleet()))
        killed_s = [pair.fail(signal.SIGKILL) for _ in range(rounds)]
        stopped_s = [pair.fail(signal.SIGSTOP) for _ in range(rounds)]
    return [_figure("failover", killed_s), _figure("failover_stopped", stopped_s)]


class Pair:
    """Two schedulers of one fleet, and what the world hears of them."""

    def __init__(self, client: Client, fleet: Fleet) -> None:
        self._client = client
        self._fleet = fleet
        self._orders = 0
        self._submit_order = client.service(SUBMIT_ORDER, FLEET)
        self._states = [
            client.node.create_client(GetState, f"{FLEET}/{name}/get_state")
            for name in (SCHEDULER, STANDBY)
        ]
        self._epoch = 0
        self._leader = ""
        self._assigned_s: dict[int, float] = {}
        client.node.create_subscription(EVENTS.type, EVENTS.path(FLEET), self._on_event, EVENTS.qos)

    def fail(self, number: signal.Signals) -> float:
        """Seconds from the signal to the leader until another assigns."""
        client, fleet = self._client, self._fleet
        for state in self._states:
            client.until(lambda ask=state: self._is_active(ask), "both", READY_TIMEOUT_S)
        self._submit_orders()
        client.until(lambda: self._epoch in self._assigned_s, "an assignment", TAKEOVER_TIMEOUT_S)
        before, pid = self._epoch, fleet.pids[self._leader.rpartition("/")[2]]
        sent_s = time.monotonic()
        os.kill(pid, number)
        try:
            client.until(lambda: max(self._assigned_s) > before, "a successor", TAKEOVER_TIMEOUT_S)
        finally:
            if number is signal.SIGSTOP and pid in fleet.pids.values():
                os.kill(pid, signal.SIGCONT)
        client.until(lambda: pid not in fleet.pids.values(), "its end", READY_TIMEOUT_S)
        return self._assigned_s[max(self._assigned_s)] - sent_s

    def _is_active(self, get_state: Any) -> bool:
        """Whether a scheduler says so itself now; one that ended may not have been missed yet."""
        answer = get_state.call_async(GetState.Request())
        self._client.executor.spin_until_future_complete(answer, ASK_S)
        return answer.done() and bool(answer.result().current_state.id == ACTIVE)

    def _submit_orders(self) -> None:
        for _ in range(ORDERS_PER_ROUND):
            self._orders += 1
            order = make_order(f"order-{self._orders}", self._orders)
            answer = self._submit_order.call_async(srv.SubmitOrder.Request(order=order))
            response = self._client.wait(answer, "submit_order")
            assert response.accepted, response.message

    def _on_event(self, event: msg.Event) -> None:
        if event.type == "epoch_started":
            self._epoch, self._leader = event.epoch, json.loads(event.data)["scheduler"]
        elif event.type == "task_assigned":
            self._assigned_s.setdefault(event.epoch, time.monotonic())


@contextmanager
def _open_fleet() -> Iterator[Fleet]:
    disk = ROOT / "build"
    disk.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=disk) as directory:
        settings = Path(directory) / "settings.yaml"
        settings.write_text(WITHOUT_CHARGING)
        options = parse_options(
            namespace=FLEET,
            robots=ROBOTS,
            speed=SPEED,
            standby=True,
            data_dir=directory,
            params_file=settings,
        )
        with Fleet(fleet_topology(options), options) as fleet:
            fleet.wait_active(READY_TIMEOUT_S)
            yield fleet


def _figure(name: str, took_s: list[float]) -> Figure:
    return Figure(
        name=name,
        value=percentile(took_s, 50),
        unit="s",
        baseline=LEASE_S,
        better=Better.LOWER,
        target=RATIO_MAX,
        note=f"{len(took_s)} times; {spread(took_s)} s; beside it the lease",
    )
