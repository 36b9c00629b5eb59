"""The options that commands share, spelled once."""

from __future__ import annotations

import re
from dataclasses import dataclass

import typer

from muster_cli.exits import UsageError

DEFAULT_FLEET = "/muster"
_NAMESPACE = re.compile(r"(/[A-Za-z_][A-Za-z0-9_]*)+")

JSON_OPTION = typer.Option(False, "--json", help="JSON for programs instead of a table.")


@dataclass(frozen=True, slots=True)
class Globals:
    """What stands before the command's name.

    :param fleet: the fleet's ROS namespace, as in ``/muster``.
    """

    fleet: str


def parse_fleet(text: str) -> str:
    """A ROS namespace with its leading slash.

    :raises UsageError: when it cannot be one.
    """
    fleet = "/" + text.strip("/")
    if not _NAMESPACE.fullmatch(fleet):
        raise UsageError(f"--fleet is {text!r}; it must be a ROS namespace, as in {DEFAULT_FLEET}")
    return fleet


def fleet_of(context: typer.Context) -> str:
    """The fleet that the command line names."""
    found = context.find_object(Globals)
    return found.fleet if found else DEFAULT_FLEET
