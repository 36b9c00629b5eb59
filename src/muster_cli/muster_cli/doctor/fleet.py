"""What is running: nodes, their lifecycle states, whether scheduler and traffic answer."""

from __future__ import annotations

from collections.abc import Iterator

from muster_cli.client import FleetClient
from muster_cli.doctor.finding import Finding, Health
from muster_cli.exits import NoAnswerError
from muster_cli.lifecycle import ASKED_MAX, NOT_MANAGED, LifecycleReader
from muster_cli.records import robot_records
from muster_core.states import OrderState
from muster_ros import channels
from muster_ros.conversions import ORDER_STATES

DISCOVERY_S = 2.0
"""How long a scheduler may take to be discovered."""
QUIET_S = 1.5
"""When no more nodes were discovered for so long, all have been."""
NODES_DEADLINE_S = 8.0
LOOK_AT_TRAFFIC = "look at its log"
UP = "start it: `muster up`, or `ros2 launch muster_bringup fleet.launch.py`"


def look_at_fleet(client: FleetClient) -> Iterator[Finding]:
    """What runs in the fleet's namespace. A fleet that is down is no illness."""
    reader = LifecycleReader(client)
    is_found = client.has_scheduler(DISCOVERY_S)
    nodes = reader.settled_nodes(QUIET_S, NODES_DEADLINE_S)
    if not nodes and not is_found:
        yield Finding("nodes", Health.NOTE, f"none in {client.fleet}: the fleet is not up", UP)
        return
    yield _nodes(client.fleet, nodes, reader.states(nodes))
    try:
        yield _scheduler(client)
        yield _robots(client)
        yield _orders(client)
    except NoAnswerError as error:
        yield Finding(
            "scheduler", Health.MISSING, str(error).partition(": is ")[0], "look at its log"
        )
    yield from _traffic(client)


def _nodes(fleet: str, nodes: list[str], states: dict[str, str]) -> Finding:
    short = {node: node.removeprefix(f"{fleet}/") for node in nodes}
    told = [f"{short[node]} {state}" for node, state in states.items() if state != NOT_MANAGED]
    others = [short[node] for node, state in states.items() if state == NOT_MANAGED]
    words = ", ".join(told) or "none with a lifecycle"
    if others:
        words += f"; without a lifecycle: {', '.join(others)}"
    if len(nodes) > ASKED_MAX:
        words += f"; {len(nodes) - ASKED_MAX} more were not asked"
    sick = [short[node] for node, state in states.items() if state not in ("active", NOT_MANAGED)]
    if sick:
        remedy = (
            f"look at the logs of {', '.join(sick)}; the supervisor says why they are not active"
        )
        return Finding("nodes", Health.MISSING, words, remedy)
    return Finding("nodes", Health.OK, words)


def _scheduler(client: FleetClient) -> Finding:
    last_seq = client.last_seq()
    return Finding("scheduler", Health.OK, f"answers; its log has {last_seq} events")


def _orders(client: FleetClient) -> Finding:
    asking = client.get_orders(states=[ORDER_STATES[OrderState.SUSPENDED]], limit=1)
    number = len(asking.orders) + asking.left_off
    if not number:
        return Finding("orders", Health.OK, "none asks a person")
    words = "1 asks a person" if number == 1 else f"{number} ask a person"
    return Finding("orders", Health.NOTE, words, "answer: `muster orders --state suspended`")


def _robots(client: FleetClient) -> Finding:
    robots = robot_records(client.get_robots())
    silent = [robot["robot_id"] for robot in robots if not robot["alive"]]
    barred = [
        f"{robot['robot_id']}: {robot['excluded']}"
        for robot in robots
        if robot["excluded"] and not robot["order_id"]
    ]
    words = f"{len(robots)} known, {len(robots) - len(silent)} heard"
    if barred:
        words += f"; given nothing: {'; '.join(barred)}"
    if not robots:
        return Finding("robots", Health.NOTE, "none known yet", "start an agent: robot.launch.py")
    return Finding("robots", Health.NOTE if silent or barred else Health.OK, words)


def _traffic(client: FleetClient) -> Iterator[Finding]:
    """Nothing where no traffic runs: a fleet may do without."""
    if not client.has_service(channels.GET_TRAFFIC, DISCOVERY_S):
        return
    try:
        told = client.get_traffic()
    except NoAnswerError as error:
        yield Finding("traffic", Health.MISSING, str(error).partition(": is ")[0], LOOK_AT_TRAFFIC)
        return
    troubles = [sentence for robot in told.robots for sentence in robot.troubles]
    if not told.epoch:
        yield Finding("traffic", Health.MISSING, told.message, LOOK_AT_TRAFFIC)
    elif not told.open:
        awaited = f" ({', '.join(told.unheard)})" if told.unheard else ""
        yield Finding("traffic", Health.NOTE, f"{told.message}{awaited}: nobody drives yet")
    elif troubles:
        yield Finding("traffic", Health.NOTE, "; ".join(troubles), "look closer: `muster traffic`")
    else:
        yield Finding("traffic", Health.OK, f"leads {len(told.robots)} robots")
