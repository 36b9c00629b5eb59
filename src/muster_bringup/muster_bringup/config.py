"""The supervisor's parameters."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from muster_core.config import Config


class SupervisorConfig(Config, frozen=True, kw_only=True):
    """The supervisor's parameters. Times in seconds."""

    # The lifecycle nodes as stage:name, as in "1:/muster/policy"; low stages go up first.
    managed_nodes: list[str] = msgspec.field(default_factory=list)
    # How often each node is asked for its state once it is active (at least 0.05 s for each node of
    # the fleet lie between two questions), and before.
    watch_period_s: float = 2.0
    start_period_s: float = 0.25
    # How long an answer is awaited before the node is asked (again) for its state.
    answer_timeout_s: float = 2.0
    # How long a transition may go on after that: it may load and replay, and answers nothing then.
    transition_timeout_s: float = 30.0
    # How long a stage is waited for before the next one goes up without it.
    stage_timeout_s: float = 15.0
    # Pause before a failed transition is tried again: doubled from the least to the greatest.
    retry_s_min: float = 1.0
    retry_s_max: float = 30.0
    # How long going down may take altogether; what is not down then is left as it is.
    down_timeout_s: float = 8.0
    # Requests to all nodes that wait for an answer; the rest waits for its turn.
    requests_in_flight_max: int = 32

    def validate(self) -> None:
        """Check the parameters.

        :raises ConfigError: naming the key, the value and what is allowed.
        """
        stages = parse_managed_nodes(self.managed_nodes)
        self.require(bool(stages), "managed_nodes", 'a list like ["1:/muster/policy"]')
        names = [name for names in stages for name in names]
        self.require(len(set(names)) == len(names), "managed_nodes", "a list without repetitions")
        for key in (
            "watch_period_s",
            "start_period_s",
            "answer_timeout_s",
            "transition_timeout_s",
            "stage_timeout_s",
            "retry_s_min",
            "down_timeout_s",
        ):
            self.require(0.01 <= getattr(self, key) <= 3600, key, "from 0.01 to 3600")
        self.require(
            self.retry_s_min <= self.retry_s_max <= 3600, "retry_s_max", "retry_s_min to 3600"
        )
        self.require(
            1 <= self.requests_in_flight_max <= 256, "requests_in_flight_max", "from 1 to 256"
        )


def parse_managed_nodes(entries: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The names by stage, lowest stage first; empty when an entry is not ``stage:/name``."""
    stages: dict[int, list[str]] = {}
    for entry in entries:
        stage, _, name = entry.partition(":")
        if not stage.isdigit() or not name.startswith("/") or name.endswith("/"):
            return ()
        stages.setdefault(int(stage), []).append(name)
    return tuple(tuple(stages[stage]) for stage in sorted(stages))
