from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from muster_bringup.bring_up import AFTER, Answer, BringUp, NodeState, Request, Verb
from muster_bringup.config import SupervisorConfig
from muster_core.errors import ConfigError

POLICY, SCHEDULER, ROBOT_1, ROBOT_2 = "/m/policy", "/m/scheduler", "/m/robot_1", "/m/robot_2"
NODES = (f"1:{POLICY}", f"2:{SCHEDULER}", f"3:{ROBOT_1}", f"3:{ROBOT_2}")
TICK_S = 0.05


class World:
    """Nodes that answer at once, and a clock that goes on when told."""

    def __init__(self, *nodes: str, **settings: float) -> None:
        config = SupervisorConfig(managed_nodes=list(nodes or NODES), **settings)  # type: ignore[arg-type]
        self.now_s = 100.0
        self.bring_up = BringUp(config, self.now_s)
        self.states = dict.fromkeys(self.bring_up.nodes, NodeState.UNCONFIGURED)
        self.failing: set[tuple[str, Verb]] = set()
        self.mute: set[str] = set()
        self.transitions: list[tuple[str, Verb]] = []
        self.times_s: list[float] = []

    def tick(self) -> list[Request]:
        requests = self.bring_up.requests(self.now_s)
        for request in requests:
            if request.node not in self.mute:
                self.answer(request)
        self.now_s += TICK_S
        return requests

    def answer(self, request: Request) -> None:
        if request.verb is Verb.GET_STATE:
            self.bring_up.on_state(request, self.states[request.node], self.now_s)
            return
        self.transitions.append((request.node, request.verb))
        self.times_s.append(self.now_s)
        if (request.node, request.verb) in self.failing:
            self.bring_up.on_transition(request, Answer.FAILED, self.now_s)
            return
        self.states[request.node] = AFTER[request.verb]
        self.bring_up.on_transition(request, Answer.DONE, self.now_s)

    def run(self, duration_s: float) -> None:
        for _ in range(int(duration_s / TICK_S)):
            self.tick()

    def run_until(self, is_true: Callable[[], bool]) -> None:
        for _ in range(10_000):
            if is_true():
                return
            self.tick()
        raise AssertionError("it never came true")

    def active(self) -> World:
        self.run_until(lambda: self.bring_up.report().is_active)
        return self


def test_stages_go_up_in_order_and_robots_side_by_side() -> None:
    world = World().active()
    order = [node for node, _ in world.transitions]
    assert world.transitions[:4] == [
        (POLICY, Verb.CONFIGURE),
        (POLICY, Verb.ACTIVATE),
        (SCHEDULER, Verb.CONFIGURE),
        (SCHEDULER, Verb.ACTIVATE),
    ]
    assert order[4:] == [ROBOT_1, ROBOT_2, ROBOT_1, ROBOT_2]


def test_nodes_that_are_active_already_are_left_alone() -> None:
    world = World()
    world.states = dict.fromkeys(world.states, NodeState.ACTIVE)
    world.active().run(5)
    assert world.transitions == []


def test_supervisor_that_began_anew_brings_back_a_node_though_an_earlier_stage_is_down() -> None:
    world = World()
    world.states = dict.fromkeys(world.states, NodeState.ACTIVE)
    world.states[SCHEDULER] = NodeState.ABSENT
    world.states[ROBOT_1] = NodeState.UNCONFIGURED
    world.run(2)
    assert world.transitions == [(ROBOT_1, Verb.CONFIGURE), (ROBOT_1, Verb.ACTIVATE)]


def test_failing_configure_is_tried_again_ever_more_seldom() -> None:
    world = World(retry_s_min=1.0, retry_s_max=4.0)
    world.failing.add((POLICY, Verb.CONFIGURE))
    world.run(20)
    tries_s = [
        at_s
        for at_s, (node, _) in zip(world.times_s, world.transitions, strict=True)
        if node == POLICY
    ]
    pauses_s = [after - before for before, after in pairwise(tries_s)]
    assert pauses_s[:5] == pytest.approx([1, 2, 4, 4, 4], abs=2 * TICK_S)


