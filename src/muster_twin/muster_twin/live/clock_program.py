"""The ``clock`` program: ``/clock`` at a rate, for fleets that are started with use_sim_time."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import rclpy
from rclpy.executors import ExternalShutdownException

from muster_twin.live.clock_publisher import ClockPublisher
from muster_twin.live.pacer import Pacer

RATE_MAX = 1000.0


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= RATE_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate; above 0 and at most {RATE_MAX:g}")
    return rate


def main(arguments: Sequence[str] | None = None) -> None:
    """Tell the time until the process is told to end."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="clock", description=__doc__)
    parser.add_argument("--rate", type=_rate, default=1.0, help="simulated seconds in a second")
    ours = given[: given.index("--ros-args")] if "--ros-args" in given else given
    options = parser.parse_args(ours)
    rclpy.init(args=given)
    with ExitStack() as ending, suppress(KeyboardInterrupt, ExternalShutdownException):
        ending.callback(rclpy.try_shutdown)
        node = rclpy.create_node("clock")
        ending.callback(node.destroy_node)
        # Nobody is waited for: whoever is slow here is slow in the world, too.
        pacer = Pacer(options.rate, silence_s_max=float("inf"), begins_ns=time.time_ns())
        ClockPublisher(node, pacer)
        rclpy.spin(node)
