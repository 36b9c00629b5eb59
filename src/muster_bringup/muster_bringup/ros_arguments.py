"""A process's ROS arguments and its parameter file: what ``launch`` and ``up`` both pass on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from muster_bringup.topology import Process


def ros_arguments(process: Process, *, own_file: Path, params_file: Path | None) -> list[str]:
    """The arguments that follow ``--ros-args``.

    Of several parameter files the later has the last word: first the installed one, then what the
    options say, then the one that a person gave.

    :param own_file: what :func:`write_parameters` wrote.
    :param params_file: the person's; None = none.
    """
    arguments: list[str] = []
    for rule in process.remappings:
        arguments += ["-r", rule]
    for file in (process.config_file, own_file, params_file):
        if file is not None:
            arguments += ["--params-file", str(file)]
    return arguments


def write_parameters(process: Process, directory: Path) -> Path:
    """Write the process's parameters to ``directory``, as ROS YAML; returns the file.

    The nodes are written as ``/**/name``: a pattern in a later file does not go before a full name
    in an earlier one, and a person may well write patterns.
    """
    path = directory / f"{process.name}.yaml"
    tree: dict[str, Any] = {}
    for node, settings in process.parameters.items():
        content = {"ros__parameters": dict(settings)}
        known = tree.setdefault(f"/**/{node.rpartition('/')[2]}", content)
        assert known == content, f"{process.name}: nodes of one name have one set of parameters"
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return path
