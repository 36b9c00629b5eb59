"""A robot under traffic drives what was released to it, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster_core.agent.inputs import ReleaseReceived, RollCalled, StopRequested
from muster_core.driver.protocol import StepState
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, RobotId
from muster_core.task import OutcomeResult, Step
from muster_core.testing.robot import LEASE_S, TICK_S, Robot
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion

TASK = (Step("go", "shelf_1"), Step("pick", "shelf_1"))
WAY = ("a", "b", "c", "d")
EDGE_S = 1.0


@pytest.fixture(name="robot")
def make_robot() -> Robot:
    return Robot(traffic=True)


def begin(robot: Robot, steps: tuple[Step, ...] = TASK) -> None:
    """Have the robot take up an attempt and tell traffic where it wants to get to."""
    robot.offer("o/0#1", steps)
    robot.run(TICK_S, granting=True)


def verbs_begun(robot: Robot) -> list[str]:
    return [begun.step.verb for begun in robot.begun]


# Driving


def test_go_tells_traffic_the_goal_and_leaves_the_driver_alone(robot):
    begin(robot)
    report = robot.told_traffic
    assert (report.goal, report.held, report.motion) == ("d", ("a",), Motion.MOVABLE)
    robot.run(60.0, granting=True)
    assert robot.driver.ways == [] and robot.driver.started == []
    assert robot.report.vertex == "a"


def test_step_ends_where_it_leads_and_the_next_one_begins_there(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(3 * EDGE_S + TICK_S, granting=True)
    assert robot.report.vertex == "d"
    assert verbs_begun(robot) == ["pick"]
    assert robot.report.step_index == 1
    robot.run(2.0, granting=True)
    assert robot.outcome("o/0#1").result is OutcomeResult.SUCCEEDED


def test_robot_stands_at_the_end_of_what_was_released_and_goes_on_when_more_is(robot):
    begin(robot)
    robot.release("a", "b", number=1)
    robot.run(60.0, granting=True)
    assert robot.report.vertex == "b"
    assert robot.told_traffic.held == ("b",), "it has left a for good"
    assert verbs_begun(robot) == []
    robot.release("b", "c", "d", number=2, first=1)
    robot.run(3.0, granting=True)
    assert verbs_begun(robot) == ["pick"]


def test_way_is_made_longer_while_the_robot_drives(robot):
    begin(robot)
    robot.release("a", "b", number=1)
    robot.run(0.5)
    robot.release("a", "b", "c", "d", number=2)
    assert [(way.first, way.vertices) for way in robot.driver.ways] == [
        (0, ("a", "b")),
        (0, ("a", "b", "c", "d")),
    ]
    robot.run(3 * EDGE_S, granting=True)
    assert robot.report.vertex == "d", "it has not stopped in between"


def test_every_vertex_that_is_reached_is_told_at_once(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(3 * EDGE_S + TICK_S)
    told = [(report.left, report.at, report.held) for report in robot.traffic_reports]
    for expected in (
        (0, 0, ("a",)),
        (0, 0, ("a", "b", "c", "d")),
        (1, 1, ("b", "c", "d")),
        (2, 2, ("c", "d")),
        (3, 3, ("d",)),
    ):
        assert expected in told
    numbers = [report.number for report in robot.traffic_reports]
    assert numbers == sorted(set(numbers))


def test_traffic_is_told_once_in_a_period_when_nothing_changes(robot):
    robot.run(10.0)
    assert len(robot.traffic_reports) == pytest.approx(10, abs=1)


def test_goal_that_is_passed_on_the_way_elsewhere_is_not_reached(robot):
    begin(robot)
    robot.release(*WAY, "e", number=1)
    robot.run(5 * EDGE_S, granting=True)
    assert robot.report.vertex == "e" and verbs_begun(robot) == []
    robot.release("e", "d", number=2, first=4)
    robot.run(2 * EDGE_S, granting=True)
    assert robot.report.vertex == "d" and verbs_begun(robot) == ["pick"]


def test_robot_at_its_goal_already_has_arrived(robot):
    begin(robot, (Step("go", "@a"), Step("scan", "@a")))
    robot.run(2 * TICK_S, granting=True)
    assert verbs_begun(robot) == ["scan"]


def test_tail_is_held_until_it_has_left():
    robot = Robot(traffic=True, tail_m=1.5)
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(3 * EDGE_S + TICK_S)
    told = [(report.at, report.held) for report in robot.traffic_reports]
    assert (1, WAY) in told, "at b its tail is still at a"
    assert (1, WAY[1:]) in told, "half way on it has left a"
    assert told[-1] == (3, ("c", "d")), "at rest it holds what its tail is at"


def test_estimate_and_progress_of_a_go_are_told(robot):
    robot.offer("o/0#1", TASK)
    robot.run(TICK_S, granting=True)
    assert robot.report.busy_s == pytest.approx(2.0), "the fake driver says one second a step"


# Giving way


def test_robot_without_a_task_gives_way(robot):
    robot.release("a", "b", number=1)
    assert robot.told_traffic.goal == ""
    robot.run(2.0)
    assert robot.report.vertex == "b" and robot.told_traffic.held == ("b",)


def test_robot_that_works_is_not_moved(robot):
    begin(robot, (Step("scan", "@a", duration_s=5.0),))
    robot.run(TICK_S, granting=True)
    assert robot.told_traffic.motion is Motion.BUSY
    robot.release("a", "b", number=1)
    robot.run(3.0, granting=True)
    assert robot.driver.ways == [] and robot.told_traffic.held == ("a", "b")
    robot.run(4.0, granting=True)
    assert robot.report.vertex == "b", "afterwards it drives what it holds"


def test_robot_that_is_to_work_where_it_is_goes_no_farther_than_it_must(robot):
    robot.release("a", "b", number=1)
    robot.run(0.5 * EDGE_S)
    robot.offer("o/0#1", (Step("scan", "@b"),))
    assert robot.told_traffic.motion is Motion.BUSY
    robot.release("a", "b", "c", "d", number=2)
    robot.run(0.5 * EDGE_S + 2 * TICK_S, granting=True)
    assert verbs_begun(robot) == ["scan"] and robot.report.vertex == "b"


def test_robot_does_not_drive_off_in_a_pick_that_was_given_up(robot):
    begin(robot, (Step("pick", "@a", duration_s=5.0),))
    robot.run(2 * TICK_S, granting=True)
    robot.driver.set_fault("the gripper is stuck")
    robot.run(2 * TICK_S, granting=True)
    assert robot.outcome("o/0#1").is_uncertain
    robot.driver.set_fault("")
    robot.release("a", "b", number=1)
    robot.run(2.0)
    assert robot.told_traffic.motion is Motion.MOVABLE and robot.report.vertex == "a"
    robot.run(5.0)
    assert robot.report.vertex == "b", "its driver has finished all the same"


def test_robot_that_waits_for_permission_to_pick_keeps_its_place(robot):
    robot.offer("o/0#1", TASK, steps_permitted=1)
    robot.release(*WAY, number=1)
    for _ in range(100):
        robot.leases(granted=("o/0#1",), steps_permitted=1)
        robot.run(TICK_S)
    assert robot.told_traffic.motion is Motion.BUSY and robot.told_traffic.goal == ""
    robot.release("d", "e", number=2, first=3)
    robot.run(3.0)
    assert robot.report.vertex == "d"
    robot.run(2.0, granting=True)
    assert robot.outcome("o/0#1").result is OutcomeResult.SUCCEEDED


def test_fetcher_stands_next_to_the_robot_that_it_fetches_from(robot):
    begin(robot, (Step("go", "@d"), Step("pick", "@d")))
    assert robot.told_traffic.goal == "c"
    robot.release("a", "b", "c", number=1)
    robot.run(3 * EDGE_S, granting=True)
    assert verbs_begun(robot) == ["pick"]


def test_fetcher_that_gets_nowhere_tries_another_side(robot):
    begin(robot, (Step("go", "@c"), Step("pick", "@c")))
    goals = []
    for _ in range(4):
        goals.append(robot.told_traffic.goal)
        robot.run(robot.config.drive_retry_s, granting=True)
    assert goals == ["b", "d", "b", "d"]
    robot.release("a", "b", number=1)
    robot.run(EDGE_S + 2 * TICK_S, granting=True)
    assert verbs_begun(robot) == ["pick"], "any side will do"


def test_bare_vertex_is_a_goal_like_any_other(robot):
    begin(robot, (Step("go", "@d"), Step("scan", "@d")))
    assert robot.told_traffic.goal == "d"


def test_robot_goes_to_charge_under_traffic():
    robot = Robot(traffic=True, battery=0.1)
    robot.run(TICK_S)
    assert robot.told_traffic.goal == "charger"
    robot.release("a", "b", "charger", number=1)
    robot.run(2 * EDGE_S + 2 * TICK_S)
    assert verbs_begun(robot) == ["charge"] and robot.told_traffic.motion is Motion.BUSY


# Stopping


def test_halt_has_the_robot_stand_at_the_next_vertex_until_it_is_called_off(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(0.5 * EDGE_S)
    robot.release(*WAY, number=2, is_halted=True)
    robot.run(10.0, granting=True)
    assert robot.report.vertex == "b"
    assert robot.told_traffic.held == ("b", "c", "d"), "it goes on holding what it was given"
    assert robot.told_traffic.is_halted
    robot.release(*WAY, number=3)
    robot.run(3 * EDGE_S, granting=True)
    assert robot.report.vertex == "d"


def test_stop_in_the_middle_of_an_edge_ends_the_attempt_at_the_next_vertex(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(0.5 * EDGE_S)
    robot.put(StopRequested(AttemptId("o/0#1")))
    assert robot.driver.poll(robot.now).next_vertex == "b"
    assert robot.core.state.attempt is not None, "it is still under way"
    robot.run(0.5 * EDGE_S + 2 * TICK_S)
    assert robot.outcome("o/0#1").result is OutcomeResult.CANCELLED
    assert robot.told_traffic.goal == ""
    robot.run(10.0)
    assert robot.report.vertex == "d", "it holds the way up to there and clears it"


def test_cancelled_robot_that_waits_for_a_release_ends_its_attempt_where_it_stands(robot):
    begin(robot)
    robot.leases(revoked=("o/0#1",))
    robot.run(2 * TICK_S)
    assert robot.outcome("o/0#1").result is OutcomeResult.CANCELLED


def test_robot_whose_lease_runs_out_on_its_way_stops_and_stays_until_a_scheduler_is_heard(robot):
    begin(robot)
    robot.run(LEASE_S * 0.9 - 1.0)
    robot.release(*WAY, number=1)
    robot.run(0.9 + EDGE_S)
    outcome = robot.outcome("o/0#1")
    assert outcome.error_code is ErrorCode.LEASE_EXPIRED
    stood = robot.report.vertex
    assert stood in ("b", "c")
    robot.run(30.0)
    assert robot.report.vertex == stood and robot.told_traffic.motion is Motion.STOPPED
    robot.leases(acknowledged=("o/0#1",))
    robot.run(5.0)
    assert robot.told_traffic.motion is Motion.MOVABLE and robot.report.vertex == "d"


def test_robot_that_is_alone_parks_under_traffic():
    robot = Robot(traffic=True, alone_after_s=5.0)
    robot.run(6.0)
    assert robot.told_traffic.goal == "parking"
    robot.release("a", "parking", number=1)
    robot.run(3.0)
    assert robot.report.vertex == "parking" and robot.told_traffic.goal == ""


def test_robot_with_a_fault_stands_and_fails_its_go(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(0.5)
    robot.driver.set_fault("a wheel is stuck")
    robot.run(2.0)
    assert robot.outcome("o/0#1").error_code is ErrorCode.DRIVER_FAILED
    assert robot.told_traffic.motion is Motion.STOPPED
    assert robot.report.vertex == "b"


def test_robot_with_a_fault_fails_also_while_it_waits_for_traffic(robot):
    begin(robot)
    robot.driver.set_fault("a wheel is stuck")
    robot.run(2 * TICK_S)
    assert "a wheel is stuck" in robot.outcome("o/0#1").message


def test_robot_that_cannot_drive_says_so_and_tries_again_later(robot):
    robot.release(*WAY, number=1)
    robot.driver.fail("the way is blocked")
    robot.run(2 * TICK_S)
    assert robot.told_traffic.motion is Motion.STOPPED
    assert len(robot.driver.ways) == 1
    robot.run(robot.config.drive_retry_s)
    assert len(robot.driver.ways) == 2 and robot.told_traffic.motion is Motion.MOVABLE
    robot.run(3 * EDGE_S)
    assert robot.report.vertex == "d"


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda driver: driver.fail("the way is blocked"), "the way is blocked"),
        (lambda driver: driver.forget(), "forgotten its way"),
    ],
)
def test_go_fails_when_the_driver_gives_it_up(robot, end, words):
    begin(robot)
    robot.release(*WAY, number=1)
    end(robot.driver)
    robot.run(2 * TICK_S, granting=True)
    outcome = robot.outcome("o/0#1")
    assert outcome.result is OutcomeResult.FAILED and words in outcome.message
    assert not outcome.is_uncertain


@pytest.mark.parametrize(
    ("place", "words"), [("shelf_9", "no place 'shelf_9'"), ("@z", "no vertex 'z'")]
)
def test_go_to_no_place_fails_with_a_sentence(robot, place, words):
    begin(robot, (Step("go", place),))
    robot.run(2 * TICK_S, granting=True)
    assert words in robot.outcome("o/0#1").message


def test_fetch_where_nobody_gets_fails_with_a_sentence(robot):
    begin(robot, (Step("go", "@island"), Step("pick", "@island")))
    robot.run(2 * TICK_S, granting=True)
    assert "no vertex next to '@island'" in robot.outcome("o/0#1").message


def test_agent_that_ends_tells_traffic_that_the_robot_stays(robot):
    begin(robot)
    robot.worker.leave(robot.now)
    assert (robot.told_traffic.motion, robot.told_traffic.goal) == (Motion.STOPPED, "")


# Traffic that is away, late or deposed


def test_robot_that_hears_nothing_of_traffic_stands_at_the_end_of_its_stretch(robot):
    begin(robot)
    robot.release("a", "b", "c", number=1)
    robot.run(1000.0, granting=True)
    assert robot.report.vertex == "c" and robot.told_traffic.goal == "d"
    assert robot.core.state.attempt is not None, "it waits for as long as its lease is granted"


def test_lost_repeated_and_old_releases_change_nothing(robot):
    begin(robot)
    robot.release("a", "b", "c", number=3)
    robot.release("a", "b", "c", number=3)
    robot.release("a", "b", "c", "d", number=2)
    robot.release("a", "b", "c", "d", number=4, session=99)
    robot.put(ReleaseReceived(_release(RobotId("robot_2"), "a", "b", "c", "d")))
    robot.run(10.0, granting=True)
    assert robot.report.vertex == "c"
    assert all(way.vertices[-1] == "c" for way in robot.driver.ways)


def test_deposed_traffic_is_not_obeyed_not_even_after_a_restart(robot):
    begin(robot)
    robot.release("a", "b", number=1, epoch=1)
    robot.put(RollCalled(2))
    assert robot.told_traffic.epoch == 2
    robot.release("a", "b", "c", number=2, epoch=1)
    robot.run(5.0)
    assert robot.report.vertex == "b"
    robot.restart()
    robot.run(TICK_S)
    robot.release("b", "c", number=9, epoch=1)
    robot.run(5.0)
    assert robot.report.vertex == "b" and robot.told_traffic.epoch == 2
    robot.release("b", "c", number=1, epoch=2)
    robot.run(5.0)
    assert robot.report.vertex == "c"


def test_epoch_that_nobody_can_have_is_dropped_and_counted(robot):
    robot.put(RollCalled(2**64))
    robot.put(RollCalled(-1))
    assert robot.core.counts["malformed_dropped"] == 2
    assert robot.core.state.traffic_epoch == 0


def test_robot_that_finds_its_own_way_ignores_traffic():
    robot = Robot()
    robot.put(RollCalled(1))
    assert robot.core.counts["traffic_unexpected"] == 1
    assert robot.traffic_reports == []


# Restarts


def test_restarted_agent_holds_where_its_robot_stands(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(1.5 * EDGE_S)
    before = robot.told_traffic
    robot.restart()
    robot.run(TICK_S)
    report = robot.told_traffic
    assert report.session > before.session
    assert (report.held, report.left, report.at) == (("b",), 0, 0)
    robot.release(*WAY, number=5, session=before.session)
    robot.run(10.0)
    assert robot.report.vertex == "b", "what was released to the agent before is void"


def test_restarted_agent_says_nothing_until_its_robot_has_come_to_stand(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(0.5 * EDGE_S)
    told = len(robot.traffic_reports)
    robot.restart(is_driver_kept=True)
    robot.run(2 * EDGE_S)
    assert robot.driver.poll(robot.now).step_state is StepState.RUNNING
    assert len(robot.traffic_reports) == told, "it may yet be anywhere along its way"
    robot.run(2 * EDGE_S)
    assert robot.told_traffic.held == ("d",)


def test_robot_that_stands_between_two_vertices_holds_both_until_it_reaches_one(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(1.5 * EDGE_S)
    robot.driver.break_down(robot.now)
    robot.restart(is_driver_kept=True)
    robot.run(TICK_S)
    assert robot.told_traffic.held == ("b", "c")
    robot.run(5.0)
    assert robot.told_traffic.held == ("c",) and robot.report.vertex == "c"


def test_attempt_goes_on_after_a_restart(robot):
    begin(robot)
    robot.release(*WAY, number=1)
    robot.run(1.5 * EDGE_S)
    robot.restart()
    robot.run(TICK_S, granting=True)
    robot.run(TICK_S, granting=True)
    assert robot.told_traffic.goal == "d"
    robot.release("b", "c", "d", number=1, epoch=2)
    robot.run(4 * EDGE_S, granting=True)
    assert robot.outcome("o/0#1").result is OutcomeResult.SUCCEEDED


# In general

NEIGHBOURS = {
    "a": "b", "b": "ac", "c": "bd", "d": "ce", "e": "df", "f": "e"
}  # fmt: skip
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 3), st.integers(0, 1)),
        st.tuples(st.just("deliver"), st.integers(0, 200), st.booleans()),
        st.tuples(st.just("pass"), st.floats(0.1, 3.0), st.just(0)),
        st.tuples(
            st.sampled_from(("offer", "revoke", "roll", "restart", "fail", "halt", "fault")),
            st.just(0),
            st.just(0),
        ),
    ),
    max_size=60,
)


@given(MOVES)
def test_nothing_is_driven_that_was_not_released_and_delivered(moves):
    """Whatever is sent, lost, repeated and late: ways are made of delivered releases alone."""
    robot = Robot(traffic=True)
    sent: list[Release] = []
    rights: dict[int, str] = {0: "a"}  # by number on the way: what may be driven now
    epoch, number, attempts, session = 1, 0, 0, 1
    row = ["a"]  # what traffic has given to this session, whether or not that arrives

    def check() -> None:
        for way in robot.driver.ways:
            for count, vertex in enumerate(way.vertices, way.first):
                assert rights.get(count) == vertex
        report = robot.driver.poll(robot.now)
        held = robot.told_traffic.held
        assert report.vertex in held and (not report.next_vertex or report.next_vertex in held)

    for move, value, option in moves:
        if move == "grow":
            for _ in range(value):
                ends = NEIGHBOURS[row[-1]]
                row.append(ends[option % len(ends)])
            number += 1
            vertices = tuple(row)
            sent.append(_release(RobotId("robot_1"), *vertices, number=number, epoch=epoch,
                                 session=session))  # fmt: skip
        elif move == "deliver" and sent:
            release = sent[value % len(sent)]
            is_obeyed = (
                release.session == session and release.epoch >= robot.core.state.traffic_epoch
            )
            if is_obeyed:
                rights |= dict(enumerate(release.vertices))
            for _ in range(1 + option):
                robot.put(ReleaseReceived(release))
        elif move == "pass":
            robot.run(value, granting=True)
        elif move == "offer":
            attempts += 1
            robot.offer(f"o-{attempts}/0#1", TASK)
        elif move == "revoke":
            robot.leases(revoked=(f"o-{attempts}/0#1",))
        elif move == "roll":
            epoch += 1
            robot.put(RollCalled(epoch))
            number = 0
            row = _known_row(rights, robot)
        elif move == "restart":
            robot.restart()
            robot.run(TICK_S)
            session = robot.core.state.incarnation
            row = [robot.told_traffic.held[0]]
            rights = {0: row[0]}
        elif move == "fail":
            robot.driver.fail("the way is blocked")
        elif move == "halt" and sent:
            number += 1
            robot.release(*row[:1], number=number, epoch=epoch, session=session, is_halted=True)
        elif move == "fault":
            robot.driver.set_fault("" if robot.driver.poll(robot.now).fault else "stuck")
        check()
    robot.run(TICK_S)
    check()


def _known_row(rights: dict[int, str], robot: Robot) -> list[str]:
    """All of the robot's way, as a new traffic hears of it: what was left, and what is held."""
    report = robot.told_traffic
    assert list(report.held) == [rights[report.left + index] for index in range(len(report.held))]
    return [rights[index] for index in range(report.left + len(report.held))]


def _release(
    robot_id: RobotId, *vertices: str, number: int = 9, epoch: int = 1, session: int = 1
) -> Release:
    return Release(
        robot_id=robot_id,
        session=session,
        epoch=epoch,
        number=number,
        first=0,
        vertices=vertices,
    )
