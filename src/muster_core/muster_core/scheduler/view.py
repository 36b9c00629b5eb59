"""What the scheduler tells of orders and robots to people and programs: read-only pictures."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.order import Order
from muster_core.robot import RobotDescription, RobotReport
from muster_core.states import OrderState


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and how far it is. Field by field as in ``OrderStatus.msg``; times UTC, ns."""

    order: Order
    state: OrderState
    message: str
    tasks_total: int
    tasks_completed: int
    robot_id: str
    steps_total: int
    step_index: int
    attempts: int
    accepted_ns: int
    ended_ns: int
    queue_position: int
    question: int


@dataclass(frozen=True, slots=True)
class RobotView:
    """A robot as the scheduler sees it. Field by field as in ``RobotSummary.msg``."""

    report: RobotReport
    description: RobotDescription | None
    is_alive: bool
    silent_s: float
    order_id: str
    excluded: str


@dataclass(frozen=True, slots=True)
class FleetView:
    """The whole fleet. Field by field as in ``FleetState.msg``."""

    epoch: int
    seq: int
    policy: str
    is_fallback: bool
    robots: tuple[RobotView, ...]
    waiting: int
    active: int
    completed: int
    failed: int
    cancelled: int
    suspended: int
