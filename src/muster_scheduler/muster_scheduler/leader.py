"""What exists only while a scheduler leads: its loop and its channels."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from rclpy.node import Node

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import LogError
from muster_core.log import SqliteLog
from muster_core.scheduler import inputs as inp
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.engine import Engine
from muster_core.site import Routes
from muster_ros.clock import read_clock
from muster_ros.loop import CoreLoop
from muster_ros.site_in_force import SiteInForce
from muster_scheduler import requests as req
from muster_scheduler.answers import answer, fleet_state_message
from muster_scheduler.candidacy import Candidacy
from muster_scheduler.checkpoint_maker import CheckpointMaker
from muster_scheduler.ending import OnEnd
from muster_scheduler.goals import Goals
from muster_scheduler.outlets import RosOutlets
from muster_scheduler.peers import Peers
from muster_scheduler.reception import Reception


class Leader:
    """The scheduler at work. Only its loop's thread touches the core and the log.

    :param node: has the channels; its executor's thread opens and closes this.
    :param site: keeps up with the zones that traffic tells of.
    :param on_end: called from the loop's thread with an error that it cannot go on after.
    """

    def __init__(
        self,
        node: Node,
        fleet: str,
        core: SchedulerCore,
        log: SqliteLog,
        *,
        candidacy: Candidacy,
        peers: Peers,
        site: SiteInForce,
        on_end: OnEnd,
        logs: Any,
    ) -> None:
        self._node = node
        self._fleet = fleet
        self._core = core
        self._log = log
        self._candidacy = candidacy
        self._peers = peers
        self._site = site
        self._logs = logs
        self._site_used = core.site
        self._fleet_state_due_ns = 0
        self._goals = Goals()
        self._loop: CoreLoop[req.Request] = CoreLoop(
            "scheduler",
            self._turn,
            tick_s=core.config.tick_s,
            inbox_max=core.config.inbox_max,
            on_crash=on_end,
        )
        self._reception = Reception(
            fleet,
            self._loop.put,
            self._goals,
            site=site,
            goals_open_max=core.config.goals_open_max,
        )

    def open(self, resources: ExitStack, *, epoch_min: int) -> None:
        """Begin an epoch and work under it; ``resources`` ends it.

        :raises LogError: when the epoch cannot be made durable.
        """
        self._peers.connect(self._core.ledger.robots)
        self._outlets = RosOutlets(self._core.ledger, self._peers, self._goals)
        self._outlets.open(self._node, self._fleet, resources)
        self._engine = Engine(
            self._core,
            self._log,
            self._outlets,
            clock=read_clock,
            is_leading=self._candidacy.candidate.is_leading,
        )
        self._start_engine(epoch_min)
        self._checkpoints = CheckpointMaker(
            self._log.path,
            every_events=self._core.config.checkpoint_events,
            orders_remembered_max=self._core.config.orders_remembered_max,
            # Not the newest: a scheduler that is often started again would never have one made.
            seq=0,
            logs=self._logs,
        )
        resources.callback(self._checkpoints.stop)
        self._candidacy.tell_turned()
        self._loop.start()
        resources.callback(self._loop.stop)
        self._reception.open(self._node, resources)
        # Only now: a robot's description comes to each listener once.
        self._peers.listen(self._reception.listen)

    def put(self, item: req.Request) -> bool:
        """Take an item into the loop's inbox; False when that is full."""
        return self._loop.put(item)

    def diagnose(self) -> dict[str, str]:
        """Counters that an operator looks at first."""
        robots = self._core.ledger.robots.items()
        return {
            "epoch": str(self._core.ledger.epoch),
            "events": str(self._core.ledger.seq),
            "commits": str(self._engine.commits),
            "commit_longest_ms": f"{self._engine.commit_longest_ms:.1f}",
            "inbox_overflows": str(self._loop.overflows),
            "proposals_rejected": str(self._core.proposals_rejected),
            "outcomes_of_strangers": str(self._core.strangers),
            "reports_stale": str(self._core.stale_reports),
            "orders_suspended": str(len(self._core.ledger.suspended)),
            "robots_barred": ", ".join(name for name, robot in robots if robot.bars),
            "spares_called": ", ".join(name for name, robot in robots if robot.instead_of),
            "robots_left_out": str(self._peers.dispatcher.robots_left_out),
            "checkpoints": str(self._checkpoints.made),
            "checkpoints_failed": str(self._checkpoints.failed),
            "storage_problem": self._engine.storage_problem,
            "lease_problem": self._candidacy.candidate.problem,
            "site_problem": self._site.problem,
        }

    def _start_engine(self, epoch_min: int) -> None:
        """Make the new epoch durable, even if a predecessor that is stopped holds the log."""
        name = self._node.get_fully_qualified_name()
        try:
            self._engine.start(name, epoch_min=epoch_min)
        except LogError as error:
            self._logs.warning("the log cannot be written to take the lead", reason=str(error))
            done = self._candidacy.candidate.fence()
            if not done:
                raise
            self._logs.error("predecessor fenced", done=done)
            self._engine.start(name, epoch_min=epoch_min)

    def _turn(self, batch: list[req.Request]) -> None:
        queries = [item for item in batch if isinstance(item, req.Query)]
        inputs = [item for item in batch if not isinstance(item, req.Query)]
        if (site := self._site.site) is not self._site_used:
            self._site_used = site
            inputs.insert(0, inp.SiteChanged(Routes(site)))
            self._logs.warning("site or zones changed", site=site.name, digest=site.digest)
        problem = self._engine.storage_problem
        self._engine.handle(inputs)
        self._candidacy.tell_turned()
        self._tell_storage(problem, self._engine.storage_problem)
        now = read_clock()
        for query in queries:
            answer(query, self._core, self._log, now)
        self._publish_fleet_state(now)
        self._checkpoints.look(self._core.ledger.seq)

    def _tell_storage(self, before: str, problem: str) -> None:
        if problem and not before:
            self._logs.error("log cannot be written", reason=problem)
        elif before and not problem:
            self._logs.info("log can be written again")

    def _publish_fleet_state(self, now: Instant) -> None:
        if now.steady_ns >= self._fleet_state_due_ns:
            period_ns = int(self._core.config.fleet_state_period_s * NS_PER_S)
            self._fleet_state_due_ns = now.steady_ns + period_ns
            self._outlets.publish_fleet_state(fleet_state_message(self._core, now))
