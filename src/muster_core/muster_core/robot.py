"""Robots: what they are, and what they report of themselves."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from muster_core.ids import AttemptId, RobotId
from muster_core.task import Outcome


class RobotMode(IntEnum):
    """What a robot does, by its own report. Values as in ``RobotState.msg``."""

    OFFLINE = 0
    IDLE = 1
    WORKING = 2
    CHARGING = 3
    FAULT = 4


class RobotDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a robot is. Speeds in m/s, payload in kg."""

    robot_id: RobotId
    capabilities: tuple[str, ...] = ()
    speed_mps_max: float = 1.0
    payload_kg_max: float = 0.0
    driver: str = ""
    driver_version: str = ""
    agent_version: str = ""
    site: str = ""
    site_digest: str = ""


class RobotReport(msgspec.Struct, kw_only=True):
    """A heartbeat: what is true of a robot now. Position in m and rad, frame ``map``.

    :param vertex: the vertex of the site's graph it is at or was at last; empty when unknown.
    :param battery: charge, 0 to 1.
    :param busy_s: seconds until it expects to be free; 0 when idle or unknown.
    """

    robot_id: RobotId
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
