"""Traffic's core: beginning, silence, bad input, changes of the site."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ConfigError
from muster_core.ids import RobotId
from muster_core.testing.traffic_world import Chance, TrafficWorld, errands
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.effects import CallRoll, Effect, Release, TellTrouble, TroubleKind
from muster_core.traffic.grid import Grid
from muster_core.traffic.inputs import (
    MapChanged,
    Motion,
    RobotKnown,
    RobotRemoved,
    RobotReported,
    TrafficReport,
)
from muster_core.traffic.map import TrafficMap, ZoneRule

ROW = TrafficMap.of_graph(Grid.of_text(".....").graph)
BLOCK = TrafficMap.of_graph(Grid.of_text(".....\n.@@@.\n.....").graph)
"""0 to 4 in the north, 5 in the west, 6 in the east, 7 to 11 in the south."""


def report(
    robot: str,
    *held: str,
    number: int = 1,
    goal: str = "",
    left: int = 0,
    at: int | None = None,
    epoch: int = 1,
    session: int = 1,
    motion: Motion = Motion.MOVABLE,
    x: float | None = None,
    y: float | None = None,
) -> TrafficReport:
    return TrafficReport(
        robot_id=RobotId(robot),
        session=session,
        number=number,
        epoch=epoch,
        left=left,
        held=held,
        at=left if at is None else at,
        goal=goal,
        motion=motion,
        x=x,
        y=y,
    )


class Bench:
    """A core and a clock."""

    def __init__(self, map_: TrafficMap = ROW, **settings: float) -> None:
        config = TrafficConfig(**{"hearing_s_min": 0.0, "silence_s_max": 1e6, **settings})  # type: ignore[arg-type]
        self.now_s = 0.0
        self.core = TrafficCore(config, map_, epoch=1, now=self.instant())
        self.told: list[Effect] = []

    def instant(self) -> Instant:
        return Instant(0, int(self.now_s * NS_PER_S))

    def say(self, *reports: TrafficReport) -> None:
        for each in reports:
            self.core.step(RobotReported(each), self.instant())
        self.look()

    def look(self, later_s: float = 0.0) -> list[Effect]:
        self.now_s += later_s
        effects = list(self.core.ready(self.instant()).effects)
        self.told += effects
        return effects

    def released(self, robot: str) -> tuple[str, ...]:
        """What was released to the robot last."""
        releases = [e for e in self.told if isinstance(e, Release) and e.robot_id == robot]
        return releases[-1].vertices if releases else ()

    def is_halted(self, robot: str) -> bool:
        releases = [e for e in self.told if isinstance(e, Release) and e.robot_id == robot]
        return bool(releases) and releases[-1].is_halted

    def troubles(self, kind: TroubleKind) -> list[TellTrouble]:
        return [e for e in self.told if isinstance(e, TellTrouble) and e.kind is kind]


# Beginning


def test_nothing_is_released_until_all_known_robots_were_heard() -> None:
    bench = Bench()
    for name in ("a", "b"):
        bench.core.step(RobotKnown(RobotId(name)), bench.instant())
    bench.say(report("a", "0", goal="2"))
    assert bench.look(5.0) == [CallRoll(1)]
    bench.say(report("b", "4"))
    bench.look(0.5)
    assert bench.released("a") == ("0", "1", "2")


def test_robot_that_an_older_traffic_led_past_all_that_is_known_of_it_is_believed() -> None:
    """Its reports in between were lost; nothing that it holds is another's."""
    bench = Bench()
    bench.say(report("a", "0", left=2, epoch=0))
    bench.say(report("a", "1", left=3, number=5, epoch=0))
    assert bench.core.tracks[RobotId("a")].astray == ""
    assert bench.core.book() == {"a": ("1",)}
    bench.say(report("a", "2", left=4, number=6))
    assert bench.core.tracks[RobotId("a")].astray == ""
    bench.say(report("a", "3", left=5, number=7))
    assert "was given" in bench.core.tracks[RobotId("a")].astray, "it has answered: no more of that"


def test_robot_that_an_older_traffic_led_before_its_agent_began_anew_is_believed() -> None:
    bench = Bench()
    bench.say(report("a", "0", left=2, epoch=0))
    bench.say(report("a", "2", session=2))
    track = bench.core.tracks[RobotId("a")]
    assert track.astray == "" and bench.core.book() == {"a": ("2",)}
    bench.say(report("a", "4", session=3))
    assert "it was last at 2" in track.astray, "here it is known"


