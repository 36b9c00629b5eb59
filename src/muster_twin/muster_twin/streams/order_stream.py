"""Orders with the times at which they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.errors import MusterError
from muster_core.order import Order

ORDERS_MAX = 1_000_000


class StreamError(MusterError):
    """A stream of orders cannot be had; one sentence with the value and the remedy."""


@dataclass(frozen=True, slots=True)
class TimedOrder:
    """One order of a stream.

    :param release_s: when it is asked for, s from the beginning.
    """

    release_s: float
    order: Order
