"""Claims about parameters becoming configuration."""

from __future__ import annotations

import array

import pytest

from muster_core.config import Config
from muster_core.errors import ConfigError
from muster_ros.parameters import parse_config


class Inner(Config, frozen=True, kw_only=True):
    depth: int = 3


class Outer(Config, frozen=True, kw_only=True):
    speed_mps: float = 1.0
    names: tuple[str, ...] = ()
    inner: Inner = Inner()

    def validate(self) -> None:
        self.require(self.speed_mps > 0, "speed_mps", "greater than 0")


def parse(**values: object) -> Outer:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return parse_config(named, Outer, owner="/muster/test")


def test_defaults_live_in_the_type() -> None:
    assert parse() == Outer()


def test_names_with_dots_reach_the_nested_type() -> None:
    assert parse(inner__depth=5).inner.depth == 5


def test_whole_number_is_taken_where_a_float_is_wanted() -> None:
    assert parse(speed_mps=2).speed_mps == 2.0


def test_lists_as_ros_gives_them_are_taken() -> None:
    assert parse(names=["a", "b"]).names == ("a", "b")
    with pytest.raises(ConfigError, match="names"):
        parse(names=array.array("d", [1.0]))


@pytest.mark.parametrize("name", ["spede_mps", "inner.dept", "nonsense"])
def test_unknown_key_is_named_with_what_is_known(name: str) -> None:
    with pytest.raises(
        ConfigError, match=f"/muster/test has no parameter '{name}'; .*(mean|known)"
    ):
        parse_config({name: 1}, Outer, owner="/muster/test")


def test_near_miss_is_told() -> None:
    with pytest.raises(ConfigError, match="did you mean 'speed_mps'"):
        parse(spede_mps=1.0)


@pytest.mark.parametrize(
    ("name", "value"), [("speed_mps", "fast"), ("inner.depth", 1.5), ("names", "a")]
)
def test_wrong_type_is_named_with_key_and_value(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"parameter '{name}' is {value!r}: expected"):
        parse_config({name: value}, Outer, owner="/muster/test")


def test_value_out_of_range_says_what_is_allowed() -> None:
    with pytest.raises(ConfigError, match=r"speed_mps is -1\.0; it must be greater than 0"):
        parse(speed_mps=-1.0)


def test_parameters_of_rclpy_itself_are_left_alone() -> None:
    values = {"use_sim_time": False, "start_type_description_service": True}
    assert parse_config(values, Outer, owner="/muster/test") == Outer()
