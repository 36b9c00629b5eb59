"""Real agents of simulated robots that report when a task reached each of them.

Each agent has an executor and a thread of its own, as it has on a robot of its own: what it costs
to wake one must not grow with the number of the others.
"""

from __future__ import annotations

import os
import sys
import threading
import time

import rclpy
from muster_msgs import action
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter

from muster_agent.node import AgentNode
from muster_core.ids import RobotId
from muster_ros.logs import configure_logs

SPEED_FACTOR = 1000.0
TICK_S = 0.02


class ReportingAgent(AgentNode):
    """Reports the moment at which an offered task was handed to the agent's core."""

    def _on_offer(self, goal: action.ExecuteTask.Goal) -> bool:
        report = f"@{goal.order_id} {time.monotonic_ns()}\n"
        os.write(sys.stdout.fileno(), report.encode())  # whole, whatever the other threads write
        return super()._on_offer(goal)


def main(fleet: str, robots: int, site: str, data_dir: str) -> None:
    configure_logs()
    rclpy.init()
    settings = {
        "site": site,
        "data_dir": data_dir,
        "tick_s": TICK_S,
        "driver_settings.speed_factor": SPEED_FACTOR,
        "driver_settings.drain_per_m": 0.0,
        "driver_settings.drain_per_s": 0.0,
    }
    overrides = [Parameter(name, value=value) for name, value in settings.items()]
    threads = []
    for number in range(1, robots + 1):
        agent = ReportingAgent(fleet, RobotId(f"robot_{number}"), parameter_overrides=overrides)
        for transition in (agent.trigger_configure, agent.trigger_activate):
            if transition().name != "SUCCESS":
                sys.exit(f"robot_{number} could not be activated")
        executor = SingleThreadedExecutor()
        executor.add_node(agent)
        threads.append(threading.Thread(target=_spin, args=(executor,), daemon=True))
    for thread in threads:
        thread.start()
    print("@ready", flush=True)
    for thread in threads:
        thread.join()


def _spin(executor: SingleThreadedExecutor) -> None:
    try:
        executor.spin()
    except ExternalShutdownException:
        return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
