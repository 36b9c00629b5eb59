"""Robots: what they are, and what they report of themselves."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from muster_core.ids import AttemptId, RobotId
from muster_core.task import Outcome

_MS_BITS = 40
INCARNATIONS_MAX = 1 << 24
"""Starts of one agent that can be told apart: one every minute for thirty years."""


def make_report_number(incarnation: int, elapsed_ms: int) -> int:
    """The number of a report: the agent's starts so far, and ms since the present one."""
    return ((incarnation % INCARNATIONS_MAX) << _MS_BITS) | min(elapsed_ms, (1 << _MS_BITS) - 1)


def split_report_number(number: int) -> tuple[int, int]:
    """The agent's incarnation, and ms from its start to the report."""
    return number >> _MS_BITS, number & ((1 << _MS_BITS) - 1)


class RobotMode(IntEnum):
    """What a robot does, by its own report. Values as in ``RobotState.msg``."""

    OFFLINE = 0
    IDLE = 1
    WORKING = 2
    CHARGING = 3
    FAULT = 4


PAYLOAD_SLACK = 1e-6
"""Messages round a robot's payload by less than this share."""


class RobotDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a robot is. Speeds in m/s, payload in kg.

    :param payload_kg_max: 0 = it tells none, and carries only what orders tell no payload of.
    """

    robot_id: RobotId
    capabilities: tuple[str, ...] = ()
    speed_mps_max: float = 1.0
    payload_kg_max: float = 0.0
    driver: str = ""
    driver_version: str = ""
    agent_version: str = ""
    site: str = ""
    site_digest: str = ""

    def can_carry(self, payload_kg: float) -> bool:
        """Whether the robot bears so much."""
        return payload_kg <= self.payload_kg_max * (1.0 + PAYLOAD_SLACK)


class RobotReport(msgspec.Struct, kw_only=True):
    """A heartbeat: what is true of a robot now. Position in m and rad, frame ``map``.

    :param report_number: grows with every report of the robot; see :func:`make_report_number`.
    :param vertex: the vertex of the site's graph it is at or was at last; empty when unknown.
    :param battery: charge, 0 to 1.
    :param busy_s: seconds until it expects to be free; 0 when idle or unknown.
    """

    robot_id: RobotId
    report_number: int = 0
    mode: RobotMode = RobotMode.OFFLINE
    message: str = ""
    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0
    vertex: str = ""
    battery: float = 1.0
    epoch: int = 0
    attempt_id: AttemptId = AttemptId("")
    step_index: int = 0
    steps_total: int = 0
    busy_s: float = 0.0
    outcomes: tuple[Outcome, ...] = ()
