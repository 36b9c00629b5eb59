"""A fleet of child processes: for ``muster up``, demonstrations, measurements and tests.

with Fleet(fleet_topology(options), options) as fleet:
    fleet.wait_active(timeout_s=30)
"""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from muster_bringup.child import Child, Command
from muster_bringup.options import FleetOptions
from muster_bringup.output import LogFile, Print, parse_record, text_for_person
from muster_bringup.ros_arguments import ros_arguments
from muster_bringup.topology import SUPERVISOR, Process
from muster_core.errors import MusterError

# A stop takes at most the sum of these: the supervisor takes the nodes down, then signals.
SUPERVISOR_STOP_S = 10.0
ESCALATION: tuple[tuple[signal.Signals, float], ...] = (
    (signal.SIGINT, 5.0),
    (signal.SIGTERM, 2.0),
    (signal.SIGKILL, 2.0),
)


class FleetError(MusterError):
    """A fleet cannot be started, or did not become active; the message says why."""


class Fleet:
    """The processes of a topology as children of this process, each kept running.

    When this process ends, however it ends, they end too. A child that ends by itself is started
    again after a pause that doubles up to a bound.

    :param log_dir: where each process's output goes; None = ``logs`` in the data directory.
    :param on_text: called, from several threads, with what a person should see.
    """

    def __init__(
        self,
        processes: Sequence[Process],
        options: FleetOptions,
        *,
        log_dir: Path | None = None,
        on_text: Print = lambda text: None,
    ) -> None:
        self._processes = tuple(processes)
        self._options = options
        self.log_dir = log_dir or options.data_dir / "logs"
        self._on_text = on_text
        self._children: dict[str, Child] = {}
        self._logs: dict[str, LogFile] = {}
        self._resources = ExitStack()
        self._progress = threading.Condition()
        self._is_active = False
        self._last_text = "the supervisor has not said anything yet"

    def __enter__(self) -> Fleet:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """The ids of the processes that run now, by the process's name."""
        return {name: pid for name, child in self._children.items() if (pid := child.pid)}

    @property
    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return {name: child.restarts for name, child in self._children.items()}

    @property
    def is_active(self) -> bool:
        """Whether all nodes were active when the supervisor spoke last."""
        return self._is_active

    def start(self) -> None:
        """Start the processes; ``wait_active`` says when they are ready for work.

        :raises FleetError: when another process uses the data directory, or a program is missing;
            nothing has been started then.
        """
        commands = {process.name: find_executable(process) for process in self._processes}
        with ExitStack() as opened:
            opened.enter_context(_lock(self._options.data_dir))
            directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="muster-up-")))
            self.log_dir.mkdir(parents=True, exist_ok=True)
            for process in self._processes:
                log = LogFile(self.log_dir / f"{process.name}.log")
                opened.callback(log.close)
                self._logs[process.name] = log
                self._children[process.name] = self._child(
                    process, commands[process.name], directory
                )
            self._resources = opened.pop_all()
        for child in self._children.values():
            child.start()

    def wait_active(self, timeout_s: float, *, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until all nodes are active; False when ``until`` became true before that.

        :raises FleetError: when the time is over; says which nodes are not active and why.
        """
        deadline_s = time.monotonic() + timeout_s
        with self._progress:
            while not self._is_active:
                if until():
                    return False
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise FleetError(f"not active after {timeout_s:g} s: {self._last_text}")
                self._progress.wait(min(left_s, 0.1))
        return True

    def stop(self) -> None:
        """Take the nodes down, then end all processes, in bounded time. Stopping twice is fine."""
        for child in self._children.values():
            child.stop_restarting()
        supervisor = self._children.get(SUPERVISOR)
        if supervisor is not None:
            supervisor.send(signal.SIGINT)
            supervisor.join(SUPERVISOR_STOP_S)
        for number, patience_s in ESCALATION:
            running = [child for child in self._children.values() if not child.join(0)]
            for child in running:
                child.send(number)
            _join(running, patience_s)
        self._is_active = False
        self._resources.close()

    def _child(self, process: Process, executable: Path, directory: Path) -> Child:
        arguments = ros_arguments(
            process, directory=directory, params_file=self._options.params_file
        )
        environment = {"ROS_LOG_DIR": str(self.log_dir / "ros"), **os.environ}
        environment |= {"PYTHONUNBUFFERED": "1", "RCUTILS_COLORIZED_OUTPUT": "0"}
        command = [str(executable), *process.arguments, "--ros-args", *arguments]
        return Child(
            Command(process.name, command, environment),
            on_line=self._on_line,
            on_end=self._on_end,
        )

    def _on_line(self, name: str, line: str) -> None:
        self._logs[name].write(line)
        text = text_for_person(name, line)
        if text is not None:
            self._on_text(text)
        record = parse_record(line) if name == SUPERVISOR else None
        if record is not None and "managed" in record:
            with self._progress:
                self._is_active = record["active"] == record["managed"]
                self._last_text = str(record["event"])
                self._progress.notify_all()

    def _on_end(self, name: str, ending: str) -> None:
        self._logs[name].write(ending)
        self._on_text(f"{name}: {ending}")
        with self._progress:
            self._is_active = False


def find_executable(process: Process) -> Path:
    """The installed program of a process.

    :raises FleetError: when it is not installed; says what to do.
    """
    try:
        prefix = Path(get_package_prefix(process.package))
    except PackageNotFoundError as error:
        raise FleetError(
            f"package {process.package} is not installed here; build the workspace and source "
            f"install/local_setup.bash"
        ) from error
    path = prefix / "lib" / process.package / process.executable
    if not os.access(path, os.X_OK):
        raise FleetError(f"{path} is missing or cannot be executed; build the workspace again")
    return path


def _lock(data_dir: Path) -> IO[str]:
    """The data directory's lock, held until the file is closed or this process ends."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / "up.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise FleetError(f"data_dir {str(data_dir)!r} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise FleetError(
            f"data_dir {str(data_dir)!r} is in use by another fleet (process {owner}); stop that "
            f"one, or choose another data_dir"
        ) from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _join(children: Iterable[Child], patience_s: float) -> None:
    deadline_s = time.monotonic() + patience_s
    for child in children:
        child.join(deadline_s - time.monotonic())
