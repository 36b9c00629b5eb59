"""The supervisor's process: up and watching until SIGINT or SIGTERM, then everything down."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from muster_bringup.supervisor import Supervisor
from muster_core.errors import MusterError
from muster_ros.logs import configure_logs

SPIN_S = 0.1


def main() -> None:
    """Run the supervisor. It handles signals itself, for it still has to talk when one arrives."""
    told_to_end = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal told_to_end
        told_to_end = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    configure_logs()
    rclpy.init(args=sys.argv[1:], signal_handler_options=SignalHandlerOptions.NO)
    try:
        supervisor = Supervisor()
    except MusterError as error:
        print(f"supervisor: {error}", file=sys.stderr, flush=True)
        rclpy.try_shutdown()
        raise SystemExit(2) from error
    executor = SingleThreadedExecutor()
    executor.add_node(supervisor)
    is_going_down = False
    while not supervisor.is_down:
        executor.spin_once(timeout_sec=SPIN_S)
        if told_to_end and not is_going_down:
            is_going_down = True
            supervisor.logs.info("nodes go down")
            supervisor.go_down()
    supervisor.destroy_node()
    rclpy.try_shutdown()
