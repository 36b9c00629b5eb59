"""Drivers are loaded by name, and refused where the fleet cannot use them."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from muster_core.driver.loader import load_driver
from muster_core.errors import PluginError
from muster_core.plugins import DRIVER_GROUP
from muster_core.testing.driver import FakeDriver


class OldDriver(FakeDriver):
    """Written before there was traffic."""

    api_version = 1


class NewDriver(FakeDriver):
    """Written for a Muster that is yet to come."""

    api_version = 99


@pytest.fixture(autouse=True)
def register(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint(name, f"{__name__}:{found.__name__}", DRIVER_GROUP)
        for name, found in {"fake": FakeDriver, "old": OldDriver, "new": NewDriver}.items()
    ]
    monkeypatch.setattr("muster_core.plugins.entry_points", lambda group: points)


def test_driver_of_the_present_version_serves_every_fleet() -> None:
    assert load_driver("fake", traffic=True) is load_driver("fake", traffic=False)


def test_driver_that_finds_its_own_way_serves_fleets_without_traffic_only() -> None:
    assert load_driver("old", traffic=False).api_version == 1
    with pytest.raises(PluginError, match=r"interface version 1, .* traffic leads needs version 2"):
        load_driver("old", traffic=True)


def test_driver_of_a_version_to_come_is_refused() -> None:
    with pytest.raises(PluginError, match=r"version 99, this Muster has versions 1 to 2"):
        load_driver("new", traffic=False)


def test_unknown_driver_is_refused_with_the_choices() -> None:
    with pytest.raises(PluginError, match=r"no 'none'; the choices are fake, new, old"):
        load_driver("none", traffic=False)
