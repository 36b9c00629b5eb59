from __future__ import annotations

import pytest

from muster_core import events as ev
from muster_core.clock import NS_PER_S, utc_text
from muster_core.explain import Narrator, Present, Tone, explain
from muster_core.explain.narrator import MOMENTS_SIDE_MAX
from muster_core.explain.words import COST_IN_SECONDS
from muster_core.ids import OrderId, RobotId
from muster_core.order import Order
from muster_core.policy.batch import BatchPolicy
from muster_core.policy.nearest import NearestPolicy
from muster_core.states import OrderState
from muster_core.task import Step
from muster_core.testing.order_log import DELIVERY, O_1, START_NS, OrderLog, told


def before_the_pick() -> OrderLog:
    """robot_1 is under way to the shelf."""
    return OrderLog().accepted().planned().assigned("robot_1").after(1).started()


def with_the_item() -> OrderLog:
    """robot_1 has picked and drives to pack_1."""
    return before_the_pick().after(10).finished(0).permitted().after(4).finished(1)


def barred(robot_id: str) -> ev.RobotBarred:
    return ev.RobotBarred(
        robot_id=RobotId(robot_id),
        failures=3,
        reason="3 failures in a row",
        probe_not_before_ns=START_NS,
    )


def test_smooth_delivery_is_told_from_the_request_to_the_end() -> None:
    story = OrderLog().delivered_by("robot_1").story()
    assert told(story) == [
        "ordered by desk",
        "planned by policy batch 2: drive to shelf_1, pick up, drive to pack_1, put down",
        "robot_1 was chosen by policy batch 2: 12.3 s away; "
        "the next best, robot_9, would have come 4.1 s later",
        "robot_1 began",
        "drove to shelf_1",
        "was allowed to pick up at shelf_1; from then on no other robot may",
        "picked up at shelf_1",
        "drove to pack_1",
        "put down at pack_1",
        "robot_1 was done",
        "completed",
    ]
    assert story.state is OrderState.COMPLETED
    assert story.summary == "deliver shelf_1 → pack_1: completed after 39 s"
    assert story.moments[-1].tone is Tone.GOOD
    assert [moment.depth for moment in story.moments] == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0]
    assert [moment.took_s for moment in story.moments[4:9]] == [10, 0, 4, 20, 3]


def test_time_is_divided_into_waiting_driving_and_handling() -> None:
    times = OrderLog().delivered_by("robot_1").story().times
    assert (times.waiting_s, times.driving_s, times.handling_s) == (2, 30, 7)
    assert times.total_s == 39


def test_waiting_for_the_permission_is_waiting() -> None:
    log = before_the_pick().after(10).finished(0).after(5).permitted().after(4).finished(1)
    times = log.story().times
    assert (times.waiting_s, times.driving_s, times.handling_s) == (6, 10, 4)


def test_log_from_before_permissions_counts_its_picks_as_handling() -> None:
    times = before_the_pick().after(10).finished(0).after(4).finished(1).story().times
    assert (times.driving_s, times.handling_s) == (10, 4)


def test_built_in_policy_that_stood_in_is_named_with_the_reason() -> None:
    log = OrderLog().accepted().planned(fallback=True)
    log.assigned("robot_1", policy="nearest", policy_version="1", fallback=True, runner_up="")
    planned, chosen = told(log.story())[1:3]
    assert planned.startswith("planned by the built-in policy batch 2, because the fleet's gave no")
    assert chosen == (
        "robot_1 was chosen by the built-in policy nearest 1, because the fleet's gave no usable "
        "answer in time: 12.3 s away; no other robot could have done it then"
    )


