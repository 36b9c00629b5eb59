"""Claims about what people are shown of a robot."""

from __future__ import annotations

import math

from muster_core.clock import Instant
from muster_core.ids import RobotId
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.grid import Grid
from muster_core.traffic.inputs import Motion, RobotKnown, RobotReported, TrafficReport
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.view import track_view

ROW = TrafficMap.of_graph(Grid.of_text(".....").graph)
ROBOT, OTHER, LOST = RobotId("robot_1"), RobotId("robot_2"), RobotId("robot_3")
CONFIG = TrafficConfig(hearing_s_min=0.0, hearing_s_max=1.0, silence_s_max=100.0)


def at(steady_s: float) -> Instant:
    return Instant(0, round(steady_s * 1e9))


def heard(robot_id: RobotId, vertex: str, **more: object) -> RobotReported:
    known = {"session": 1, "number": 1, "epoch": 1, "left": 0, "at": 0}
    return RobotReported(
        TrafficReport(robot_id=robot_id, held=(vertex,), **{**known, **more})  # type: ignore[arg-type]
    )


def test_view_tells_what_a_robot_holds_wants_and_waits_for() -> None:
    core = TrafficCore(CONFIG, ROW, epoch=1, now=at(0))
    core.step(RobotKnown(LOST, ("4",)), at(0))
    core.step(heard(ROBOT, "0", goal="3"), at(0.5))
    core.step(heard(OTHER, "2", motion=Motion.BUSY), at(0.5))
    core.ready(at(2))
    core.ready(at(4))
    view = track_view(core, ROBOT, at(4.5))
    assert (view.held, view.at, view.goal) == (("0", "1"), "0", "3")
    assert (view.wants, view.blockers, view.silent_s) == ("", (OTHER,), 4.0)
    assert not view.is_halted and not view.surroundings
    core.step(heard(OTHER, "2", number=2), at(4.5))
    core.ready(at(6))
    assert track_view(core, ROBOT, at(6)).wants == "2", "now the other one can make way"
    core.step(heard(OTHER, "2", number=3, motion=Motion.BUSY), at(6))
    assert track_view(core, OTHER, at(4.5)).motion is Motion.BUSY
    lost = track_view(core, LOST, at(4.5))
    assert (lost.held, lost.goal, lost.silent_s) == (("4",), "", math.inf)