def test_robot_whose_new_agent_is_not_believed_at_first_is_asked_again() -> None:
    """What its agent before was given is no measure for the new one's numbers."""
    bench = Bench()
    bench.say(report("a", "0", left=7), report("b", "2"))
    bench.say(report("a", "1", session=2))
    assert "it was last at 0" in bench.core.tracks[RobotId("a")].astray
    bench.say(report("a", "1", session=2, number=2))
    assert "it was last at 0" in bench.core.tracks[RobotId("a")].astray
    bench.say(report("a", "0", session=2, number=3))
    assert bench.core.tracks[RobotId("a")].astray == ""
    bench.say(report("a", "0", session=2, number=4, goal="1"))
    bench.look(1.0)
    assert bench.released("a") == ("0", "1")


def test_robot_stands_where_it_stood_also_in_the_surroundings_of_one_that_is_astray() -> None:
    bench = Bench()
    bench.say(report("a", "1"), report("b", "2"))
    bench.say(report("b", "0", number=2))
    assert "claims 0" in bench.core.tracks[RobotId("b")].astray, "1 is held for its sake, too"
    bench.say(report("a", "1", session=2))
    assert bench.core.tracks[RobotId("a")].astray == ""


def test_robot_that_an_older_traffic_led_to_where_another_is_is_not_believed() -> None:
    bench = Bench()
    bench.say(report("b", "1"), report("a", "0", left=2, epoch=0))
    bench.say(report("a", "1", left=3, number=5, epoch=0))
    assert bench.core.tracks[RobotId("a")].astray


def test_robot_that_obeys_an_older_epoch_is_not_heard_yet() -> None:
    bench = Bench()
    bench.say(report("a", "0", goal="2", epoch=0))
    assert bench.look(5.0) == [CallRoll(1)]
    bench.say(report("a", "0", goal="2", number=2))
    bench.look(0.5)
    assert bench.released("a") == ("0", "1", "2")


def test_after_the_bound_traffic_begins_and_names_who_was_not_heard() -> None:
    bench = Bench(hearing_s_max=10.0)
    bench.core.step(RobotKnown(RobotId("b")), bench.instant())
    bench.say(report("a", "0", goal="2"))
    bench.look(10.0)
    [trouble] = bench.troubles(TroubleKind.UNHEARD)
    assert trouble.robot_id == "b" and "has not said where it is for 10 s" in trouble.sentence
    assert "nothing is held for it" in trouble.sentence
    assert bench.released("a") == ("0", "1", "2")


def test_what_is_remembered_of_an_unheard_robot_stays_held() -> None:
    bench = Bench(hearing_s_max=10.0)
    bench.core.step(RobotKnown(RobotId("b"), ("2", "3")), bench.instant())
    assert bench.core.book() == {"b": ("2", "3")}
    bench.say(report("a", "0", goal="2"))
    bench.look(10.0)
    [trouble] = bench.troubles(TroubleKind.UNHEARD)
    assert "2, 3 stays held for it" in trouble.sentence
    bench.look(1.0)
    assert bench.released("a") == ("0", "1")
    bench.say(report("b", "3"))
    bench.look(1.0)
    assert bench.core.book() == {"a": ("0", "1", "2"), "b": ("3",)}


def test_new_traffic_takes_over_what_robots_hold() -> None:
    """And what an older traffic's release, still on its way, gave one of them meanwhile."""
    bench = Bench()
    bench.core.step(RobotKnown(RobotId("b")), bench.instant())
    bench.say(report("a", "1", "2", left=5, at=5, epoch=0))
    bench.say(report("a", "1", "2", "3", left=5, at=5, number=2))
    bench.say(report("b", "4", goal="0"))
    bench.look(0.5)
    assert bench.released("b") == ()
    assert bench.core.tracks[RobotId("a")].head_number == 7


def test_robots_stop_at_the_end_of_their_stretch_without_traffic_and_go_on_with_a_new_one() -> None:
    world = TrafficWorld(
        BLOCK,
        {"a": "0", "b": "11"},
        errands({"a": ["11"], "b": ["0"]}),
        chance=Chance(draw=random.Random(0).random),
        config=TrafficConfig(hearing_s_min=0.0, stretch_vertices_max=2),
    )
    world.run(2.0)
    world.lose_traffic()
    world.run(60.0)
    assert all(not r.stretch.ahead and not r.arrivals for r in world.robots.values())
    world.restart_traffic()
    assert world.run(120.0, is_done=world.is_everybody_done)


def test_robot_whose_agent_begins_anew_waits_no_longer_for_what_it_waited_for_elsewhere() -> None:
    """It is given nothing from where it is not."""
    bench = Bench()
    bench.say(report("b", "3"), report("a", "0", goal="3"))
    bench.look(1.0)
    assert bench.core.book() == {"a": ("0", "1", "2"), "b": ("3", "4")}, "a waits for 3"
    bench.say(report("a", "0", session=2))
    bench.say(report("b", "4", number=3, left=1))
    assert bench.core.book() == {"a": ("0",), "b": ("4",)}


