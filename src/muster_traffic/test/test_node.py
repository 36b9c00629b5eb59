"""The traffic node with real rclpy, in one process with robots that do as they are told."""

from __future__ import annotations

import pytest
from muster_msgs import msg

from muster_core.errors import ErrorCode
from muster_ros import channels as ch
from muster_ros.testing import transition, wait_until
from muster_traffic.memory import Memory

pytestmark = pytest.mark.ros


def drive_to(bench, robot, goal):
    robot.goal = goal
    wait_until(lambda: robot.stretch.vertex == goal, f"{robot.robot_id} gets to {goal}")


def test_robot_is_led_to_its_goal_and_two_swap_at_the_passing_place(bench):
    bench.active_traffic()
    first, second = bench.robot("robot_1", "a"), bench.robot("robot_2", "d")
    first.goal, second.goal = "d", "a"
    wait_until(lambda: (first.stretch.vertex, second.stretch.vertex) == ("d", "a"), "the two swap")
    told = bench.ask()
    assert told.open and [robot.robot_id for robot in told.robots] == ["robot_1", "robot_2"]
    assert told.epoch == first.stretch.epoch == first.rolls[-1].epoch


def test_nothing_is_released_before_all_robots_of_the_fleet_are_heard(bench):
    bench.active_traffic(robots=["robot_1", "robot_2"])
    robot = bench.robot("robot_1", "a")
    robot.goal = "d"
    wait_until(lambda: len(robot.rolls) > 5, "the roll is called again and again")
    told = bench.ask()
    assert not told.open and told.unheard == ["robot_2"] and "waits to hear" in told.message
    assert not robot.releases
    bench.robot("robot_2", "p")
    wait_until(lambda: robot.stretch.vertex == "d", "robot_1 drives")


def test_traffic_that_begins_anew_has_a_greater_epoch_and_remembers_who_holds_what(bench):
    node = bench.active_traffic()
    robot, silent = bench.robot("robot_1", "a"), bench.robot("robot_2", "d")
    drive_to(bench, robot, "b")
    wait_until(lambda: bench.held("robot_2") == ["d"], "robot_2 is known")
    before = bench.ask().epoch
    bench.end(node)
    silent.is_mute = True
    bench.active_traffic(hearing_s_max=2.0)
    wait_until(lambda: bench.ask().epoch > before, "another epoch has begun")
    wait_until(lambda: bench.ask().open, "the wait for robot_2 is over")
    assert bench.held("robot_2") == ["d"]
    assert "has not said where it is" in bench.troubles("robot_2")[0]
    drive_to(bench, robot, "c")
    silent.is_mute = False
    wait_until(lambda: not bench.troubles("robot_2"), "robot_2 is heard, so all is well")
    robot.goal, silent.goal = "d", "a"
    wait_until(lambda: robot.stretch.vertex == "d", "they pass each other")


def test_remembered_robot_on_a_vertex_that_is_gone_can_be_removed(bench):
    memory = Memory(bench.directory / "traffic")
    memory.open()
    memory.keep_book({"robot_9": ("gone", "d")})
    memory.close()
    bench.active_traffic()
    answer = bench.remove("robot_9")
    assert answer.accepted and answer.freed == ["d"]


def test_robot_that_is_not_of_the_fleet_is_not_waited_for(bench):
    memory = Memory(bench.directory / "traffic")
    memory.open()
    memory.keep_book({"robot_9": ("d",)})
    memory.close()
    bench.active_traffic(robots=["robot_1"])
    robot = bench.robot("robot_1", "a")
    drive_to(bench, robot, "d")
    assert [found.robot_id for found in bench.ask().robots] == ["robot_1"]


def test_traffic_whose_files_are_lost_begins_with_an_epoch_beyond_what_agents_know(bench):
    robot = bench.robot("robot_1", "a")
    newest = 1 << 60  # as if a clock had been far ahead once
    robot.stretch.call_roll(newest)
    node = bench.active_traffic()
    wait_until(lambda: robot.stretch.epoch > newest, "the robot hears a newer epoch")
    drive_to(bench, robot, "d")
    assert bench.ask().epoch == newest + 1
    assert node.diagnose()["starts"] == "2"


def test_of_two_traffics_the_one_with_the_older_epoch_gives_up_until_the_other_is_gone(bench):
    robot = bench.robot("robot_1", "a")
    older = bench.active_traffic("traffic_1")
    drive_to(bench, robot, "b")
    newer = bench.active_traffic("traffic_2")
    wait_until(lambda: older.diagnose()["standing"] == "stands by", "the older gives up")
    assert "/test/traffic_2 on" in older.warning()
    drive_to(bench, robot, "c")
    assert robot.stretch.epoch == int(newer.diagnose()["epoch"])
    bench.end(newer)
    wait_until(lambda: older.diagnose()["standing"] == "decides", "it decides again")
    drive_to(bench, robot, "d")
    assert int(older.diagnose()["epoch"]) > int(robot.rolls[0].epoch)


def test_person_has_a_silent_robot_removed_and_its_vertices_are_free(bench):
    bench.active_traffic()
    robot, dead = bench.robot("robot_1", "a"), bench.robot("robot_2", "d")
    drive_to(bench, robot, "b")
    answer = bench.remove("robot_2")
    assert not answer.accepted and answer.error_code == ErrorCode.ROBOT_BUSY
    assert "end its agent" in answer.message
    dead.is_mute = True
    wait_until(lambda: "is silent" in "".join(bench.troubles("robot_2")), "it is missed")
    answer = bench.remove("robot_2")
    assert answer.accepted and answer.freed == ["d"]
    drive_to(bench, robot, "d")


