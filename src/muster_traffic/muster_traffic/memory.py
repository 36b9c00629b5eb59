"""What traffic keeps on its disk: its epoch, the zones that persons have set, who holds what."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from muster_core.errors import ConfigError, MusterError
from muster_core.ids import RobotId
from muster_core.log.durable_file import replace_file
from muster_core.site import Site, Zone
from muster_core.site.zones_in_force import ZonesInForce

Book = Mapping[RobotId, tuple[str, ...]]
BOOK_BYTES_MAX = 64 * 1024 * 1024
"""A larger file is no book of traffic's."""


class MemoryFailedError(MusterError):
    """A file of traffic's cannot be read or written; the message names it and what helps."""


class _Epoch(msgspec.Struct, forbid_unknown_fields=True):
    epoch: int


class _Book(msgspec.Struct, forbid_unknown_fields=True):
    holds: dict[str, tuple[str, ...]]


class _Zones(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    zones: list[Zone]


File = TypeVar("File", _Epoch, _Book, _Zones)


class Memory:
    """The files ``traffic.*`` in a directory, which one process uses at a time.

    The epoch and the zones are on the disk when a method returns. The book outlasts a crash of this
    process; after a power cut it may be a little old, which matters for robots alone that are not
    heard any more either.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Make the directory, and keep others from using it.

        :raises ConfigError: when that cannot be.
        """
        path = self._path("lock")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            lock = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"data_dir is {str(self._directory)!r}, which cannot be used: {error.strerror}; "
                f"name a directory that this user may write to"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise ConfigError(
                f"data_dir {str(self._directory)!r} is in use by another traffic (process {owner})"
                f"; end that one, or name another directory"
            ) from error
        except OSError as error:
            lock.close()
            raise ConfigError(
                f"data_dir {str(self._directory)!r} cannot be kept from others: {error.strerror}; "
                f"name a directory on a file system that knows locks"
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def close(self) -> None:
        """Let others use the directory."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    def epoch(self) -> int:
        """The newest epoch that was kept; 0 when none was, or nobody can read it any more."""
        try:
            found = self._read("epoch", _Epoch)
        except MemoryFailedError:
            return 0  # the clock and the agents know a newer one
        return found.epoch if found is not None else 0

    def keep_epoch(self, epoch: int) -> None:
        """Have the epoch on the disk.

        :raises MemoryFailedError: when it cannot be written.
        """
        self._replace("epoch", _Epoch(epoch))

    def zones(self, site: Site) -> ZonesInForce:
        """The zones in force at ``site``.

        :raises MemoryFailedError: when the file is damaged: a closed zone must not open by that.
        """
        found = self._read("zones", _Zones)
        if found is None:
            return ZonesInForce(site)
        return ZonesInForce(site, {zone.name: zone for zone in found.zones}, number=found.number)

    def keep_zones(self, zones: ZonesInForce) -> None:
        """Have the zones that persons have set on the disk.

        :raises MemoryFailedError: when they cannot be written.
        """
        self._replace("zones", _Zones(zones.number, list(zones.changes.values())))

    def book(self) -> Book:
        """What each robot held when it was last written down.

        :raises MemoryFailedError: when the file is damaged.
        """
        found = self._read("book", _Book)
        return {RobotId(name): held for name, held in found.holds.items()} if found else {}

    def keep_book(self, book: Book) -> None:
        """Write down what each robot holds.

        :raises MemoryFailedError: when it cannot be written.
        """
        holds = {str(robot_id): held for robot_id, held in book.items()}
        path = self._path("book")
        draft = path.with_name(f"{path.name}.new")
        try:
            draft.write_bytes(msgspec.json.encode(_Book(holds)))
            draft.replace(path)
        except OSError as error:
            raise _unwritten(path, error) from error

    def _path(self, name: str) -> Path:
        return self._directory / f"traffic.{name}"

    def _read(self, name: str, file_type: type[File]) -> File | None:
        """The file's content; None when there is no such file."""
        path = self._path(name)
        try:
            with path.open("rb") as file:
                content = file.read(BOOK_BYTES_MAX)
            return msgspec.json.decode(content, type=file_type)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise MemoryFailedError(
                f"{path} cannot be read: {error}; restore it, or remove it and begin without it"
            ) from error

    def _replace(self, name: str, content: _Epoch | _Zones) -> None:
        path = self._path(name)
        try:
            replace_file(path, [msgspec.json.encode(content)])
        except OSError as error:
            raise _unwritten(path, error) from error


def remembered(book: Book, robots: Iterable[str]) -> Book:
    """The robots to wait for at a start, each with what it held; of ``robots`` alone, if given."""
    named = [RobotId(name) for name in robots]
    return {robot_id: book.get(robot_id, ()) for robot_id in named} if named else dict(book)


def _unwritten(path: Path, error: OSError) -> MemoryFailedError:
    return MemoryFailedError(
        f"{path} cannot be written: {error.strerror}; see to the disk (is it full?)"
    )
