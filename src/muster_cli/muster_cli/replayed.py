"""What a log file comes to: its events folded from the first on, as the process that wrote it did.

Nothing is taken from a checkpoint, and every event is verified.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from muster_cli.exits import CommandError, UsageError
from muster_core.agent import AgentConfig, fold_journal
from muster_core.agent.records import decode_record
from muster_core.clock import utc_text
from muster_core.errors import LogDamagedError, LogError
from muster_core.log import LogEntry, MemoryLog, SqliteLog
from muster_core.long_lived import long_lived
from muster_core.scheduler.codec import replay
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.records import OrderRecord, RobotRecord

SCHEDULERS_LOG, ROBOTS_JOURNAL = "scheduler's log", "robot's journal"


@dataclass(frozen=True, slots=True)
class Replayed:
    """A log's state after some event.

    :param kind: whose log it is.
    :param until: the last event that was folded.
    :param events: how many the log has.
    :param times: when the first and the last folded event were recorded; empty when there is none.
    :param state: what is known of orders and robots, or of attempts, plain.
    """

    path: Path
    kind: str
    until: int
    events: int
    times: tuple[str, ...]
    epoch: int
    state_hash: str
    state: dict[str, Any]


def replay_log(path: Path, *, until: int | None, orders_remembered_max: int) -> Replayed:
    """Fold the log at ``path``, which may be in use, up to event ``until``; None = to its end.

    :raises UsageError: when it does not have that event.
    :raises LogError: when it was altered or is damaged.
    :raises CommandError: when its events cannot be folded.
    """
    log = SqliteLog.open_read_only(path)
    try:
        last_seq = log.last_seq if until is None else until
        if last_seq > log.last_seq:
            raise UsageError(f"--until is {until}; the log {path} ends with event {log.last_seq}")
        with long_lived():
            if _is_journal(log):
                return _replay_journal(log, last_seq)
            return _replay_scheduler(log, last_seq, orders_remembered_max)
    except LogDamagedError:
        raise
    except LogError as error:
        raise CommandError(f"{path} cannot be folded: {error}") from error
    finally:
        log.close()


class _Passing:
    """The entries that are folded, and when the first and the last of them were recorded."""

    def __init__(self, log: SqliteLog, until: int) -> None:
        self._entries = islice(log.entries(), until)
        self.walls_ns: list[int] = []

    def __iter__(self) -> Iterator[LogEntry]:
        entry = None
        for entry in self._entries:
            if not self.walls_ns:
                self.walls_ns.append(entry.wall_ns)
            yield entry
        if entry is not None:
            self.walls_ns.append(entry.wall_ns)

    def times(self) -> tuple[str, ...]:
        return tuple(map(utc_text, self.walls_ns))


def _is_journal(log: SqliteLog) -> bool:
    first = log.read(1, 1)
    try:
        return bool(first) and decode_record(first[0].body) is not None
    except msgspec.MsgspecError:
        return False


def _replay_scheduler(log: SqliteLog, until: int, orders_remembered_max: int) -> Replayed:
    ledger, passing = Ledger(orders_remembered_max=orders_remembered_max), _Passing(log, until)
    replay(passing, ledger)
    return Replayed(
        path=log.path,
        kind=SCHEDULERS_LOG,
        until=until,
        events=log.last_seq,
        times=passing.times(),
        epoch=ledger.epoch,
        state_hash=ledger.state_hash(),
        state={
            "orders": {state.value: count for state, count in ledger.counts.items()},
            "open_orders": [
                _open_order(order) for order in ledger.orders.values() if not order.state.is_final
            ],
            "robots": [_robot(ledger.robots[robot_id]) for robot_id in sorted(ledger.robots)],
        },
    )


def _open_order(order: OrderRecord) -> dict[str, Any]:
    task = order.current_task
    attempt = task.open_attempt if task else None
    return {
        "order_id": order.order.order_id,
        "state": order.state.value,
        "robot_id": attempt.robot_id if attempt else order.item_robot_id,
        "step_index": attempt.steps_finished if attempt else 0,
        "steps_total": len(task.task.steps) if task and attempt else 0,
        "accepted": utc_text(order.accepted_ns),
        "message": order.message,
    }


def _robot(robot: RobotRecord) -> dict[str, Any]:
    return {
        "robot_id": robot.description.robot_id,
        "standing": robot.standing.value,
        "order_id": robot.order_id,
        "barred": robot.bars > 0,
    }


def _replay_journal(log: SqliteLog, until: int) -> Replayed:
    passing = _Passing(log, until)
    journal = MemoryLog(list(passing))
    state = fold_journal(
        journal, attempts_remembered_max=AgentConfig(site="-").attempts_remembered_max
    )
    content = msgspec.json.encode(state, order="deterministic")
    return Replayed(
        path=log.path,
        kind=ROBOTS_JOURNAL,
        until=until,
        events=log.last_seq,
        times=passing.times(),
        epoch=state.epoch,
        state_hash=hashlib.sha256(content).hexdigest(),
        state={
            "incarnation": state.incarnation,
            "attempt": state.attempt.attempt_id if state.attempt else "",
            "steps_finished": state.steps_finished,
            "owed": list(state.outcomes),
            "ended": {attempt: outcome.result.value for attempt, outcome in state.ended.items()},
        },
    )
