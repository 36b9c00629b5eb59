"""ROS parameters into one checked configuration object.

A node's parameters are the fields of its configuration type, nested ones with dots. Defaults live
in the type alone; an unknown name or a wrong type fails ``configure`` with the key's name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_origin

import msgspec
from rclpy.node import Node

from muster_core.errors import ConfigError

# Parameters that rclpy itself declares on every node.
_OF_RCLPY = re.compile(r"use_sim_time|start_type_description_service|qos_overrides\..*")

Config = TypeVar("Config", bound=msgspec.Struct)


def load_config(node: Node, config_type: type[Config]) -> Config:
    """The node's parameters as a ``config_type``, checked.

    :raises ConfigError: naming the node, the key, its value and what is allowed.
    """
    found = node.get_parameters_by_prefix("")
    values = {name: parameter.value for name, parameter in found.items()}
    return parse_config(values, config_type, owner=node.get_fully_qualified_name())


def parse_config(values: Mapping[str, Any], config_type: type[Config], *, owner: str) -> Config:
    """``values`` (names with dots) as a ``config_type``.

    :raises ConfigError: as :func:`load_config`.
    """
    tree: dict[str, Any] = {}
    for name, value in values.items():
        if _OF_RCLPY.fullmatch(name):
            continue
        _check_known(name, config_type, owner)
        *parents, leaf = name.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[leaf] = list(value) if hasattr(value, "tolist") else value
    try:
        config = msgspec.convert(tree, config_type)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(owner, tree, str(error))) from error
    return config


def _check_known(name: str, config_type: type[msgspec.Struct], owner: str) -> None:
    known = _names(config_type)
    if name in known or name.partition(".")[0] in _open_names(config_type):
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    raise ConfigError(f"{owner} has no parameter {name!r}; {hint}")


def _open_names(config_type: type[msgspec.Struct]) -> list[str]:
    """The fields that take any names below their own, to be checked by somebody else."""
    fields = msgspec.structs.fields(config_type)
    return [field.encode_name for field in fields if get_origin(field.type) is dict]


def _names(config_type: type[msgspec.Struct], prefix: str = "") -> list[str]:
    names: list[str] = []
    for field in msgspec.structs.fields(config_type):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            names.extend(_names(field.type, f"{prefix}{field.encode_name}."))
        else:
            names.append(f"{prefix}{field.encode_name}")
    return names


def _explain(owner: str, tree: dict[str, Any], message: str) -> str:
    problem, _, path = message.partition(" - at `$.")
    key = path.rstrip("`")
    value: Any = tree
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else value
    return f"{owner}: parameter {key!r} is {value!r}: {problem[:1].lower()}{problem[1:]}"