# Silence and death


def test_others_go_round_a_dead_robot_whose_vertices_stay_held() -> None:
    world = TrafficWorld(
        BLOCK,
        {"a": "0", "b": "2"},
        errands({"a": ["4"]}),
        chance=Chance(draw=random.Random(0).random),
    )
    world.kill("b")
    assert world.run(60.0, is_done=world.is_everybody_done)
    assert world.robots["b"].stretch.held == ("2",)
    [trouble] = [t for t in world.troubles if t.kind is TroubleKind.SILENT]
    assert trouble.sentence == (
        "robot b is silent; 2 stays held until it is heard, or removed by a person"
    )


def test_robot_that_cannot_get_round_is_told_of_until_a_person_removes_the_dead_one() -> None:
    bench = Bench(silence_s_max=3.0)
    bench.say(report("a", "0", goal="4"), report("b", "2"))
    for number in range(2, 8):
        bench.look(1.0)
        bench.say(report("a", "0", number=number, goal="4"))
    [trouble] = bench.troubles(TroubleKind.UNREACHABLE)
    assert "robot a cannot get from 1 to 4 as things are" in trouble.sentence
    bench.core.step(RobotRemoved(RobotId("b")), bench.instant())
    bench.look(1.0)
    assert bench.released("a") == ("0", "1", "2", "3", "4"), "b was on its way to 3"
    assert bench.troubles(TroubleKind.SILENT)[-1].is_over


def test_robot_heard_again_is_no_longer_in_the_way_for_ever() -> None:
    bench = Bench(silence_s_max=3.0)
    bench.say(report("a", "0"))
    bench.look(4.0)
    assert bench.core.tracks[RobotId("a")].is_silent
    bench.say(report("a", "0", number=2, goal="1"))
    bench.look(1.0)
    assert bench.released("a") == ("0", "1")


def test_idle_robot_makes_way_and_busy_one_does_not() -> None:
    for motion, given in ((Motion.MOVABLE, ("2", "3")), (Motion.BUSY, ())):
        bench = Bench()
        bench.say(report("a", "1", goal="4"), report("b", "2", motion=motion))
        bench.look(1.0)
        assert bench.released("b") == given


def test_release_is_repeated_until_the_robot_shows_it() -> None:
    bench = Bench()
    bench.say(report("a", "0", goal="2"))
    bench.look(1.0)
    bench.told.clear()
    bench.look(0.1)
    assert not bench.told
    bench.look(0.5)
    assert bench.released("a") == ("0", "1", "2")
    bench.say(report("a", "0", "1", "2", number=2, goal="2"))
    bench.told.clear()
    bench.look(5.0)
    assert not bench.told


def test_reports_that_were_overtaken_are_dropped() -> None:
    bench = Bench()
    bench.say(report("a", "0", number=5, goal="1"), report("a", "0", number=4, goal="4"))
    bench.look(1.0)
    assert bench.released("a") == ("0", "1")
    assert bench.core.reports_dropped == 1


# Bad input


def test_robot_that_claims_anothers_vertex_is_stopped_and_nobody_drives_into_it() -> None:
    bench = Bench()
    bench.say(report("a", "1", goal="4"))
    bench.look(1.0)
    assert bench.released("a") == ("1", "2", "3", "4")
    bench.say(report("b", "3"))
    [trouble] = bench.troubles(TroubleKind.ASTRAY)
    assert trouble.sentence == "robot b claims 3, which a holds; it is stopped"
    assert bench.is_halted("b") and bench.is_halted("a")


def test_robot_that_jumps_is_stopped_with_its_surroundings_held() -> None:
    bench = Bench(BLOCK)
    bench.say(report("a", "0"), report("b", "5", goal="11"))
    bench.look(1.0)
    bench.say(report("a", "3", number=2, session=2))
    [trouble] = bench.troubles(TroubleKind.ASTRAY)
    assert "robot a says that it is at 3, but it was last at 0" in trouble.sentence
    held = {v for v in range(12) if RobotId("a") in bench.core.holdings.of(v)}
    assert held == {0, 2, 3, 4}
    bench.core.step(RobotRemoved(RobotId("a")), bench.instant())
    bench.say(report("a", "3", number=3, session=2))
    assert bench.troubles(TroubleKind.ASTRAY)[-1].is_over
    assert not bench.core.tracks[RobotId("a")].astray


