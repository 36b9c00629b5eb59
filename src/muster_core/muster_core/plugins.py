"""Plug-ins by entry point: loaded by name, checked against the version of their interface.

What is configured and cannot be loaded is an error that lists the choices (I10), never a quiet
``None``.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from muster_core.errors import PluginError

POLICY_GROUP = "muster.policies"
DRIVER_GROUP = "muster.drivers"


def plugin_names(group: str) -> tuple[str, ...]:
    """The names registered under ``group``, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=group)}))


def load_plugin(
    group: str, name: str, *, api_version: int, api_version_min: int | None = None
) -> type:
    """The class registered as ``name`` under ``group``.

    :param api_version_min: the oldest version of the interface that will do; ``api_version`` as a
        rule.
    :raises PluginError: when there is none or there are several, it cannot be imported, it is not a
        class, or it was written for another version of the interface.
    """
    point = _find(group, name)
    try:
        plugin = point.load()
    except Exception as error:  # a plug-in's import may raise anything
        raise PluginError(
            f"{group} {name!r} ({point.value}) cannot be loaded: {type(error).__name__}: {error}; "
            f"the choices are {_choices(group)}"
        ) from error
    if not isinstance(plugin, type):
        raise PluginError(
            f"{group} {name!r} ({point.value}) is not a class; the choices are {_choices(group)}"
        )
    offered = getattr(plugin, "api_version", None)
    oldest = api_version if api_version_min is None else api_version_min
    if not (isinstance(offered, int) and oldest <= offered <= api_version):
        taken = (
            f"version {api_version}"
            if oldest == api_version
            else (f"versions {oldest} to {api_version}")
        )
        raise PluginError(
            f"{group} {name!r} ({point.value}) is written for interface version {offered}, "
            f"this Muster has {taken}; the choices are {_choices(group)}"
        )
    return plugin


def _find(group: str, name: str) -> EntryPoint:
    # The same package may be found twice on the path; two different answers are a contradiction.
    found = {point.value: point for point in entry_points(group=group) if point.name == name}
    if not found:
        raise PluginError(f"{group} has no {name!r}; the choices are {_choices(group)}")
    if len(found) > 1:
        raise PluginError(
            f"{group} {name!r} is registered more than once: {', '.join(sorted(found))}"
        )
    return found.popitem()[1]


def _choices(group: str) -> str:
    return ", ".join(plugin_names(group)) or "none: no package registers any"
