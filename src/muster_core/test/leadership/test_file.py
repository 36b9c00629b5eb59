"""Claims about the lease in files: what the contract does not say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from muster_core.clock import NS_PER_S, Instant
from muster_core.leadership import LEASE_S_MAX, FileLeadership, Lead, LeadershipError
from muster_core.leadership.lease_file import RECORD_BYTES, LeaseRecord, parse_record
from muster_core.leadership.process_identity import (
    ProcessIdentity,
    identity_of,
    this_process,
)

LEASE_S = 3.0
START = Instant(1_900_000_000_000_000_000, 50 * NS_PER_S)
WAIT_S = 10.0


def candidate(path: Path, name: str, process: ProcessIdentity | None = None) -> FileLeadership:
    return FileLeadership(path / "lease", name, lease_s=LEASE_S, process=process)


def lease_file(path: Path) -> Path:
    (found,) = (path / "lease").iterdir()
    return found


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Another process, which does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait(WAIT_S)


def test_lease_of_a_killed_process_is_free_at_once(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    first = candidate(tmp_path, "a", identity_of(child.pid)).campaign(START)
    assert first is not None
    second = candidate(tmp_path, "b")
    assert second.campaign(START) is None
    child.kill()
    child.wait(WAIT_S)
    lead = second.campaign(START)
    assert lead is not None and lead.token > first.token


@pytest.mark.parametrize(
    "other", [{"started_ticks": 1}, {"boot_id": "another"}], ids=["reused_pid", "boot_before"]
)
def test_lease_of_a_process_of_the_past_is_free_at_once(
    tmp_path: Path, other: dict[str, object]
) -> None:
    process = msgspec.structs.replace(this_process(), **other)
    assert candidate(tmp_path, "a", process).campaign(START)
    assert candidate(tmp_path, "b").campaign(START)


@pytest.mark.parametrize("other", [{"pid_namespace": "pid:[1]"}, {"user_id": 1}])
def test_lease_of_a_process_that_cannot_be_seen_runs_its_time(
    tmp_path: Path, other: dict[str, object]
) -> None:
    process = msgspec.structs.replace(this_process(), started_ticks=1, **other)
    assert candidate(tmp_path, "a", process).campaign(START)
    second = candidate(tmp_path, "b")
    assert second.campaign(START.later(LEASE_S - 0.01)) is None
    assert second.campaign(START.later(LEASE_S))


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\0" * RECORD_BYTES])
def test_damaged_lease_is_free_when_it_has_lain_unchanged_for_a_lease(
    tmp_path: Path, content: bytes
) -> None:
    assert candidate(tmp_path, "a").campaign(START)
    lease_file(tmp_path).write_bytes(content)
    second = candidate(tmp_path, "b")
    assert second.campaign(START) is None
    assert "cannot be read" in second.leader
    assert second.campaign(START.later(LEASE_S - 0.01)) is None
    lead = second.campaign(START.later(LEASE_S))
    assert lead is not None and lead.token == 2


def test_living_holder_mends_its_damaged_lease(tmp_path: Path) -> None:
    first, second = candidate(tmp_path, "a"), candidate(tmp_path, "b")
    assert first.campaign(START)
    lease_file(tmp_path).write_bytes(b"rubbish")
    assert second.campaign(START) is None
    first.renew(START.later(1))
    assert second.campaign(START.later(LEASE_S)) is None
    assert second.leader == "a"


def test_lease_that_claims_to_last_for_years_is_taken_for_damaged(tmp_path: Path) -> None:
    assert candidate(tmp_path, "a").campaign(START)
    expires_ns = START.later(10 * LEASE_S_MAX).steady_ns
    lease_file(tmp_path).write_bytes(LeaseRecord("a", expires_ns, this_process()).to_bytes())
    second = candidate(tmp_path, "b")
    assert second.campaign(START) is None
    assert second.campaign(START.later(LEASE_S))


@pytest.mark.parametrize("position", [0, 9, 40, 200])
def test_flipped_bit_is_found(position: int) -> None:
    record = LeaseRecord("a", START.steady_ns, this_process())
    content = bytearray(record.to_bytes())
    assert parse_record(bytes(content)) == record
    content[position] ^= 4
    assert parse_record(bytes(content)) is None


def test_renewal_needs_no_room_on_the_disk(tmp_path: Path) -> None:
    first = candidate(tmp_path, "a")
    assert first.campaign(START)
    before = lease_file(tmp_path).stat()
    first.renew(START.later(1))
    after = lease_file(tmp_path).stat()
    assert (after.st_ino, after.st_size, after.st_blocks) == (
        before.st_ino,
        RECORD_BYTES,
        before.st_blocks,
    )


def test_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "lease").write_text("a file")
    with pytest.raises(LeadershipError, match="lease"):
        candidate(tmp_path, "a").campaign(START)


def test_removed_directory_ends_the_lead_when_it_runs_out(tmp_path: Path) -> None:
    first = candidate(tmp_path, "a")
    assert first.campaign(START)
    lease_file(tmp_path).unlink()
    (tmp_path / "lease").rmdir()
    with pytest.raises(LeadershipError):
        first.renew(START.later(1))


def test_of_many_candidates_at_once_one_leads(tmp_path: Path) -> None:
    begin = threading.Barrier(8)
    leads: list[Lead | None] = []

    def run(name: str) -> None:
        leadership = candidate(tmp_path, name)
        begin.wait(WAIT_S)
        leads.append(leadership.campaign(START))

    threads = [threading.Thread(target=run, args=(f"c{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert len(leads) == 8 and sum(lead is not None for lead in leads) == 1
    assert candidate(tmp_path, "late").campaign(START) is None


def test_candidate_between_reading_and_claiming_gives_way_to_a_late_renewal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = candidate(tmp_path, "a"), candidate(tmp_path, "b")
    assert first.campaign(START)
    claim = second._claim

    def claim_after_renewal(token: int, now: Instant) -> Lead | None:
        first.renew(START.later(2))
        return claim(token, now)

    monkeypatch.setattr(second, "_claim", claim_after_renewal)
    assert second.campaign(START.later(LEASE_S)) is None
    assert first.renew(START.later(3)).is_held(START.later(4))


def test_stopped_predecessor_is_killed_and_only_it(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    assert candidate(tmp_path, "a", identity_of(child.pid)).campaign(START)
    os.kill(child.pid, signal.SIGSTOP)
    second = candidate(tmp_path, "b")
    assert second.campaign(START.later(LEASE_S))
    assert str(child.pid) in second.fence() and child.wait(WAIT_S) == -signal.SIGKILL
    assert second.fence() == ""


def test_process_that_has_the_predecessors_number_now_is_not_killed(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    before = msgspec.structs.replace(identity_of(child.pid), started_ticks=1)
    assert candidate(tmp_path, "a", before).campaign(START)
    second = candidate(tmp_path, "b")
    assert second.campaign(START.later(LEASE_S))
    assert second.fence() == ""
    assert child.poll() is None


def test_predecessor_that_resigned_is_not_killed(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    first = candidate(tmp_path, "a", identity_of(child.pid))
    assert first.campaign(START)
    first.resign(START)
    second = candidate(tmp_path, "b")
    assert second.campaign(START)
    assert second.fence() == ""
    assert child.poll() is None


def test_no_process_kills_itself(tmp_path: Path) -> None:
    assert candidate(tmp_path, "a").campaign(START)
    second = candidate(tmp_path, "b")
    assert second.campaign(START.later(LEASE_S))
    assert second.fence() == ""
