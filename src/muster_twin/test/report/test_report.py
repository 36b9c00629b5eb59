import json
import xml.etree.ElementTree as ElementTree

import pytest
from rich.console import Console

from muster_core.site import Site, parse_site
from muster_twin.report.chart import Axis
from muster_twin.report.file import ReportError, write_report
from muster_twin.report.heat_map import RAMP, colour_of
from muster_twin.report.picture import draw_report
from muster_twin.report.table import make_table
from muster_twin.streams.spec import make_stream
from muster_twin.warehouse.run import run_variant
from muster_twin.warehouse.settings import WarehouseSettings
from muster_twin.warehouse.variant import Variant
from muster_twin.warehouse.world import START_WALL_NS

SITE = """
site: loop
vertices: {a: [0, 0], b: [4, 0], c: [4, 4], d: [0, 4]}
edges: [[a, b, c, d, a]]
places:
  shelf_1: {kind: shelf, at: [-2, 0], beside: a}
  pack_1: {kind: station, at: [6, 4], beside: c}
"""


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site(SITE)


@pytest.fixture(scope="module")
def outcomes(site):
    orders = make_stream("poisson:120", count=6, site=site, seed=1, start_wall_ns=START_WALL_NS)
    base = Variant("batch", WarehouseSettings(robots=2))
    variants = [base, base.changed("nearest"), base.changed("robots=1")]
    return [run_variant(variant, site, orders) for variant in variants]


def test_table_has_a_column_for_each_run(outcomes):
    console = Console(width=120)
    with console.capture() as captured:
        console.print(make_table(outcomes))
    text = captured.get()
    assert all(name in text for name in ("batch", "nearest", "robots=1"))
    assert "6 of 6" in text
    assert "unfinished" not in text


def test_picture_is_whole_and_has_all_runs(outcomes, site):
    root = ElementTree.fromstring(draw_report(outcomes, site))
    words = [element.text for element in root.iter() if element.text]
    assert words.count("nearest") >= 2
    titles = [word for word in words if word.startswith("a: ")]
    assert titles[0] == f"a: {outcomes[0].visits['a']} arrivals"


def test_file_for_programs_holds_what_was_measured(outcomes, site, tmp_path):
    json_path, svg_path = write_report(tmp_path / "new", outcomes, site)
    record = json.loads(json_path.read_bytes())
    assert [run["name"] for run in record["runs"]] == ["batch", "nearest", "robots=1"]
    assert record["runs"][0]["completed"] == 6
    assert len(record["runs"][0]["service_s"]) == 6
    assert svg_path.read_text().startswith("<svg")


def test_report_that_cannot_be_written_says_where(outcomes, site, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ReportError, match="taken"):
        write_report(tmp_path / "taken", outcomes, site)


@pytest.mark.parametrize("greatest", [0.7, 3.0, 47.0, 60.0, 2555.0, 1e6])
def test_ticks_are_few_begin_at_nothing_and_stay_within(greatest):
    ticks = Axis(greatest, "s").ticks
    assert ticks[0] == 0
    assert ticks[-1] <= greatest * (1 + 1e-9)
    assert 2 <= len(ticks) <= 7


def test_nothing_is_pale_and_the_most_is_dark():
    assert colour_of(0.0) == RAMP[0]
    assert colour_of(1.0) == colour_of(7.0) == RAMP[-1]
    assert colour_of(0.001) != RAMP[0]
