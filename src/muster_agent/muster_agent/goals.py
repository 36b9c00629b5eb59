"""The open goals of the ``execute_task`` action, by the attempt they follow.

A goal is only a window: the attempt does not depend on it, and its outcome travels in the robot's
state. Rules for editors: goal handles are touched from the executor's thread alone (``tell`` and
``finish`` hand over to it), for an rclpy action server is not safe to use from two.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from muster_msgs.action import ExecuteTask
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from muster_core.agent.effects import TellProgress
from muster_core.ids import AttemptId
from muster_core.task import Outcome, OutcomeResult
from muster_ros.channels import EXECUTE_TASK
from muster_ros.conversions import outcome_message

RESULT_KEPT_S = 60
"""How long a result can still be asked for; the outcome is in the robot's state anyway."""


class Goals:
    """The action server at ``path``, and its open goals.

    :param on_offer: called with the goal of an accepted request; False = it cannot be taken in, and
        the goal is aborted.
    :param on_cancel: called with the attempt that somebody wants stopped.
    :param kept_max: open goals; the oldest is aborted beyond it.
    """

    def __init__(
        self,
        node: Node,
        path: str,
        *,
        is_active: Callable[[], bool],
        on_offer: Callable[[ExecuteTask.Goal], bool],
        on_cancel: Callable[[AttemptId], None],
        kept_max: int,
    ) -> None:
        self._node = node
        self._is_active = is_active
        self._on_offer = on_offer
        self._on_cancel = on_cancel
        self._kept_max = kept_max
        self._open: OrderedDict[bytes, ServerGoalHandle] = OrderedDict()
        self._server = ActionServer(
            node,
            EXECUTE_TASK.type,
            path,
            execute_callback=self._unexpected,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel_requested,
            goal_service_qos_profile=EXECUTE_TASK.qos,
            result_service_qos_profile=EXECUTE_TASK.qos,
            cancel_service_qos_profile=EXECUTE_TASK.qos,
            result_timeout=RESULT_KEPT_S,
        )

    def tell(self, progress: TellProgress) -> None:
        """Publish feedback to those who follow the attempt. From any thread."""
        self._hand_over(self._tell, progress)

    def finish(self, outcome: Outcome) -> None:
        """End the goals that follow the attempt. From any thread."""
        self._hand_over(self._finish, outcome)

    def close(self) -> None:
        """Take the action away; open goals end with it."""
        self._open.clear()
        self._server.destroy()

    def _hand_over(self, act: Callable[[Any], None], value: Any) -> None:
        executor = self._node.executor
        if executor is not None and self._open:
            executor.create_task(act, value)

    def _on_goal(self, _goal: ExecuteTask.Goal) -> GoalResponse:
        return GoalResponse.ACCEPT if self._is_active() else GoalResponse.REJECT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        # Known before the core hears of it, so that an answer finds it.
        self._open[bytes(handle.goal_id.uuid)] = handle
        if not self._on_offer(handle.request):
            self._end(handle, ExecuteTask.Result())
        elif len(self._open) > self._kept_max:
            self._end(next(iter(self._open.values())), ExecuteTask.Result())

    def _on_cancel_requested(self, handle: ServerGoalHandle) -> CancelResponse:
        self._on_cancel(AttemptId(handle.request.attempt_id))
        return CancelResponse.ACCEPT

    def _tell(self, progress: TellProgress) -> None:
        feedback = ExecuteTask.Feedback(step_index=progress.step_index, progress=progress.progress)
        for handle in self._following(progress.attempt_id):
            handle.publish_feedback(feedback)

    def _finish(self, outcome: Outcome) -> None:
        result = ExecuteTask.Result(outcome=outcome_message(outcome))
        for handle in self._following(outcome.attempt_id):
            self._end(handle, result, outcome.result)

    def _following(self, attempt_id: AttemptId) -> list[ServerGoalHandle]:
        return [handle for handle in self._open.values() if handle.request.attempt_id == attempt_id]

    def _end(
        self,
        handle: ServerGoalHandle,
        result: ExecuteTask.Result,
        how: OutcomeResult = OutcomeResult.REFUSED,
    ) -> None:
        self._open.pop(bytes(handle.goal_id.uuid), None)

        def conclude(goal: ServerGoalHandle) -> ExecuteTask.Result:
            if how is OutcomeResult.SUCCEEDED:
                goal.succeed()
            elif how is OutcomeResult.CANCELLED and goal.is_cancel_requested:
                goal.canceled()
            else:
                goal.abort()
            return result

        handle.execute(conclude)

    def _unexpected(self, handle: ServerGoalHandle) -> ExecuteTask.Result:
        raise AssertionError("goals are executed by their own conclusion only")
