"""The agent node: one robot's voice, a thin shell round the agent's core."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from typing import Any

from muster_msgs import action, msg
from rclpy.publisher import Publisher

from muster_agent.attention import Attention
from muster_agent.conversions import to_leases, to_offer
from muster_agent.goals import Goals
from muster_agent.journal import journal_path, open_journal
from muster_agent.machine import Surroundings, describe, open_driver
from muster_agent.outlets import NodeOutlets
from muster_core.agent import AgentConfig, AgentCore, Worker, fold_journal
from muster_core.agent.inputs import Input, ReleaseReceived, RollCalled, StopRequested
from muster_core.driver.protocol import Driver, StepState
from muster_core.ids import AttemptId, RobotId
from muster_core.log import EventLog
from muster_core.site import Site, load_site
from muster_ros.channels import (
    EXECUTE_TASK,
    LEASES,
    RELEASES,
    ROBOT_DESCRIPTIONS,
    ROBOT_STATES,
    TRAFFIC_REPORTS,
    TRAFFIC_ROLL,
    ZONES,
    Channel,
)
from muster_ros.clock import read_clock
from muster_ros.conversions import robot_description_message
from muster_ros.loop import CoreLoop
from muster_ros.parameters import load_config
from muster_ros.process import crash
from muster_ros.shell import MusterNode
from muster_ros.site_in_force import SiteInForce
from muster_ros.traffic_conversions import to_release

STANDING_AWAITED_S_MAX = 10.0
"""How long an agent that must end waits for its robot to come to stand."""


class AgentNode(MusterNode):
    """The agent of ``robot_id`` in the fleet at namespace ``fleet``, as in ``/muster``."""

    _config: AgentConfig
    _site: SiteInForce
    _driver: Driver
    _journal: EventLog
    _goals: Goals
    _states: Publisher
    _reports: Publisher
    _descriptions: Publisher

    def __init__(self, fleet: str, robot_id: RobotId, **kwargs: Any) -> None:
        super().__init__("agent", namespace=f"{fleet.rstrip('/')}/{robot_id}", **kwargs)
        self._core: AgentCore | None = None
        self._loop: CoreLoop[Input] | None = None
        self._warning = ""
        self._attention = Attention()

    @property
    def robot_id(self) -> RobotId:
        """The robot's name: the last part of the node's namespace."""
        return RobotId(str(self.get_namespace()).rpartition("/")[2])

    @property
    def fleet(self) -> str:
        """See :class:`MusterNode`."""
        return str(self.get_namespace()).rpartition("/")[0]

    def open(self, resources: ExitStack) -> None:
        """See :class:`MusterNode`."""
        self._config = load_config(self, AgentConfig)
        site = load_site(self._config.site)
        for note in site.notes:
            self.logs.warning("the site's file says what is not kept", note=note)
        self._site = SiteInForce(self._config.site, site)
        self._driver = open_driver(self, self.robot_id, self._config, site)
        resources.callback(self._driver.close)
        path = journal_path(self.fleet, self.robot_id, self._config)
        self._journal = open_journal(path, self._config, read_clock())
        resources.callback(self._journal.close)
        self._open_channels(resources)

    def start(self, resources: ExitStack) -> None:
        """See :class:`MusterNode`."""
        remembered_max = self._config.attempts_remembered_max
        surroundings = Surroundings(self._driver, self._site.site)
        core = self._core = AgentCore(
            self._config,
            self.robot_id,
            abilities=surroundings.abilities(),
            state=fold_journal(self._journal, attempts_remembered_max=remembered_max),
            now=read_clock(),
        )
        outlets = NodeOutlets(self._states, self._reports, self._goals, self.context)
        worker = Worker(core, self._driver, self._journal, outlets)
        resources.callback(lambda: worker.leave(read_clock()))
        loop = CoreLoop[Input](
            f"{self.robot_id}-agent",
            lambda batch: self._turn(worker, surroundings, batch),
            tick_s=core.pause_s,
            inbox_max=self._config.inbox_max,
            on_crash=self._on_crash,
        )
        self._describe(surroundings.site)
        loop.start()
        self._loop = loop
        resources.callback(self._stop_loop)

    def diagnose(self) -> dict[str, str]:
        """See :class:`MusterNode`."""
        core, loop = self._core, self._loop
        if core is None or loop is None:
            return {}
        told = {"driver": self._config.driver, "inbox_overflows": str(loop.overflows)}
        told |= {name: str(count) for name, count in list(core.counts.items())}
        warning = self.warning()
        if warning:
            told["warning"] = warning
        if warning != self._warning:
            self._warning = warning
            if warning:
                self.logs.warning("look into this", reason=warning)
        return told

    def warning(self) -> str:
        """See :class:`MusterNode`."""
        core = self._core
        return (core.warning() if core is not None else "") or self._site_problem()

    def _site_problem(self) -> str:
        return self._site.problem if self._loop is not None else ""

    def _open_channels(self, resources: ExitStack) -> None:
        self._states = self._publisher(ROBOT_STATES, resources)
        self._descriptions = self._publisher(ROBOT_DESCRIPTIONS, resources)
        self._reports = self._publisher(TRAFFIC_REPORTS, resources)
        self._subscribe(LEASES, self._on_leases, resources)
        if self._config.traffic:
            self._subscribe(TRAFFIC_ROLL, self._on_roll, resources)
            self._subscribe(RELEASES, self._on_release, resources)
            self._subscribe(ZONES, self._site.hear, resources)
        self._goals = Goals(
            self,
            EXECUTE_TASK.path(self.fleet, self.robot_id),
            is_active=lambda: self._loop is not None,
            on_offer=self._on_offer,
            on_cancel=self._on_cancel,
            kept_max=self._config.goals_kept_max,
        )
        resources.callback(self._goals.close)

    def _turn(self, worker: Worker, surroundings: Surroundings, batch: list[Input]) -> None:
        """On the loop's thread: the site first, which a release in the batch may go by."""
        now, site = read_clock(), self._site.site
        if site is not surroundings.site:
            is_other = site.digest != surroundings.site.digest
            surroundings.use(site, now)
            if is_other:
                self._describe(site)
        worker.handle(batch, now)

    def _describe(self, site: Site) -> None:
        description = describe(
            self.robot_id, self._driver, site, payload_kg_max=self._config.payload_kg_max
        )
        self._descriptions.publish(robot_description_message(description))

    def _subscribe(self, channel: Channel, callback: Any, resources: ExitStack) -> None:
        path = channel.path(self.fleet, self.robot_id)
        subscription = self.create_subscription(channel.type, path, callback, channel.qos)
        resources.callback(self.destroy_subscription, subscription)

    def _publisher(self, channel: Channel, resources: ExitStack) -> Publisher:
        # A plain publisher: a lifecycle one is mute while the node changes its state, which is when
        # the robot has to say that it comes or goes.
        publisher = self.create_publisher(channel.type, channel.path(self.fleet), channel.qos)
        resources.callback(self.destroy_publisher, publisher)
        return publisher

    def _stop_loop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()

    def _on_crash(self, error: BaseException) -> None:
        """End the process, once the robot stands. On the loop's thread, as all of the driver is."""
        self.logs.error("the agent ends", reason=str(error) or type(error).__name__)
        deadline = time.monotonic() + STANDING_AWAITED_S_MAX
        with suppress(Exception):  # the error that ends the process is the one to be told
            while time.monotonic() < deadline:
                if self._driver.poll(read_clock()).step_state is not StepState.RUNNING:
                    break
                time.sleep(self._config.tick_s)
        crash(error)

    def _put(self, item: Input) -> bool:
        loop = self._loop
        return loop is not None and loop.put(item)

    def _on_leases(self, message: msg.Leases) -> None:
        leases, now = to_leases(message, self.robot_id), read_clock()
        if self._attention.is_due(leases, now, alone_after_s=self._config.alone_after_s):
            self._put(leases)

    def _on_offer(self, goal: action.ExecuteTask.Goal) -> bool:
        return self._put(to_offer(goal))

    def _on_cancel(self, attempt_id: AttemptId) -> None:
        self._put(StopRequested(attempt_id))

    def _on_roll(self, message: msg.TrafficRoll) -> None:
        self._put(RollCalled(message.epoch))

    def _on_release(self, message: msg.Release) -> None:
        release = to_release(message)
        # Traffic may know of a new site before this agent: it repeats what is not heeded.
        if all(self._site.site.has_vertex(vertex) for vertex in release.vertices):
            self._put(ReleaseReceived(release))