@pytest.mark.parametrize(
    ("policy", "runner_up_cost", "words"),
    [
        ("batch", 12.3, "12.3 s away; robot_9 would have come as soon"),
        (
            "batch",
            10.3,
            "robot_9 would have come 2.0 s sooner, but was still busy or wanted for another",
        ),
        ("learned", 14.3, "cost 12.3; the next best, robot_9, would have cost 14.3 (2.0 more)"),
        ("learned", 10.3, "cost 12.3; the next best, robot_9, would have cost 10.3 (2.0 less)"),
    ],
)
def test_next_best_is_told_in_the_policys_own_measure(
    policy: str, runner_up_cost: float, words: str
) -> None:
    log = OrderLog().accepted().planned()
    log.assigned("robot_1", policy=policy, runner_up_cost=runner_up_cost)
    assert words in told(log.story())[2]


def test_built_in_policies_count_their_cost_in_seconds() -> None:
    assert set(COST_IN_SECONDS) == {BatchPolicy.name, NearestPolicy.name}


def test_lost_before_the_pick_is_tried_by_another_after_a_pause() -> None:
    log = before_the_pick().after(20)
    log.ended("lost", message="robot robot_1 has been silent for 20 s", pause_s=2)
    log.write(ev.RobotSilent(robot_id=RobotId("robot_1"), silent_s=20.0))
    log.write(ev.SpareCalled(robot_id=RobotId("spare_1"), instead_of=RobotId("robot_1")))
    log.after(3).assigned("spare_1", runner_up="")
    story = log.story()
    assert told(story)[4:] == [
        "robot_1 was lost while driving to shelf_1: robot robot_1 has been silent for 20 s",
        "the spare spare_1 was called in place of robot_1",
        "spare_1 was chosen for the 2nd try, after a pause of 2 s, by policy batch 2: "
        "12.3 s away; no other robot could have done it then",
        "spare_1 has been told and has not begun yet",
    ]
    assert story.moments[4].tone is Tone.BAD
    assert story.times.driving_s == 0, "what a lost robot did nobody knows"
    assert [attempt.robot_id for attempt in story.tries] == ["robot_1", "spare_1"]


def test_lost_after_the_pick_asks_a_person_and_says_where() -> None:
    log = with_the_item().after(20).ended("lost", steps_finished=2, message="silent")
    log.suspended("a person is asked: robot_1 was lost with the item", vertex="se1")
    story = log.story(Present(wall_ns=START_NS + 95 * NS_PER_S))
    assert told(story)[-3:] == [
        "robot_1 was lost while driving to pack_1: silent; it has the item",
        "a person was asked: robot_1 was lost with the item; robot_1 was last seen at se1",
        "it waits for a person's answer",
    ]
    assert story.summary.endswith("it waits for a person's answer: robot_1 was lost with the item")
    assert [moment.tone for moment in story.moments[-3:]] == [Tone.BAD, Tone.ASKING, Tone.ASKING]
    assert story.state is OrderState.SUSPENDED
    assert story.question == "robot_1 was lost with the item"
    assert story.times.person_s == 60


@pytest.mark.parametrize(
    ("resolution", "answer"),
    [
        ("completed", "the item is where it should be"),
        ("retry", "the item is at its pick-up place again, so try once more"),
        ("failed", "give it up"),
    ],
)
def test_persons_answer_is_told_and_ends_the_question(resolution: str, answer: str) -> None:
    log = with_the_item().ended("lost", steps_finished=2).suspended("lost with the item").after(60)
    log.resolved(resolution, requester="bay", reason="looked").resumed("bay says: looked").after(5)
    story = log.write(ev.RobotReturned(robot_id=RobotId("robot_7"))).story()
    assert told(story)[-2:] == [f"bay answered: {answer} (looked)", "it waits"]
    assert (story.question, story.times.person_s) == ("", 60)


def test_wait_for_a_person_is_no_pause() -> None:
    log = with_the_item().ended("lost", steps_finished=2, pause_s=1).suspended("lost with it")
    log.after(60).resolved("retry").resumed("").assigned("robot_2")
    assert told(log.story())[-2].startswith("robot_2 was chosen for the 2nd try, by policy")


