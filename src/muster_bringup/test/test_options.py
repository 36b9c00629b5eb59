from __future__ import annotations

from pathlib import Path

import pytest

from muster_bringup.options import (
    ROBOTS_MAX,
    default_data_dir,
    find_site,
    parse_options,
)
from muster_core.errors import ConfigError


@pytest.fixture
def site(tmp_path: Path) -> str:
    path = tmp_path / "hall.yaml"
    path.touch()
    return str(path)


def test_texts_of_a_launch_file_and_values_of_a_command_line_are_the_same_options(
    site: str,
) -> None:
    texts = parse_options(robots="3", speed="4.0", robots_per_process="2", site=site)
    assert texts == parse_options(robots=3, speed=4.0, robots_per_process=2, site=site)
    assert texts.robots == ("robot_1", "robot_2", "robot_3")


def test_named_robots_keep_their_names_and_order(site: str) -> None:
    assert parse_options(robot_names="forklift, anna", site=site).robots == ("forklift", "anna")


def test_small_warehouse_is_the_site_when_none_is_given() -> None:
    assert parse_options().site.name == "small_warehouse.yaml"


def test_installed_site_of_any_format_is_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = tmp_path / "sites"
    sites.mkdir()
    for name in ("hall.map", "yard.geojson"):
        (sites / name).touch()
    monkeypatch.setattr("muster_bringup.options.config_directory", lambda: tmp_path)
    assert find_site("hall") == find_site("hall.map") == sites / "hall.map"
    assert find_site("yard") == sites / "yard.geojson"
    with pytest.raises(ConfigError, match="the installed sites are: hall, yard"):
        find_site("garden")


def test_data_dir_is_of_the_namespace(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert parse_options(namespace="north/hall", site=site).data_dir == default_data_dir(
        "/north/hall"
    )
    assert default_data_dir("/north/hall") == Path("/state/muster/north_hall")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"site": "/no/such.yaml"}, ["/no/such.yaml", "small_warehouse"]),
        ({"robots": 0}, ["robots is 0", f"from 1 to {ROBOTS_MAX}"]),
        ({"robots": ROBOTS_MAX + 1}, [str(ROBOTS_MAX + 1), f"from 1 to {ROBOTS_MAX}"]),
        ({"robots": "many"}, ["'many'", "a whole number"]),
        ({"robots": 2, "robot_names": "anna"}, ["2", "'anna'", "one of the two"]),
        ({"robot_names": "anna,anna"}, ["'anna' twice"]),
        ({"robot_names": "an-na"}, ["'an-na'", "robot_1"]),
        ({"robot_names": "anna,,bert"}, ["''", "robot_1"]),
        ({"robots_per_process": 0}, ["robots_per_process is 0"]),
        ({"speed": "fast"}, ["speed is 'fast'", "a number from"]),
        ({"speed": "nan"}, ["speed is 'nan'"]),
        ({"kafka": "localhost"}, ["'localhost'", "host:port"]),
        ({"kafka": "localhost:99999"}, ["'localhost:99999'", "host:port"]),
        ({"namespace": "/a b"}, ["'/a b'", "/muster"]),
        ({"standby": "maybe"}, ["standby is 'maybe'", "true or false"]),
        ({"traffic": "some"}, ["traffic is 'some'", "true or false"]),
        ({"params_file": "/no/such.yaml"}, ["params_file '/no/such.yaml'"]),
    ],
)
def test_what_cannot_be_used_is_named_in_one_sentence(
    site: str, given: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(**{"site": site, **given})  # type: ignore[arg-type]
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_kafka_servers_are_kept(site: str) -> None:
    assert parse_options(kafka="a:9092, [::1]:9093", site=site).kafka == "a:9092,[::1]:9093"
