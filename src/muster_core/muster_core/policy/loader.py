"""Policies by name, ready to be asked."""

from __future__ import annotations

from typing import cast

from muster_core.errors import PluginError
from muster_core.plugins import POLICY_GROUP, load_plugin
from muster_core.policy.protocol import POLICY_API_VERSION, Policy

PARTS = ("name", "version", "kinds", "plan", "decide")


def load_policy(name: str) -> Policy:
    """The policy registered as ``name``.

    :raises PluginError: when there is none, or it is not one that this Muster can use.
    """
    made = load_plugin(POLICY_GROUP, name, api_version=POLICY_API_VERSION)
    try:
        policy = made()
    except Exception as error:  # a plug-in's constructor may raise anything
        raise PluginError(
            f"{POLICY_GROUP} {name!r} cannot be made: {type(error).__name__}: {error}"
        ) from error
    lacking = [part for part in PARTS if not hasattr(policy, part)]
    if lacking:
        raise PluginError(f"{POLICY_GROUP} {name!r} is not a policy; it lacks {', '.join(lacking)}")
    return cast(Policy, policy)