def test_order_that_a_person_completes_ends_well() -> None:
    log = with_the_item().ended("lost", steps_finished=2).suspended("lost with the item").after(60)
    story = log.resolved("completed", requester="bay").completed("bay says: completed").story()
    assert told(story)[-2:] == ["bay answered: the item is where it should be", "completed"]
    assert story.state is OrderState.COMPLETED


def test_lost_robot_that_is_back_ends_the_question_with_the_reason() -> None:
    log = with_the_item().ended("lost", steps_finished=2).suspended("lost with the item").after(9)
    log.late("succeeded").resumed("robot_1 is back and had done it").completed()
    assert told(log.story())[-3:] == [
        "robot_1 told how its try had ended: it had done everything",
        "it went on: robot_1 is back and had done it",
        "completed",
    ]


def test_silent_robot_that_still_has_its_try_is_told() -> None:
    log = before_the_pick().write(ev.RobotSilent(robot_id=RobotId("robot_1"), silent_s=11))
    log.write(ev.RobotReturned(robot_id=RobotId("robot_1")))
    assert told(log.story())[4:6] == [
        "robot_1 has not been heard for 11 s",
        "robot_1 was heard again",
    ]


def test_fetching_the_item_from_a_lost_robot_is_told() -> None:
    log = with_the_item().ended("lost", steps_finished=2, message="silent")
    log.revised(
        "fetch", Step("go", "@se1"), Step("pick", "@se1"), Step("go", "pack_1"),
        Step("place", "pack_1"),
    )  # fmt: skip
    log.assigned("robot_2")
    sentences = told(log.story())
    assert sentences[8] == (
        "any robot that can is to fetch the item: drive to se1, pick up, drive to pack_1, put down"
    )
    assert sentences[9].startswith("robot_2 was chosen to fetch the item for the 2nd try, by")


def test_robot_that_failed_with_the_item_goes_on_with_the_rest() -> None:
    log = with_the_item().after(5).ended("failed", steps_finished=2, message="wheel slipped")
    log.revised("resume", *DELIVERY[2:], robot_id=RobotId("robot_1"), is_holding=True)
    log.assigned("robot_1", policy="", policy_version="").started().after(9).finished(0)
    story = log.story()
    assert told(story)[7:11] == [
        "robot_1 failed while driving to pack_1: wheel slipped; it has the item",
        "robot_1, which has the item, is to go on with the rest: drive to pack_1, put down",
        "robot_1 was chosen to go on with the item that it has for the 2nd try",
        "robot_1 began",
    ]
    assert story.times.driving_s == 10 + 5 + 9, "a failed robot was seen driving"


def test_cancel_after_the_pick_brings_the_item_back_first() -> None:
    log = with_the_item().after(1)
    log.write(ev.OrderCancelRequested(order_id=O_1, requester="bay", reason="wrong shelf"))
    log.after(1).ended("cancelled", steps_finished=2)
    log.revised(
        "return", Step("go", "shelf_1"), Step("place", "shelf_1"),
        robot_id=RobotId("robot_1"), is_holding=True,
    )  # fmt: skip
    log.write(ev.OrderCancelled(order_id=O_1, reason="cancelled: wrong shelf"))
    story = log.story()
    assert told(story)[-4:] == [
        "bay asked to cancel it: wrong shelf",
        "robot_1 stopped as it was told while driving to pack_1; it has the item",
        "robot_1, which has the item, is to bring it back: drive to shelf_1, put down",
        "cancelled: wrong shelf",
    ]
    assert story.summary == "deliver shelf_1 → pack_1: cancelled after 17 s: wrong shelf"


def test_outcome_that_arrived_late_is_told() -> None:
    log = with_the_item().ended("lost", steps_finished=2).suspended("lost with the item").after(9)
    log.late("failed", steps_finished=3, message="jammed", uncertain=True)
    assert told(log.story())[-2] == (
        "robot_1 told how its try had ended: it had failed after 3 steps: jammed; "
        "whether it had done the next one it does not know"
    )


