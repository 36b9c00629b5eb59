"""Traffic's messages as plain records, see :mod:`muster_cli.records`, and as tables."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from muster_msgs import msg, srv
from rich.table import Table
from rich.text import Text

from muster_cli.records import Record, error_name
from muster_cli.tables import bare_table
from muster_core.site import COMPASS_DEG
from muster_core.traffic.inputs import Motion
from muster_ros.traffic_conversions import MOTIONS, to_zone

HELD_SHOWN_MAX = 4
VERTICES_SHOWN_MAX = 6
_MOTION_WORDS = {number: motion.value for motion, number in MOTIONS.items()}


def traffic_record(answer: srv.GetTraffic.Response) -> Record:
    """What traffic knows."""
    return {
        "epoch": answer.epoch,
        "open": answer.open,
        "message": answer.message,
        "unheard": list(answer.unheard),
        "robots": [_robot_record(robot) for robot in answer.robots],
    }


def _robot_record(robot: msg.RobotTraffic) -> Record:
    silent_s = float(robot.silent_s)
    return {
        "robot_id": robot.robot_id,
        "held": list(robot.held),
        "surroundings": list(robot.surroundings),
        "at": robot.at,
        "goal": robot.goal,
        "wants": robot.wants,
        "blockers": list(robot.blockers),
        "motion": _MOTION_WORDS.get(robot.motion, Motion.STOPPED.value),
        "halted": robot.halted,
        "silent_s": round(silent_s, 3) if math.isfinite(silent_s) else None,
        "troubles": list(robot.troubles),
    }


def traffic_table(robots: Iterable[Record]) -> Table:
    """One row a robot: what it holds, where it wants to get to, what it waits for."""
    table = bare_table("robot", "motion", "at", "holds", "goal", "waits for", "note")
    for robot in robots:
        table.add_row(
            Text(robot["robot_id"], no_wrap=True),
            Text("halted" if robot["halted"] else robot["motion"]),
            Text(robot["at"], no_wrap=True),
            Text(_listed(robot["held"], HELD_SHOWN_MAX)),
            Text(robot["goal"], no_wrap=True),
            Text(_waits_for(robot)),
            Text("; ".join(robot["troubles"]), style="yellow"),
        )
    return table


def _waits_for(robot: Record) -> str:
    blockers = ", ".join(robot["blockers"])
    if not robot["wants"]:
        return blockers
    return f"{robot['wants']} ({blockers})" if blockers else str(robot["wants"])


def zone_record(zone: msg.Zone) -> Record:
    """A zone and its limits; None where it limits nothing."""
    limits = to_zone(zone).limits
    return {
        "name": zone.name,
        "vertices": list(zone.vertices),
        "robots_max": limits.robots_max,
        "speed_mps_max": limits.speed_mps_max,
        "one_way_deg": limits.one_way_deg,
        "closed": limits.is_closed,
        "changed": zone.changed,
    }


def zones_table(zones: Iterable[Record]) -> Table:
    """One row a zone."""
    table = bare_table("zone", "limits", "vertices", "")
    for zone in zones:
        table.add_row(
            Text(zone["name"], no_wrap=True),
            Text(limits_words(zone), style="red" if zone["closed"] else "default"),
            Text(_listed(zone["vertices"], VERTICES_SHOWN_MAX), style="dim"),
            Text("set by a person" if zone["changed"] else "", style="dim"),
        )
    return table


def limits_words(zone: Record) -> str:
    """A zone's limits in words."""
    words = ["closed"] if zone["closed"] else []
    if zone["robots_max"] is not None:
        words.append(f"robots at once: {zone['robots_max']}")
    if zone["speed_mps_max"] is not None:
        words.append(f"{zone['speed_mps_max']:g} m/s")
    if (degrees := zone["one_way_deg"]) is not None:
        names = {value: name for name, value in COMPASS_DEG.items()}
        words.append(f"one way {names.get(degrees, f'{degrees:g} degrees')}")
    return ", ".join(words) or "none"


def change_record(answer: Any) -> Record:
    """What traffic said to a change that a person wanted, without what is its alone."""
    return {
        "accepted": answer.accepted,
        "error_code": answer.error_code,
        "error": error_name(answer.error_code) if answer.error_code else "",
        "message": answer.message,
    }


def _listed(names: list[str], shown_max: int) -> str:
    left_off = len(names) - shown_max
    return " ".join(names[:shown_max]) + (f" and {left_off} more" if left_off > 0 else "")
