"""A process's ROS arguments and its parameter file: what ``launch`` and ``up`` both pass on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from muster_bringup.topology import Process


def ros_arguments(process: Process, *, directory: Path, params_file: Path | None) -> list[str]:
    """The arguments that follow ``--ros-args``; the files that they name are written.

    Of several parameter files the later has the last word: first the installed one, then what the
    options say, then the one that a person gave.

    :param directory: where files of this start are written.
    :param params_file: the person's; None = none.
    """
    arguments: list[str] = []
    for rule in process.remappings:
        arguments += ["-r", rule]
    own_file = write_parameters(process, directory)
    for file in (process.config_file, own_file, params_file):
        if file is None:
            continue
        if process.stands_in_for and file != own_file:
            arguments += ["--params-file", str(_write_stand_in(process, file, directory))]
        arguments += ["--params-file", str(file)]
    return arguments


def _write_stand_in(process: Process, file: Path, directory: Path) -> Path:
    """What ``file`` says to the node that the process stands in for, said to the process's own."""
    (node,) = process.nodes
    names = {process.stands_in_for: node.rpartition("/")[2]}
    path = directory / f"{process.name}.{file.stem}.yaml"
    tree = _said_to(yaml.safe_load(file.read_text(encoding="utf-8")), names)
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return path


def _said_to(tree: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """The entries of a parameter file for nodes in ``names``, for those that they stand for."""
    said: dict[str, Any] = {}
    for key, content in tree.items() if isinstance(tree, dict) else ():
        namespace, slash, name = str(key).rpartition("/")
        if not isinstance(content, dict):
            continue
        if "ros__parameters" not in content:
            said[key] = _said_to(content, names)  # a namespace with nodes below it
        elif name in names:
            said[f"{namespace}{slash}{names[name]}"] = content
    return {key: content for key, content in said.items() if content}


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