def test_uncertain_pick_says_that_nobody_knows() -> None:
    log = before_the_pick().finished(0).permitted()
    log.ended("failed", steps_finished=1, message="agent restarted", uncertain=True)
    assert told(log.story())[-2] == (
        "robot_1 failed while picking up at shelf_1: agent restarted; "
        "nobody knows whether it had finished that"
    )


def test_lost_robot_may_have_put_the_item_down_unseen() -> None:
    log = with_the_item().ended("lost", steps_finished=2, message="silent", uncertain=True)
    assert told(log.story())[-2] == (
        "robot_1 was lost while driving to pack_1: silent; "
        "it has the item, unless it has put it down since"
    )


def test_retry_of_a_person_begins_again_from_the_start() -> None:
    log = with_the_item().ended("lost", steps_finished=2).suspended("lost with the item")
    log.resumed("bay says: put back").revised("work", *DELIVERY, reason="from the start")
    assert told(log.story())[-2] == (
        "it begins again (from the start): drive to shelf_1, pick up, drive to pack_1, put down"
    )


def test_order_given_up_ends_with_its_reason() -> None:
    log = OrderLog().accepted().planned()
    for number in (1, 2, 3):
        log.assigned(f"robot_{number}").started().after(2)
        log.ended("failed", message="door shut", pause_s=number)
        log.after(number)
    log.failed("given up after 3 failed attempts")
    story = log.story()
    assert told(story)[-1] == "given up after 3 failed attempts"
    assert story.moments[-1].tone is Tone.BAD
    assert "for the 3rd try, after a pause of 2 s," in told(story)[8]
    assert len(story.tries) == 3


def test_refusal_says_that_nothing_was_begun() -> None:
    log = OrderLog().accepted().planned().assigned("robot_1")
    log.ended("refused", message="battery at 4%").assigned("robot_2")
    sentences = told(log.story())
    assert sentences[3] == "robot_1 did not take it: battery at 4%"
    assert "for the 2nd try, by policy" in sentences[4]


def test_each_task_of_several_is_named() -> None:
    log = OrderLog().accepted(kind="move", pickup="", dropoff="", places=("a", "b"))
    log.planned((Step("go", "a"),), (Step("go", "b"),)).assigned("robot_1")
    sentences = told(log.story())
    assert sentences[1] == ("planned by policy batch 2 as 2 tasks: (1) drive to a; (2) drive to b")
    assert sentences[2].startswith("robot_1 was chosen for task 1 of 2 by policy")


def test_scheduler_that_takes_over_is_told_only_while_the_order_is_open() -> None:
    start = ev.EpochStarted(epoch=2, scheduler="s", version="1", site="x", site_digest="d")
    log = OrderLog().write(start).accepted().write(start).planned().completed().write(start)
    assert told(log.story()) == [
        "ordered by desk",
        "a scheduler took the lead and went on from the log (epoch 2)",
        "planned by policy batch 2: drive to shelf_1, pick up, drive to pack_1, put down",
        "completed",
    ]


def test_news_of_other_robots_and_orders_is_left_out() -> None:
    log = before_the_pick()
    other = OrderId("o-2")
    log.write(ev.RobotSilent(robot_id=RobotId("robot_2"), silent_s=11))
    log.write(
        ev.RobotBarred(robot_id=RobotId("robot_2"), failures=3, reason="x", probe_not_before_ns=1)
    )
    log.write(ev.OrderCompleted(order_id=other))
    log.write(
        ev.OrderAccepted(order_id=other, order=Order(order_id=other), digest="", traceparent="")
    )
    assert len(told(log.story())) == 5


def test_barring_and_clearing_of_its_robot_is_told() -> None:
    log = before_the_pick().ended("failed", message="jammed").write(barred("robot_1"))
    probe = OrderId("probe/robot_1/9")
    log.write(ev.RobotCleared(robot_id=RobotId("robot_1"), order_id=probe))
    log.write(ev.RobotCleared(robot_id=RobotId("robot_2"), order_id=probe))
    assert told(log.story())[-3:] == [
        "robot_1 is given no more work for now: 3 failures in a row",
        "robot_1 did a probe task and is given work again",
        "it waits",
    ]


