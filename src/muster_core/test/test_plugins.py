"""What is configured and cannot be loaded is an error that lists the choices (I10)."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint

import pytest

from muster_core import plugins
from muster_core.errors import PluginError
from muster_core.plugins import load_plugin, plugin_names
from muster_core.policy.loader import load_policy

GROUP = "muster.fakes"
MODULE = "fake_plugins"


class Good:
    api_version = 1


class Old:
    api_version = 0


def not_a_class() -> None:
    pass


class Needy:
    api_version = 1

    def __init__(self, something: int) -> None:
        pass


class Mute:
    api_version = 1
    name = "mute"
    version = "1"


POINTS = {
    "good": f"{MODULE}:Good",
    "old": f"{MODULE}:Old",
    "function": f"{MODULE}:not_a_class",
    "gone": "muster_core.no_such_module:Gone",
    "misspelt": f"{MODULE}:Goood",
    "needy": f"{MODULE}:Needy",
    "mute": f"{MODULE}:Mute",
}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """The entry points that exist; tests may add to them."""
    monkeypatch.setitem(sys.modules, MODULE, _module())
    points = [EntryPoint(name, value, GROUP) for name, value in POINTS.items()]
    points += [EntryPoint(name, POINTS[name], plugins.POLICY_GROUP) for name in ("needy", "mute")]

    def entry_points(*, group: str) -> list[EntryPoint]:
        return [point for point in points if point.group == group]

    monkeypatch.setattr(plugins, "entry_points", entry_points)
    return points


def _module() -> types.ModuleType:
    module = types.ModuleType(MODULE)
    for part in (Good, Old, not_a_class, Needy, Mute):
        setattr(module, part.__name__, part)
    return module


def refused(name: str) -> str:
    with pytest.raises(PluginError) as caught:
        load_plugin(GROUP, name, api_version=1)
    return str(caught.value)


def test_plugin_is_loaded_by_name() -> None:
    assert load_plugin(GROUP, "good", api_version=1).__name__ == "Good"


def test_unknown_name_lists_the_choices() -> None:
    message = refused("goood")
    assert "'goood'" in message
    assert all(name in message for name in POINTS)


def test_group_without_plugins_says_so() -> None:
    with pytest.raises(PluginError, match="none: no package registers any"):
        load_plugin("muster.nothing", "good", api_version=1)


def test_other_version_of_the_interface_names_both_and_the_choices() -> None:
    message = refused("old")
    assert "interface version 0" in message
    assert "has version 1" in message
    assert ", ".join(sorted(POINTS)) in message


@pytest.mark.parametrize(
    ("name", "error"), [("gone", "ModuleNotFoundError"), ("misspelt", "AttributeError")]
)
def test_plugin_that_cannot_be_imported_tells_why_and_the_choices(name: str, error: str) -> None:
    message = refused(name)
    assert error in message
    assert POINTS[name] in message
    assert ", ".join(sorted(POINTS)) in message


def test_plugin_that_is_no_class_is_refused() -> None:
    assert "is not a class" in refused("function")


def test_two_packages_with_one_name_are_told_apart_by_neither(
    registered: list[EntryPoint],
) -> None:
    registered.append(EntryPoint("good", f"{MODULE}:Old", GROUP))
    message = refused("good")
    assert "more than once" in message
    assert f"{MODULE}:Good" in message
    assert f"{MODULE}:Old" in message


def test_one_package_found_twice_on_the_path_is_one(registered: list[EntryPoint]) -> None:
    registered.append(EntryPoint("good", POINTS["good"], GROUP))
    assert load_plugin(GROUP, "good", api_version=1).__name__ == "Good"
    assert plugin_names(GROUP) == tuple(sorted(POINTS))


def test_policy_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(PluginError, match=r"'needy' cannot be made: TypeError"):
        load_policy("needy")


def test_policy_that_lacks_its_questions_is_refused() -> None:
    with pytest.raises(PluginError, match="lacks kinds, plan, decide"):
        load_policy("mute")
