"""The life of a node process: start, spin, and end cleanly on SIGINT or SIGTERM."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from muster_ros.logs import configure_logs

if TYPE_CHECKING:  # the shell's clock has a node of its own, which ends the process as this says
    from muster_ros.shell import MusterNode

CRASH_EXIT_CODE = 70  # EX_SOFTWARE


def run_nodes(make_nodes: Callable[[], Sequence[MusterNode]], args: Sequence[str]) -> None:
    """Make the nodes and spin them in one single-threaded executor until told to end.

    :param args: the command line's ROS arguments, as ``sys.argv[1:]``.
    """
    configure_logs()
    rclpy.init(args=list(args))
    executor = SingleThreadedExecutor()
    nodes: Sequence[MusterNode] = ()
    try:
        nodes = make_nodes()
        for node in nodes:
            executor.add_node(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        with ExitStack() as ending:
            ending.callback(rclpy.try_shutdown)
            for node in nodes:
                ending.callback(node.destroy_node)
                ending.callback(node.close)


def crash(error: BaseException) -> None:
    """End the process at once, with the traceback: its memory may be ahead of its disk.

    The process's parent starts it again, and it rebuilds its state from its log. While the process
    is ending anyway, nothing can be sent any more, and an error of that is none.
    """
    if not rclpy.ok():
        return
    traceback.print_exception(type(error), error, error.__traceback__)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(CRASH_EXIT_CODE)