def test_probe_is_told_without_a_cost_that_nobody_weighed() -> None:
    log = OrderLog(steps=(Step("go", "parking_1"),)).accepted(requester="muster").planned()
    log.revised("probe", Step("go", "parking_1"), robot_id=RobotId("robot_1"))
    log.assigned("robot_1", policy="breaker", policy_version="1", cost=0.0, runner_up="")
    assert told(log.story())[3] == (
        "robot_1 was chosen to show that it works again by policy breaker 1"
    )


def test_waiting_order_says_its_place_and_what_it_waits_for() -> None:
    wall_ns = START_NS + 30 * NS_PER_S
    present = Present(wall_ns=wall_ns, message="waits for a free robot", queue_position=3)
    story = OrderLog().accepted().planned().story(present)
    assert told(story)[-1] == "3rd in line: waits for a free robot"
    assert story.summary == (
        "deliver shelf_1 → pack_1: planned for 30 s; 3rd in line: waits for a free robot"
    )
    assert (story.ended_ns, story.until_ns - story.accepted_ns) == (0, 30 * NS_PER_S)
    assert story.times.waiting_s == 30


def test_order_under_way_says_what_its_robot_does() -> None:
    assert told(with_the_item().story())[-1] == "robot_1 is driving to pack_1 (step 3 of 4)"


def test_deadline_is_told_as_asked_and_as_met_or_missed() -> None:
    for due_s, words in ((60, "completed, 21 s before its deadline"), (30, "9 s after")):
        deadline = utc_text(START_NS + due_s * NS_PER_S)
        wish = {"deadline": deadline, "priority": 7, "requires": ("cold",), "payload_kg": 2.5}
        log = OrderLog().accepted(**wish).planned()
        sentences = told(log.after(39).completed().story())
        assert sentences[0] == (
            f"ordered by desk, priority 7, to be done by {deadline}, by a robot that can cold, "
            "with 2.5 kg to carry"
        )
        assert words in sentences[-1]


def test_clock_that_was_set_back_makes_no_negative_times() -> None:
    times = before_the_pick().after(-5).finished(0).after(2).completed().story().times
    assert min(times.waiting_s, times.driving_s, times.handling_s, times.person_s) >= 0


def test_events_of_a_log_that_begins_in_the_middle_are_no_story() -> None:
    log = OrderLog().planned().assigned("robot_1").started().finished(0).completed()
    assert explain(O_1, log.records) is None
    assert explain(OrderId("o-9"), OrderLog().delivered_by("robot_1").records) is None


@pytest.mark.parametrize("missing", range(1, 11))
def test_story_with_any_one_event_missing_is_still_told(missing: int) -> None:
    records = OrderLog().delivered_by("robot_1").records
    story = explain(O_1, [*records[:missing], *records[missing + 1 :]])
    assert story is not None
    assert story.times.total_s <= 39


def test_very_long_story_keeps_its_beginning_and_its_end() -> None:
    log = before_the_pick()
    for _ in range(3 * MOMENTS_SIDE_MAX):
        log.after(1).finished(0)
    story = log.completed().story()
    assert len(story.moments) == 2 * MOMENTS_SIDE_MAX
    assert story.moments_left_off == MOMENTS_SIDE_MAX + 5
    assert (story.moments[0].seq, story.moments[-1].words) == (1, "completed")


def test_narrator_says_when_no_more_is_to_come() -> None:
    narrator = Narrator(O_1)
    records = OrderLog().delivered_by("robot_1").records
    ends = []
    for record in records:
        narrator.take(record)
        ends.append(narrator.is_ended)
    assert ends == [False] * (len(records) - 1) + [True]
