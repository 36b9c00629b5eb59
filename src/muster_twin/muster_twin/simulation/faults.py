"""What can go wrong, how badly, and when: drawn by seed, a few kinds at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from muster_core.clock import NS_PER_S
from muster_core.events import Record, event_type
from muster_core.ids import RobotId
from muster_twin.simulation.clock import DRIFT_PPM_MAX
from muster_twin.simulation.floor import NOBODY
from muster_twin.simulation.history import Source
from muster_twin.simulation.network import Cut
from muster_twin.simulation.processes.agent import AgentProcess
from muster_twin.simulation.processes.process import Process

if TYPE_CHECKING:
    from muster_twin.simulation.world import World

SomeProcess = TypeVar("SomeProcess", bound=Process)

ENABLED_SHARE_MIN, ENABLED_SHARE_MAX = 0.05, 0.6
INTENSITY_MIN = 0.1
GAP_S = 5.0
"""Mean time between two troubles of one kind at full intensity, s."""
ARMED_SHARE, ARMED_DELAY_S_MAX = 0.5, 1.5
TELLING_EVENTS = {
    "epoch_started": 1,
    "order_accepted": 1,
    "task_assigned": 3,
    "attempt_started": 2,
    "step_finished": 1,
    "pick_permitted": 4,
    "attempt_ended": 2,
    "task_revised": 1,
    "order_cancel_requested": 2,
    "order_suspended": 1,
}
"""After which of the log's events a trouble is worth something, and how much."""
REBOOT_SHARE = 0.2
MUTED_SHARE = 0.7
BOOT_S_MIN, BOOT_S_MAX = 1, 60
"""What a steady clock shows after a start of its computer, s."""
PAUSES_MAX = 12
"""A doomed process does at most so many things more before it crashes."""


class Kind(Enum):
    """One kind of trouble. Those before ``SCHEDULER_CRASH`` are lasting, the others come and go."""

    LOSS = "messages are lost"
    DOUBLING = "messages arrive twice"
    LATENESS = "messages are late, and overtake each other"
    DRIFT = "clocks drift"
    TORN_WRITES = "writes are torn by crashes"
    STEP_FAILURES = "robots fail to do steps"
    POLICY_MANNERS = "the policy is silent, late or wrong"
    KAFKA_MANNERS = "Kafka refuses events, or does not say that it has them"
    SLOWNESS = "robots are slow"
    SCHEDULER_CRASH = "schedulers crash"
    AGENT_CRASH = "agents crash"
    GATEWAY_CRASH = "the gateway crashes"
    POLICY_CRASH = "the policy crashes"
    SCHEDULER_STALL = "schedulers stall"
    AGENT_STALL = "agents stall"
    ROBOT_CUT = "robots are cut off"
    SCHEDULER_CUT = "schedulers are cut off"
    BREAKDOWN = "robots break down"
    FULL_DISK = "disks are full"
    CLOCK_JUMP = "wall clocks jump"
    KAFKA_AWAY = "Kafka is away"
    LEAD_LOST = "two schedulers lead at once"
    REBOOT = "the schedulers' host is started again"
    POWER_OFF = "robots are switched off"
    TRAFFIC_CRASH = "traffic crashes"
    TRAFFIC_STALL = "traffic stalls"
    TRAFFIC_CUT = "traffic is cut off"
    TRAFFIC_RIVAL = "two traffics decide at once"


