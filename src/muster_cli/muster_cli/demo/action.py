"""One order through the `execute_order` action, and the feedback that it gives."""

from __future__ import annotations

from typing import Any

from muster_cli.client import FleetClient
from muster_cli.exits import NoAnswerError
from muster_ros import channels
from muster_ros.conversions import ORDER_STATE_NAMES

GOAL_DEADLINE_S = 10.0


class ActionOrder:
    """Sends the order when it is made; ``feedback`` is what was heard last, in words."""

    def __init__(self, client: FleetClient, order: dict[str, Any]) -> None:
        self.order_id = order["order_id"]
        self.feedback = "sent"
        self.feedbacks = 0
        self.result = ""
        self.refusal = ""
        self._future: Any = None
        action = client.action_client(channels.EXECUTE_ORDER)
        goal = channels.EXECUTE_ORDER.type.Goal(**order)
        sending = action.send_goal_async(goal, feedback_callback=self._on_feedback)
        if not client.spin_until(sending.done, GOAL_DEADLINE_S):
            raise NoAnswerError(
                f"the action execute_order has not answered a goal within {GOAL_DEADLINE_S:g} s"
            )
        self._future = sending.result().get_result_async()
        self._future.add_done_callback(self._on_result)

    @property
    def has_ended(self) -> bool:
        """Whether the result is there."""
        return bool(self.result or self.refusal)

    def _on_feedback(self, message: Any) -> None:
        self.feedbacks += 1
        self.feedback = status_words(message.feedback.status)

    def _on_result(self, future: Any) -> None:
        result = future.result().result
        if result.error_code and not result.status.state:
            self.refusal = result.message
        else:
            self.result = ORDER_STATE_NAMES.get(result.status.state, "unknown")
        self.feedback = self.refusal or self.result


def status_words(status: Any) -> str:
    """How far the order is, as in ``active, robot_3, step 2/4``."""
    words = [ORDER_STATE_NAMES.get(status.state, "unknown")]
    if status.robot_id:
        words.append(status.robot_id)
    if status.steps_total:
        words.append(f"step {min(status.step_index + 1, status.steps_total)}/{status.steps_total}")
    elif status.queue_position:
        words.append(f"{status.queue_position}. in line")
    return ", ".join(words)
