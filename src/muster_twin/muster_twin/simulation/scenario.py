"""Scenarios: transcripts of commands and what came of them, after etcd-io/raft's testdata.

A scenario is a text: lines that begin with ``#`` are prose; a command stands on a line of its own,
``----`` below it, then what it printed, then an empty line. To run one is to print it anew; it
holds when nothing changed. Nothing is left to chance in it: all messages take equally long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import TypeVar

from muster_core.errors import MusterError
from muster_core.events import Record, event_type
from muster_core.ids import OrderId, RobotId
from muster_core.order import Order
from muster_twin.simulation.body import Body
from muster_twin.simulation.disk import Disk, Pause
from muster_twin.simulation.history import Source
from muster_twin.simulation.network import Cut
from muster_twin.simulation.processes.process import Process
from muster_twin.simulation.world import World

SEPARATOR = "----"
ROBOTS, SCHEDULERS = 2, 1
UNTIL_S_MAX = 120.0
"""How long ``until`` waits for its event, simulated."""
ANSWER_S_MAX = 5.0
TRAFFIC_OPENS_S = 3.0
"""How long traffic takes to hear all robots, and a little."""
LOOK_S = 0.05
_TOLD = (Source.LOG, Source.FLOOR, Source.TALK, Source.FAULT)
_NOTHING = "(nothing)"

Noun = TypeVar("Noun")


class ScenarioError(MusterError):
    """A command of a scenario cannot be done; the message names it and what would be right."""


class NoChance(Random):
    """A source of chance that always draws the middle."""

    def random(self) -> float:
        """One half."""
        return 0.5


def rerun(text: str) -> str:
    """The scenario as it comes out now; equal to ``text`` when it holds.

    :raises ScenarioError: when a command is not one.
    """
    scenario = Scenario()
    lines: list[str] = []
    for line in _without_output(text):
        lines.append(line)
        if line and not line.startswith("#"):
            lines.extend((SEPARATOR, *(scenario.do(line) or [_NOTHING])))
    return "\n".join(lines) + "\n"


def _without_output(text: str) -> Iterator[str]:
    is_output = False
    for line in text.splitlines():
        if line == SEPARATOR:
            is_output = True
        elif not line:
            is_output = False
        if not is_output:
            yield line.rstrip()


class Scenario:
    """A world that does what it is told, and tells what happens."""

    def __init__(self) -> None:
        self._world: World | None = None
        self._told = 0
        self._commands: dict[str, Callable[..., list[str]]] = {
            "fleet": self._fleet,
            "submit": self._submit,
            "write": self._write,
            "cancel": self._cancel,
            "resolve": self._resolve,
            "carry": self._carry,
            "run": self._run,
            "until": self._until,
            "crash": self._crash,
            "start": self._start,
            "stall": self._stall,
            "cut": self._cut,
            "heal": self._heal,
            "break": self._break,
            "repair": self._repair,
            "fill": self._fill,
            "clear": self._clear,
            "policy": self._policy,
            "lose_lead": self._lose_lead,
            "switch": self._switch,
            "rival": self._rival,
            "orders": self._orders,
            "items": self._items,
            "robots": self._robots,
            "held": self._held,
            "kafka": self._kafka,
            "end": self._end,
        }

    def do(self, line: str) -> list[str]:
        """Do one command; what it prints.

        :raises ScenarioError: when it cannot be done.
        """
        name, *words = line.split()
        command = self._commands.get(name)
        if command is None:
            raise ScenarioError(f"{name!r} is no command; commands are {', '.join(self._commands)}")
        try:
            return command(*words)
        except (TypeError, ValueError, KeyError) as error:
            raise ScenarioError(f"{line!r} cannot be done: {error}") from error

    # The world

    @property
    def world(self) -> World:
        """The world; one of ``ROBOTS`` robots unless ``fleet`` has made another."""
        if self._world is None:
            self._make(ROBOTS, SCHEDULERS)
        assert self._world is not None
        return self._world

    def _make(self, robots: int, schedulers: int, *, has_traffic: bool = False) -> None:
        if self._world is not None:
            raise ScenarioError("the fleet is there already; say 'fleet' first")
        world = World(
            NoChance(),
            robots=robots,
            schedulers=schedulers,
            has_traffic=has_traffic,
            restarts=False,
        )
        world.person.crash("is away")
        world.policy.manners.varies = False
        self._world = world
        self._told = len(world.history.happenings)

    def _fleet(self, *words: str) -> list[str]:
        """``fleet robots=2 schedulers=2``: begin; with ``traffic=1`` robots that traffic leads."""
        counts = dict(word.split("=") for word in words)
        robots, schedulers = counts.get("robots", ROBOTS), counts.get("schedulers", SCHEDULERS)
        has_traffic = counts.get("traffic", "0") != "0"
        self._make(int(robots), int(schedulers), has_traffic=has_traffic)
        self.world.run(TRAFFIC_OPENS_S if has_traffic else 1.0)
        return self._news()

    def _news(self) -> list[str]:
        """What has happened since it was asked last."""
        world, first = self.world, self._told
        self._told = len(world.history.happenings)
        lines = [str(happening) for happening in world.history.since(first, _TOLD)]
        if world.witness.violation is not None:
            lines.append(str(world.witness.violation))
        return lines

    # What people ask

    def _submit(self, order_id: str, *words: str) -> list[str]:
        """``submit o-1 shelf_1 pack_1``, or ``submit o-1 scan shelf_1 shelf_2``."""
        return self._await_answer(self.world.submit(_order(order_id, words)))

    def _write(self, order_id: str, *words: str) -> list[str]:
        """The same into Kafka."""
        self.world.write(_order(order_id, words))
        return self._news()

    def _cancel(self, order_id: str) -> list[str]:
        """``cancel o-1``."""
        return self._await_answer(self.world.client.cancel(OrderId(order_id)))

    def _resolve(self, order_id: str, resolution: str, *reason: str) -> list[str]:
        """``resolve o-1 retry it lay on the floor``: an answer to what is asked now."""
        order = self.world.facts.orders[OrderId(order_id)]
        return self._await_answer(
            self.world.client.resolve(
                OrderId(order_id), resolution, " ".join(reason), question=order.question
            )
        )

    def _await_answer(self, number: int) -> list[str]:
        deadline_s = self.world.timeline.now_s + ANSWER_S_MAX
        while number not in self.world.client.answers:
            if self.world.timeline.now_s >= deadline_s or self._has_failed:
                return [*self._news(), f"no answer within {ANSWER_S_MAX:g} s"]
            self.world.run(LOOK_S)
        return self._news()

    def _carry(self, order_id: str, place: str) -> list[str]:
        """``carry o-1 shelf_1``: a person takes the order's item there."""
        self.world.floor.carry_by_hand(self.world.floor.items[OrderId(order_id)], place)
        return self._news()

    # Time

    @property
    def _has_failed(self) -> bool:
        return self.world.witness.violation is not None

    def _run(self, duration: str) -> list[str]:
        """``run 5s``."""
        self.world.run(_seconds(duration))
        return self._news()

    def _until(self, event: str, about: str = "") -> list[str]:
        """``until pick_permitted o-1``: run up to the first such event from now on."""
        world, seen = self.world, [False]

        def look(record: Record) -> None:
            names = (getattr(record.event, "order_id", ""), getattr(record.event, "robot_id", ""))
            is_about = not about or about in names
            seen[0] = seen[0] or (event_type(record.event) == event and is_about)

        world.on_recorded.append(look)
        deadline_s = world.timeline.now_s + UNTIL_S_MAX
        while not seen[0] and world.timeline.now_s < deadline_s and not self._has_failed:
            world.run(LOOK_S)
        world.on_recorded.remove(look)
        missing = [] if seen[0] else [f"no {event} within {UNTIL_S_MAX:g} s"]
        return [*self._news(), *missing]

    # Troubles

    def _crash(self, name: str, *when: str) -> list[str]:
        """``crash robot_1``, or ``crash robot_1 at step``: in place of the next such thing."""
        process = self._process(name)
        if when:
            process.doom(0, Pause(when[1]))
        else:
            process.crash()
        return self._news()

    def _start(self, name: str) -> list[str]:
        """``start robot_1``."""
        self._process(name).start()
        return self._news()

    def _stall(self, name: str, duration: str) -> list[str]:
        """``stall scheduler_1 5s``."""
        self._process(name).stall(_seconds(duration))
        return self._news()

    def _cut(self, name: str, side: str = "", keeps: str = "") -> list[str]:
        """``cut robot_1``, ``cut robot_1 mute``, ``cut robot_1 deaf keeping``."""
        self._process(name)
        cut = Cut(side != "deaf", side != "mute", keeps=keeps == "keeping")
        self.world.network.cut(name, cut)
        return self._news()

    def _heal(self, name: str) -> list[str]:
        """``heal robot_1``."""
        self.world.network.heal(name)
        return self._news()

    def _break(self, name: str, *taken: str) -> list[str]:
        """``break robot_1``; ``break robot_1 taken``: its broken pick got hold of the item."""
        self._body(name).break_down("a wheel is stuck", has_taken=bool(taken))
        return self._news()

    def _repair(self, name: str) -> list[str]:
        """``repair robot_1``."""
        self._body(name).repair()
        return self._news()

    def _fill(self, owner: str) -> list[str]:
        """``fill schedulers``, ``fill robot_1``: that disk is full."""
        self._disk(owner).is_full = True
        return self._news()

    def _clear(self, owner: str) -> list[str]:
        """``clear schedulers``: there is room again."""
        self._disk(owner).is_full = False
        return self._news()

    def _policy(self, manners: str) -> list[str]:
        """``policy silent``, ``policy well``."""
        shares = {"silent": 1.0, "well": 0.0}
        self.world.policy.manners.silent = shares[manners]
        return self._news()

    def _lose_lead(self) -> list[str]:
        """The leadership lease is lost: another may take the lead from one who has it."""
        self.world.register.expires_ns = 0
        return self._news()

    def _switch(self, name: str, state: str) -> list[str]:
        """``switch robot_1 off``: it is dead where it is; ``switch robot_1 on``."""
        process = self._process(name)
        {"off": process.switch_off, "on": process.switch_on}[state]()
        return self._news()

    def _rival(self, state: str) -> list[str]:
        """``rival starts``: somebody starts a second traffic; ``rival ends``."""
        {"starts": self.world.start_rival, "ends": self.world.end_rival}[state]()
        return self._news()

    # Views

    def _orders(self) -> list[str]:
        """The orders as the log has them."""
        lines = []
        for order_id, order in self.world.facts.orders.items():
            state = ", ".join(order.ends) or ("suspended" if order.is_suspended else "open")
            lines.append(f"{order_id} {state}")
        return lines

    def _items(self) -> list[str]:
        """Where the items really are."""
        items = self.world.floor.items.values()
        return [f"{item.order_id} {item.whereabouts}" for item in items]

    def _robots(self) -> list[str]:
        """Where the robots really are, and what they do."""
        return [f"{body.robot_id} {_doing(body)}" for body in self.world.bodies]

    def _held(self) -> list[str]:
        """The vertices that robots hold by their own word, where traffic leads them."""
        return [
            f"{agent.robot_id} {', '.join(agent.core.held) if agent.is_up else '(is not up)'}"
            for agent in self.world.agents
        ]

    def _kafka(self) -> list[str]:
        """What Kafka has."""
        kafka = self.world.broker.kafka
        return [f"{len(kafka.events)} events, {len(kafka.dead_letters)} dead letters"]

    def _end(self) -> list[str]:
        """All troubles are over: does everything end well?"""
        world = self.world
        deadline_s = world.timeline.now_s + UNTIL_S_MAX
        while world.timeline.now_s < deadline_s and not self._has_failed and not world.is_quiet():
            world.run(LOOK_S)
        if not self._has_failed:
            world.witness.tell("ended")
        return self._news()

    def _process(self, name: str) -> Process:
        names = [process.name for process in self.world.processes]
        if name not in names:
            raise ScenarioError(f"{name!r} is no process; there are {', '.join(names)}")
        return self.world.process(name)

    def _body(self, name: str) -> Body:
        return self.world.body(RobotId(name))

    def _disk(self, owner: str) -> Disk:
        return {disk.owner: disk for disk in self.world.disks}[owner]


def _order(order_id: str, words: tuple[str, ...]) -> Order:
    first, *rest = words
    if first in ("scan", "move"):
        return Order(order_id=OrderId(order_id), kind=first, places=tuple(rest))
    return Order(order_id=OrderId(order_id), pickup=first, dropoff=rest[0])


def _seconds(text: str) -> float:
    if not text.endswith("s"):
        raise ScenarioError(f"{text!r} is no duration; write 5s")
    return float(text[:-1])


def _doing(body: Body) -> str:
    doing = body.doing
    if doing is not None:
        return f"{doing.step.verb} {doing.step.place}".rstrip()
    between = f"between {body.vertex} and {body.next_vertex}" if body.next_vertex else ""
    return f"stands {between or f'at {body.vertex}'}" + (f": {body.fault}" if body.fault else "")
