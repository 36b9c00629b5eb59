"""Drivers by name, of a version of the interface that the fleet can use."""

from __future__ import annotations

from muster_core.driver.protocol import (
    DRIVER_API_VERSION,
    DRIVER_API_VERSION_MIN,
    WAY_API_VERSION,
    Driver,
)
from muster_core.errors import PluginError
from muster_core.plugins import DRIVER_GROUP, load_plugin


def load_driver(name: str, *, traffic: bool) -> type[Driver]:
    """The driver registered as ``name``.

    :param traffic: whether the robot drives only where traffic has it drive, which takes a
        :class:`WayDriver`.
    :raises PluginError: when there is none, it cannot be loaded, or it cannot be led by traffic.
    """
    driver_type: type[Driver] = load_plugin(
        DRIVER_GROUP,
        name,
        api_version=DRIVER_API_VERSION,
        api_version_min=DRIVER_API_VERSION_MIN,
    )
    if traffic and driver_type.api_version < WAY_API_VERSION:
        raise PluginError(
            f"{DRIVER_GROUP} {name!r} is written for interface version {driver_type.api_version}, "
            f"in which robots find their own way; one that traffic leads needs version "
            f"{WAY_API_VERSION} (drive): take another driver, or set traffic to false for all "
            f"robots of the fleet"
        )
    return driver_type
