"""The scheduler in the twin: production's engine on a log in memory, with its policy at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from muster_core.agent.inputs import Grant, LeasesReceived
from muster_core.clock import NS_PER_S
from muster_core.events import OrderCancelled, OrderCompleted, OrderFailed, Record, TaskAssigned
from muster_core.ids import AttemptId, OrderId, RobotId
from muster_core.log import LogEntry, MemoryLog
from muster_core.policy.protocol import Policy
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import (
    Effect,
    PublishLeases,
    Query,
    Reply,
    RequestPlans,
    SendTask,
)
from muster_core.scheduler.engine import Engine
from muster_core.scheduler.inputs import DecisionReceived, PlansReceived
from muster_core.scheduler.ledger import Ledger
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.messages import to_offer
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.agent import HEARTBEAT_S, Agent
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.stopwatch import Stopwatch
from muster_twin.warehouse.turns import Turns

DELAY_S = 0.25
TICK_S = 2.0
LEASE_S = 120.0


def scheduler_config(site: str, *, robots: int, decide_budget_s: float) -> SchedulerConfig:
    """How production's scheduler is set in the twin: nothing is lost here, so all is calmer."""
    return SchedulerConfig(
        site=site,
        robots_expected=robots,
        orders_open_max=1_000_000,
        orders_remembered_max=1_000_000,
        # Far more than robots can take in the time that planning takes.
        tasks_ahead_max=max(100, 2 * robots),
        plan_batch_max=256,
        decide_timeout_s=decide_budget_s,
        decide_period_s=5.0,
        lease_s=LEASE_S,
        heartbeat_timeout_s=4 * HEARTBEAT_S,
        offer_timeout_s=2 * HEARTBEAT_S,
        tick_s=TICK_S,
        leadership_lease_s=10 * TICK_S,
    )


class Scheduler:
    """One scheduler, which leads for ever.

    :param agents: filled by the caller before time begins.
    """

    def __init__(
        self,
        ground: Ground,
        config: SchedulerConfig,
        policy: Policy,
        *,
        agents: Mapping[RobotId, Agent],
        timeline: Timeline,
        clock: Clock,
        stopwatch: Stopwatch,
    ) -> None:
        self.ledger = Ledger(orders_remembered_max=config.orders_remembered_max)
        self.log = MemoryLog()
        self.assigned_ns: dict[OrderId, int] = {}
        self.refusals: Counter[str] = Counter()
        self.ended = 0
        self.refused = 0
        self._policy = policy
        self._site = ground.site
        self._agents = agents
        self._clock = clock
        self._stopwatch = stopwatch
        self._epochs: dict[RobotId, int] = {}
        self._granted: dict[RobotId, tuple[AttemptId, int, int]] = {}
        core = SchedulerCore(config, self.ledger, site=ground.site, routes=ground.routes)
        self.core = core
        self._engine = Engine(core, self.log, self, clock=clock.now, is_leading=lambda _: True)
        self._turns = Turns(timeline, self._handle, delay_s=DELAY_S, tick_s=TICK_S)
        self.receive = self._turns.put
        self._engine.start("twin")

    @property
    def has_open_orders(self) -> bool:
        """Whether an order was accepted and has not ended."""
        return len(self.ledger.orders) > self.ended

    def _handle(self, batch: Sequence[Any]) -> None:
        with self._stopwatch.measure("scheduler"):
            self._engine.handle(batch)

    # Effects; called by the engine.

    def ask(self, query: Query) -> None:
        """See :class:`Outlets`. The policy answers at once; its answer waits for the next turn."""
        policy = self._policy
        with self._stopwatch.measure("policy"):
            if isinstance(query, RequestPlans):
                plans = tuple(policy.plan(order, self._site) for order in query.orders)
                answer: Any = PlansReceived(query.request_id, policy.name, policy.version, plans)
            else:
                decision = policy.decide(query.snapshot, query.budget_s)
                answer = DecisionReceived(query.request_id, policy.name, policy.version, decision)
        self.receive(answer)

    def perform(self, effect: Effect) -> None:
        """See :class:`Outlets`."""
        if isinstance(effect, SendTask):
            self._agents[effect.robot_id].receive(to_offer(effect))
        elif isinstance(effect, PublishLeases):
            self._send_leases(effect)
        elif isinstance(effect, Reply) and effect.refusal is not None:
            self.refused += 1
            self.refusals[effect.refusal.message] += 1

    def publish(self, records: Sequence[Record], entries: Sequence[LogEntry]) -> None:
        """See :class:`Outlets`."""
        for record in records:
            event = record.event
            if isinstance(event, TaskAssigned):
                self.assigned_ns.setdefault(event.order_id, record.wall_ns)
            elif isinstance(event, OrderCompleted | OrderFailed | OrderCancelled):
                self.ended += 1

    def _send_leases(self, leases: PublishLeases) -> None:
        """Send to each agent what concerns it, if that is news to it."""
        granted: dict[RobotId, tuple[Grant, ...]] = {}
        for grant in leases.grants:
            if self._is_news(grant.robot_id, grant.attempt_id, grant.steps_permitted):
                granted[grant.robot_id] = (
                    Grant(grant.attempt_id, grant.heard_report, grant.steps_permitted),
                )
        revoked = _by_robot(leases.revocations)
        acknowledged = _by_robot(leases.acknowledgements)
        strangers = {r for r in self._agents if self._epochs.get(r) != leases.epoch}
        for robot_id in sorted(granted.keys() | revoked.keys() | acknowledged.keys() | strangers):
            self._epochs[robot_id] = leases.epoch
            self._agents[robot_id].receive(
                LeasesReceived(
                    epoch=leases.epoch,
                    duration_s=leases.duration_s,
                    granted=granted.get(robot_id, ()),
                    revoked=revoked.get(robot_id, ()),
                    acknowledged=acknowledged.get(robot_id, ()),
                )
            )

    def _is_news(self, robot_id: RobotId, attempt_id: AttemptId, steps_permitted: int) -> bool:
        """Whether the grant permits more than the last one sent, or that is to be renewed."""
        now_ns = self._clock.now().steady_ns
        known, permitted, sent_ns = self._granted.get(robot_id, ("", 0, 0))
        is_old = now_ns - sent_ns >= LEASE_S / 4 * NS_PER_S
        if known == attempt_id and permitted == steps_permitted and not is_old:
            return False
        self._granted[robot_id] = (attempt_id, steps_permitted, now_ns)
        return True


def _by_robot(
    pairs: Sequence[tuple[RobotId, AttemptId]],
) -> dict[RobotId, tuple[AttemptId, ...]]:
    found: dict[RobotId, tuple[AttemptId, ...]] = {}
    for robot_id, attempt_id in pairs:
        found[robot_id] = (*found.get(robot_id, ()), attempt_id)
    return found
