"""Claims about the channel table."""

from __future__ import annotations

import pytest

from muster_ros.channels import CHANNELS, EXECUTE_TASK, SUBMIT_ORDER


def test_every_channel_has_one_name() -> None:
    names = [channel.name for channel in CHANNELS]
    assert len(names) == len(set(names))


def test_fleet_channels_are_in_the_fleets_namespace() -> None:
    assert SUBMIT_ORDER.path("/muster") == "/muster/submit_order"


def test_robot_channels_are_below_the_robot() -> None:
    assert EXECUTE_TASK.path("/muster", "robot_1") == "/muster/robot_1/execute_task"
    with pytest.raises(AssertionError, match="needs a robot"):
        EXECUTE_TASK.path("/muster")
