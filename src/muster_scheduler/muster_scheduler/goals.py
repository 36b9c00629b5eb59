"""Goals of ``execute_order``: who waits for which order, told of its progress and its end."""

from __future__ import annotations

import threading
from typing import Any

from muster_msgs.action import ExecuteOrder

from muster_core.errors import ErrorCode
from muster_core.ids import OrderId
from muster_core.scheduler.view import OrderView
from muster_core.states import OrderState
from muster_ros.conversions import order_status_message

FAILURE_CODES = {
    OrderState.FAILED: ErrorCode.RETRIES_EXHAUSTED,
    OrderState.CANCELLED: ErrorCode.ORDER_CANCELLED,
}


class Following:
    """The way back to a goal of ``execute_order``, where a service has its :class:`Deferred`."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle


class Goals:
    """The goals that are open. Any thread may call; each goal ends once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_order: dict[OrderId, list[Any]] = {}

    def __len__(self) -> int:
        with self._lock:
            return sum(len(handles) for handles in self._by_order.values())

    def __contains__(self, order_id: OrderId) -> bool:
        return order_id in self._by_order

    def open(self, order_id: OrderId, handle: Any) -> None:
        """Let ``handle`` follow the order from now on."""
        with self._lock:
            self._by_order.setdefault(order_id, []).append(handle)

    def tell(self, view: OrderView, error_code: ErrorCode = ErrorCode.NONE) -> None:
        """Tell everyone who follows the order how far it is; end their goals when it has ended."""
        order_id = view.order.order_id
        with self._lock:
            handles = list(self._by_order.get(order_id, ()))
            if view.state.is_final:
                self._by_order.pop(order_id, None)
        if not handles:
            return
        status = order_status_message(view)
        for handle in handles:
            if handle.is_active:
                handle.publish_feedback(ExecuteOrder.Feedback(status=status))
            if view.state.is_final:
                code = error_code or FAILURE_CODES.get(view.state, ErrorCode.NONE)
                result = ExecuteOrder.Result(
                    error_code=int(code), message=view.message, status=status
                )
                self._end(handle, view.state, result)

    def refuse(self, handle: Any, code: ErrorCode, message: str) -> None:
        """End one goal whose order was not accepted."""
        result = ExecuteOrder.Result(error_code=int(code), message=message)
        self._end(handle, OrderState.FAILED, result)

    @staticmethod
    def _end(handle: Any, state: OrderState, result: ExecuteOrder.Result) -> None:
        def conclude(goal: Any) -> ExecuteOrder.Result:
            if not goal.is_active:
                return result
            if state is OrderState.COMPLETED:
                goal.succeed()
            elif state is OrderState.CANCELLED and goal.is_cancel_requested:
                goal.canceled()
            else:
                goal.abort()
            return result

        handle.execute(conclude)
