"""A whole fleet in one place: its processes, its floor, its network, and who watches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import msgspec

from muster_core.agent.records import decode_record
from muster_core.clock import NS_PER_S
from muster_core.events import Record
from muster_core.ids import OrderId, RobotId
from muster_core.leadership import LeaseRegister, MemoryLeadership
from muster_core.log import LogEntry
from muster_core.order import Order
from muster_core.scheduler.codec import to_record
from muster_twin.simulation import invariants as inv
from muster_twin.simulation.body import Body
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
from muster_twin.simulation.processes.traffic import TrafficMemory, TrafficProcess
from muster_twin.simulation.settings import (
    AGENT_CONFIG,
    GATEWAY_CONFIG,
    LEADER_LEASE_S,
    LED_AGENT_CONFIG,
    SCHEDULER_CONFIG,
    TRAFFIC_CONFIG,
)
from muster_twin.simulation.timeline import Timeline
from muster_twin.simulation.witness import Witness
from muster_twin.simulation.words import EventWords

RESTART_S_MIN, RESTART_S_MAX = 0.2, (1.0, 6.0, 60.0)
"""How long a crashed process stays down: soon back, a while away, or given up for lost."""

HALTING_SHARE = 0.6
"""How many bodies brake at once when their computer is gone."""


class World:
    """Everything that a simulation consists of.

    :param chance: draws everything that is not decided by somebody.
    :param has_spare: whether the last robot is a spare.
    :param has_traffic: whether traffic leads the robots; else they find their own way, and pass
        through one another.
    :param restarts: whether what crashed is started again after a while, as a supervisor does.
    """

    def __init__(
        self,
        chance: Random,
        *,
        robots: int,
        schedulers: int,
        has_spare: bool = False,
        has_traffic: bool = False,
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
        self.is_mended = False
        self._agent_config = LED_AGENT_CONFIG if has_traffic else AGENT_CONFIG
        robot_ids = tuple(RobotId(f"robot_{number}") for number in range(1, robots + 1))
        spares = robot_ids[-1:] if has_spare else ()
        self._scheduler_config = msgspec.structs.replace(SCHEDULER_CONFIG, spares=spares)
        self.clocks: list[Clock] = []
        self._agent_clocks = {robot_id: self._make_clock() for robot_id in robot_ids}
        self.log_disk = Disk("schedulers", chance, self._on_log_grown)
        self._bodies: dict[RobotId, Body] = {}
        self.witness = self._make_witness(has_traffic=has_traffic)
        self.machinery = Machinery(
            self.timeline,
            chance,
            self.history,
            witness=self.witness,
            schedulers=tuple(f"scheduler_{number}" for number in range(1, schedulers + 1)),
            robots=robot_ids,
            traffics=("traffic_1", "traffic_2") if has_traffic else (),
        )
        self.machinery.on_down = self._on_down
        self.network = self.machinery.network
        self.broker = Broker(self.timeline, chance, self.history, self.witness)
        starts = chance.sample(("v3", "v4", "v5", "v6"), robots)
        self.bodies = [
            self._make_body(robot_id, vertex)
            for robot_id, vertex in zip(robot_ids, starts, strict=True)
        ]
        self._bodies.update(zip(robot_ids, self.bodies, strict=True))
        self.floor.standing_at = self._standing_at
        self.agents = [self._make_agent(body) for body in self.bodies]
        self.schedulers = self._make_schedulers()
        self.traffics = self._make_traffics()
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
            self.policy, *self.schedulers, *self.agents, *self.traffics[:1], self.gateway,
            self.client, self.person,
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
        return {process.name: process for process in self._all_processes}[name]

    def body(self, robot_id: RobotId) -> Body:
        """The body of that robot.

        :raises KeyError: when there is none.
        """
        return self._bodies[robot_id]

    @property
    def _all_processes(self) -> list[Process]:
        """Those too that are started only by somebody's mistake."""
        return [*self.processes, *self.traffics[1:]]

    # What befalls traffic

    def start_rival(self) -> None:
        """Somebody starts a second traffic, which has the files of the first as they are now."""
        first, rival = self.traffics
        if not rival.is_up and not self.is_mended:
            rival.memory.epoch, rival.memory.book = first.memory.epoch, dict(first.memory.book)
            rival.start()

    def end_rival(self) -> None:
        """The second traffic is ended."""
        self.traffics[1].crash("is ended")

    # How it is built

    def _make_clock(self) -> Clock:
        boot_ns = self.chance.randrange(1, 10**6) * NS_PER_S
        clock = Clock(self.timeline, boot_ns=boot_ns)
        self.clocks.append(clock)
        return clock

    def _make_witness(self, *, has_traffic: bool) -> Witness:
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
                inv.OneHold(facts, floor),
                epochs,
                inv.SameOrder(facts),
                inv.FoldIsState(),
                inv.ExportedOnce(self.log_disk.entries),
                inv.Bounded(),
                *([inv.KeptApart(self._bodies, self._agent)] if has_traffic else []),
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
        body.on_moved = lambda moved: self.witness.tell("body_moved", moved)
        return body

    def _make_agent(self, body: Body) -> AgentProcess:
        robot_id = body.robot_id
        disk = Disk(robot_id, self.chance, partial(self._on_journal_grown, robot_id))
        return AgentProcess(
            robot_id,
            self.machinery,
            self._agent_clocks[robot_id],
            config=self._agent_config,
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

    def _make_traffics(self) -> list[TrafficProcess]:
        # The fleet has been at work before: where a robot stands that no traffic ever heard of,
        # nobody can know, and I8 says nothing of it.
        book = {body.robot_id: (body.vertex,) for body in self.bodies}
        return [
            TrafficProcess(
                name,
                self.machinery,
                self._make_clock(),
                config=TRAFFIC_CONFIG,
                memory=TrafficMemory(book=dict(book)),
            )
            for name in self.machinery.traffics
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

    def _agent(self, robot_id: RobotId) -> AgentProcess:
        return self.agents[self.machinery.robots.index(robot_id)]

    def _on_down(self, process: Process) -> None:
        if self._restarts and process in self.processes:
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