def test_node_that_fails_once_does_not_hold_up_the_later_stages() -> None:
    world = World()
    world.failing.add((POLICY, Verb.CONFIGURE))
    world.run(2)
    report = world.bring_up.report()
    assert set(report.problems) == {POLICY}
    assert (report.active, report.managed) == (3, 4)


def test_reason_of_a_failure_is_reported_in_words_until_the_node_is_active() -> None:
    world = World(retry_s_max=1.0)
    world.failing.add((POLICY, Verb.CONFIGURE))
    world.run(1)
    assert world.bring_up.report().problems[POLICY] == "unconfigured: configure failed"
    world.bring_up.on_reason(POLICY, "configure failed: there is no policy 'x'")
    world.run(3)
    assert (
        world.bring_up.report().problems[POLICY]
        == "unconfigured: configure failed: there is no policy 'x'"
    )
    world.failing.clear()
    world.active()
    world.states[POLICY] = NodeState.ABSENT
    world.run_until(lambda: not world.bring_up.report().is_active)
    assert world.bring_up.report().problems == {POLICY: "not running"}


def test_missing_node_holds_up_the_later_stages_no_longer_than_the_bound() -> None:
    world = World(stage_timeout_s=5.0)
    world.states[POLICY] = NodeState.ABSENT
    world.run(4)
    assert world.transitions == []
    world.run(2)
    assert world.bring_up.report().problems == {POLICY: "not running"}


def test_node_that_began_anew_is_brought_back_and_counted() -> None:
    world = World().active()
    world.transitions.clear()
    world.states[ROBOT_1] = NodeState.ABSENT
    world.run(3)
    assert world.bring_up.report().problems == {ROBOT_1: "not running"}
    world.states[ROBOT_1] = NodeState.UNCONFIGURED
    world.active()
    assert world.transitions == [(ROBOT_1, Verb.CONFIGURE), (ROBOT_1, Verb.ACTIVATE)]
    assert world.bring_up.report().restarts == 1


def test_restart_is_brought_back_while_another_node_is_missing() -> None:
    world = World().active()
    world.states[POLICY] = NodeState.ABSENT
    world.states[SCHEDULER] = NodeState.UNCONFIGURED
    world.run(5)
    assert world.bring_up.report().problems == {POLICY: "not running"}


def test_silent_node_is_reported_and_asked_again() -> None:
    world = World(answer_timeout_s=1.0).active()
    world.mute.add(ROBOT_2)
    world.run(4)
    assert world.bring_up.report().problems == {ROBOT_2: "not answering"}
    world.mute.clear()
    world.active()


def test_answer_after_its_deadline_changes_nothing() -> None:
    world = World(answer_timeout_s=1.0)
    world.mute.update(world.states)
    late = next(request for request in world.tick() if request.node == POLICY)
    world.run(2)
    world.bring_up.on_state(late, NodeState.ACTIVE, world.now_s)
    assert world.bring_up.report().problems[POLICY] == "not answering"


def test_transition_without_an_answer_is_tried_again_later() -> None:
    world = World(f"1:{POLICY}", transition_timeout_s=2.0, retry_s_min=1.0)
    world.run_until(lambda: _is_known(world))
    world.mute.add(POLICY)
    world.run(7)
    assert "configure was not answered" in world.bring_up.report().problems[POLICY]
    world.mute.clear()
    world.active()


def test_transition_whose_answer_was_lost_is_seen_in_the_state() -> None:
    world = World(f"1:{POLICY}", answer_timeout_s=1.0, transition_timeout_s=30.0)
    world.run_until(lambda: _is_known(world))
    world.mute.add(POLICY)
    (configure,) = world.tick()
    assert configure.verb is Verb.CONFIGURE
    world.states[POLICY] = NodeState.INACTIVE
    world.mute.clear()
    world.active()
    assert world.transitions == [(POLICY, Verb.ACTIVATE)]
    assert world.bring_up.report().problems == {}


