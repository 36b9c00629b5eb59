"""Whole fleets from seeds: they hold, and the same seed is the same run."""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random

import pytest
import typer
from typer.testing import CliRunner

from muster_twin.simulation.command import parse_seeds, simulate
from muster_twin.simulation.plan import draw_plan
from muster_twin.simulation.run import run_seed, run_seeds
from muster_twin.simulation.story import tell

SEEDS = 300
SAMPLE = (3, 26, 41)

app = typer.Typer()
app.command()(simulate)


def test_seeds_hold() -> None:
    failed = [result for result in run_seeds(range(SEEDS)) if result.violation is not None]
    stories = [
        line for result in failed[:3] for line in tell(run_seed(result.seed, keeps_history=True))
    ]
    assert not failed, "\n".join(stories)


def test_same_seed_is_the_same_run() -> None:
    for seed in SAMPLE:
        assert run_seed(seed) == run_seed(seed)


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_run_does_not_depend_on_the_process(hash_seed: str) -> None:
    program = f"""
from muster_twin.simulation.run import run_seed
print(*(run_seed(seed).digest for seed in {SAMPLE}))
"""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        (sys.executable, "-c", program),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == [run_seed(seed).digest for seed in SAMPLE]


def test_several_processes_give_the_same_results_in_order() -> None:
    seeds = range(6)
    assert list(run_seeds(seeds, jobs=2)) == list(run_seeds(seeds))


def test_seeds_differ() -> None:
    assert len({run_seed(seed).digest for seed in range(10)}) == 10
    assert draw_plan(Random(1)) != draw_plan(Random(2))


def test_command_tells_what_it_did() -> None:
    result = CliRunner().invoke(app, ["--seeds", "0..3", "--jobs", "1"])
    assert result.exit_code == 0
    assert result.output.startswith("4 seeds, 0 failed: ")


def test_command_tells_one_seed_and_all_of_it() -> None:
    one = CliRunner().invoke(app, ["--seed", "3"])
    assert one.exit_code == 0
    assert one.output.startswith("seed 3 holds: ")
    traced = CliRunner().invoke(app, ["--seed", "3", "--trace"])
    assert "all troubles are over" in traced.output
    assert one.output in traced.output


def test_failing_seed_prints_itself_its_commit_and_its_story(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("muster_core.scheduler.roster.Roster.has_lease_run_out", _is_unheard)
    seeds = range(100)
    seed = next(seed for seed in seeds if run_seed(seed).violation is not None)
    result = CliRunner().invoke(app, ["--seed", str(seed)])
    assert result.exit_code == 1
    assert result.output.startswith(f"seed {seed} fails at commit ")
    assert "does not hold" in result.output
    assert "task_assigned" in result.output
    assert f"muster simulate --seed {seed} --trace" in result.output
    many = CliRunner().invoke(app, ["--seeds", f"{seed}..{seed}", "--jobs", "1"])
    assert many.exit_code == 1
    assert result.output in many.output


@pytest.mark.parametrize("text", ["", "5", "..", "3..1", "a..b", "-1..4", "0..99999999999"])
def test_seeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="--seeds"):
        parse_seeds(text)


def test_trace_is_for_one_seed() -> None:
    assert CliRunner().invoke(app, ["--seeds", "0..3", "--trace"]).exit_code == 2


def _is_unheard(self: object, robot_id: object, now: object) -> bool:
    return not self.is_alive(robot_id, now)  # type: ignore[attr-defined]
