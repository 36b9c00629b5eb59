"""A leadership lease among the processes of one host, in a directory that they share.

Each lead has a file of its own there, named by its token: the greatest token is the lease that
counts. To take the lead is to make the file of the next token, which the file system lets one
candidate do. There is no lock that a stopped process could hold.

Whoever writes looks afterwards: a candidate that has made its file makes sure that no lease before
it lives and none came after, a holder that has renewed makes sure that none came after. Of two that
write at the same time at least one sees the other then and gives way, however long either is
stopped in between (the flags of Dekker's and Peterson's mutual exclusion).

A lease is over when its time is, when its holder resigned, when its host has been booted since, or
when its process is gone for certain. A damaged file (after a power cut) says nothing of all this:
it is over when it has lain unchanged for a whole lease, since a living holder overwrites its own.

All processes must be on one host, and in one time namespace: for several hosts, another adapter.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from muster_core.clock import NS_PER_S, Instant
from muster_core.leadership import lease_file
from muster_core.leadership.lease_file import LeaseRecord
from muster_core.leadership.port import (
    LEASE_S_MAX,
    DeposedError,
    Lead,
    LeadershipError,
    held_until_ns,
)
from muster_core.leadership.process_identity import ProcessIdentity, this_process

DAMAGED = "a holder whose lease cannot be read"


class FileLeadership:
    """One candidate for the lead that is kept in ``directory``.

    :param holder: the candidate's name, for people.
    :param lease_s: how long the lead lasts after each renewal, s.
    :param process: who may be killed to fence this candidate; this process unless a test says so.
    """

    def __init__(
        self,
        directory: Path,
        holder: str,
        *,
        lease_s: float,
        process: ProcessIdentity | None = None,
    ) -> None:
        assert 0 < lease_s <= LEASE_S_MAX, f"a lease lasts at most {LEASE_S_MAX} s"
        self._directory = directory
        self._holder = holder
        self._lease_s = lease_s
        self._process = process or this_process()
        self._lead: Lead | None = None
        self._descriptor = -1
        self._leader = ""
        self._damaged: tuple[int, bytes, int] | None = None
        self._predecessor: LeaseRecord | None = None

    @property
    def leader(self) -> str:
        """See :class:`Leadership`."""
        return self._leader

    def campaign(self, now: Instant) -> Lead | None:
        """See :class:`Leadership`."""
        try:
            self._directory.mkdir(exist_ok=True)
            token = max(self._tokens(), default=0)
            if token and self._is_live(token, now):
                return None
            self._predecessor = self._read(token) if token else None
            return self._claim(token + 1, now)
        except OSError as error:
            raise self._unusable(error) from error

    def renew(self, now: Instant) -> Lead:
        """See :class:`Leadership`."""
        lead = self._lead
        if lead is None or not lead.is_held(now):
            self._let_go()
            raise DeposedError(f"the lead of {self._holder} was not renewed in time")
        try:
            self._write(now)
            newest = max(self._tokens(), default=0)
        except OSError as error:
            raise self._unusable(error) from error
        if newest != lead.token:
            self._let_go()
            raise DeposedError(f"another took the lead from {self._holder}")
        self._lead = Lead(lead.token, held_until_ns(now, self._lease_s))
        return self._lead

    def resign(self, now: Instant) -> None:
        """See :class:`Leadership`."""
        if self._lead is None:
            return
        try:
            lease_file.write(self._descriptor, LeaseRecord(self._holder, 0, self._process))
        except OSError as error:
            raise self._unusable(error) from error
        finally:
            self._let_go()

    def fence(self) -> str:
        """See :class:`Leadership`. Kills the predecessor's process, and never another."""
        before = self._predecessor
        if before is None or not before.expires_ns or not before.process.kill():
            return ""
        return (
            f"killed process {before.process.pid} of {before.holder}, which did not end itself "
            f"when its lease ran out"
        )

    def _claim(self, token: int, now: Instant) -> Lead | None:
        path = self._path(token)
        record = LeaseRecord(self._holder, self._expires_ns(now), self._process)
        descriptor = lease_file.create(path, record)
        if descriptor is None:
            return None  # another was quicker
        tokens = self._tokens()
        others = [other for other in tokens if other != token]
        if any(other > token or self._is_live(other, now) for other in others):
            os.close(descriptor)
            path.unlink(missing_ok=True)
            return None
        for other in others:
            self._path(other).unlink(missing_ok=True)
        self._descriptor, self._leader = descriptor, self._holder
        self._lead = Lead(token, held_until_ns(now, self._lease_s))
        return self._lead

    def _is_live(self, token: int, now: Instant) -> bool:
        """Whether the lease of ``token`` may still be somebody's."""
        try:
            content = self._path(token).read_bytes()
        except FileNotFoundError:
            return False  # its successor has cleared it away, or its maker gave way
        record = lease_file.parse_record(content)
        if record is not None and record.process.is_gone:
            return False
        # No lease is so long; what claims it was damaged.
        if record is None or record.expires_ns > now.steady_ns + LEASE_S_MAX * NS_PER_S:
            self._leader = DAMAGED
            return self._is_damage_new(token, content, now)
        self._leader = record.holder
        return now.steady_ns < record.expires_ns

    def _is_damage_new(self, token: int, content: bytes, now: Instant) -> bool:
        """Whether a damaged file may still be overwritten by a living holder."""
        if self._damaged is None or self._damaged[:2] != (token, content):
            self._damaged = (token, content, now.steady_ns)
        return now.steady_ns - self._damaged[2] < self._lease_s * NS_PER_S

    def _tokens(self) -> list[int]:
        return [int(name) for name in os.listdir(self._directory) if name.isdecimal()]

    def _read(self, token: int) -> LeaseRecord | None:
        with suppress(FileNotFoundError):
            return lease_file.parse_record(self._path(token).read_bytes())
        return None

    def _write(self, now: Instant) -> None:
        record = LeaseRecord(self._holder, self._expires_ns(now), self._process)
        lease_file.write(self._descriptor, record)

    def _expires_ns(self, now: Instant) -> int:
        return now.steady_ns + int(self._lease_s * NS_PER_S)

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._lead, self._descriptor = None, -1

    def _path(self, token: int) -> Path:
        return self._directory / str(token)

    def _unusable(self, error: OSError) -> LeadershipError:
        why = error.strerror or error
        return LeadershipError(f"lease {str(self._directory)!r} cannot be used: {why}")
