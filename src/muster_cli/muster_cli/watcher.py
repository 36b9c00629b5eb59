"""A fleet as it is now, kept up to date for a screen."""

from __future__ import annotations

import time
from typing import Any

from muster_msgs import msg
from rich.text import Text

from muster_cli.client import FleetClient
from muster_cli.dashboard import Scene
from muster_cli.exits import NoAnswerError
from muster_cli.feed import EventFeed
from muster_cli.floor import find_site
from muster_cli.records import Record, event_record, fleet_record
from muster_cli.story import Story
from muster_core.site import Site
from muster_ros import channels

HISTORY_EVENTS = 500
"""Events before now that are read, to know by name what robots are busy with."""
STALE_S = 3.0
"""A picture older than this says so."""


class Watcher:
    """Follows a fleet by its ``fleet_state`` and its events.

    :param site: for the picture; None = the installed one that the robots say they use.
    """

    def __init__(self, client: FleetClient, *, site: Site | None = None) -> None:
        self.story = Story()
        self.site = site
        self.fleet: Record = {}
        self._client = client
        self._is_given = site is not None
        self._digest = ""
        self._site_name = ""
        self._heard_s = time.monotonic()
        first = max(1, client.last_seq() - HISTORY_EVENTS)
        self._feed = EventFeed(client, first)
        client.subscribe(channels.FLEET_STATE, self._on_state)
        client.subscribe(channels.ROBOT_DESCRIPTIONS, self._on_description)

    @property
    def silent_s(self) -> float:
        """Seconds since the last ``fleet_state``."""
        return time.monotonic() - self._heard_s

    def wait_for_state(self, deadline_s: float) -> None:
        """Follow until the first picture is whole.

        :raises NoAnswerError: when the scheduler tells nothing of its fleet in time.
        """
        deadline = time.monotonic() + deadline_s
        while time.monotonic() < deadline:
            self.follow(0.1)
            if self.fleet and self.story.last_seq >= self.fleet["seq"]:
                return
        if not self.fleet:
            raise NoAnswerError(
                f"the scheduler in namespace {self._client.fleet} answers but has told nothing of "
                f"its fleet for {deadline_s:g} s: is it active? try `muster doctor`"
            )

    def follow(self, duration_s: float) -> None:
        """Take in what comes for ``duration_s`` seconds."""
        deadline = time.monotonic() + duration_s
        while True:
            left_s = max(0.0, deadline - time.monotonic())
            self.story.on_events(event_record(event) for event in self._feed.poll(left_s))
            if time.monotonic() >= deadline:
                return

    def scene(self) -> Scene:
        """What a screen should show now."""
        fleet = self.fleet
        policy = f"policy {fleet.get('policy') or 'none'}"
        title = [
            f"muster {self._client.fleet}",
            self._site_name or "no robot has described itself",
            f"{policy} (fallback)" if fleet.get("fallback") else policy,
            f"epoch {fleet.get('epoch', 0)}",
            f"event {fleet.get('seq', 0)}",
            time.strftime("%H:%M:%S"),
        ]
        robots = fleet.get("robots", [])
        return Scene(
            title=title,
            line=self._news(),
            counts=fleet.get("orders", {}),
            robots=robots,
            steps=self.story.steps_by_robot(robots),
            events=self.story.events,
            site=self.site,
            site_hint=self._site_hint(),
        )

    def _news(self) -> Text:
        """What somebody should look into before anything else."""
        if self.silent_s >= STALE_S:
            return Text(
                f" the scheduler has been silent for {self.silent_s:.0f} s; this is how it was",
                style="bold red",
            )
        asking = self.fleet.get("orders", {}).get("suspended", 0)
        if not asking:
            return Text("")
        orders = "1 order asks" if asking == 1 else f"{asking} orders ask"
        return Text(
            f" {orders} a person what became of the item: `muster orders --state suspended`",
            style="bold magenta",
        )

    def _site_hint(self) -> str:
        if not self._digest:
            return "no robot has said yet which site it uses"
        return (
            f"the site {self._site_name!r} is not an installed one;\n"
            "give its file with --site to see a picture"
        )

    def _on_state(self, state: msg.FleetState) -> None:
        self._heard_s = time.monotonic()
        self.fleet = fleet_record(state)

    def _on_description(self, description: Any) -> None:
        if description.site_digest == self._digest:
            return
        self._digest, self._site_name = description.site_digest, description.site
        if not self._is_given:
            self.site = find_site(self._digest)
