"""`muster site show`: what it says of good, bad and unusable sites; it needs no ROS."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from muster_core.site import load_site

DEMO = Path(__file__).parents[3] / "config" / "sites" / "small_warehouse.yaml"
GRID = "type octile\nheight 8\nwidth 8\nmap\n" + "....S@@E\n" * 7 + "........\n"
TRAP = """
site: trap
vertices: {a: [0, 0], b: [4, 0], c: [4, 4], d: [8, 0]}
edges: [[a, b, c, a], [b, d, {one_way: true}]]
places: {pack: {kind: station, vertex: d}}
zones: {side: {vertices: [a, c], speed_mps: 0.4, robots_max: 1}}
"""


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    path = tmp_path / "trap.yaml"
    path.write_text(TRAP)
    return path


def test_good_site_is_drawn_and_ends_with_exit_code_0(run: Any) -> None:
    answer = run("site", "show", str(DEMO))
    assert (answer.code, answer.err) == (0, "")
    assert "small_warehouse  24.0 m by 16.0 m, 84 vertices, 152 edges, frame map" in answer.out
    assert "▤ 24 shelves   ▣ 3 stations   ↯ 3 chargers   □ 6 parking places" in answer.out
    assert "─" in answer.out and "1 note" in answer.out


def test_fault_is_told_and_ends_with_exit_code_1(run: Any, trap: Path) -> None:
    answer = run("site", "show", str(trap))
    assert answer.code == 1
    told = " ".join(answer.out.split())
    assert "✘ 1 vertex (d) with the place pack can be entered but not left" in told
    assert "▪ side: 1 robot at once, 0.4 m/s (2 vertices)" in told
    assert "1 fault, 2 notes" in told


def test_grid_is_drawn_by_its_cells(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "grid.map"
    path.write_text(GRID)
    answer = run("site", "show", str(path))
    assert answer.out.count("· · · · ▤ ░░░ ▣") == 7
    assert "░ blocked" in answer.out


def test_what_was_left_out_of_a_file_is_counted(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "wet.map"
    path.write_text(GRID.replace("S@", "SW"))
    assert "· cells of water (W) that are blocked here: 7" in run("site", "show", str(path)).out


def test_svg_is_written_and_named(run: Any, trap: Path) -> None:
    out = trap.parent / "trap.svg"
    answer = run("site", "show", str(trap), "--svg", str(out))
    assert f"drawn in {out}" in answer.out
    assert ElementTree.parse(out).getroot().tag.endswith("svg")
    assert "fault (1)" in out.read_text()


def test_svg_that_cannot_be_written_is_one_sentence(run: Any, trap: Path) -> None:
    answer = run("site", "show", str(trap), "--svg", str(trap.parent / "none" / "x.svg"))
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "cannot be written: No such file or directory" in answer.err


def test_json_has_all_but_the_picture(run: Any, trap: Path) -> None:
    record = run("site", "show", str(trap), "--json").json()
    assert record["ok"] is False
    assert record["digest"] == load_site(trap).digest
    assert record["places"] == {"shelf": 0, "station": 1, "charger": 0, "parking": 0}
    assert record["zones"] == [
        {
            "name": "side",
            "vertices": 2,
            "robots_max": 1,
            "speed_mps_max": 0.4,
            "one_way_deg": None,
            "closed": False,
        }
    ]
    assert [finding["kind"] for finding in record["findings"]] == [
        "trap",
        "missing_kind",
        "missing_kind",
    ]
    assert record["findings"][0]["vertices"] == ["d"]
    assert json.dumps(record)


def test_robots_and_cells_have_the_sizes_that_are_asked_for(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "grid.map"
    path.write_text(GRID)
    answer = run("site", "show", str(path), "--cell", "0.5", "--robot", "0.6")
    assert "3.5 m by 3.5 m" in answer.out
    assert "50 vertices stand closer than 0.6 m to another" in " ".join(answer.out.split())


def test_format_can_be_said(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "grid.txt"
    path.write_text(GRID)
    assert run("site", "show", str(path), "--format", "movingai").code == 0
    answer = run("site", "show", str(path), "--format", "lif")
    assert answer.code == 2
    assert f"{path}: line 1: is not JSON" in answer.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("/nowhere.yaml",), "FILE '/nowhere.yaml' is not a file"),
        (("/",), "/: is not a file; name the file of a site"),
        ((str(DEMO), "--format", "dxf"), "--format is 'dxf'; it must be one of yaml, movingai, "),
        ((str(DEMO), "--robot", "-1"), "--robot"),
        ((__file__,), "test_site.py: "),
    ],
    ids=lambda value: " ".join(value)[-20:] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_shown_is_one_sentence_and_exit_code_2(
    run: Any, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = run("site", "show", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("muster: ") and answer.err.count("\n") == 1
    assert sentence in answer.err