FREQUENT = 2.0
"""How much more often than the others those troubles are drawn that find the most."""
_FREQUENT_KINDS = (
    Kind.LOSS, Kind.DOUBLING, Kind.AGENT_CRASH, Kind.SCHEDULER_CRASH, Kind.ROBOT_CUT,
    Kind.LEAD_LOST, Kind.TRAFFIC_CRASH,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of trouble and how bad it is, 0 to 1."""

    kind: Kind
    intensity: float


def draw_faults(chance: Random) -> tuple[Fault, ...]:
    """A random subset of the kinds, each with an intensity of its own; now and then none."""
    share = chance.uniform(ENABLED_SHARE_MIN, ENABLED_SHARE_MAX)
    return tuple(
        Fault(kind, chance.uniform(INTENSITY_MIN, 1.0))
        for kind in Kind
        if chance.random() < share * (FREQUENT if kind in _FREQUENT_KINDS else 1.0)
    )


class Troubles:
    """Lets faults happen to a world, and mends everything when they are over."""

    def __init__(self, world: World, faults: Sequence[Fault], until_s: float) -> None:
        self._world = world
        self._chance = world.chance
        self._timeline = world.timeline
        self._until_ns = int(until_s * NS_PER_S)
        self._lasting: dict[Kind, Callable[[float], None]] = {
            Kind.LOSS: self._lose,
            Kind.DOUBLING: self._double,
            Kind.LATENESS: self._delay,
            Kind.DRIFT: self._drift,
            Kind.TORN_WRITES: self._tear,
            Kind.STEP_FAILURES: self._fail_steps,
            Kind.POLICY_MANNERS: self._spoil_policy,
            Kind.KAFKA_MANNERS: self._spoil_kafka,
            Kind.SLOWNESS: self._slow_down,
        }
        # Those that wait for a certain event of the log, so that they hit what it is about.
        self._armed: list[tuple[str, Kind]] = []
        self._sudden: dict[Kind, Callable[[RobotId], None]] = {
            Kind.SCHEDULER_CRASH: lambda _: self._crash(self._any(world.schedulers)),
            Kind.AGENT_CRASH: lambda robot: self._crash_agent(self._agent(robot)),
            Kind.GATEWAY_CRASH: lambda _: self._crash(world.gateway),
            Kind.POLICY_CRASH: lambda _: self._crash(world.policy),
            Kind.SCHEDULER_STALL: lambda _: self._stall(self._any(world.schedulers)),
            Kind.AGENT_STALL: lambda robot: self._stall(self._agent(robot)),
            Kind.ROBOT_CUT: lambda robot: self._cut(self._agent(robot)),
            Kind.SCHEDULER_CUT: lambda _: self._cut(self._any(world.schedulers)),
            Kind.BREAKDOWN: self._break_down,
            Kind.FULL_DISK: lambda _: self._fill_disk(),
            Kind.CLOCK_JUMP: lambda _: self._jump(),
            Kind.KAFKA_AWAY: lambda _: self._take_kafka_away(),
            Kind.LEAD_LOST: lambda _: self._lose_lead(),
            Kind.REBOOT: lambda _: self._reboot_host(),
            Kind.POWER_OFF: self._switch_off,
        }
        if world.traffics:
            self._sudden |= {
                Kind.TRAFFIC_CRASH: lambda _: self._crash(self._any(world.traffics[:1])),
                Kind.TRAFFIC_STALL: lambda _: self._stall(self._any(world.traffics)),
                Kind.TRAFFIC_CUT: lambda _: self._cut(self._any(world.traffics)),
                Kind.TRAFFIC_RIVAL: lambda _: self._start_rival(),
            }
        world.on_recorded.append(self._on_recorded)
        for fault in faults:
            if fault.kind in self._lasting:
                self._lasting[fault.kind](fault.intensity)
            elif fault.kind in self._sudden:
                self._repeat(fault)

    def _repeat(self, fault: Fault) -> None:
        gap_s = self._chance.expovariate(fault.intensity / GAP_S)
        due_ns = self._timeline.now_ns + int(gap_s * NS_PER_S)
        if due_ns >= self._until_ns:
            return

        def strike() -> None:
            if self._chance.random() < ARMED_SHARE:
                (happened,) = self._chance.choices(
                    tuple(TELLING_EVENTS), tuple(TELLING_EVENTS.values())
                )
                self._armed.append((happened, fault.kind))
            else:
                self._sudden[fault.kind](NOBODY)
            self._repeat(fault)

        self._timeline.at(due_ns, strike)

    def _on_recorded(self, record: Record) -> None:
        """Strike soon after an event that some trouble waits for, and where it happened."""
        happened, event = event_type(record.event), record.event
        for armed in self._armed:
            if armed[0] == happened and self._timeline.now_ns < self._until_ns:
                self._armed.remove(armed)
                robot_id = self._robot_of(event)
                delay_s = self._chance.choice((0.0, ARMED_DELAY_S_MAX)) * self._chance.random()
                self._timeline.after(delay_s, partial(self._strike_late, armed[1], robot_id))
                return

    def _strike_late(self, kind: Kind, robot_id: RobotId) -> None:
        """Strike, unless all is mended by now: what is switched off then may stay so for good."""
        if self._timeline.now_ns < self._until_ns:
            self._sudden[kind](robot_id)

    def _robot_of(self, event: Any) -> RobotId:
        """The robot that the event is about, or that has an attempt at its order."""
        order_id = getattr(event, "order_id", "")
        held = self._world.facts.held.items()
        holder = next((robot for robot, hold in held if hold.order_id == order_id), NOBODY)
        return getattr(event, "robot_id", holder)

    def _any(self, processes: Sequence[SomeProcess]) -> SomeProcess:
        return self._chance.choice(processes)

    def _agent(self, robot_id: RobotId) -> AgentProcess:
        known = [agent for agent in self._world.agents if agent.robot_id == robot_id]
        return known[0] if known else self._chance.choice(self._world.agents)

    # Lasting troubles

    def _lose(self, intensity: float) -> None:
        self._world.network.weather.loss = 0.5 * intensity

    def _double(self, intensity: float) -> None:
        weather = self._world.network.weather
        weather.doubling = 0.5 * intensity
        weather.second_s_max = self._chance.choice((0.1, 5.0, 20.0))

    def _delay(self, intensity: float) -> None:
        weather = self._world.network.weather
        weather.lateness, weather.late_s_max = 0.5 * intensity, self._chance.uniform(0.5, 20.0)

    def _drift(self, intensity: float) -> None:
        bound = int(DRIFT_PPM_MAX * intensity)
        for clock in self._world.clocks:
            clock.set_drift(self._chance.choice((-bound, 0, bound)))

    def _tear(self, intensity: float) -> None:
        for disk in self._world.disks:
            disk.is_tearing = True

    def _fail_steps(self, intensity: float) -> None:
        for body in self._world.bodies:
            body.failure_share = 0.4 * intensity * self._chance.random()

    def _spoil_policy(self, intensity: float) -> None:
        manners, chance = self._world.policy.manners, self._chance
        manners.silent = intensity * chance.choice((0, 0.2, 0.5))
        manners.late = intensity * chance.choice((0, 0.3, 0.6))
        manners.wrong = intensity * chance.choice((0, 0.3, 0.8))

    def _spoil_kafka(self, intensity: float) -> None:
        moods = self._world.broker.moods
        moods.failures, moods.silence = 0.2 * intensity, 0.2 * intensity * self._chance.random()

    def _slow_down(self, intensity: float) -> None:
        for body in self._world.bodies:
            body.delay_share = 0.5 * intensity * self._chance.random()

    # Sudden troubles

    def _crash(self, process: Process) -> None:
        if self._chance.random() < 0.3:
            process.crash()
        else:
            # A crash at a certain kind of thing finds what a crash at any time hardly meets.
            kind = self._chance.choice((None, *process.pauses))
            pauses = self._chance.choice((0, 0, 1)) if kind else self._chance.randrange(PAUSES_MAX)
            process.doom(pauses, kind)

    def _crash_agent(self, agent: AgentProcess) -> None:
        """Crash an agent, now and then with its whole computer."""
        if self._chance.random() < REBOOT_SHARE:
            agent.crash("is gone with its computer")
            agent.clock.reboot(self._boot_ns())
        else:
            self._crash(agent)

    def _stall(self, process: Process) -> None:
        if process.is_up:
            process.stall(self._chance.choice((1.0, 4.0, 12.0)) * self._chance.random())

    def _cut(self, process: Process) -> None:
        network, name = self._world.network, process.name
        side = self._chance.choice(("mute", "deaf", "cut off", "cut off"))
        is_mute, is_deaf = side != "deaf", side != "mute"
        cut = Cut(is_mute, is_deaf, keeps=self._chance.random() < 0.5)
        duration_s = self._chance.choice((2.0, 12.0, 30.0)) * self._chance.uniform(0.3, 1.0)
        self._note(name, "{} is {} for {:.1f} s", name, side, duration_s)
        network.cut(name, cut)
        self._timeline.after(duration_s, lambda: network.heal(name, cut))

    def _break_down(self, robot_id: RobotId) -> None:
        body = self._world.body(self._agent(robot_id).robot_id)
        if not body.fault:
            body.break_down("a wheel is stuck", has_taken=self._chance.random() < 0.5)
            self._timeline.after(self._chance.uniform(1.0, 20.0), body.repair)

    def _fill_disk(self) -> None:
        disk = self._chance.choice(self._world.disks)
        disk.is_full = True
        duration_s = self._chance.uniform(0.5, 10.0)
        self._note(disk.owner, "the disk of {} is full for {:.1f} s", disk.owner, duration_s)

        def make_room() -> None:
            disk.is_full = False

        self._timeline.after(duration_s, make_room)

    def _jump(self) -> None:
        clock = self._chance.choice(self._world.clocks)
        reach_s = self._chance.choice((2, 60, 86_400, 10**8))
        offset_s = self._chance.uniform(-reach_s, reach_s)
        clock.wall_offset_ns = int(offset_s * NS_PER_S)
        self._note("", "a wall clock jumps to {:+.0f} s", offset_s)

    def _take_kafka_away(self) -> None:
        moods = self._world.broker.moods
        moods.is_away = True
        duration_s = self._chance.uniform(0.5, 12.0)
        self._note("gateway", "Kafka is away for {:.1f} s", duration_s)

        def bring_back() -> None:
            moods.is_away = False

        self._timeline.after(duration_s, bring_back)

    def _lose_lead(self) -> None:
        """The register forgets who leads: another may take the lead from one who still has it."""
        self._world.register.expires_ns = 0
        self._note("", "the leadership lease is lost")

    def _reboot_host(self) -> None:
        """All schedulers are gone at once; steady clocks begin anew, and no lease is good then."""
        for scheduler in self._world.schedulers:
            scheduler.crash("is gone with its host")
        self._world.host_clock.reboot(self._boot_ns())
        self._world.register.expires_ns = 0

    def _switch_off(self, robot_id: RobotId) -> None:
        """Have a robot be dead where it is, for a while or for good: until all is mended."""
        agent = self._agent(robot_id)
        if agent.is_off:
            return
        agent.switch_off()
        agent.clock.reboot(self._boot_ns())
        self._timeline.after(self._chance.choice((5.0, 40.0, 1000.0)), agent.switch_on)

    def _start_rival(self) -> None:
        """Start a second traffic, often because nobody hears the first one.

        What that one said meanwhile arrives when the other decides already.
        """
        world, chance = self._world, self._chance
        first = world.traffics[0]
        starts_s, ends_s = chance.uniform(0.0, 4.0), chance.choice((1.0, 10.0, 40.0))
        if chance.random() < MUTED_SHARE:
            cut = Cut(is_mute=True, is_deaf=False, keeps=True)
            heals_s = starts_s + chance.uniform(0.0, 8.0)
            self._note(first.name, "{} is mute for {:.1f} s", first.name, heals_s)
            world.network.cut(first.name, cut)
            self._timeline.after(heals_s, lambda: world.network.heal(first.name, cut))
        self._timeline.after(starts_s, world.start_rival)
        self._timeline.after(starts_s + ends_s, world.end_rival)

    def _boot_ns(self) -> int:
        return self._chance.randrange(BOOT_S_MIN, BOOT_S_MAX) * NS_PER_S

    def _note(self, about: str, *words: object) -> None:
        self._world.history.note(Source.FAULT, (about,), *words)


def mend(world: World) -> None:
    """Stop all troubles and bring everything back up."""
    world.is_mended = True
    network, moods = world.network, world.broker.moods
    network.weather.loss = network.weather.doubling = network.weather.lateness = 0.0
    moods.is_away, moods.failures, moods.silence = False, 0.0, 0.0
    manners = world.policy.manners
    manners.silent = manners.late = manners.wrong = 0.0
    for disk in world.disks:
        disk.is_full = disk.is_tearing = False
    for clock in world.clocks:
        clock.wall_offset_ns = 0
    for body in world.bodies:
        body.failure_share = body.delay_share = 0.0
        body.repair()
    if world.traffics:
        world.end_rival()
    for agent in world.agents:
        agent.switch_on()
    for process in world.processes:
        network.heal(process.name)
        process.relieve()
        process.start()
    world.history.note(Source.FAULT, (), "all troubles are over")