def test_unknown_robot_cannot_be_removed_and_the_known_ones_are_told(bench):
    bench.active_traffic()
    bench.robot("robot_1", "a")
    wait_until(lambda: bench.held("robot_1"), "robot_1 is known")
    answer = bench.remove("robot_7")
    assert answer.error_code == ErrorCode.UNKNOWN_ROBOT
    assert "knows no robot 'robot_7'; those that it knows: robot_1" in answer.message


def test_trouble_is_in_diagnostics_and_over_when_it_is_over(bench):
    node = bench.active_traffic()
    robot = bench.robot("robot_1", "a")
    wait_until(lambda: bench.held("robot_1"), "robot_1 is known")
    robot.is_mute = True
    wait_until(lambda: "robot_1 is silent" in node.warning(), "diagnostics warn of it")
    assert node.diagnose()["robots_in_trouble"] == "robot_1"
    robot.is_mute = False
    wait_until(lambda: not node.warning(), "the warning is taken back")


def test_report_that_cannot_be_used_is_told_once_and_the_next_good_one_ends_it(bench):
    node = bench.active_traffic()
    robot = bench.robot("robot_1", "a")
    robot.is_mute = True
    for number in (1, 2, 3):
        robot.reports.publish(
            msg.TrafficReport(robot_id="robot_1", session=1, number=number, held=["nowhere"])
        )
    wait_until(lambda: "neither a vertex" in node.warning(), "it is told")
    robot.is_mute = False
    wait_until(lambda: not node.warning(), "a good report ends it")


def test_epoch_that_nobody_can_have_and_names_that_ros_cannot_are_counted_and_dropped(bench):
    node = bench.active_traffic()
    robot = bench.robot("robot_1", "a")
    wait_until(lambda: bench.held("robot_1"), "robot_1 is known")
    epoch = node.diagnose()["epoch"]
    robot.reports.publish(
        msg.TrafficReport(robot_id="robot_1", session=9, number=1, epoch=2**64 - 1, held=["d"])
    )
    robot.reports.publish(msg.TrafficReport(robot_id="no name", session=1, number=1, held=["d"]))
    wait_until(lambda: node.diagnose()["epochs_unbelieved"] == "1", "the epoch is counted")
    wait_until(lambda: node.diagnose()["strangers"] == "1", "the name is counted")
    assert bench.held("robot_1") == ["a"] and node.diagnose()["epoch"] == epoch


def test_book_that_cannot_be_written_is_told_and_robots_go_on(bench, monkeypatch):
    node = bench.active_traffic()
    robot = bench.robot("robot_1", "a")
    drive_to(bench, robot, "b")
    (bench.directory / "traffic" / "traffic.book.new").mkdir()
    drive_to(bench, robot, "d")
    assert "traffic.book cannot be written" in node.warning()
    (bench.directory / "traffic" / "traffic.book.new").rmdir()
    drive_to(bench, robot, "a")
    wait_until(lambda: not node.warning(), "it is written again")


def test_inactive_traffic_says_so(bench):
    node = bench.traffic()
    assert node.trigger_configure().name == "SUCCESS"
    assert "not active" in bench.ask().message
    answer = bench.remove("robot_1")
    assert answer.error_code == ErrorCode.TRAFFIC_NOT_ACTIVE and "not active" in answer.message


def test_traffic_is_activated_again_under_a_newer_epoch(bench):
    node = bench.active_traffic()
    robot = bench.robot("robot_1", "a")
    drive_to(bench, robot, "b")
    before = bench.ask().epoch
    assert transition(node, "deactivate").name == "SUCCESS"
    assert transition(node, "activate").name == "SUCCESS"
    drive_to(bench, robot, "d")
    assert bench.ask().epoch > before


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"stretch_vertices": 3}, "did you mean 'stretch_vertices_max'"),
        ({"tick_s": 5.0}, "tick_s is 5.0; it must be 0.01 to repeat_s / 2"),
        ({"site": "/nowhere/site.yaml"}, "/nowhere/site.yaml"),
        ({"site": ""}, "site is ''; it must be the path of a site file"),
        ({"data_dir": "/proc/traffic"}, "data_dir is '/proc/traffic'"),
        ({"robots": ["robot 1"]}, "robots is ['robot 1']"),
    ],
)
def test_what_cannot_be_used_fails_configure_with_the_key(bench, parameters, words):
    node = bench.traffic(**parameters)
    assert node.trigger_configure().name == "FAILURE"
    assert words in node.problem


def test_second_traffic_cannot_use_the_same_files(bench):
    bench.active_traffic()
    second = bench.traffic("traffic_2", data_dir=str(bench.directory / "traffic"))
    assert second.trigger_configure().name == "FAILURE"
    assert "in use by another traffic" in second.problem


def test_damaged_files_are_named_with_the_remedy(bench):
    directory = bench.directory / "traffic"
    directory.mkdir()
    (directory / "traffic.book").write_text("{")
    (directory / "traffic.epoch").write_text("{")
    (directory / "traffic.zones").write_text("{")
    node = bench.traffic()
    assert node.trigger_configure().name == "FAILURE", "a closed zone must not open by itself"
    assert "traffic.zones cannot be read" in node.problem and "remove it" in node.problem
    (directory / "traffic.zones").unlink()
    assert node.trigger_configure().name == "SUCCESS"
    assert transition(node, "activate").name == "SUCCESS"
    drive_to(bench, bench.robot("robot_1", "a"), "d")


def test_release_channel_is_the_robots_own():
    assert ch.RELEASES.path("/muster", "robot_1") == "/muster/robot_1/releases"
