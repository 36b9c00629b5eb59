"""What persons and programs ask of traffic, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from muster_msgs import msg, srv

from muster_core.clock import Instant
from muster_core.errors import ErrorCode, SiteError
from muster_core.ids import RobotId
from muster_core.site import Site, Zone, load_site
from muster_core.site.zones_in_force import ZonesInForce
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.inputs import RobotRemoved
from muster_core.traffic.view import TrackView, track_view
from muster_ros.traffic_conversions import MOTIONS, zone_message
from muster_traffic import requests as req
from muster_traffic.memory import MemoryFailedError

if TYPE_CHECKING:
    from muster_traffic.worker import Worker


class Desk:
    """Answers for a worker, in its thread. Who stands by leaves the answer to who decides."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.handlers: dict[type, Callable[[Any, Instant], None]] = {
            req.GetTraffic: self._on_get_traffic,
            req.RemoveRobot: self._on_remove_robot,
            req.SetZone: self._on_set_zone,
            req.ResetZone: self._on_reset_zone,
            req.ChangeSite: self._on_change_site,
        }

    def _on_get_traffic(self, question: req.GetTraffic, now: Instant) -> None:
        worker, core = self._worker, self._worker.core
        if core is None:
            return
        wanted = sorted(question.robot_ids or core.tracks)
        question.reply_to.resolve(
            srv.GetTraffic.Response(
                epoch=core.epoch,
                open=core.is_open,
                message="" if core.is_open else "it waits to hear the robots that it knows of",
                unheard=sorted(core.book().keys() - core.tracks.keys()),
                robots=[
                    robot_traffic_message(
                        track_view(core, robot_id, now), worker.troubles.of(robot_id)
                    )
                    for robot_id in wanted
                    if robot_id in core.tracks
                ],
            )
        )

    def _on_remove_robot(self, request: req.RemoveRobot, now: Instant) -> None:
        worker, core = self._worker, self._worker.core
        if core is None:
            return
        robot_id = request.robot_id
        held = core.book().get(robot_id)
        if held is None:
            known = ", ".join(sorted(core.book())) or "none"
            why = f"traffic knows no robot {robot_id!r}; those that it knows: {known}"
            request.reply_to.resolve(_refused(srv.RemoveRobot, ErrorCode.UNKNOWN_ROBOT, why))
            return
        if why := _why_not_removed(core, robot_id, now):
            request.reply_to.resolve(_refused(srv.RemoveRobot, ErrorCode.ROBOT_BUSY, why))
            return
        core.step(RobotRemoved(robot_id), now)
        worker.troubles.remove(robot_id)
        worker.outlets.forget(robot_id)
        worker.logs.warning("robot removed", robot_id=robot_id, **_words(request.asked))
        numbers = core.map.numbers
        # What is remembered of a robot may be of a site that has changed since.
        here = [name for name in dict.fromkeys(held) if name in numbers]
        freed = [name for name in here if not core.holdings.of(numbers[name])]
        request.reply_to.resolve(
            srv.RemoveRobot.Response(
                accepted=True, message=f"robot {robot_id} holds nothing any more", freed=freed
            )
        )

    def _on_set_zone(self, request: req.SetZone, now: Instant) -> None:
        name = request.change.zone.name
        self._change_zone(request, name, now, change=lambda zones: zones.change(request.change))

    def _on_reset_zone(self, request: req.ResetZone, now: Instant) -> None:
        self._change_zone(
            request, request.name, now, change=lambda zones: zones.reset(request.name)
        )

    def _change_zone(
        self,
        request: req.SetZone | req.ResetZone,
        name: str,
        now: Instant,
        *,
        change: Callable[[ZonesInForce], Zone | None],
    ) -> None:
        worker = self._worker
        if worker.core is None:
            return
        zones = worker.zones.copy()
        try:
            zone = change(zones)
            worker.memory.keep_zones(zones)
        except (SiteError, MemoryFailedError) as error:
            is_bad = isinstance(error, SiteError)
            code = ErrorCode.BAD_ZONE if is_bad else ErrorCode.ZONES_NOT_KEPT
            request.reply_to.resolve(_refused(srv.SetZone, code, str(error)))
            return
        worker.use_site(zones, now)
        worker.logs.warning("zone changed", zone=name, **_words(request.asked))
        told = msg.Zone(name=name)
        if zone is not None:
            told = zone_message(zone, is_changed=name in zones.changes)
        request.reply_to.resolve(
            srv.SetZone.Response(accepted=True, number=zones.number, zone=told)
        )

    def _on_change_site(self, request: req.ChangeSite, now: Instant) -> None:
        worker, core = self._worker, self._worker.core
        if core is None:
            return
        before, zones = worker.zones.site.digest, worker.zones.copy()
        try:
            site = load_site(worker.config.site)
            _check_digest(site, request.digest)
            dropped = zones.move_to(site)
            worker.memory.keep_zones(zones)
        except (SiteError, MemoryFailedError) as error:
            is_bad = isinstance(error, SiteError)
            code = ErrorCode.BAD_SITE if is_bad else ErrorCode.ZONES_NOT_KEPT
            request.reply_to.resolve(_refused(srv.ChangeSite, code, str(error)))
            return
        worker.use_site(zones, now)
        worker.logs.warning("site changed", digest=site.digest, **_words(request.asked))
        request.reply_to.resolve(
            srv.ChangeSite.Response(
                accepted=True,
                site_digest_before=before,
                site_digest=site.digest,
                zones_dropped=list(dropped),
                robots_astray=sorted(r for r, track in core.tracks.items() if track.astray),
            )
        )


def robot_traffic_message(view: TrackView, troubles: tuple[str, ...]) -> msg.RobotTraffic:
    """A robot as traffic knows it."""
    return msg.RobotTraffic(
        robot_id=view.robot_id,
        held=list(view.held),
        surroundings=list(view.surroundings),
        at=view.at,
        goal=view.goal,
        wants=view.wants,
        blockers=list(view.blockers),
        motion=MOTIONS[view.motion],
        halted=view.is_halted,
        silent_s=view.silent_s,
        troubles=list(troubles),
    )


def _why_not_removed(core: TrafficCore, robot_id: RobotId, now: Instant) -> str:
    """Why the robot must stay; empty = it may be removed. Only who reports can be driving."""
    track = core.tracks.get(robot_id)
    if track is None or track.astray:
        return ""
    silent_s = track_view(core, robot_id, now).silent_s
    if silent_s > core.config.silence_s_max:
        return ""
    return (
        f"robot {robot_id} was heard {silent_s:.1f} s ago, so it may be driving; end its agent, "
        f"take it off the site, and remove it then"
    )


def _check_digest(site: Site, digest: str) -> None:
    if digest and site.digest != digest:
        raise SiteError(
            f"the site's file has the digest {site.digest}, not {digest}; install the file that "
            f"is meant on this computer, too"
        )


def _refused(service: Any, code: ErrorCode, why: str) -> Any:
    return service.Response(accepted=False, error_code=int(code), message=why)


def _words(asked: req.Asked) -> dict[str, str]:
    return {"requester": asked.requester, "reason": asked.reason}
