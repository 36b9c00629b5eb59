"""What a chaos run is, and how long its parts may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

AUTO, MOCK, REAL = "auto", "mock", "real"
ORDER_S = 60.0
"""About how long one order keeps one robot at speed 1."""
ORDER_S_MAX = 300.0
"""The same, generously, and among robots that are lost and come back."""
START_BASE_S = 90.0
START_PER_ROBOT_S = 3.0
FINISH_BASE_S = 180.0
REST_DEADLINE_S = 60.0
"""For the robots to end what they still hold, once every order has ended."""
ENDED_SHARE_TO_CALM = 0.95
"""When so many of the orders have ended, there is too little left to disturb."""
KILL_SHARE = 0.65
"""Of the blows; the others let a process stand still for a while."""
REPEATED_SHARE = 0.15
"""Orders that are sent a second time, as a producer does that did not hear of the first."""
REPEAT_AFTER_S_MAX = 15.0

LEASE_S = 5.0
HEARTBEAT_TIMEOUT_S = 2.5
SAFE_POINT_S_MAX = 3.0
"""Shorter than the defaults, so that robots are lost and found again within a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosSettings:
    """What to run.

    :param run: names this run; part of its order ids.
    :param speed: simulated seconds in a second.
    :param kafka: ``mock``, ``real``, or ``host:port`` of one that is there.
    :param kafka_jars: where Apache Kafka's jars are.
    :param kills: how many processes to kill; 0 = until the orders are nearly done.
    :param every_s: the mean pause between two blows.
    :param duration_s_max: how long blows may fall.
    :param is_kept: whether logs and data stay after a good run, too.
    """

    run: str
    fleet: str
    robots: int
    robots_per_process: int
    orders: int
    speed: float
    kafka: str
    kafka_jars: Path
    site: Path
    seed: int
    kills: int
    every_s: float
    duration_s_max: float
    is_kept: bool = False

    @property
    def is_kafka_own(self) -> bool:
        """Whether the run starts its own Kafka, which holds nothing but the run."""
        return self.kafka in (MOCK, REAL)

    @property
    def work_s(self) -> float:
        """About how long the orders take when nothing is disturbed."""
        return ORDER_S * self.orders / (self.robots * self.speed)

    @property
    def sending_s(self) -> float:
        """The time over which orders are sent: while the blows fall."""
        return max(self.work_s, self.kills * self.every_s / KILL_SHARE)

    @property
    def start_deadline_s(self) -> float:
        """How long the fleet may take to be active."""
        return START_BASE_S + START_PER_ROBOT_S * self.robots

    @property
    def finish_deadline_s(self) -> float:
        """How long the fleet may take to be done once nobody disturbs it any more."""
        rounds = -(-self.orders // self.robots)
        return FINISH_BASE_S + ORDER_S_MAX * rounds / self.speed
