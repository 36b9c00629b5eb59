"""A whole fleet in one place: its processes, its floor, its network, and who watches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import msgspec

from muster_core.agent import AgentConfig
from muster_core.agent.records import decode_record
from muster_core.clock import NS_PER_S
from muster_core.events import Record
from muster_core.gateway.config import GatewayConfig
from muster_core.ids import OrderId, RobotId
from muster_core.leadership import LeaseRegister, MemoryLeadership
from muster_core.log import LogEntry
from muster_core.order import Order
from muster_core.scheduler.codec import to_record
from muster_core.scheduler.config import SchedulerConfig
from muster_twin.simulation import invariants as inv
from muster_twin.simulation.body import SAFE_POINT_S_MAX, Body
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.disk import Disk
from muster_twin.simulation.facts import Facts
from muster_twin.simulation.floor import Floor
from muster_twin.simulation.history import History, Source
from muster_twin.simulation.kafka import Broker
from muster_twin.simulation.processes.agent import AgentProcess
from muster_twin.simulation.processes.client import ClientProcess
from muster_twin.simulation.processes.gateway import GatewayProcess
from muster_twin.simulation.processes.person import PersonProcess
from muster_twin.simulation.processes.policy import PolicyProcess
from muster_twin.simulation.processes.process import Machinery, Process
from muster_twin.simulation.processes.scheduler import SchedulerProcess
from muster_twin.simulation.timeline import Timeline
from muster_twin.simulation.witness import Witness
from muster_twin.simulation.words import EventWords

LEADER_LEASE_S = 3.0
RESTART_S_MIN, RESTART_S_MAX = 0.2, (1.0, 6.0, 25.0)
"""How long a crashed process stays down: soon back, a while away, or given up for lost."""

HALTING_SHARE = 0.6
AGENT_TICK_S = 0.5
SCHEDULER_CONFIG = SchedulerConfig(
    site="floor.yaml",
    orders_open_max=6,
    plan_batch_max=2,
    tasks_ahead_max=3,
    lease_s=3.5,
    heartbeat_timeout_s=2.2,
    # What a body needs, and a turn of its agent before that.
    safe_point_s_max=SAFE_POINT_S_MAX + 2 * AGENT_TICK_S,
    offer_timeout_s=1.5,
    offer_s_max=10.0,
    plan_timeout_s=0.5,
    decide_timeout_s=0.5,
    retry_pause_s=0.5,
    retry_pause_s_max=4.0,
    item_wait_s_max=20.0,
    breaker_pause_s=5.0,
    breaker_pause_s_max=20.0,
    tick_s=0.5,
)
AGENT_CONFIG = AgentConfig(
    site="floor.yaml",
    driver="body",
    heartbeat_period_s=0.7,
    tick_s=AGENT_TICK_S,
    alone_after_s=12.0,
    outcomes_kept_max=4,
    attempts_remembered_max=30,
)
GATEWAY_CONFIG = GatewayConfig(
    orders_in_flight_max=3,
    orders_held_max=6,
    events_in_flight_max=20,
    events_buffered_max=60,
    read_page=50,
    submit_timeout_s=2.0,
    retry_s_min=0.5,
    retry_s_max=4.0,
    read_timeout_s=2.0,
    follow_period_s=2.0,
    delivery_timeout_s=10.0,
)


class World:
    """Everything that a simulation consists of.

    :param chance: draws everything that is not decided by somebody.
    :param has_spare: whether the last robot is a spare.
    :param restarts: whether what crashed is started again after a while, as a supervisor does.
    """

    def __init__(
        self,
        chance: Random,
        *,
        robots: int,
        schedulers: int,
        has_spare: bool = False,
        restarts: bool = True,
    ) -> None:
        self.chance = chance
        self.timeline = Timeline()
        self.history = History(self.timeline)
        self.facts = Facts()
        self.floor = Floor(self.timeline, chance, self.history)
        self.register = LeaseRegister()
        self.on_recorded: list[Callable[[Record], None]] = []
        self._restarts = restarts
        robot_ids = tuple(RobotId(f"robot_{number}") for number in range(1, robots + 1))
        spares = robot_ids[-1:] if has_spare else ()
        self._scheduler_config = msgspec.structs.replace(SCHEDULER_CONFIG, spares=spares)
        self.clocks: list[Clock] = []
        self._agent_clocks = {robot_id: self._make_clock() for robot_id in robot_ids}
        self.log_disk = Disk("schedulers", chance, self._on_log_grown)
        self.witness = self._make_witness()
        self.machinery = Machinery(
            self.timeline,
            chance,
            self.history,
            witness=self.witness,
            schedulers=tuple(f"scheduler_{number}" for number in range(1, schedulers + 1)),
            robots=robot_ids,
        )
        self.machinery.on_down = self._on_down
        self.network = self.machinery.network
        self.broker = Broker(self.timeline, chance, self.history, self.witness)
        starts = chance.sample(("v3", "v4", "v5", "v6"), robots)
        self.bodies = [
            self._make_body(robot_id, vertex)
            for robot_id, vertex in zip(robot_ids, starts, strict=True)
        ]
        self._bodies = dict(zip(robot_ids, self.bodies, strict=True))
        self.floor.standing_at = self._standing_at
        self.agents = [self._make_agent(body) for body in self.bodies]
        self.schedulers = self._make_schedulers()
        self.gateway = GatewayProcess(
            "gateway",
            self.machinery,
            self._make_clock(),
            config=GATEWAY_CONFIG,
            broker=self.broker,
        )
        self.policy = PolicyProcess("policy", self.machinery, self._make_clock())
        self.client = ClientProcess("client", self.machinery, self._make_clock())
        self.person = PersonProcess(
            "person",
            self.machinery,
            self._make_clock(),
            facts=self.facts,
            floor=self.floor,
            is_handled=self._is_handled,
        )
        self.disks = [self.log_disk, *(agent.disk for agent in self.agents)]
        self.processes: list[Process] = [
            self.policy, *self.schedulers, *self.agents, self.gateway, self.client, self.person
        ]  # fmt: skip
        for process in self.processes:
            process.start()

    # What clients do

    def submit(self, order: Order) -> int:
        """Have the client ask for the order; the question's number."""
        self._put_item(order)
        return self.client.submit(order)

    def write(self, order: Order, body: bytes = b"") -> None:
        """Write the order to Kafka, or ``body`` in its place."""
        if not body:
            self._put_item(order)
        self.broker.add_order(body or msgspec.json.encode(order))

    def _put_item(self, order: Order) -> None:
        if order.pickup:
            self.floor.put(order.order_id, order.pickup)

    # How it goes on

    def run(self, duration_s: float) -> None:
        """Let time pass, up to the first violation."""
        until_ns = self.timeline.now_ns + int(duration_s * NS_PER_S)
        self.timeline.run(until_ns, lambda: self.witness.violation is not None)

    def is_quiet(self) -> bool:
        """Whether all is done: every order ended, everybody answered, all told to Kafka."""
        return (
            all(order.ends for order in self.facts.orders.values())
            and not self.client.is_waiting
            and not self.person.is_waiting
            and self.broker.is_drained
            and len(self.broker.kafka.events) == len(self.log_disk.entries)
            and all(agent.is_up and not agent.core.state.outcomes for agent in self.agents)
        )

    def process(self, name: str) -> Process:
        """The process of that name.

        :raises KeyError: when there is none.
        """
        return {process.name: process for process in self.processes}[name]

    def body(self, robot_id: RobotId) -> Body:
        """The body of that robot.

        :raises KeyError: when there is none.
        """
        return self._bodies[robot_id]

    # How it is built

    def _make_clock(self) -> Clock:
        boot_ns = self.chance.randrange(1, 10**6) * NS_PER_S
        clock = Clock(self.timeline, boot_ns=boot_ns)
        self.clocks.append(clock)
        return clock

    def _make_witness(self) -> Witness:
        facts, floor = self.facts, self.floor
        epochs = inv.EpochsObeyed(facts)
        return Witness(
            (
                inv.DurableFirst(
                    facts,
                    record_bodies=lambda: self.broker.kafka.orders[0],
                    dead_letters=self._dead_letters,
                ),
                inv.EndsOnce(facts, floor),
                inv.OneHold(facts),
                epochs,
                inv.SameOrder(facts),
                inv.FoldIsState(),
                inv.ExportedOnce(self.log_disk.entries),
                inv.Bounded(),
                inv.NeverRedone(
                    facts,
                    floor,
                    clocks=self._agent_clocks,
                    lease_safety=AGENT_CONFIG.lease_safety,
                    true_ns=lambda: self.timeline.now_ns,
                    is_believed=epochs.is_believed,
                ),
            )
        )

    def _make_body(self, robot_id: RobotId, vertex: str) -> Body:
        body = Body(robot_id, self.floor, vertex)
        body.halts = self.chance.random() < HALTING_SHARE
        body.on_begun = lambda *seen: self.witness.tell("step_begun", *seen)
        body.on_ended = lambda *seen: self.witness.tell("step_ended", *seen)
        return body

    def _make_agent(self, body: Body) -> AgentProcess:
        robot_id = body.robot_id
        disk = Disk(robot_id, self.chance, partial(self._on_journal_grown, robot_id))
        return AgentProcess(
            robot_id,
            self.machinery,
            self._agent_clocks[robot_id],
            config=AGENT_CONFIG,
            disk=disk,
            body=body,
        )

    def _make_schedulers(self) -> list[SchedulerProcess]:
        clock = self.host_clock = self._make_clock()
        return [
            SchedulerProcess(
                name,
                self.machinery,
                clock,
                config=self._scheduler_config,
                disk=self.log_disk,
                make_leadership=lambda holder: MemoryLeadership(
                    self.register, holder, lease_s=LEADER_LEASE_S
                ),
                leader_lease_s=LEADER_LEASE_S,
            )
            for name in self.machinery.schedulers
        ]

    # What happens

    def _on_log_grown(self, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            record = to_record(entry)
            event: Any = record.event
            about = (getattr(event, "order_id", ""), getattr(event, "robot_id", ""))
            self.history.note(Source.LOG, about, "{}", EventWords(record))
            self.witness.tell("recorded", record)
            self.facts.take(record)
            for tell in self.on_recorded:
                tell(record)

    def _on_journal_grown(self, robot_id: RobotId, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self.witness.tell("noted", robot_id, decode_record(entry.body))

    def _on_down(self, process: Process) -> None:
        if self._restarts:
            delay_s = self.chance.uniform(RESTART_S_MIN, self.chance.choice(RESTART_S_MAX))
            self.timeline.after(delay_s, process.start)

    def _standing_at(self, robot_id: RobotId) -> str:
        body = self._bodies[robot_id]
        return "" if body.is_moving else body.vertex

    def _is_handled(self, order_id: OrderId) -> bool:
        item = self.floor.items.get(order_id)
        for body in self.bodies:
            doing = body.doing
            is_its_work = doing is not None and doing.work is not None
            if doing is None:
                continue
            if is_its_work and doing.work is not None and doing.work.order_id == order_id:
                return True
            if item is not None and item.robot_id == body.robot_id:
                return True
        return False

    def _dead_letters(self) -> set[int]:
        return {letter.position.offset for letter in self.broker.kafka.dead_letters}
