"""Becomes another program that the kernel kills when its parent ends.

``python dying_with_parent.py PARENT_PID PROGRAM ARGUMENT...``; it imports nothing that takes time.
It is a program of its own because a thread must not run Python between fork and exec. To the kernel
the parent is the thread that started it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent_pid: int, program: list[str]) -> None:
    """Replace this process by ``program``; end at once when the parent has ended already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() == parent_pid:
        os.execv(program[0], program)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