def test_transition_that_takes_long_is_not_begun_again() -> None:
    world = World(f"1:{POLICY}", answer_timeout_s=1.0, transition_timeout_s=30.0)
    world.run_until(lambda: _is_known(world))
    world.mute.add(POLICY)
    asked = [request for _ in range(500) for request in world.tick()]
    assert [request.verb for request in asked].count(Verb.CONFIGURE) == 1
    assert world.bring_up.report().problems == {POLICY: "in transition"}


def _is_known(world: World) -> bool:
    return world.bring_up.report().problems[POLICY] == "unconfigured"


def test_requests_in_flight_are_bounded_with_a_hundred_nodes() -> None:
    nodes = [f"1:/m/robot_{index}/agent" for index in range(100)]
    world = World(*nodes, requests_in_flight_max=8)
    world.mute.update(world.states)
    waiting = 0
    for _ in range(5):
        waiting += len(world.tick())
    assert waiting == 8
    world.mute.clear()
    world.active()
    assert len(world.transitions) == 200


def test_going_down_is_the_reverse_of_going_up() -> None:
    world = World().active()
    world.transitions.clear()
    world.bring_up.go_down(world.now_s)
    world.run_until(lambda: world.bring_up.is_down(world.now_s))
    nodes = [node for node, _ in world.transitions]
    assert set(nodes[:4]) == {ROBOT_1, ROBOT_2}
    assert world.transitions[4:] == [
        (SCHEDULER, Verb.DEACTIVATE),
        (SCHEDULER, Verb.CLEANUP),
        (POLICY, Verb.DEACTIVATE),
        (POLICY, Verb.CLEANUP),
    ]
    assert set(world.states.values()) == {NodeState.UNCONFIGURED}


def test_node_that_cannot_be_deactivated_does_not_keep_the_others_up() -> None:
    world = World().active()
    world.failing.add((ROBOT_1, Verb.DEACTIVATE))
    world.states[ROBOT_2] = NodeState.ABSENT
    world.bring_up.go_down(world.now_s)
    world.run_until(lambda: world.bring_up.is_down(world.now_s))
    assert world.states[POLICY] is NodeState.UNCONFIGURED
    assert world.transitions.count((ROBOT_1, Verb.DEACTIVATE)) == 1


def test_going_down_is_over_at_its_bound_when_nobody_answers() -> None:
    world = World(down_timeout_s=3.0).active()
    world.mute.update(world.states)
    began_s = world.now_s
    world.bring_up.go_down(began_s)
    world.run_until(lambda: world.bring_up.is_down(world.now_s))
    assert world.now_s - began_s == pytest.approx(3.0, abs=2 * TICK_S)


def test_going_down_during_bring_up_waits_for_the_transition_under_way() -> None:
    world = World()
    world.mute.add(POLICY)
    world.run_until(lambda: True)
    (asked,) = [request for request in world.tick() if request.node == POLICY]
    world.bring_up.on_state(asked, NodeState.UNCONFIGURED, world.now_s)
    (configure,) = [request for request in world.tick() if request.node == POLICY]
    assert configure.verb is Verb.CONFIGURE
    world.bring_up.go_down(world.now_s)
    assert not world.bring_up.is_down(world.now_s)
    world.mute.clear()
    world.answer(configure)
    world.run_until(lambda: world.bring_up.is_down(world.now_s))
    assert world.transitions == [(POLICY, Verb.CONFIGURE), (POLICY, Verb.CLEANUP)]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"managed_nodes": []}, "managed_nodes"),
        ({"managed_nodes": ["/m/policy"]}, "managed_nodes"),
        ({"managed_nodes": ["1:/m/a", "2:/m/a"]}, "managed_nodes"),
        ({"managed_nodes": ["1:/m/a"], "watch_period_s": 0.0}, "watch_period_s"),
        ({"managed_nodes": ["1:/m/a"], "retry_s_max": 0.5}, "retry_s_max"),
        ({"managed_nodes": ["1:/m/a"], "requests_in_flight_max": 0}, "requests_in_flight_max"),
    ],
)
def test_parameter_that_cannot_be_used_is_named(settings: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        SupervisorConfig(**settings)  # type: ignore[arg-type]
