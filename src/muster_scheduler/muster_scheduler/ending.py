"""How a scheduler's process ends when it may not go on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import rclpy

from muster_core.leadership import DeposedError
from muster_ros.process import crash

DEPOSED_EXIT_CODE = 75  # EX_TEMPFAIL: started again, it is a standby

OnEnd = Callable[[BaseException], None]


def ending(logs: Any) -> OnEnd:
    """What ends the process at once, from any thread, because of an error.

    A deposed scheduler ends without a word to anybody: whatever it would still say is out of date.
    Anything else is a crash.
    """

    def end(error: BaseException) -> None:
        if not isinstance(error, DeposedError):
            crash(error)
        elif rclpy.ok():
            try:
                logs.error("deposed: another scheduler leads", reason=str(error))
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(DEPOSED_EXIT_CODE)

    return end
