"""Snapshots as problems: what is odd or missing does no harm."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from muster_core.policy.problem import TIME_S_MAX, pose
from muster_core.policy.protocol import Snapshot, example


def test_snapshot_without_what_has_defaults_is_a_problem_with_estimates() -> None:
    whole = example()
    bare = Snapshot(
        **{
            field.name: getattr(whole, field.name)
            for field in dataclasses.fields(whole)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        }
    )
    problem = pose(bare).problem
    assert problem.slowness.tolist() == [1.0, 1.0]
    assert problem.planned_for.tolist() == [-1, -1]
    assert problem.stop_s.tolist() == [pytest.approx((10.0 + 20.0 + 5.0) / 3)]
    assert np.isinf(problem.energy_s).all() and np.isinf(problem.charger_s).all()


@pytest.mark.parametrize("odd", [np.nan, -1.0, np.inf])
def test_robot_with_an_odd_time_until_it_is_free_can_do_nothing(odd: float) -> None:
    shot = dataclasses.replace(example(), robot_busy_s=np.array([odd, 0.0], np.float32))
    problem = pose(shot).problem
    assert np.isinf(problem.leg_s[:2]).all() and np.isfinite(problem.ready_s).all()


def test_odd_tasks_and_speeds_become_bounded_numbers() -> None:
    shot = dataclasses.replace(
        example(),
        robot_slowness=np.array([np.nan, 0.0], np.float32),
        task_duration_s=np.array([np.inf, np.nan], np.float32),
        task_slack_s=np.array([np.nan, -np.inf], np.float32),
        task_waiting_s=np.array([np.nan, np.inf], np.float32),
    )
    problem = pose(shot).problem
    assert problem.slowness.tolist() == [1.0, 0.01]
    assert sorted(problem.duration_s.tolist()) == [0.0, TIME_S_MAX]
    assert sorted(problem.due_s.tolist()) == [-TIME_S_MAX, np.inf]
    assert np.isfinite(problem.weight).all() and np.isfinite(problem.waiting_s).all()


def test_chargers_are_given_in_the_order_in_which_robots_will_be_low() -> None:
    shot = dataclasses.replace(
        example(),
        robot_busy_s=np.zeros(2, np.float32),
        robot_battery=np.array([0.5, 0.3], np.float32),
        charger_free_s=np.array([40.0], np.float32),
    )
    # Robot 2 is low in 30 s and charges from 40 s on for (0.9 - 0.25) * 300 s; then robot 1.
    assert pose(shot).problem.appointment_s.tolist() == pytest.approx([40.0 + 195.0, 40.0])


def test_index_out_of_range_is_refused() -> None:
    with pytest.raises(AssertionError, match="task_first_stop"):
        dataclasses.replace(example(), task_first_stop=np.array([0, 2], np.int32))
