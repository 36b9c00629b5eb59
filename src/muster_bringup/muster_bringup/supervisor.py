"""The supervisor as a node: asks lifecycle nodes what :class:`BringUp` decides, tells the result.

It is no lifecycle node itself, for somebody has to begin.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.node import Node

from muster_bringup.bring_up import Answer, BringUp, NodeState, Report, Request, Verb
from muster_bringup.config import SupervisorConfig
from muster_ros.logs import node_logger
from muster_ros.parameters import load_config

TICK_S = 0.1
DIAGNOSTICS_PERIOD_S = 2.0
DIAGNOSTICS_DEPTH = 200
PROBLEMS_TOLD_MAX = 3
TELL_PERIOD_S = 1.0
"""Progress is told at most so often; what is urgent, at once."""

STATES = {
    State.PRIMARY_STATE_UNCONFIGURED: NodeState.UNCONFIGURED,
    State.PRIMARY_STATE_INACTIVE: NodeState.INACTIVE,
    State.PRIMARY_STATE_ACTIVE: NodeState.ACTIVE,
    State.PRIMARY_STATE_FINALIZED: NodeState.FINALIZED,
}
TRANSITIONS = {
    Verb.CONFIGURE: Transition.TRANSITION_CONFIGURE,
    Verb.ACTIVATE: Transition.TRANSITION_ACTIVATE,
    Verb.DEACTIVATE: Transition.TRANSITION_DEACTIVATE,
    Verb.CLEANUP: Transition.TRANSITION_CLEANUP,
}


@dataclass(frozen=True, slots=True)
class _Call:
    request: Request
    client: Any
    future: Any


class Supervisor(Node):
    """Brings up the nodes of its parameter ``managed_nodes`` and keeps them up; see ``go_down``.

    :raises ConfigError: when its parameters cannot be used.
    """

    def __init__(self, name: str = "supervisor", *, namespace: str = "/muster", **kwargs: Any):
        super().__init__(
            name,
            namespace=namespace,
            allow_undeclared_parameters=True,
            automatically_declare_parameters_from_overrides=True,
            **kwargs,
        )
        config = load_config(self, SupervisorConfig)
        self.logs = node_logger(self.get_logger(), node=self.get_fully_qualified_name())
        self._began_s = self._incident_s = time.monotonic()
        self._bring_up = BringUp(config, self._began_s)
        self._asked = {
            name: (
                self.create_client(GetState, f"{name}/get_state"),
                self.create_client(ChangeState, f"{name}/change_state"),
            )
            for name in self._bring_up.nodes
        }
        self._calls: dict[str, _Call] = {}
        self._told: Report | None = None
        self._told_s = 0.0
        self._is_going_down = False
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._reasons: Any = None
        self.create_timer(TICK_S, self._advance)
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)

    @property
    def is_active(self) -> bool:
        """Whether all nodes are."""
        return self._bring_up.report().is_active

    @property
    def is_down(self) -> bool:
        """Whether ``go_down`` has done what there was time for."""
        return self._bring_up.is_down(time.monotonic())

    def go_down(self) -> None:
        """Take the nodes down while this node is spun, until ``is_down``. From any thread."""
        self._is_going_down = True

    def _advance(self) -> None:
        if self._is_going_down:
            self._bring_up.go_down(time.monotonic())
            self._give_up_on_gone()
        for request in self._bring_up.requests(time.monotonic()):
            self._send(request)
        self._listen()
        self._tell_changes()

    def _listen(self) -> None:
        """Hear why transitions fail, as long as a node is not active; nodes repeat it.

        In a fleet that is well these are the most frequent messages of all, and each would wake
        this node with two clients for every node of the fleet.
        """
        is_wanted = not self._bring_up.report().is_active
        if is_wanted and self._reasons is None:
            self._reasons = self.create_subscription(
                DiagnosticArray, "/diagnostics", self._on_diagnostics, DIAGNOSTICS_DEPTH
            )
        elif not is_wanted and self._reasons is not None:
            self.destroy_subscription(self._reasons)
            self._reasons = None

    def _send(self, request: Request) -> None:
        get_state, change_state = self._asked[request.node]
        self._forget(request.node)
        is_question = request.verb is Verb.GET_STATE
        client = get_state if is_question else change_state
        if not client.service_is_ready():
            self._bring_up.on_state(request, NodeState.ABSENT, time.monotonic())
            return
        if is_question:
            future = client.call_async(GetState.Request())
            future.add_done_callback(partial(self._on_state, request))
        else:
            wanted = Transition(id=TRANSITIONS[request.verb])
            future = client.call_async(ChangeState.Request(transition=wanted))
            future.add_done_callback(partial(self._on_changed, request))
        self._calls[request.node] = _Call(request, client, future)

    def _forget(self, name: str) -> None:
        """Let go of a call that was never answered; rclpy would keep it for ever."""
        call = self._calls.pop(name, None)
        if call is not None and not call.future.done():
            call.client.remove_pending_request(call.future)
            call.future.cancel()

    def _give_up_on_gone(self) -> None:
        """Do not wait for the answers of nodes that ended by themselves, as Ctrl-C lets them."""
        for call in list(self._calls.values()):
            if not call.future.done() and not call.client.service_is_ready():
                self._forget(call.request.node)
                self._bring_up.on_state(call.request, NodeState.ABSENT, time.monotonic())

    def _on_state(self, request: Request, future: Any) -> None:
        if not future.cancelled():
            state = STATES.get(future.result().current_state.id, NodeState.CHANGING)
            self._bring_up.on_state(request, state, time.monotonic())

    def _on_changed(self, request: Request, future: Any) -> None:
        if not future.cancelled():
            answer = Answer.DONE if future.result().success else Answer.FAILED
            self._bring_up.on_transition(request, answer, time.monotonic())

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.level == DiagnosticStatus.ERROR and " failed: " in status.message:
                self._bring_up.on_reason(f"/{status.name}", status.message)

    def _tell_changes(self) -> None:
        if self._is_going_down:
            return
        report, told, now_s = self._bring_up.report(), self._told, time.monotonic()
        is_worse = told is not None and has_new_problem(told, report)
        is_urgent = is_worse or report.is_active
        if report == told or (not is_urgent and now_s - self._told_s < TELL_PERIOD_S):
            return
        self._told, self._told_s = report, now_s
        if report.is_active:
            duration_s = now_s - self._incident_s
            text = f"fleet is active: {report.managed} nodes in {duration_s:.1f} s"
        else:
            if told is not None and told.is_active:
                self._incident_s = now_s
            text = describe(report)
        tell = self.logs.warning if is_worse else self.logs.info
        tell(text, active=report.active, managed=report.managed)

    def _publish_diagnostics(self) -> None:
        report = self._bring_up.report()
        status = DiagnosticStatus(
            level=DiagnosticStatus.OK if report.is_active else DiagnosticStatus.WARN,
            name=self.get_fully_qualified_name().lstrip("/"),
            message=describe(report),
            values=[
                KeyValue(key="restarts", value=str(report.restarts)),
                *(KeyValue(key=name, value=why) for name, why in report.problems.items()),
            ],
        )
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)


def describe(report: Report) -> str:
    """The report as a sentence; of many problems the first few."""
    text = f"{report.active} of {report.managed} nodes active"
    problems = [f"{name} is {why}" for name, why in report.problems.items()]
    told = problems[:PROBLEMS_TOLD_MAX]
    if len(problems) > len(told):
        told.append(f"and {len(problems) - len(told)} more")
    return "; ".join([text, *told])


def has_new_problem(before: Report, after: Report) -> bool:
    """Whether a node was active and is not any more, or a node's transition failed."""
    return any(
        name not in before.problems or ("failed" in why and before.problems[name] != why)
        for name, why in after.problems.items()
    )
