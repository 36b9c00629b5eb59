"""Every channel of the contract: its name, type and quality of service, in one table.

Nodes ask this table and never name a topic themselves, so that a channel has one spelling and one
QoS on both of its ends. Services and actions keep the last 10 requests by default, which loses
bursts silently; ours keep ``SERVICE_DEPTH``, and callers keep a bounded window in flight.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from muster_msgs import action, msg, srv
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

SERVICE_DEPTH = 256
EVENTS_DEPTH = 1000
ROBOTS_MAX = 1000


class Scope(Enum):
    """Whether a channel belongs to the fleet's namespace or to one robot's below it."""

    FLEET = "fleet"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: where it is, what goes over it, and how."""

    name: str
    type: Any
    qos: QoSProfile
    scope: Scope = Scope.FLEET

    def path(self, fleet: str, robot: str = "") -> str:
        """The absolute ROS name, in the fleet's namespace ``fleet`` (as in ``/muster``)."""
        if self.scope is Scope.ROBOT:
            assert robot, f"channel {self.name} needs a robot"
            return f"{fleet}/{robot}/{self.name}"
        return f"{fleet}/{self.name}"


def _reliable(
    depth: int, *, durability: DurabilityPolicy = DurabilityPolicy.VOLATILE
) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=durability,
    )


_SERVICE = _reliable(SERVICE_DEPTH)
_KEPT = DurabilityPolicy.TRANSIENT_LOCAL

EXECUTE_ORDER = Channel("execute_order", action.ExecuteOrder, _SERVICE)
SUBMIT_ORDER = Channel("submit_order", srv.SubmitOrder, _SERVICE)
CANCEL_ORDER = Channel("cancel_order", srv.CancelOrder, _SERVICE)
RESOLVE_ORDER = Channel("resolve_order", srv.ResolveOrder, _SERVICE)
GET_ORDERS = Channel("get_orders", srv.GetOrders, _SERVICE)
GET_ROBOTS = Channel("get_robots", srv.GetRobots, _SERVICE)
READ_EVENTS = Channel("read_events", srv.ReadEvents, _SERVICE)
PLAN_ORDERS = Channel("plan_orders", srv.PlanOrders, _SERVICE)
DECIDE = Channel("decide", srv.Decide, _SERVICE)
EVENTS = Channel("events", msg.Event, _reliable(EVENTS_DEPTH, durability=_KEPT))
FLEET_STATE = Channel("fleet_state", msg.FleetState, _reliable(1))
LEASES = Channel("leases", msg.Leases, _reliable(10))
ROBOT_STATES = Channel("robot_states", msg.RobotState, _reliable(ROBOTS_MAX))
ROBOT_DESCRIPTIONS = Channel(
    "robot_descriptions", msg.RobotDescription, _reliable(ROBOTS_MAX, durability=_KEPT)
)
TRAFFIC_REPORTS = Channel("traffic_reports", msg.TrafficReport, _reliable(ROBOTS_MAX))
TRAFFIC_ROLL = Channel("traffic_roll", msg.TrafficRoll, _reliable(1, durability=_KEPT))
ZONES = Channel("zones", msg.Zones, _reliable(1, durability=_KEPT))
GET_TRAFFIC = Channel("get_traffic", srv.GetTraffic, _SERVICE)
REMOVE_ROBOT = Channel("remove_robot", srv.RemoveRobot, _SERVICE)
SET_ZONE = Channel("set_zone", srv.SetZone, _SERVICE)
CHANGE_SITE = Channel("change_site", srv.ChangeSite, _SERVICE)
EXECUTE_TASK = Channel("execute_task", action.ExecuteTask, _SERVICE, Scope.ROBOT)
# For each robot its own, so that an agent's executor does not wake for all the others' releases.
RELEASES = Channel("releases", msg.Release, _reliable(10), Scope.ROBOT)

CHANNELS = (
    EXECUTE_ORDER,
    SUBMIT_ORDER,
    CANCEL_ORDER,
    RESOLVE_ORDER,
    GET_ORDERS,
    GET_ROBOTS,
    READ_EVENTS,
    PLAN_ORDERS,
    DECIDE,
    EVENTS,
    FLEET_STATE,
    LEASES,
    ROBOT_STATES,
    ROBOT_DESCRIPTIONS,
    TRAFFIC_REPORTS,
    TRAFFIC_ROLL,
    ZONES,
    GET_TRAFFIC,
    REMOVE_ROBOT,
    SET_ZONE,
    CHANGE_SITE,
    EXECUTE_TASK,
    RELEASES,
)
