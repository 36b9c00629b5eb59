"""All of a ledger that is not derived from the rest of it."""

from __future__ import annotations

import msgspec

from muster_core.ids import OrderId
from muster_core.scheduler.records import OrderRecord, RobotRecord
from muster_core.states import OrderState


class LedgerState(msgspec.Struct):
    """What the state's hash is taken of, and what a checkpoint keeps.

    :param orders: open ones, and those that have ended and are remembered, as they were accepted.
    :param robots: as they first described themselves.
    :param counts: orders by state, forgotten ones included.
    :param ended: the remembered orders that have ended, in that order.
    """

    epoch: int
    seq: int
    orders: list[OrderRecord]
    robots: list[RobotRecord]
    counts: dict[OrderState, int]
    ended: list[OrderId]