def test_robot_off_the_graph_is_stopped_until_it_is_back() -> None:
    bench = Bench()
    bench.say(report("a", "0", "1", x=0.5, y=0.2))
    assert not bench.troubles(TroubleKind.ASTRAY)
    bench.say(report("a", "0", "1", number=2, x=0.5, y=7.0))
    [trouble] = bench.troubles(TroubleKind.ASTRAY)
    assert "robot a is at (0.50, 7.00), 7.0 m off its way along 0, 1" in trouble.sentence
    assert bench.is_halted("a")
    bench.say(report("a", "0", "1", number=3, x=0.5, y=0.0))
    assert bench.troubles(TroubleKind.ASTRAY)[-1].is_over
    assert not bench.is_halted("a")


def test_robot_that_claims_what_it_was_not_given_is_stopped() -> None:
    bench = Bench()
    bench.say(report("a", "0", goal="0"))
    bench.look(1.0)
    bench.say(report("a", "0", "1", "2", number=2, goal="0"))
    [trouble] = bench.troubles(TroubleKind.ASTRAY)
    assert "claims 0, 1, 2" in trouble.sentence and "was given 0" in trouble.sentence


def test_agent_that_begins_anew_where_it_was_goes_on() -> None:
    bench = Bench()
    bench.say(report("a", "0", goal="4"))
    bench.look(1.0)
    bench.say(report("a", "1", number=1, session=2, goal="4"))
    assert not bench.troubles(TroubleKind.ASTRAY)
    bench.look(1.0)
    assert bench.released("a") == ("1", "2", "3", "4")


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (report("a"), "neither a vertex of the site nor a position"),
        (report("a", "nowhere"), "neither a vertex of the site nor a position"),
        (report("a", "0", x=float("nan")), "x is nan; send a finite number of metres"),
        (report("a", *["0"] * 201), "it claims 201 vertices; at most 200 can be held"),
    ],
)
def test_useless_report_is_refused_in_a_sentence(bad: TrafficReport, sentence: str) -> None:
    bench = Bench()
    bench.say(bad)
    [trouble] = bench.troubles(TroubleKind.REFUSED)
    assert sentence in trouble.sentence and "the report of a cannot be used" in trouble.sentence
    assert not bench.core.tracks


def test_robot_that_knows_only_its_position_is_held_round_the_nearest_vertex() -> None:
    bench = Bench()
    bench.say(report("a", x=2.2, y=0.1))
    [trouble] = bench.troubles(TroubleKind.ASTRAY)
    assert trouble.sentence == "robot a does not know which vertex it is at; it is stopped"
    held = {v for v in range(5) if RobotId("a") in bench.core.holdings.of(v)}
    assert {1, 2, 3} <= held


def test_more_robots_than_the_bound_are_refused() -> None:
    bench = Bench(robots_max=1)
    bench.say(report("a", "0"), report("b", "1"))
    [trouble] = bench.troubles(TroubleKind.REFUSED)
    assert "robots_max is 1" in trouble.sentence


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="stretch_vertices_max is 0; it must be at least 1"):
        TrafficConfig(stretch_vertices_max=0)


# A changed site


def test_routes_are_redone_when_a_zone_is_closed() -> None:
    bench = Bench(BLOCK, stretch_vertices_max=1)
    bench.say(report("a", "0", goal="4"))
    bench.look(1.0)
    assert bench.released("a") == ("0", "1")
    closed = replace(BLOCK, zones=(ZoneRule("north", frozenset({2}), is_closed=True),))
    bench.core.step(MapChanged(closed), bench.instant())
    bench.say(report("a", "1", number=2, left=1, goal="4"))
    bench.look(1.0)
    assert bench.released("a") == ("1", "0")


def test_robot_on_a_removed_vertex_is_reported_and_held() -> None:
    bench = Bench()
    bench.say(report("a", "4"), report("b", "0", goal="3"))
    shorter = TrafficMap.of_graph(Grid.of_text("....").graph)
    bench.core.step(MapChanged(shorter), bench.instant())
    bench.look(1.0)
    [trouble] = bench.troubles(TroubleKind.ASTRAY)
    assert "robot a holds '4', which the site does not have any more" in trouble.sentence
    assert {2, 3} <= {v for v in range(4) if RobotId("a") in bench.core.holdings.of(v)}
    assert bench.is_halted("b"), "it was on its way to 3"


def test_closed_zone_lets_out_who_is_inside() -> None:
    closed = replace(ROW, zones=(ZoneRule("west", frozenset({0, 1}), is_closed=True),))
    bench = Bench(closed)
    bench.say(report("a", "0", goal="3"), report("b", "4", goal="1"))
    bench.look(1.0)
    assert bench.released("a") == ("0", "1", "2", "3")
    assert bench.released("b") == ()
    assert "cannot get from 4 to 1" in bench.troubles(TroubleKind.UNREACHABLE)[0].sentence
