"""A whole warehouse in one process: bodies, agents, scheduler, policy and traffic on one clock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from random import Random

from muster_core.clock import NS_PER_S
from muster_core.ids import RobotId
from muster_core.policy.loader import load_policy
from muster_core.scheduler.inputs import SubmitOrder
from muster_core.site import Site
from muster_twin.battery import Battery
from muster_twin.sim_settings import SimSettings
from muster_twin.simulation.clock import WALL_START_NS, Clock
from muster_twin.simulation.timeline import Timeline
from muster_twin.streams.order_stream import TimedOrder
from muster_twin.warehouse.agent import HEARTBEAT_S, Agent
from muster_twin.warehouse.body import Body
from muster_twin.warehouse.chassis import Surroundings
from muster_twin.warehouse.driver import BodyDriver
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.quick_traffic import QuickTraffic
from muster_twin.warehouse.referee import Referee
from muster_twin.warehouse.scheduler import Scheduler, scheduler_config
from muster_twin.warehouse.settings import TrafficKind, WarehouseSettings
from muster_twin.warehouse.starts import require_room, start_vertices
from muster_twin.warehouse.stopwatch import Stopwatch
from muster_twin.warehouse.tally import Tally
from muster_twin.warehouse.traffic import Traffic

START_S = 10.0
"""How long robots and scheduler have to get to know each other before the first order, s."""

START_WALL_NS = WALL_START_NS + int(START_S * NS_PER_S)
"""What wall clocks show then."""

STALL_S_MAX = 1800.0
"""A run in which no order ends for so long, while some are asked for, is given up, s."""


class Warehouse:
    """Everything that one run consists of.

    :raises ConfigError: when the robots do not fit the site.
    :raises PluginError: when there is no such policy.
    """

    def __init__(
        self, site: Site, settings: WarehouseSettings, orders: Sequence[TimedOrder]
    ) -> None:
        self.settings = settings
        self.ground = ground = Ground(site)
        self.orders = orders
        self.timeline = timeline = Timeline()
        self.stopwatch = stopwatch = Stopwatch()
        self.referee = Referee()
        self.visits: Counter[str] = Counter()
        self.waits_s: Counter[str] = Counter()
        self.took_s = 0.0
        self.has_stalled = False
        clock = Clock(timeline)
        self.bodies = self._make_bodies()
        self.traffic = self._make_traffic(clock)
        self.agents: dict[RobotId, Agent] = {}
        config = scheduler_config(
            site.name, robots=settings.robots, decide_budget_s=settings.decide_budget_s
        )
        self.scheduler = Scheduler(
            ground,
            config,
            load_policy(settings.policy),
            agents=self.agents,
            timeline=timeline,
            clock=clock,
            stopwatch=stopwatch,
        )
        self._make_agents(clock)
        for timed in orders:
            timeline.after(START_S + timed.release_s, partial(self._submit, timed))

    @property
    def is_done(self) -> bool:
        """Whether all orders have ended, or were refused."""
        return self.scheduler.ended + self.scheduler.refused >= len(self.orders)

    def run(self) -> None:
        """Let time pass until all orders have ended, ``duration_s_max`` is over, or it stalls."""
        began_s = time.process_time()
        until_ns = int((START_S + self.settings.duration_s_max) * NS_PER_S)
        self._watch_for_ever(self.scheduler.ended, self.timeline.now_ns)
        self.timeline.run(until_ns, lambda: self.is_done or self.has_stalled)
        for body in self.bodies.values():
            body.tally.settle(self.timeline.now_s, body.vertex)
        self.took_s = time.process_time() - began_s

    def _watch_for_ever(self, ended_before: int, since_ns: int) -> None:
        """Notice when nothing comes to an end any more."""
        scheduler, now_ns = self.scheduler, self.timeline.now_ns
        if scheduler.ended != ended_before or not scheduler.has_open_orders:
            ended_before, since_ns = scheduler.ended, now_ns
        self.has_stalled = now_ns - since_ns >= STALL_S_MAX * NS_PER_S
        self.timeline.after(60.0, lambda: self._watch_for_ever(ended_before, since_ns))

    def _submit(self, timed: TimedOrder) -> None:
        self.scheduler.receive(SubmitOrder(timed.order.order_id, timed.order))

    # How it is built

    def _make_bodies(self) -> dict[RobotId, Body]:
        settings = self.settings
        world = Surroundings(self.ground, settings, self.timeline, self.referee)
        bodies = {}
        for number, vertex in enumerate(self._starts(), 1):
            robot_id = RobotId(f"robot_{number}")
            chance = self._chance("body", robot_id)
            charge = chance.uniform(settings.battery_start_min, 1.0)
            body = Body(
                robot_id,
                world,
                vertex,
                battery=Battery(charge, SimSettings()),
                tally=Tally(self.visits, self.waits_s),
            )
            bodies[robot_id] = body
            if settings.breakdown_every_h:
                self._break_down_later(body, chance)
        return bodies

    def _make_traffic(self, clock: Clock) -> Traffic | QuickTraffic:
        if self.settings.traffic is TrafficKind.QUICK:
            return QuickTraffic(
                self.ground, self.bodies, timeline=self.timeline, stopwatch=self.stopwatch
            )
        return Traffic(
            self.ground,
            self.bodies,
            timeline=self.timeline,
            clock=clock,
            stopwatch=self.stopwatch,
        )

    def _make_agents(self, clock: Clock) -> None:
        settings = self.settings
        for index, (robot_id, body) in enumerate(self.bodies.items()):
            driver = BodyDriver(
                body,
                self.ground,
                settings,
                timeline=self.timeline,
                chance=self._chance("driver", robot_id),
            )
            agent = Agent(
                robot_id,
                driver,
                self.ground,
                timeline=self.timeline,
                clock=clock,
                stopwatch=self.stopwatch,
                tell=self.scheduler.receive,
                phase_s=HEARTBEAT_S * index / settings.robots,
            )
            body.wake = agent.wake
            self.agents[robot_id] = agent

    def _chance(self, *names: object) -> Random:
        """Chance of its own for each use, so that what one draws changes nothing elsewhere."""
        return Random("/".join(map(str, (self.settings.seed, *names))))

    def _starts(self) -> list[str]:
        starts = start_vertices(self.ground, self._chance("starts"))
        require_room(self.settings.robots, self.ground, starts)
        return starts[: self.settings.robots]

    def _break_down_later(self, body: Body, chance: Random) -> None:
        after_s = chance.expovariate(1 / (self.settings.breakdown_every_h * 3600.0))
        self.timeline.after(after_s, lambda: self._break_down(body, chance))

    def _break_down(self, body: Body, chance: Random) -> None:
        repair_s = self.settings.repair.draw(chance)
        body.break_down(repair_s)
        self.timeline.after(repair_s, lambda: self._break_down_later(body, chance))
