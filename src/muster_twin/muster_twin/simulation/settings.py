"""What can be set of the simulated fleet: short leases and small bounds, so that they are met.

Everything is in the proportions that a real fleet needs: see the comments of the types.
"""

from __future__ import annotations

import msgspec

from muster_core.agent import AgentConfig
from muster_core.gateway.config import GatewayConfig
from muster_core.scheduler.config import SchedulerConfig
from muster_core.traffic.config import TrafficConfig
from muster_twin.simulation.body import SAFE_POINT_S_MAX

LEADER_LEASE_S = 3.0
AGENT_TICK_S = 0.5

SCHEDULER_CONFIG = SchedulerConfig(
    site="floor.yaml",
    orders_open_max=6,
    plan_batch_max=2,
    tasks_ahead_max=3,
    lease_s=3.5,
    heartbeat_timeout_s=2.2,
    # What a body needs, and a turn of its agent before that.
    safe_point_s_max=SAFE_POINT_S_MAX + 2 * AGENT_TICK_S,
    offer_timeout_s=1.5,
    offer_s_max=10.0,
    plan_timeout_s=0.5,
    decide_timeout_s=0.5,
    retry_pause_s=0.5,
    retry_pause_s_max=4.0,
    item_wait_s_max=20.0,
    breaker_pause_s=5.0,
    breaker_pause_s_max=20.0,
    tick_s=0.5,
)
AGENT_CONFIG = AgentConfig(
    site="floor.yaml",
    driver="body",
    heartbeat_period_s=0.7,
    tick_s=AGENT_TICK_S,
    alone_after_s=12.0,
    outcomes_kept_max=4,
    attempts_remembered_max=30,
)
# Of robots that traffic leads.
LED_AGENT_CONFIG = msgspec.structs.replace(
    AGENT_CONFIG, traffic=True, traffic_report_period_s=1.4, drive_retry_s=2.0
)
TRAFFIC_CONFIG = TrafficConfig(
    silence_s_max=4.5,
    # Longer than anybody is cut off, and messages are late on top of that: who is not heard by then
    # is switched off.
    hearing_s_max=60.0,
    hearing_s_min=1.5,
    repeat_s=1.0,
    patience_s=5.0,
    # A slow robot takes so long for an edge.
    manoeuvre_s_max=60.0,
)
GATEWAY_CONFIG = GatewayConfig(
    orders_in_flight_max=3,
    orders_held_max=6,
    events_in_flight_max=20,
    events_buffered_max=60,
    read_page=50,
    submit_timeout_s=2.0,
    retry_s_min=0.5,
    retry_s_max=4.0,
    read_timeout_s=2.0,
    follow_period_s=2.0,
    delivery_timeout_s=10.0,
)
