"""What can reach the scheduler's core: requests, reports, answers, and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from muster_core.ids import OrderId
from muster_core.order import Order
from muster_core.policy.protocol import Decision, Plan
from muster_core.robot import RobotDescription, RobotReport
from muster_core.site import Routes


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Somebody wants ``order`` done. ``reply_to`` comes back in the reply, untouched."""

    reply_to: Any
    order: Order


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Somebody wants the order ended."""

    reply_to: Any
    order_id: OrderId
    requester: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResolveOrder:
    """A person says what became of a suspended order's item.

    :param resolution: checked by the core.
    :param question: the ``seq`` of the event that asked; 0 = whatever is asked now.
    """

    reply_to: Any
    order_id: OrderId
    resolution: str
    requester: str = ""
    reason: str = ""
    question: int = 0


@dataclass(frozen=True, slots=True)
class RobotDescribed:
    """An agent said what its robot is."""

    description: RobotDescription


@dataclass(frozen=True, slots=True)
class RobotReported:
    """An agent's heartbeat."""

    report: RobotReport


@dataclass(frozen=True, slots=True)
class PlansReceived:
    """The policy node's answer to the plan request ``request_id``."""

    request_id: int
    policy: str
    version: str
    plans: Sequence[Plan]


@dataclass(frozen=True, slots=True)
class DecisionReceived:
    """The policy node's answer to the request ``request_id``; ``problem`` when it failed."""

    request_id: int
    policy: str
    version: str
    decision: Decision
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SiteChanged:
    """The site, or the limits of its zones, are those of ``routes`` from now on."""

    routes: Routes


Input = (
    SubmitOrder
    | CancelOrder
    | ResolveOrder
    | RobotDescribed
    | RobotReported
    | PlansReceived
    | DecisionReceived
    | SiteChanged
)
