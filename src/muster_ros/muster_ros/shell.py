"""The lifecycle shell that all nodes share: opens and closes what a node needs, and hides no error.

rclpy's lifecycle node swallows exceptions raised in transition callbacks. This one logs them with
their traceback, tells them to ``/diagnostics``, and fails the transition.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from muster_core.errors import MusterError
from muster_ros.logs import node_logger
from muster_ros.simulated_clock import use_simulated_clock

DEFAULT_FLEET = "/muster"
DIAGNOSTICS_PERIOD_S = 2.0


class MusterNode(LifecycleNode):
    """A lifecycle node with two stacks of resources.

    Subclasses implement ``open`` (configure: parameters, files, channels) and ``start`` (activate:
    threads, timers, work); what they push on the stack is closed in reverse order by ``cleanup``
    and ``deactivate``. No subclass may call a method ``handle``: rclpy's own node has one.
    """

    def __init__(self, name: str, *, namespace: str = DEFAULT_FLEET, **kwargs: Any) -> None:
        super().__init__(
            name,
            namespace=namespace,
            allow_undeclared_parameters=True,
            automatically_declare_parameters_from_overrides=True,
            **kwargs,
        )
        self.logs = node_logger(self.get_logger(), node=self.get_fully_qualified_name())
        self._guard_change_state()
        self._opened = ExitStack()
        self._started = ExitStack()
        # Why the last transition failed; empty when it did not.
        self.problem = ""
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)

    @property
    def fleet(self) -> str:
        """The fleet's namespace, as in ``/muster``. Agents live one level below it."""
        return str(self.get_namespace()).rstrip("/")

    def open(self, resources: ExitStack) -> None:
        """Read parameters and open what the node needs to be activated.

        :raises MusterError: when something configured cannot be used.
        """

    def start(self, resources: ExitStack) -> None:
        """Begin to work.

        :raises MusterError: when it cannot.
        """

    def diagnose(self) -> dict[str, str]:
        """What the node tells to diagnostics while it is well; override to add to it."""
        return {}

    def warning(self) -> str:
        """What a person should look into although the node is well; empty = nothing."""
        return ""

    def describe_state(self, label: str) -> str:
        """The state in words while the node is well; ``label`` is its lifecycle's word for it."""
        return label

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run ``open``; close what it had opened when it fails."""
        return self._transition("configure", self._open_on_time, self._opened)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run ``start``; close what it had started when it fails."""
        result = self._transition("activate", self.start, self._started)
        return super().on_activate(state) if result == TransitionCallbackReturn.SUCCESS else result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close what ``start`` started."""
        super().on_deactivate(state)
        return self._transition("deactivate", lambda _: self._started.close())

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close what ``open`` opened."""
        return self._transition("cleanup", lambda _: self._opened.close())

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close everything, from whatever state."""
        return self._transition("shutdown", lambda _: self.close())

    def _open_on_time(self, resources: ExitStack) -> None:
        if self.get_parameter_or("use_sim_time", Parameter("use_sim_time", value=False)).value:
            use_simulated_clock()
        self.open(resources)

    def close(self) -> None:
        """Close what is started and opened, newest first. Closing twice is fine."""
        try:
            self._started.close()
        finally:
            self._opened.close()

    def destroy_node(self) -> None:
        """Take the node out of the graph, with the DDS participant when it was the last one there.

        rclpy leaves both to the garbage collector, for the state machine holds the node. Until that
        comes by, others count on a participant that answers nothing; and those beyond the 32nd of
        a host do not find one another (``ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST``).
        """
        super().destroy_node()
        self._state_machine: Any = None

    def _guard_change_state(self) -> None:
        """Answer an impossible transition with a refusal; rclpy would end the process."""
        service = self._service_change_state
        change_state = service.callback

        def guarded(request: Any, response: Any) -> Any:
            try:
                return change_state(request, response)
            except rclpy_implementation.RCLError as error:
                self.logs.warning("transition refused", reason=str(error))
                response.success = False
                return response

        service.callback = guarded

    def _transition(
        self,
        name: str,
        act: Callable[[ExitStack], None],
        resources: ExitStack | None = None,
    ) -> TransitionCallbackReturn:
        stack = resources if resources is not None else ExitStack()
        try:
            act(stack)
        except MusterError as error:
            self._fail(name, str(error), stack)
            self.logs.error("transition failed", transition=name, reason=str(error))
        except Exception as error:
            self._fail(name, f"{type(error).__name__}: {error}", stack)
            self.logs.exception("transition failed", transition=name)
        else:
            self.problem = ""
            self.logs.info("transition done", transition=name)
            self._publish_diagnostics()
            return TransitionCallbackReturn.SUCCESS
        self._publish_diagnostics()
        return TransitionCallbackReturn.FAILURE

    def _fail(self, name: str, reason: str, stack: ExitStack) -> None:
        self.problem = f"{name} failed: {reason}"
        try:
            stack.close()
        except Exception:
            self.logs.exception("closing after a failed transition failed", transition=name)

    def _publish_diagnostics(self) -> None:
        _, label = self._state_machine.current_state
        warning = "" if self.problem else self.warning()
        level = DiagnosticStatus.WARN if warning else DiagnosticStatus.OK
        status = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if self.problem else level,
            name=self.get_fully_qualified_name().lstrip("/"),
            message=self.problem or warning or self.describe_state(label),
            hardware_id="",
        )
        if not self.problem:
            status.values = [
                KeyValue(key=key, value=value) for key, value in self.diagnose().items()
            ]
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)
