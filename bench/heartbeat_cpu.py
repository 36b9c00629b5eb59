"""What the scheduler's process costs while 100 idle robots report once a second.

The real scheduler and a bare rclpy subscriber listen to the very same messages at the same time,
with the same QoS; the CPU time of each process is read from /proc over the same interval.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from client import FLEET, Client, open_client
from figure import Better, Figure, spread
from fleet import SITE, open_fleet
from muster_msgs import srv
from processes import start_peer

from muster_ros.channels import GET_ROBOTS

ROBOTS = 100
ROUNDS, ROUND_S = 2, 20.0
ROUNDS_QUICK, ROUND_QUICK_S = 1, 6.0
SETTLE_S = 5.0
RATIO_MAX = 2.0
READY_TIMEOUT_S = 60.0


def measure(is_quick: bool) -> list[Figure]:
    """Share of a core."""
    rounds = ROUNDS_QUICK if is_quick else ROUNDS
    round_s = ROUND_QUICK_S if is_quick else ROUND_S
    with ExitStack() as stack:
        client = stack.enter_context(open_client())
        fleet = stack.enter_context(open_fleet(client))
        subscriber = stack.enter_context(start_peer("bare_subscriber", FLEET))
        subscriber.report(READY_TIMEOUT_S)
        stack.enter_context(start_peer("heartbeats", FLEET, str(ROBOTS), str(SITE)))
        robots = client.service(GET_ROBOTS, FLEET)
        client.until(lambda: _alive(client, robots) == ROBOTS, "a living fleet", READY_TIMEOUT_S)
        time.sleep(SETTLE_S)
        used = [_percent((fleet.scheduler, subscriber), round_s) for _ in range(rounds)]
        assert _alive(client, robots) == ROBOTS, "robots were lost during the measurement"
    ours, bare = ([each[side] for each in used] for side in (0, 1))
    ratios = [value / baseline for value, baseline in used]
    return [
        Figure(
            name="heartbeat_cpu",
            value=sum(ours) / rounds,
            unit="% of a core",
            baseline=sum(bare) / rounds,
            better=Better.LOWER,
            target=RATIO_MAX,
            note=f"{rounds} x {round_s:g} s, {ROBOTS} robots at 1 Hz; "
            f"ratio of each round {spread(ratios)}",
        )
    ]


def _alive(client: Client, service: Any) -> int:
    response = client.wait(service.call_async(srv.GetRobots.Request()), "get_robots")
    return sum(robot.alive for robot in response.robots)


def _percent(processes: tuple[Any, Any], duration_s: float) -> tuple[float, float]:
    """The share of a core that each process uses over ``duration_s``, percent."""
    began_s = time.monotonic()
    before = [process.cpu_s() for process in processes]
    time.sleep(duration_s)
    after = [process.cpu_s() for process in processes]
    took_s = time.monotonic() - began_s
    ours, bare = (100 * (end - start) / took_s for start, end in zip(before, after, strict=True))
    return ours, bare
