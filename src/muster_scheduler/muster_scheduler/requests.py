"""What the node's loop takes besides the core's inputs: questions about its state."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.ids import OrderId, RobotId
from muster_core.scheduler.inputs import Input
from muster_core.states import OrderState
from muster_ros.deferred import Deferred


@dataclass(frozen=True, slots=True)
class GetOrders:
    """Orders and their states. Empty = all."""

    reply_to: Deferred
    order_ids: frozenset[OrderId]
    states: frozenset[OrderState]
    limit: int


@dataclass(frozen=True, slots=True)
class GetRobots:
    """Robots and their states. Empty = all."""

    reply_to: Deferred
    robot_ids: frozenset[RobotId]


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """A page of the log."""

    reply_to: Deferred
    from_seq: int
    limit: int


Query = GetOrders | GetRobots | ReadEvents
Request = Input | Query
