"""The events of one order's life, one call each, on a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from muster_core import events as ev
from muster_core.clock import NS_PER_S
from muster_core.errors import ErrorCode
from muster_core.explain import Present, Story, explain
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.task import OutcomeResult, Resolution, Step, Task, TaskPurpose

START_NS = 1_900_000_000_000_000_000
DELIVERY = (
    Step("go", "shelf_1"),
    Step("pick", "shelf_1"),
    Step("go", "pack_1"),
    Step("place", "pack_1"),
)
O_1 = OrderId("o-1")
TASK = TaskId("o-1/0")
NOBODY = RobotId("")


@dataclass
class OrderLog:
    """A log that one order is written into. ``after`` moves its clock on."""

    records: list[ev.Record] = field(default_factory=list)
    now_s: float = 0.0
    steps: tuple[Step, ...] = DELIVERY
    task_id: TaskId = TASK
    tries: int = 0
    robot_id: RobotId = NOBODY

    def after(self, duration_s: float) -> OrderLog:
        """Let so many seconds pass."""
        self.now_s += duration_s
        return self

    def write(self, event: ev.Event) -> OrderLog:
        """Any event."""
        wall_ns = START_NS + round(self.now_s * NS_PER_S)
        self.records.append(ev.Record(len(self.records) + 1, wall_ns, 1, event))
        return self

    def accepted(self, **fields: Any) -> OrderLog:
        """The desk wants an item from shelf_1 at pack_1, or what ``fields`` say."""
        wanted: dict[str, Any] = {"pickup": "shelf_1", "dropoff": "pack_1", "requester": "desk"}
        order = Order(order_id=O_1, **(wanted | fields))
        return self.write(ev.OrderAccepted(order_id=O_1, order=order, digest="d", traceparent="t"))

    def planned(self, *tasks: tuple[Step, ...], fallback: bool = False) -> OrderLog:
        """A policy makes tasks of these steps; of the delivery's unless told otherwise."""
        made = tuple(
            Task(TaskId(f"o-1/{index}"), O_1, steps)
            for index, steps in enumerate(tasks or (self.steps,))
        )
        return self.write(
            ev.OrderPlanned(
                order_id=O_1, tasks=made, policy="batch", policy_version="2", fallback=fallback
            )
        )

    def assigned(self, robot_id: str, **fields: Any) -> OrderLog:
        """The next try, by this robot."""
        self.tries += 1
        self.robot_id = RobotId(robot_id)
        told: dict[str, Any] = {
            "policy": "batch", "policy_version": "2", "cost": 12.3,
            "runner_up": "robot_9", "runner_up_cost": 16.4,
        }  # fmt: skip
        return self.write(ev.TaskAssigned(**self._about(), epoch=1, **(told | fields)))

    def started(self) -> OrderLog:
        """The robot begins."""
        return self.write(ev.AttemptStarted(**self._about()))

    def permitted(self, step_index: int = 1) -> OrderLog:
        """It may do the step that cannot be repeated."""
        return self.write(ev.PickPermitted(**self._about(), step_index=step_index))

    def finished(self, step_index: int) -> OrderLog:
        """It finishes the step."""
        step = self.steps[step_index]
        return self.write(
            ev.StepFinished(
                **self._about(), step_index=step_index, verb=step.verb, place=step.place
            )
        )

    def ended(self, result: str, **fields: Any) -> OrderLog:
        """The try ends; ``pause_s``: how long before the next one may begin."""
        pause_s = fields.pop("pause_s", 0.0)
        if pause_s:
            fields["retry_not_before_ns"] = START_NS + round((self.now_s + pause_s) * NS_PER_S)
        return self.write(ev.AttemptEnded(**self._about(), result=OutcomeResult(result), **fields))

    def late(self, result: str, **fields: Any) -> OrderLog:
        """A lost robot tells its end after all."""
        return self.write(
            ev.OutcomeArrivedLate(**self._about(), result=OutcomeResult(result), **fields)
        )

    def revised(self, purpose: str, *steps: Step, **fields: Any) -> OrderLog:
        """The task becomes another one."""
        reason = fields.pop("reason", "")
        self.steps = steps
        task = Task(self.task_id, O_1, steps, purpose=TaskPurpose(purpose), **fields)
        return self.write(
            ev.TaskRevised(order_id=O_1, task_id=self.task_id, task=task, reason=reason)
        )

    def suspended(self, reason: str, vertex: str = "") -> OrderLog:
        """A person is asked."""
        return self.write(
            ev.OrderSuspended(order_id=O_1, reason=reason, robot_id=self.robot_id, vertex=vertex)
        )

    def resolved(self, resolution: str, **fields: Any) -> OrderLog:
        """A person answers."""
        return self.write(
            ev.OrderResolved(order_id=O_1, resolution=Resolution(resolution), **fields)
        )

    def resumed(self, reason: str) -> OrderLog:
        """It goes on."""
        return self.write(ev.OrderResumed(order_id=O_1, reason=reason))

    def completed(self, reason: str = "") -> OrderLog:
        """The order ends well."""
        return self.write(ev.OrderCompleted(order_id=O_1, reason=reason))

    def failed(self, reason: str) -> OrderLog:
        """The order is given up."""
        code = ErrorCode.RETRIES_EXHAUSTED
        return self.write(ev.OrderFailed(order_id=O_1, error_code=code, reason=reason))

    def delivered_by(self, robot_id: str) -> OrderLog:
        """From acceptance to the end without trouble: 2 s waiting, 30 s driving, 7 s handling."""
        self.accepted().after(0.5).planned().after(0.5).assigned(robot_id).after(1.0).started()
        self.after(10).finished(0).permitted().after(4).finished(1)
        return (
            self.after(20).finished(2).after(3).finished(3)
            .ended("succeeded", steps_finished=4).completed()
        )  # fmt: skip

    def story(self, present: Present | None = None) -> Story:
        """What is told of it."""
        story = explain(O_1, self.records, present)
        assert story is not None
        return story

    def _about(self) -> dict[str, Any]:
        return {
            "order_id": O_1,
            "task_id": self.task_id,
            "attempt_id": AttemptId(f"{self.task_id}#{self.tries}"),
            "robot_id": self.robot_id,
        }


def told(story: Story) -> list[str]:
    """The story's sentences, in order."""
    return [moment.words for moment in story.moments]
