"""Which process exactly, so that one that took over its number is not taken for it. See proc(5)."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import msgspec

DEATH_WAIT_S = 1.0
"""How long the end of a killed process is awaited. One that is stuck in the kernel takes longer."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ENDED_STATES = ("Z", "X", "x")


class ProcessIdentity(msgspec.Struct, frozen=True):
    """One process of one boot of one host.

    :param started_ticks: when it started, in clock ticks since the boot.
    :param user_id: whose it is; of another user's process not everything can be seen.
    :param pid_namespace: in which ``pid`` counts; a container has one of its own.
    :param boot_id: the kernel's; another after each boot.
    """

    pid: int
    started_ticks: int
    user_id: int
    pid_namespace: str
    boot_id: str

    @property
    def is_of_this_boot(self) -> bool:
        """Whether the host has not been booted since."""
        return self.boot_id == read_boot_id()

    @property
    def is_gone(self) -> bool:
        """Whether the process has certainly ended. What cannot be seen from here has not."""
        if not self.is_of_this_boot:
            return True
        return self._is_visible and _started_ticks(self.pid) != self.started_ticks

    def kill(self) -> bool:
        """End exactly this process, with SIGKILL; whether it was there to be killed, and is gone.

        Another process that has the number by now is never hit: a descriptor of the process is
        taken first and its start compared then.
        """
        if not self.is_of_this_boot or not self._is_visible or self.pid == os.getpid():
            return False
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if _started_ticks(self.pid) != self.started_ticks:
                return False
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            return bool(select.select([descriptor], [], [], DEATH_WAIT_S)[0])
        except OSError:
            return False  # it is not ours to signal
        finally:
            os.close(descriptor)

    @property
    def _is_visible(self) -> bool:
        return self.pid_namespace == _pid_namespace() and self.user_id == os.getuid()


def this_process() -> ProcessIdentity:
    """The identity of the process that asks."""
    return identity_of(os.getpid())


def identity_of(pid: int) -> ProcessIdentity:
    """The identity of a running process of this user and container."""
    started_ticks = _started_ticks(pid)
    assert started_ticks is not None, f"process {pid} must be running"
    return ProcessIdentity(pid, started_ticks, os.getuid(), _pid_namespace(), read_boot_id())


def read_boot_id() -> str:
    """This boot's id."""
    return _BOOT_ID.read_text().strip()


def _pid_namespace() -> str:
    return os.readlink("/proc/self/ns/pid")


def _started_ticks(pid: int) -> int | None:
    """When the process with that number started; None when there is none that runs any more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    state, threads, started_ticks = fields[0], int(fields[17]), int(fields[19])
    # A killed process may still have a thread that ends its write; only then is it no more.
    if state in _ENDED_STATES and threads <= 1:
        return None
    return started_ticks
