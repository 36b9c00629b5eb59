"""Plans for whole fleets that look ahead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from muster_core.testing.step_judge import Pose, judge_moves, judge_turns
from muster_core.traffic.graph import Int32s
from muster_core.traffic.grid import Grid, warehouse
from muster_core.traffic.joint_plan import JointPlan
from muster_core.traffic.motion import Motion, PlainMotion, TurningMotion


def ints(*values: int) -> Int32s:
    return np.array(values, dtype=np.int32)


def make_motion(grid: Grid, kind: str) -> Motion:
    return PlainMotion(grid.graph) if kind == "plain" else TurningMotion(grid)


class Fleet:
    """Robots on a grid that get a new goal whenever they arrive, and are judged."""

    def __init__(self, grid: Grid, kind: str, robots: int, seed: int, patience: int = 30) -> None:
        self.grid = grid
        self.motion = make_motion(grid, kind)
        self.plan = JointPlan(self.motion, patience_steps=patience)
        self.chance = np.random.default_rng(seed)
        starts = self.chance.choice(grid.graph.count, robots, replace=False).astype(np.int32)
        self.states = starts * self.motion.headings
        self.goals = self.draw(robots)
        self.then = self.draw(robots)
        self.arrivals = np.zeros(robots, dtype=np.int64)
        self.poses = [self.pose()]

    def draw(self, robots: int) -> Int32s:
        return self.chance.choice(self.grid.graph.count, robots).astype(np.int32)

    def pose(self) -> list[Pose]:
        vertices, headings = np.divmod(self.states, self.motion.headings)
        cells = self.grid.cells[vertices].tolist()
        return [(r, c, h) for (r, c), h in zip(cells, headings.tolist(), strict=True)]

    def drive(self, steps: int) -> None:
        robots = len(self.states)
        weights = np.where(np.arange(robots) % 3 == 0, 1, 8).astype(np.int32)
        for _ in range(steps):
            self.states = self.plan.step(
                self.states,
                self.goals,
                then=np.where(np.arange(robots) % 2 == 0, self.then, -1).astype(np.int32),
                weights=weights,
                priorities=np.arange(robots),
            )
            self.poses.append(self.pose())
            is_there = self.states // self.motion.headings == self.goals
            self.arrivals += is_there
            self.goals = np.where(is_there, self.then, self.goals).astype(np.int32)
            self.then = np.where(is_there, self.draw(robots), self.then).astype(np.int32)

    def violations(self) -> list[str]:
        free = {(int(row), int(column)) for row, column in self.grid.cells}
        found = judge_moves(free, [[(r, c) for r, c, _ in at] for at in self.poses])
        return found + (judge_turns(self.poses) if self.motion.headings > 1 else [])


@pytest.mark.parametrize("kind", ["plain", "turning"])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
@pytest.mark.parametrize("patience", [0, 30])
def test_crowds_never_collide_and_go_on_arriving(kind: str, share: float, patience: int) -> None:
    """With no patience at all, steps of the plan and of priority inheritance take turns."""
    grid = Grid.of_free(warehouse(12, 20, shelf_columns=4, border=2))
    fleet = Fleet(grid, kind, int(grid.graph.count * share), seed=1, patience=patience)
    fleet.drive(30)
    before = fleet.arrivals.sum()
    fleet.drive(30)
    assert fleet.violations() == []
    assert fleet.arrivals.sum() > before > 0


def test_everybody_arrives_in_a_crowd() -> None:
    grid = Grid.of_text("......\n.@@.@.\n......\n.@.@@.\n......")
    fleet = Fleet(grid, "plain", 18, seed=3)
    fleet.drive(800)
    assert fleet.violations() == []
    assert fleet.arrivals.min() > 0


def test_robots_that_meet_in_a_wide_aisle_make_no_detour() -> None:
    """Priority inheritance alone lets them run into each other."""
    plan = JointPlan(PlainMotion(Grid.of_text("........\n........").graph))
    states, goals = ints(0, 6), ints(15, 9)
    for _ in range(8):
        states = step(plan, states, goals)
    assert states.tolist() == goals.tolist()


def test_robot_of_little_weight_makes_way() -> None:
    """The way through costs the other two steps; the way round would cost the first one four."""
    grid = Grid.of_text("@@.@@@\n......\n.@@@@.\n......")
    plan = JointPlan(PlainMotion(grid.graph))
    states, goals = ints(1, 4), ints(6, 4)
    for _ in range(5):
        states = step(plan, states, goals, weights=(8, 1))
    assert states[0] == goals[0]


def test_plan_sees_beyond_the_goal() -> None:
    """Both ways to the goal are as long; on one of them the robot then has to turn round."""
    motion = TurningMotion(Grid.of_text("...\n...\n..."))
    plan = JointPlan(motion)
    states = ints(0)
    steps = 0
    goals, then = ints(4), ints(5)
    while states[0] // 4 != 5:
        states = plan.step(
            states, goals, then=then, weights=ints(1), priorities=np.zeros(1, dtype=np.int64)
        )
        steps += 1
        if states[0] // 4 == 4:
            goals, then = ints(5), ints(-1)
    assert steps == 5  # two turns and three cells


def test_robots_without_goals_stay() -> None:
    plan = JointPlan(PlainMotion(Grid.of_text("....").graph))
    assert step(plan, ints(1, 3), ints(-1, -1)).tolist() == [1, 3]


def test_goal_that_nothing_leads_to_is_waited_for() -> None:
    plan = JointPlan(PlainMotion(Grid.of_text("..@.").graph), patience_steps=2)
    states = ints(0)
    for _ in range(10):
        states = step(plan, states, ints(2))
    assert plan.leads == 0


def test_robot_in_a_lock_is_led_out_of_it() -> None:
    """They have to change places where only one fits; the one in the way has a place to go to."""
    plan = JointPlan(PlainMotion(Grid.of_text(".....\n@@.@@").graph), patience_steps=3)
    states, goals = ints(1, 3), ints(4, 0)
    for _ in range(40):
        states = step(plan, states, goals)
    assert states.tolist() == goals.tolist()


@pytest.mark.parametrize(("crowd", "patience"), [(4, 1000), (8, 1000), (12, 12)])
def test_crowds_on_both_sides_of_a_gap_change_sides(crowd: int, patience: int) -> None:
    """Eight are more than may move together; twelve need to be led now and then."""
    side = "...........\n" * 3
    grid = Grid.of_text(f"{side}@@@@@.@@@@@\n{side}")
    plan = JointPlan(PlainMotion(grid.graph), patience_steps=patience)
    above, below = (
        [
            int(grid.vertices[r, c])
            for r in rows
            for c in sorted(range(11), key=lambda c: abs(c - 5))
        ]
        for rows in ((2, 1, 0), (4, 5, 6))
    )
    states = ints(*above[:crowd], *below[:crowd])
    goals = ints(*below[:crowd][::-1], *above[:crowd][::-1])
    for _ in range(400):
        if (states == goals).all():
            break
        states = step(plan, states, goals)
    assert states.tolist() == goals.tolist()


def test_robots_that_were_put_elsewhere_are_planned_for_anew() -> None:
    plan = JointPlan(PlainMotion(Grid.of_text("....").graph))
    step(plan, ints(0), ints(3))
    assert step(plan, ints(3), ints(0)).tolist() == [2]
    assert step(plan, ints(0, 2), ints(1, 3)).tolist() == [1, 3]
    assert len(step(plan, ints(), ints())) == 0


def step(plan: JointPlan, states: Int32s, goals: Int32s, weights: tuple[int, ...] = ()) -> Int32s:
    robots = len(states)
    return plan.step(
        states,
        goals,
        then=np.full(robots, -1, dtype=np.int32),
        weights=ints(*weights) if weights else np.ones(robots, dtype=np.int32),
        priorities=np.zeros(robots, dtype=np.int64),
    )


def test_compiled_and_plain_kernels_agree(check_kernels_agree: Callable[[str], None]) -> None:
    check_kernels_agree(__file__)


def many_steps() -> list[int]:
    """The states of 60 robots after 40 steps."""
    grid = Grid.of_free(warehouse(12, 20, shelf_columns=4, border=2))
    fleet = Fleet(grid, "turning", 60, seed=2)
    fleet.drive(40)
    return [int(state) for state in fleet.states]
