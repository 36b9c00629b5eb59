"""Checkpoints: the state after some event, kept beside the log so that a start is quick.

A checkpoint is what other documents call a snapshot of the log; here a snapshot is the picture that
a decision is made from. It is never the truth: it is used only when it fits the log it lies beside,
digest for digest, and was made by the same code; else the log is folded from its first event.

``python -m muster_core.scheduler.checkpoint LOG`` makes one, from the log alone, in a process of
its own: the scheduler's loop never waits for it, and it cannot disagree with the log.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

import muster_core
from muster_core.errors import CheckpointError, LogError
from muster_core.log import SqliteLog
from muster_core.log.durable_file import replace_file
from muster_core.long_lived import long_lived
from muster_core.scheduler.codec import replay
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.ledger_state import LedgerState

FORMAT_VERSION = 1
CPU_S_MAX = 600
"""What the making of one may take, s of CPU; beyond it the system ends the process."""
NICENESS = 19
FREE_FACTOR_MIN = 4
"""How many times its own size must be free on the disk: the log needs the room more."""
_DIGEST_BYTES = 32

_Kind = TypeVar("_Kind")
NewLedger = Callable[[], Ledger]


class Checkpoint(msgspec.Struct, frozen=True):
    """A ledger's state and what it depends on.

    :param code: a digest of the code that folded it; other code might have folded otherwise.
    :param seq: the last event that is in it.
    :param digest: the log's digest at that event.
    :param folded_seq: the newest event that was in it when it was last folded from the first on.
    :param state: a :class:`LedgerState`, as MessagePack.
    """

    version: int
    code: str
    orders_remembered_max: int
    seq: int
    digest: bytes
    folded_seq: int
    state_hash: str
    state: msgspec.Raw


def checkpoint_path(log_path: Path) -> Path:
    """Where the checkpoint of the log at ``log_path`` is, if there is one."""
    return log_path.with_name(f"{log_path.name}.checkpoint")


def load_ledger(
    log: SqliteLog, new: NewLedger, *, orders_remembered_max: int
) -> tuple[Ledger, str]:
    """The state after every event of the log, from its checkpoint if that can be used.

    Of events before the checkpoint's, only the digest is compared; those after it are all verified.

    :param new: makes an empty ledger with that ``orders_remembered_max``.
    :returns: the ledger, and why a checkpoint that is there was not used; empty when it was.
    :raises LogError: naming the first event that cannot be taken in.
    """
    ledger, warning = new(), ""
    try:
        checkpoint = read_checkpoint(log, orders_remembered_max)
        if checkpoint is not None:
            ledger.restore(_decode(checkpoint.state, LedgerState))
    except CheckpointError as error:
        ledger, warning = new(), str(error)
    replay(log.entries(ledger.seq + 1), ledger)
    return ledger, warning


def read_checkpoint(log: SqliteLog, orders_remembered_max: int) -> Checkpoint | None:
    """The checkpoint beside the log; None when there is none.

    :raises CheckpointError: when it does not fit the log, the code or ``orders_remembered_max``.
    """
    path = checkpoint_path(log.path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"checkpoint {path} cannot be read: {error.strerror}") from error
    body = memoryview(content)[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != content[:_DIGEST_BYTES]:
        raise CheckpointError(f"checkpoint {path} is damaged")
    checkpoint = _decode(body, Checkpoint)
    if checkpoint.version != FORMAT_VERSION or checkpoint.code != code_digest():
        raise CheckpointError(f"checkpoint {path} was made by another version of Muster")
    if checkpoint.orders_remembered_max != orders_remembered_max:
        raise CheckpointError(
            f"checkpoint {path} was made with orders_remembered_max "
            f"{checkpoint.orders_remembered_max}, not {orders_remembered_max}"
        )
    if checkpoint.seq > log.last_seq:
        raise CheckpointError(
            f"checkpoint {path} ends with event {checkpoint.seq}, the log with event "
            f"{log.last_seq}: it is of another log, or the log was cut short"
        )
    if log.digest_at(checkpoint.seq) != checkpoint.digest:
        raise CheckpointError(
            f"checkpoint {path} is of another log: event {checkpoint.seq} is not the same"
        )
    return checkpoint


def make_checkpoint(log_path: Path, *, orders_remembered_max: int) -> Checkpoint:
    """Make the checkpoint of the log at ``log_path`` as it is now.

    It goes on from the one before, and begins anew each time that the log has doubled: a wrong one
    does not live on for ever, at a cost that stays in proportion.

    :raises LogError: when the log cannot be folded.
    :raises CheckpointError: when it cannot be written.
    """
    log = SqliteLog.open_read_only(log_path)
    try:
        ledger, folded_seq = Ledger(orders_remembered_max=orders_remembered_max), log.last_seq
        try:
            former = read_checkpoint(log, orders_remembered_max)
        except CheckpointError:
            former = None
        if former is not None and log.last_seq < 2 * former.folded_seq:
            ledger.restore(_decode(former.state, LedgerState))
            folded_seq = former.folded_seq
        replay(log.entries(ledger.seq + 1), ledger)
        checkpoint = Checkpoint(
            version=FORMAT_VERSION,
            code=code_digest(),
            orders_remembered_max=orders_remembered_max,
            seq=ledger.seq,
            digest=log.digest_at(ledger.seq),
            folded_seq=folded_seq,
            state_hash=ledger.state_hash(),
            state=msgspec.Raw(msgspec.msgpack.encode(ledger.dump())),
        )
    finally:
        log.close()
    _write(checkpoint_path(log_path), checkpoint)
    return checkpoint


def code_digest() -> str:
    """A digest of this package's source: what a fold comes to depends on it."""
    digest = hashlib.sha256()
    root = Path(muster_core.__file__).parent
    for module in sorted(root.rglob("*.py")):
        digest.update(f"{module.relative_to(root)}\n".encode())
        digest.update(module.read_bytes())
    return digest.hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Make the checkpoint that the command line asks for, at the lowest priority."""
    parser = argparse.ArgumentParser(description="Make the checkpoint of a scheduler's log.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--orders-remembered-max", type=int, required=True)
    options = parser.parse_args(arguments)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    try:
        with long_lived():
            make_checkpoint(options.log, orders_remembered_max=options.orders_remembered_max)
    except (LogError, CheckpointError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _write(path: Path, checkpoint: Checkpoint) -> None:
    body = msgspec.msgpack.encode(checkpoint)
    free = shutil.disk_usage(path.parent).free
    if free < FREE_FACTOR_MIN * len(body):
        raise CheckpointError(
            f"checkpoint {path} would take {len(body)} bytes where only {free} are free"
        )
    for stale in path.parent.glob(f"{path.name}.new-*"):
        # Of a process that was ended. One that is at work finds its own gone, and fails: no harm.
        stale.unlink(missing_ok=True)
    try:
        replace_file(path, (hashlib.sha256(body).digest(), body))
    except OSError as error:
        raise CheckpointError(f"checkpoint {path} cannot be written: {error.strerror}") from error


def _decode(content: bytes | memoryview | msgspec.Raw, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.msgpack.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise CheckpointError(f"the checkpoint is not one of this version: {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
