"""One chaos run: start a fleet, send orders, hit its processes, let it finish, and judge."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from muster_cli.chaos.attempts import read_attempts
from muster_cli.chaos.brokers import Broker, open_broker
from muster_cli.chaos.checker import check, nothing_known
from muster_cli.chaos.draws import Blow, Part, draw_blows, draw_sendings
from muster_cli.chaos.evidence import read_history, read_journals
from muster_cli.chaos.history import History
from muster_cli.chaos.person import Person
from muster_cli.chaos.progress import Fallen, Progress
from muster_cli.chaos.report import report_lines
from muster_cli.chaos.sender import Sender
from muster_cli.chaos.settings import (
    ENDED_SHARE_TO_CALM,
    HEARTBEAT_TIMEOUT_S,
    LEASE_S,
    MOCK,
    REST_DEADLINE_S,
    SAFE_POINT_S_MAX,
    ChaosSettings,
)
from muster_cli.chaos.targets import Target, find_targets
from muster_cli.client import FleetClient
from muster_cli.demo.commands import params_text, up_command
from muster_cli.demo.interrupts import Interrupts
from muster_cli.demo.kafka import DemoKafka, Topics, event_of
from muster_cli.demo.orders import make_orders
from muster_cli.demo.startup import wait_until_active
from muster_cli.exits import ExitCode
from muster_core.errors import MusterError
from muster_core.site import Site
from muster_ros.child import Child, log_tails
from muster_ros.domain import claim_domain

KAFKA_POLL_S = 0.05
SPIN_S = 0.02
REST_PERIOD_S = 1.0
ORDERS_PARTITIONS = 4
PROGRESS_PERIOD_S = 10.0
INTERRUPTED_EXIT_CODE = 130


class Chaos:
    """Runs once. Whatever it starts is ended before ``run`` returns."""

    def __init__(self, settings: ChaosSettings, *, site: Site, out: TextIO | None = None) -> None:
        self._settings = settings
        self._out = out or sys.stdout
        self._orders = make_orders(site, settings.orders, prefix=settings.run, seed=settings.seed)
        self._topics = Topics() if settings.is_kafka_own else Topics().renamed(settings.run)
        self._progress = Progress(settings.orders)
        self._interrupts = Interrupts()
        self._resources = ExitStack()
        self._directory = Path()
        self._still: dict[int, tuple[Target, float]] = {}  # by pid, until when
        self._began_s = 0.0
        self._told_s = 0.0
        self._broker: Broker
        self._fleet: Child
        self._client: FleetClient
        self._kafka: DemoKafka
        self._sender: Sender
        self._person: Person
        self._answers = 0

    def run(self) -> int:
        """The exit code; the last line has been printed then."""
        self._directory = Path(tempfile.mkdtemp(prefix="muster-chaos-"))
        problem, is_interrupted, history = "", False, None
        with self._interrupts:
            try:
                history = self._work()
            except KeyboardInterrupt:
                is_interrupted = True
            except MusterError as error:
                problem = str(error)
            finally:
                self._interrupts.hold()
                tails = log_tails(self._directory) if problem else ""
                self._wake_all()
                self._resources.close()
        if is_interrupted:
            self._say("chaos: interrupted; every process that it started has ended")
            shutil.rmtree(self._directory, ignore_errors=True)
            return INTERRUPTED_EXIT_CODE
        if tails:
            print(tails, file=sys.stderr, flush=True)
        return self._report(history, problem)

    @property
    def _data_dir(self) -> Path:
        return self._directory / "data"

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    # The parts of a run

    def _work(self) -> History:
        self._start()
        blows = draw_blows(
            self._settings.seed,
            every_s=self._settings.every_s,
            unkillable=frozenset() if self._broker.is_killable else frozenset({Part.KAFKA}),
        )
        self._disturb(blows)
        self._let_finish()
        self._fleet.stop()
        return read_history(self._broker.bootstrap, self._topics, self._data_dir)

    def _start(self) -> None:
        settings = self._settings
        domain = claim_domain(self._resources)
        os.environ["ROS_DOMAIN_ID"] = str(domain)
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._say(f"chaos: seed {settings.seed}; logs and data in {self._directory}")
        self._broker = open_broker(
            settings.kafka,
            start=self._child,
            jars=settings.kafka_jars,
            directory=self._directory,
        )
        self._kafka = DemoKafka(self._broker.bootstrap, self._topics)
        self._resources.callback(self._kafka.close)
        if settings.kafka != MOCK:
            self._kafka.create_topics(orders_partitions=ORDERS_PARTITIONS)
        self._say(f"chaos: {self._broker.words}; topics {', '.join(self._topics.names())}")
        params = self._directory / "params.yaml"
        params.write_text(self._params())
        command = up_command(settings, self._broker.bootstrap, self._directory, params)
        command += ["--robots-per-process", str(settings.robots_per_process), "--standby"]
        self._fleet = self._child("fleet", command)
        self._client = self._resources.enter_context(FleetClient(settings.fleet))
        wait_until_active(
            self._client,
            robots=settings.robots,
            deadline_s=settings.start_deadline_s,
            check=self._fleet.check,
            tell=lambda words: None,
        )
        self._say(
            f"chaos: fleet active, {settings.robots} robots at {settings.speed:g}x; "
            f"look at it: ROS_DOMAIN_ID={domain} muster --fleet {settings.fleet} watch"
        )
        self._person = Person(self._client, self._data_dir, seed=settings.seed)
        sendings = draw_sendings(self._orders, seed=settings.seed, sending_s=settings.sending_s)
        self._sender = Sender(self._broker.bootstrap, self._topics.orders, sendings)
        self._began_s = time.monotonic()

    def _params(self) -> str:
        settings = self._settings
        return params_text(settings.fleet, settings.run, self._topics) + (
            f"{settings.fleet}/scheduler:\n"
            "  ros__parameters:\n"
            f"    lease_s: {LEASE_S}\n"
            f"    heartbeat_timeout_s: {HEARTBEAT_TIMEOUT_S}\n"
            f"    safe_point_s_max: {SAFE_POINT_S_MAX}\n"
        )

    def _disturb(self, blows: Iterator[Blow]) -> None:
        """Hit a process now and then, until there were enough blows or little is left to do."""
        settings, progress = self._settings, self._progress
        blow = next(blows)
        due_s = blow.after_s
        while self._elapsed_s < settings.duration_s_max:
            if settings.kills and progress.kills >= settings.kills:
                return
            if not settings.kills and progress.ended >= ENDED_SHARE_TO_CALM * settings.orders:
                return
            self._turn()
            if self._elapsed_s >= due_s:
                self._strike(blow)
                blow = next(blows)
                due_s = self._elapsed_s + blow.after_s

    def _let_finish(self) -> None:
        """Wait until every order has ended and every robot has put down what it held.

        :raises CommandError: when the fleet's processes have ended meanwhile.
        """
        settings, progress = self._settings, self._progress
        self._wake_all()
        self._say(f"{self._elapsed_s:7.1f} s  no more blows; {self._words()}")
        while self._broker.is_killable and self._broker.target() is None:
            self._turn()
        self._sender.send_rest()
        deadline_s = self._elapsed_s + settings.finish_deadline_s
        while not progress.is_done and self._elapsed_s < deadline_s:
            self._turn()
        deadline_s = self._elapsed_s + REST_DEADLINE_S
        looked_s = float("-inf")
        while self._elapsed_s < deadline_s:
            self._turn()
            if self._elapsed_s - looked_s >= REST_PERIOD_S:
                looked_s = self._elapsed_s
                if self._is_at_rest():
                    break
        self._say(f"{self._elapsed_s:7.1f} s  the fleet is at rest; {self._words()}")

    def _is_at_rest(self) -> bool:
        """Whether no robot's journal tells of an attempt that has not ended."""
        return all(
            attempt.is_ended
            for journal in read_journals(self._data_dir).values()
            for attempt in read_attempts(journal)[0]
        )

    # What is done all the time

    def _turn(self) -> None:
        """Send, wake, start again, listen, answer: everything but to strike."""
        now_s = self._elapsed_s
        self._fleet.check()
        self._broker.keep(now_s)
        for pid, (target, until_s) in list(self._still.items()):
            if now_s >= until_s:
                del self._still[pid]
                target.send(signal.SIGCONT)
                self._tell(f"SIGCONT {target.name}")
        self._sender.send_due(now_s)
        for topic, message in self._kafka.poll(KAFKA_POLL_S):
            if topic == self._topics.events and (record := event_of(message)) is not None:
                self._progress.on_event(record, self._elapsed_s)
        self._client.spin(SPIN_S)
        for words in self._person.attend(self._progress.suspended, self._elapsed_s):
            self._tell(words)
        self._answers = self._person.answers
        if self._elapsed_s - self._told_s >= PROGRESS_PERIOD_S:
            self._tell("")

    def _strike(self, blow: Blow) -> None:
        """Let the blow fall, on another part if there is nobody of its own."""
        targets = self._targets()
        if not targets:
            return
        ones = [target for target in targets if target.part is blow.part] or targets
        name = blow.pick([target.name for target in ones])
        target = next(target for target in ones if target.name == name)
        is_kill = blow.signal is signal.SIGKILL
        if is_kill and target.part is Part.KAFKA and not self._broker.is_killable:
            return
        if not target.send(blow.signal):
            return
        self._progress.fallen.append(Fallen(self._elapsed_s, blow, target.part))
        if not is_kill:
            self._still[target.pid] = (target, self._elapsed_s + blow.still_s)
        how_long = "" if is_kill else f" for {blow.still_s:g} s"
        self._tell(f"{blow.signal.name} {target.name}{how_long}")

    def _targets(self) -> list[Target]:
        targets = find_targets(self._fleet.pid)
        if (kafka := self._broker.target()) is not None:
            targets.append(kafka)
        return [target for target in targets if target.pid not in self._still]

    def _wake_all(self) -> None:
        for target, _ in self._still.values():
            target.send(signal.SIGCONT)
        self._still.clear()

    def _delete_topics(self) -> None:
        """Leave nothing in a Kafka that was there before; one of the run's own has ended."""
        if self._settings.is_kafka_own:
            return
        try:
            self._kafka.delete_topics()
        except Exception as error:  # the client raises what it likes; the run is over anyway
            self._say(f"  the topics {', '.join(self._topics.names())} stay in Kafka: {error}")

    def _child(self, name: str, command: list[str]) -> Child:
        with self._interrupts.held():
            log = self._directory / f"{name}.log"
            child = Child(name, command, log=log, environment=os.environ)
            self._resources.callback(child.stop)
        return child

    # What is said

    def _words(self) -> str:
        return self._progress.words(self._sender.sent)

    def _tell(self, what: str) -> None:
        self._told_s = self._elapsed_s
        self._say(f"{self._elapsed_s:7.1f} s  {what:<44} {self._words()}".rstrip())

    def _say(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    def _report(self, history: History | None, problem: str) -> int:
        """Say how it went; the directory stays when there is something to look for in it."""
        settings, progress = self._settings, self._progress
        verdict = check(history) if history is not None else nothing_known(settings.orders)
        lines = report_lines(
            verdict, history or History(), progress=progress, answers=self._answers
        )
        for line in lines:
            self._say(line)
        if problem:
            self._say(f"✘ {problem}")
        is_well = not problem and verdict.is_kept and verdict.orders == settings.orders
        if is_well and not settings.is_kept:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._delete_topics()
        else:
            self._say(f"chaos: seed {settings.seed}; everything is kept in {self._directory}")
        self._say(verdict.last_line(progress.kills))
        return ExitCode.OK if is_well else ExitCode.FAILED
