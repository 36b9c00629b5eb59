"""What a snapshot tells of the fleet to policies that plan beyond the next task."""

from __future__ import annotations

import math

import msgspec
import pytest

from muster_core.ids import RobotId
from muster_core.policy.batch import BatchPolicy
from muster_core.policy.protocol import Decision, Snapshot
from muster_core.robot import RobotMode, RobotReport
from muster_core.scheduler import snapshot as module
from muster_core.site import parse_site
from muster_core.task import OutcomeResult
from muster_core.testing.scripted_fleet import Fleet, Robot

SITE = parse_site(
    """
site: corridor
vertices: {a: [0, 0], b: [10, 0], c: [20, 0], d: [30, 0], e: [40, 0]}
edges: [[a, b, c, d, e]]
places:
  charger_1: {vertex: a, kind: charger}
  shelf_1: {vertex: b, kind: shelf}
  shelf_2: {vertex: c, kind: shelf}
  pack_1: {vertex: e, kind: station}
  charger_2: {vertex: d, kind: charger}
""",
    "corridor.yaml",
)
VERBS = ("go", "pick", "place", "scan", "charge")


class Watched(BatchPolicy):
    """The policy, with what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Snapshot] = []
        self.decisions: list[Decision] = []

    def decide(self, snapshot: Snapshot, budget_s: float) -> Decision:
        self.asked.append(snapshot)
        self.decisions.append(super().decide(snapshot, budget_s))
        return self.decisions[-1]


def make_fleet(*robots: Robot, **config: object) -> tuple[Fleet, Watched]:
    fleet = Fleet(*robots, site=SITE, **config)
    fleet.policy = policy = Watched()
    fleet.describe()
    fleet.settle()
    fleet.heartbeat()
    fleet.settle()
    return fleet, policy


def robot(number: int, vertex: str = "a", **fields: object) -> Robot:
    return Robot(RobotId(f"robot_{number}"), vertex, **{"capabilities": VERBS, **fields})


def test_ways_between_the_stops_of_tasks_and_chargers_are_told() -> None:
    fleet, policy = make_fleet(robot(1))
    fleet.submit("o-1", pickup="shelf_2")
    (shot,) = policy.asked
    chargers, first, last = shot.charger_stop, shot.task_first_stop[0], shot.task_last_stop[0]
    assert len(shot.stop_travel_s) == 4
    assert shot.stop_travel_s[last, first] == 20.0
    assert shot.stop_travel_s[last, chargers].tolist() == [40.0, 10.0]
    assert shot.charger_travel_s.tolist() == [[0.0, 30.0]]
    assert shot.battery.work_s == fleet.config.battery_work_s


def test_stops_beyond_the_bound_are_not_told_those_of_the_most_urgent_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "STOPS_MAX", 4)
    fleet, policy = make_fleet(robot(1))
    fleet.submit("o-1")
    fleet.submit("o-2", pickup="shelf_1", priority=0)
    fleet.submit("o-3", pickup="shelf_2", priority=200)
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    shot = policy.asked[-1]
    known = dict(zip(shot.task_ids, shot.task_first_stop.tolist(), strict=True))
    assert len(shot.stop_travel_s) == 4
    assert known["o-3/0"] >= 0 and known["o-2/0"] == -1


def test_last_plan_is_told_with_the_next_question() -> None:
    fleet, policy = make_fleet(robot(1))
    fleet.submit("o-1")
    fleet.submit("o-2", pickup="shelf_2")
    fleet.submit("o-3")
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    planned = {task for queue in policy.decisions[-1].queues for task in queue.task_ids}
    assert planned == {"o-2/0", "o-3/0"}
    assert policy.asked[-1].task_planned_for.tolist() == [-1, -1]
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    assert policy.asked[-1].task_planned_for.tolist() == [0]


def test_robot_at_work_is_told_as_busy_for_less_the_older_its_report_is() -> None:
    fleet, policy = make_fleet(*map(robot, range(1, 6)), heartbeat_timeout_s=8.0)
    fleet.submit("o-1")
    fleet.run(0.5)
    busy = next(r.robot_id for r in fleet.robots.values() if r.task)  # for 5 s, it says
    for seconds, told_s in ((0.0, 5.0), (2.0, 3.0), (2.0, 1.0), (2.0, module.BUSY_S_MIN)):
        fleet.now = fleet.now.later(seconds)
        fleet.submit(f"o-after-{told_s}")
        shot = policy.asked[-1]
        assert shot.robot_busy_s[shot.robot_ids.index(busy)] == pytest.approx(told_s)


class Charging(Robot):
    """A robot at a charger that will be ready in a minute and a half."""

    def report(self) -> RobotReport:
        return msgspec.structs.replace(super().report(), busy_s=90.0)


def test_charger_is_taken_by_the_robot_that_charges_there() -> None:
    charging = Charging(RobotId("robot_2"), "d", RobotMode.CHARGING, VERBS)
    fleet, policy = make_fleet(robot(1), charging)
    fleet.submit("o-1")
    shot = policy.asked[-1]
    assert shot.robot_ids == ("robot_1",)
    assert shot.charger_free_s.tolist() == [0.0, 90.0]


def test_robot_that_cannot_charge_has_no_way_to_a_charger() -> None:
    fleet, policy = make_fleet(robot(1, capabilities=VERBS[:-1]))
    fleet.submit("o-1")
    assert policy.asked[-1].charger_travel_s.tolist() == [[math.inf, math.inf]]


def test_without_a_known_battery_plans_do_not_mind_it() -> None:
    fleet, policy = make_fleet(robot(1), battery_work_s=0.0)
    fleet.submit("o-1")
    assert policy.asked[-1].battery.work_s == math.inf
