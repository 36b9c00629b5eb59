"""The traffic node: who may drive where, and the limits of zones; a thin shell round the core."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from muster_msgs import msg

from muster_core.errors import ErrorCode
from muster_core.ids import RobotId, is_robot_name
from muster_core.site import load_site
from muster_core.site.zones_in_force import ZoneChange, ZonesInForce
from muster_core.traffic.duty import Standing
from muster_ros import channels
from muster_ros.channels import Channel
from muster_ros.clock import read_clock
from muster_ros.deferred import Deferred, create_deferred_service
from muster_ros.loop import CoreLoop
from muster_ros.parameters import load_config
from muster_ros.process import crash
from muster_ros.shell import MusterNode
from muster_ros.traffic_conversions import to_traffic_report, to_zone
from muster_traffic import requests as req
from muster_traffic.config import NodeConfig
from muster_traffic.memory import Memory
from muster_traffic.outlets import RosOutlets
from muster_traffic.worker import Worker

RIVAL_PERIOD_S = 1.0
"""How often one that stands by looks whether the other is still there."""
RIVAL_MISSES = 3
"""So many times in a row it must be missing: a graph of nodes is not complete at once."""


class TrafficNode(MusterNode):
    """Decides who may drive where, while it has the newest epoch. See ``muster_core.traffic``."""

    _config: NodeConfig
    _memory: Memory
    _zones: ZonesInForce
    _outlets: RosOutlets

    def __init__(self, name: str = "traffic", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._worker: Worker | None = None
        self._loop: CoreLoop[req.Item] | None = None
        self._strangers = 0
        self._rival_misses = 0

    def open(self, resources: ExitStack) -> None:
        """Read parameters, site and what was kept; offer the channels."""
        config = self._config = load_config(self, NodeConfig)
        self._memory = Memory(data_directory(config.data_dir, self.fleet))
        self._memory.open()
        resources.callback(self._memory.close)
        site = load_site(config.site)
        for note in site.notes:
            self.logs.warning("the site's file says what is not kept", note=note)
        self._zones = self._memory.zones(site)
        for name in self._zones.dropped:
            self.logs.warning("a zone that was set does not fit the site any more", zone=name)
        caller = f"{self.get_fully_qualified_name()} on {socket.gethostname()}"
        self._outlets = RosOutlets(self, self.fleet, caller=caller, robots_max=config.robots_max)
        self._outlets.open(resources)
        self._subscribe(resources, channels.TRAFFIC_REPORTS, self._on_report)
        self._subscribe(resources, channels.TRAFFIC_ROLL, self._on_roll)
        for channel, callback in (
            (channels.GET_TRAFFIC, self._on_get_traffic),
            (channels.REMOVE_ROBOT, self._on_remove_robot),
            (channels.SET_ZONE, self._on_set_zone),
            (channels.CHANGE_SITE, self._on_change_site),
        ):
            service = create_deferred_service(self, channel, channel.path(self.fleet), callback)
            resources.callback(self.destroy_service, service)

    def start(self, resources: ExitStack) -> None:
        """Begin an epoch and call the roll."""
        worker = Worker(
            self._config, self._memory, self._zones, outlets=self._outlets, logs=self.logs
        )
        worker.start(read_clock())
        loop = CoreLoop[req.Item](
            "traffic",
            lambda batch: worker.handle(batch, read_clock()),
            tick_s=self._config.tick_s,
            inbox_max=self._config.inbox_max,
            on_crash=self._on_crash,
        )
        self._worker, self._loop = worker, loop
        loop.start()
        resources.callback(self._stop_loop)
        watch = self.create_timer(RIVAL_PERIOD_S, self._look_for_rival)
        resources.callback(self.destroy_timer, watch)

    def diagnose(self) -> dict[str, str]:
        """See :class:`MusterNode`."""
        worker, loop = self._worker, self._loop
        core = worker.core if worker is not None else None
        if worker is None or loop is None:
            return {}
        told = {
            "epoch": str(worker.duty.epoch),
            "standing": worker.duty.standing.value,
            "zones_number": str(worker.zones.number),
            "zones_changed": ", ".join(list(worker.zones.changes)),
            "inbox_overflows": str(loop.overflows),
            "strangers": str(self._strangers),
            "epochs_unbelieved": str(worker.unbelieved),
            "starts": str(worker.starts),
            "storage_problem": worker.storage_problem,
        }
        if core is not None:
            told |= {
                "open": str(core.is_open).lower(),
                "robots": str(len(core.tracks)),
                "reports_dropped": str(core.reports_dropped),
                "manoeuvres": str(core.manoeuvres_started),
                "robots_in_trouble": ", ".join(worker.troubles.robots()),
            }
        return told

    def warning(self) -> str:
        """See :class:`MusterNode`."""
        worker = self._worker
        if worker is None:
            return ""
        if worker.duty.standing is Standing.STANDS_BY:
            return f"stands by: {worker.duty.rival} decides"
        if count := len(worker.troubles):
            more = f" (and {count - 1} more: see `muster traffic`)" if count > 1 else ""
            return f"{worker.troubles.newest()}{more}"
        return worker.storage_problem

    def _subscribe(self, resources: ExitStack, channel: Channel, callback: Any) -> None:
        subscription = self.create_subscription(
            channel.type, channel.path(self.fleet), callback, channel.qos
        )
        resources.callback(self.destroy_subscription, subscription)

    def _stop_loop(self) -> None:
        loop, worker = self._loop, self._worker
        self._loop = self._worker = None
        if loop is not None:
            loop.stop()
        if worker is not None:
            self._zones = worker.zones

    def _on_crash(self, error: BaseException) -> None:
        self.logs.error("traffic ends", reason=str(error) or type(error).__name__)
        crash(error)

    def _put(self, item: req.Item) -> bool:
        loop = self._loop
        return loop is not None and loop.put(item)

    # Callbacks

    def _on_report(self, message: msg.TrafficReport) -> None:
        if not is_robot_name(message.robot_id):
            self._strangers += 1
            return
        robot_id = RobotId(message.robot_id)
        self._outlets.know(robot_id)
        self._put(req.Reported(to_traffic_report(message)))

    def _on_roll(self, message: msg.TrafficRoll) -> None:
        self._put(req.RollHeard(message.epoch, message.caller))

    def _look_for_rival(self) -> None:
        worker = self._worker
        if worker is None or worker.duty.standing is not Standing.STANDS_BY:
            self._rival_misses = 0
            return
        path = channels.TRAFFIC_ROLL.path(self.fleet)
        self._rival_misses = 0 if self.count_publishers(path) > 1 else self._rival_misses + 1
        if self._rival_misses >= RIVAL_MISSES:
            self._put(req.RivalGone())

    def _on_get_traffic(self, request: Any) -> Deferred:
        robots = frozenset(map(RobotId, request.robot_ids))
        answer = Deferred()
        if not self._put(req.GetTraffic(answer, robots)):
            answer.resolve(channels.GET_TRAFFIC.type.Response(message=self._why_not()))
        return answer

    def _on_remove_robot(self, request: Any) -> Deferred:
        answer = Deferred()
        item = req.RemoveRobot(answer, RobotId(request.robot_id), _asked(request))
        return self._put_request(channels.REMOVE_ROBOT, item, answer)

    def _on_set_zone(self, request: Any) -> Deferred:
        answer, asked = Deferred(), _asked(request)
        if request.reset:
            item: req.Item = req.ResetZone(answer, request.zone.name, asked)
        else:
            change = ZoneChange(zone=to_zone(request.zone), fields=frozenset(request.fields))
            item = req.SetZone(answer, change, asked)
        return self._put_request(channels.SET_ZONE, item, answer)

    def _on_change_site(self, request: Any) -> Deferred:
        answer = Deferred()
        item = req.ChangeSite(answer, request.site_digest, _asked(request))
        return self._put_request(channels.CHANGE_SITE, item, answer)

    def _put_request(self, channel: Channel, item: req.Item, answer: Deferred) -> Deferred:
        if not self._put(item):
            code = int(ErrorCode.TRAFFIC_NOT_ACTIVE)
            response = channel.type.Response
            answer.resolve(response(accepted=False, error_code=code, message=self._why_not()))
        return answer

    def _why_not(self) -> str:
        if self._loop is None:
            return "traffic is not active; see `muster doctor`"
        return "traffic cannot take it now: its inbox is full; ask again later"


def data_directory(data_dir: str, fleet: str) -> Path:
    """Where traffic keeps its files: as configured, or the user's own for that fleet."""
    if data_dir:
        return Path(data_dir).expanduser()
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "muster" / fleet.strip("/")


def _asked(request: Any) -> req.Asked:
    return req.Asked(requester=request.requester, reason=request.reason)
