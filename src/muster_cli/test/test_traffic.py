"""Claims about `muster traffic`, `muster zone` and `muster site change`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import rclpy
from muster_msgs import msg, srv
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor

from muster_core.errors import ErrorCode
from muster_ros import channels

pytestmark = pytest.mark.ros

FLEET = "/muster_cli_test"


class FakeTraffic:
    """Serves what persons ask of traffic, and keeps what they asked."""

    def __init__(self, fleet: str) -> None:
        self.told = srv.GetTraffic.Response(epoch=7, open=True)
        self.answer: Any = None
        self.asked: list[Any] = []
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("traffic", namespace=fleet, context=self._context)
        for channel in (
            channels.GET_TRAFFIC,
            channels.REMOVE_ROBOT,
            channels.SET_ZONE,
            channels.CHANGE_SITE,
        ):
            self._node.create_service(
                channel.type, channel.path(fleet), self._on_request, qos_profile=channel.qos
            )
        path = channels.ZONES.path(fleet)
        self.zones = self._node.create_publisher(channels.ZONES.type, path, channels.ZONES.qos)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def _on_request(self, request: Any, response: Any) -> Any:
        self.asked.append(request)
        return self.told if isinstance(response, srv.GetTraffic.Response) else self.answer

    def close(self) -> None:
        self._executor.shutdown(timeout_sec=2.0)
        self._thread.join(5.0)
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)


@pytest.fixture
def traffic() -> Iterator[FakeTraffic]:
    made = FakeTraffic(FLEET)
    yield made
    made.close()


def robot(**fields: Any) -> msg.RobotTraffic:
    values = {"robot_id": "robot_1", "held": ["a", "b"], "at": "a", "goal": "d", "wants": "c"}
    return msg.RobotTraffic(**{**values, **fields})


def test_traffic_shows_what_robots_hold_want_and_wait_for(run: Any, traffic: FakeTraffic) -> None:
    traffic.told.robots = [robot(blockers=["robot_2"], troubles=["robot_1 is silent"])]
    answer = run("traffic")
    assert answer.code == 0
    for words in ("robot_1", "movable", "a b", "c (robot_2)", "robot_1 is silent"):
        assert words in answer.out
    record = run("traffic", "--json").json()
    assert record["robots"][0]["blockers"] == ["robot_2"] and record["epoch"] == 7


def test_traffic_says_why_nobody_drives(run: Any, traffic: FakeTraffic) -> None:
    traffic.told = srv.GetTraffic.Response(
        epoch=7, message="it waits to hear the robots that it knows of", unheard=["robot_2"]
    )
    assert "nobody drives: it waits to hear the robots that it knows of: robot_2" in (
        run("traffic").out
    )


def test_robot_is_removed_by_name_with_the_reason(run: Any, traffic: FakeTraffic) -> None:
    traffic.answer = srv.RemoveRobot.Response(accepted=True, freed=["a", "b"])
    answer = run("traffic", "remove", "robot_1", "--reason", "towed away")
    assert answer.out == "robot_1: removed; free again: a, b\n"
    assert (traffic.asked[-1].robot_id, traffic.asked[-1].reason) == ("robot_1", "towed away")
    traffic.answer = srv.RemoveRobot.Response(
        error_code=int(ErrorCode.UNKNOWN_ROBOT), message="traffic knows no robot 'x'"
    )
    answer = run("traffic", "remove", "x")
    assert (answer.code, answer.out) == (
        1,
        "x: refused: traffic knows no robot 'x' [unknown_robot]\n",
    )


def test_zone_set_sends_what_was_given_and_nothing_else(run: Any, traffic: FakeTraffic) -> None:
    zone = msg.Zone(name="aisle", vertices=["b"], closed=True, speed_mps_max=0.5, one_way_deg=90.0)
    traffic.answer = srv.SetZone.Response(accepted=True, number=3, zone=zone)
    answer = run("zone", "set", "aisle", "--closed", "--one-way", "north", "--speed", "0.5")
    assert answer.out == "aisle: closed, 0.5 m/s, one way north\n"
    request = traffic.asked[-1]
    assert sorted(request.fields) == ["closed", "one_way_deg", "speed_mps_max"]
    assert (request.zone.closed, request.zone.one_way_deg) == (True, 90.0)
    run("zone", "set", "aisle", "--open", "--robots", "any")
    request = traffic.asked[-1]
    assert sorted(request.fields) == ["closed", "robots_max"]
    assert (request.zone.closed, request.zone.robots_max) == (False, -1)


def test_zone_is_reset_and_one_that_the_file_does_not_have_is_gone(
    run: Any, traffic: FakeTraffic
) -> None:
    traffic.answer = srv.SetZone.Response(accepted=True, zone=msg.Zone(name="spill"))
    assert run("zone", "reset", "spill").out == "spill: gone\n"
    assert traffic.asked[-1].reset


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to change"),
        (("--robots", "two"), "--robots is 'two'; give a number, or 'any'"),
        (("--speed", "0"), "--speed is '0'; for no limit say 'any'"),
        (("--one-way", "up"), "--one-way is 'up'"),
    ],
)
def test_zone_that_was_typed_wrong_is_a_usage_error(run: Any, arguments: Any, words: str) -> None:
    answer = run("zone", "set", "aisle", *arguments)
    assert answer.code == 2 and words in answer.err


def test_zones_in_force_are_shown(run: Any, traffic: FakeTraffic) -> None:
    zones = [
        msg.Zone(name="aisle", vertices=["b"], robots_max=2, changed=True),
        msg.Zone(name="dock", vertices=["c"]),
    ]
    traffic.zones.publish(msg.Zones(epoch=7, number=4, zones=zones))
    answer = run("zone")
    assert "robots at once: 2" in answer.out and "set by a person" in answer.out
    record = run("zone", "--json").json()
    assert record["number"] == 4 and record["zones"][1]["robots_max"] is None


def test_site_change_tells_what_does_not_fit(run: Any, traffic: FakeTraffic) -> None:
    traffic.answer = srv.ChangeSite.Response(
        accepted=True,
        site_digest_before="1" * 64,
        site_digest="2" * 64,
        zones_dropped=["spill"],
        robots_astray=["robot_3"],
    )
    answer = run("site", "change", "--digest", "2" * 64)
    assert answer.code == 0 and traffic.asked[-1].site_digest == "2" * 64
    assert "spill" in answer.out and "stopped: robot_3" in answer.out


def test_nobody_there_is_told_with_the_noun(run: Any) -> None:
    answer = run("traffic")
    assert answer.code == 3 and "no traffic answers in namespace" in answer.err
