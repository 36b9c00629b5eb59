"""One demo run: start everything, send the orders, follow them to their ends, end everything."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from muster_cli.client import FleetClient
from muster_cli.dashboard import Scene
from muster_cli.demo.action import ActionOrder
from muster_cli.demo.commands import kafka_command, params_text, up_command
from muster_cli.demo.interrupts import Interrupts
from muster_cli.demo.kafka import DemoKafka, Topics, event_of, refusal_of
from muster_cli.demo.orders import make_orders
from muster_cli.demo.screen import make_screen
from muster_cli.demo.settings import KAFKA_DEADLINE_S, SETTLE_DEADLINE_S, DemoSettings
from muster_cli.demo.startup import wait_until_active
from muster_cli.demo.tally import Tally
from muster_cli.exits import CommandError, ExitCode
from muster_cli.records import Record, fleet_record, order_record
from muster_cli.story import Story
from muster_core.errors import MusterError
from muster_core.site import Site
from muster_ros import channels
from muster_ros.child import Child, log_tails
from muster_ros.domain import claim_domain

SPIN_S = 0.05
KAFKA_POLL_S = 0.05
INTERRUPTED_EXIT_CODE = 130
PROBLEMS_SHOWN_MAX = 10


class Demo:
    """Runs once. Whatever it starts is ended before ``run`` returns."""

    def __init__(self, settings: DemoSettings, *, site: Site, console: Console) -> None:
        self._settings = settings
        self._site = site
        self._console = console
        self._orders = make_orders(
            site, settings.orders_total, prefix=settings.run, seed=settings.seed
        )
        self._tally = Tally(order["order_id"] for order in self._orders)
        self._topics = Topics() if settings.is_mock else Topics().renamed(settings.run)
        self._story = Story()
        self._scene = Scene(site=site)
        self._interrupts = Interrupts()
        self._resources = ExitStack()
        self._children: list[Child] = []
        self._directory = Path()
        self._bootstrap = settings.kafka
        self._domain = 0
        self._state_seq = 0
        self._elapsed_s = 0.0

    def run(self) -> int:
        """The exit code; the last line has been printed then."""
        self._directory = Path(tempfile.mkdtemp(prefix="muster-demo-"))
        problem, is_interrupted = "", False
        with self._interrupts:
            try:
                self._work()
            except KeyboardInterrupt:
                is_interrupted = True
            except MusterError as error:
                problem = str(error)
            finally:
                self._interrupts.hold()
                tails = log_tails(self._directory) if problem else ""
                try:
                    with self._step("ending everything that was started"):
                        self._resources.close()
                finally:
                    # Also when the terminal has gone away and nothing can be printed.
                    self._resources.close()
        return self._report(problem, tails, is_interrupted=is_interrupted)

    def _work(self) -> None:
        settings = self._settings
        self._domain = claim_domain(self._resources)
        os.environ["ROS_DOMAIN_ID"] = str(self._domain)
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._start_kafka()
        kafka = DemoKafka(self._bootstrap, self._topics)
        self._resources.callback(kafka.close)
        if not settings.is_mock:
            kafka.create_topics()
            self._resources.callback(self._delete_topics, kafka)
            self._done(f"Kafka at {self._bootstrap}, topics {', '.join(self._topics.names())}")
        client = self._start_fleet()
        started_s = time.monotonic()
        try:
            self._send_and_follow(client, kafka)
        finally:
            self._elapsed_s = time.monotonic() - started_s

    def _start_kafka(self) -> None:
        if not self._settings.is_mock:
            return
        with self._step("starting an in-memory Kafka"):
            child = self._start("kafka", kafka_command())
            self._bootstrap = child.wait_for_line("bootstrap: ", KAFKA_DEADLINE_S)
        self._done(f"in-memory Kafka at {self._bootstrap}")

    def _start_fleet(self) -> FleetClient:
        settings = self._settings
        params = self._directory / "params.yaml"
        params.write_text(params_text(settings.fleet, settings.run, self._topics))
        started_s = time.monotonic()
        self._start("fleet", up_command(settings, self._bootstrap, self._directory, params))
        client = self._resources.enter_context(FleetClient(settings.fleet))
        with self._step("starting the fleet") as tell:
            wait_until_active(
                client,
                robots=settings.robots,
                deadline_s=settings.start_deadline_s,
                check=self._check_children,
                tell=tell,
            )
        self._done(
            f"fleet active after {time.monotonic() - started_s:.1f} s: policy, scheduler, gateway, "
            f"{settings.robots} robots on {self._site.name}"
        )
        self._done(
            f"look at it from another terminal: ROS_DOMAIN_ID={self._domain} muster watch", "→"
        )
        return client

    def _send_and_follow(self, client: FleetClient, kafka: DemoKafka) -> None:
        client.subscribe(channels.FLEET_STATE, self._on_fleet_state)
        *through_kafka, by_action = self._orders
        kafka.send_orders(through_kafka)
        action = ActionOrder(client, by_action)
        self._done(
            f"sent {len(through_kafka)} orders through Kafka ({self._topics.orders}) and one, "
            f"{action.order_id}, through the action {self._settings.fleet}/execute_order"
        )
        with ExitStack() as shown:
            screen = make_screen(self._console)
            screen.start(shown)
            deadline = time.monotonic() + self._settings.run_deadline_s
            while not self._tally.is_done and time.monotonic() < deadline:
                self._check_children()
                self._follow(client, kafka, action)
                screen.show(self._scene, self._tally)
            self._settle(client, action)
            self._follow(client, kafka, action)
            screen.show(self._scene, self._tally, is_last=True)
        if not self._tally.is_done:
            left = [name for name, state in self._tally.states.items() if state == "sent"]
            hint = f"; nothing was heard of {', '.join(left[:3])}" if left else ""
            raise CommandError(
                f"not all orders have ended within {self._settings.run_deadline_s:.0f} s{hint}"
            )
        self._done(
            f"the action gave feedback {action.feedbacks} times and ended: "
            f"{action.feedback or 'no result'}"
        )
        self._cross_check(client)

    def _settle(self, client: FleetClient, action: ActionOrder) -> None:
        """Wait, not for ever, until the action and the picture know what Kafka knows."""
        seq = self._story.last_seq
        client.spin_until(lambda: action.has_ended and self._state_seq >= seq, SETTLE_DEADLINE_S)

    def _follow(self, client: FleetClient, kafka: DemoKafka, action: ActionOrder) -> None:
        """Take in what Kafka and the fleet tell, and bring the scene up to date."""
        for topic, message in kafka.poll(KAFKA_POLL_S):
            if topic == self._topics.dead_letters:
                self._tally.on_refused(*refusal_of(message))
            elif (record := event_of(message)) is not None:
                self._tally.on_event(record)
                self._story.on_events([record])
        client.spin(SPIN_S)
        if action.refusal:
            self._tally.on_refused(action.order_id, action.refusal)
        scene, settings = self._scene, self._settings
        counts = self._tally.counts()
        counts["waiting"] += counts.pop("sent", 0)
        counts["failed"] += counts.pop("refused", 0)
        scene.counts = counts
        scene.events = self._story.events
        scene.steps = self._story.steps_by_robot(scene.robots)
        scene.notes = (
            Text("order by action: " + action.order_id.rpartition("-")[2], style="bold"),
            Text(action.feedback, style="cyan"),
        )
        scene.title = (
            "muster demo",
            self._site.name,
            f"{settings.robots} robots at {settings.speed:g}x",
            f"Kafka {self._bootstrap}",
            f"ROS_DOMAIN_ID={self._domain}",
        )

    def _on_fleet_state(self, state: Any) -> None:
        self._state_seq = state.seq
        self._scene.robots = fleet_record(state)["robots"]

    def _cross_check(self, client: FleetClient) -> None:
        """Ask the scheduler itself; a difference from what Kafka told is a doubt."""
        statuses: list[Record] = []
        for start in range(0, len(self._orders), 1000):
            ids = [order["order_id"] for order in self._orders[start : start + 1000]]
            statuses.extend(order_record(status) for status in client.get_orders(ids).orders)
        self._tally.compare({status["order_id"]: status["state"] for status in statuses})
        if not self._tally.doubts:
            self._done(f"the scheduler tells the same of all {len(statuses)} orders as Kafka")

    def _start(self, name: str, command: list[str]) -> Child:
        with self._interrupts.held():
            log = self._directory / f"{name}.log"
            child = Child(name, command, log=log, environment=os.environ)
            self._children.append(child)
            self._resources.callback(child.stop)
        return child

    def _check_children(self) -> None:
        for child in self._children:
            child.check()

    def _delete_topics(self, kafka: DemoKafka) -> None:
        try:
            kafka.delete_topics()
        except Exception as error:  # the client raises what it likes; the run is over anyway
            names = ", ".join(self._topics.names())
            words = f"the topics {names} stay in Kafka: {error}"
            self._console.print(words, style="yellow", soft_wrap=True)

    @contextmanager
    def _step(self, words: str) -> Iterator[Any]:
        """Show that something is under way; yields a function that tells how far it is."""
        console = self._console
        if not console.is_terminal:
            console.print(f"{words} ...")
            yield lambda news: console.print(f"  {news}", soft_wrap=True)
            return
        with console.status(words) as status:
            yield lambda news: status.update(f"{words}: {news}")

    def _done(self, words: str, mark: str = "✔") -> None:
        line = Text(f"{mark} ", style="bold green")
        line.append(words, style="default")
        self._console.print(line, soft_wrap=not self._console.is_terminal)

    def _report(self, problem: str, tails: str, *, is_interrupted: bool) -> int:
        """Say how it went; the directory stays when there is something to look for in it."""
        tally, console = self._tally, self._console
        if is_interrupted:
            console.print("demo: interrupted; every process that it started has ended")
            shutil.rmtree(self._directory, ignore_errors=True)
            return INTERRUPTED_EXIT_CODE
        problems = [*([problem] if problem else []), *tally.doubts]
        problems += [f"order {name!r}: {reason}" for name, reason in tally.reasons.items()]
        if tails:
            print(tails, file=sys.stderr, flush=True)
        for words in problems[:PROBLEMS_SHOWN_MAX]:
            console.print(f"✘ {words}", style="bold red", soft_wrap=True)
        if summary := tally.summary(self._elapsed_s):
            self._done(summary)
        is_well = tally.is_success and not problem
        if is_well:
            shutil.rmtree(self._directory, ignore_errors=True)
        else:
            console.print(f"the logs are in {self._directory}")
        print(tally.last_line(), flush=True)
        return ExitCode.OK if is_well else ExitCode.FAILED
