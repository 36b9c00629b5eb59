"""The ROS parameters of a fleet that lives in simulated time."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from muster_twin.live.settings import LiveSettings

HEARTBEAT_S = 2.0
SILENCE_S_MAX = 5 * HEARTBEAT_S
"""How long a member of the fleet may be silent before time stands, simulated s."""

# Simulated seconds are short where the rate is high. What waits for other processes to compute, and
# not for robots to drive, gets more of them.
SCHEDULER: dict[str, Any] = {
    "use_sim_time": True,
    "tick_s": 0.5,
    "decide_period_s": 2.0,
    "plan_timeout_s": 20.0,
    "decide_timeout_s": 5.0,
    "lease_s": 60.0,
    "heartbeat_timeout_s": 20.0,
    "offer_timeout_s": 10.0,
    "leadership_lease_s": 60.0,
    "fleet_state_period_s": HEARTBEAT_S,
}
AGENT: dict[str, Any] = {
    "use_sim_time": True,
    "tick_s": 0.25,
    "heartbeat_period_s": HEARTBEAT_S,
    "traffic_report_period_s": HEARTBEAT_S,
    "alone_after_s": 300.0,
}
TRAFFIC: dict[str, Any] = {
    "use_sim_time": True,
    "silence_s_max": 20.0,
    "hearing_s_min": 5.0,
    "repeat_s": 2.0,
}
POLICY: dict[str, Any] = {"use_sim_time": True}


def parameters_text(settings: LiveSettings) -> str:
    """A ROS parameter file (JSON is YAML)."""
    fleet = settings.fleet
    bodies = msgspec.to_builtins(settings.bodies)
    agent = AGENT | _flat("driver_settings", bodies)
    nodes = {
        f"{fleet}/scheduler": SCHEDULER,
        f"{fleet}/traffic": TRAFFIC,
        f"{fleet}/policy": POLICY,
        **{f"{fleet}/robot_{number}/agent": agent for number in range(1, settings.robots + 1)},
    }
    return json.dumps({name: {"ros__parameters": values} for name, values in nodes.items()})


def _flat(prefix: str, values: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}.{key}"
        flat |= _flat(name, value) if isinstance(value, dict) else {name: value}
    return flat
