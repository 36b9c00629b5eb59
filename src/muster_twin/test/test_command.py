import json

import pytest
from typer.testing import CliRunner

from muster_twin.command import twin

SITE = """
site: loop
vertices: {a: [0, 0], b: [4, 0], c: [4, 4], d: [0, 4]}
edges: [[a, b, c, d, a]]
places:
  shelf_1: {kind: shelf, at: [-2, 0], beside: a}
  pack_1: {kind: station, at: [6, 4], beside: c}
"""


@pytest.fixture
def twin_run(tmp_path):
    site = tmp_path / "loop.yaml"
    site.write_text(SITE)

    def call(*arguments: str):
        given = ("run", "--site", str(site), "--report", str(tmp_path / "report"), *arguments)
        return CliRunner().invoke(twin, given)

    return call


def test_run_prints_a_table_and_writes_a_report(twin_run, tmp_path):
    done = twin_run("--robots", "2", "--orders", "5", "--compare", "nearest")
    assert done.exit_code == 0, done.output
    assert "5 of 5" in done.output
    runs = json.loads((tmp_path / "report" / "twin.json").read_bytes())["runs"]
    assert [run["policy"] for run in runs] == ["batch", "nearest"]
    assert (tmp_path / "report" / "twin.svg").is_file()


def test_orders_left_at_the_end_fail_the_run(twin_run):
    done = twin_run("--robots", "1", "--orders", "50", "--hours", "0.05")
    assert done.exit_code == 1
    assert "unfinished" in done.output


def test_unknown_traffic_is_told_with_the_choices(twin_run):
    done = twin_run("--traffic", "none")
    assert done.exit_code == 2
    assert "full or quick" in done.output


def test_bad_stream_is_one_sentence(twin_run):
    done = twin_run("--stream", "tides:3")
    assert "the stream is 'tides:3'; write poisson:PER_HOUR" in str(done.exception)


def test_live_twin_with_an_unknown_policy_starts_no_fleet(tmp_path):
    pytest.importorskip("rclpy")
    site = tmp_path / "loop.yaml"
    site.write_text(SITE)
    done = CliRunner().invoke(twin, ("live", "--site", str(site), "--policy", "nope"))
    assert "has no 'nope'; the choices are" in str(done.exception)
