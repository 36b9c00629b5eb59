"""The command line of the ``agent`` program."""

from __future__ import annotations

import argparse

import pytest

from muster_agent.main import fleet_namespace, robot_names


def test_robots_are_named_with_commas():
    assert robot_names("robot_1, robot_2") == ["robot_1", "robot_2"]


@pytest.mark.parametrize("text", ["", "robot-1", "1robot", "a__b", "a,a", "ü"])
def test_name_that_ros_would_not_take_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        robot_names(text)


@pytest.mark.parametrize("text", ["muster", "/", "/muster/", "/a b"])
def test_fleet_must_be_a_namespace(text):
    with pytest.raises(argparse.ArgumentTypeError):
        fleet_namespace(text)
