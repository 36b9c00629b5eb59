"""What can be set of an agent. The robot's identity is the node's name, not a setting."""

from __future__ import annotations

from typing import Any

import msgspec

from muster_core.config import Config
from muster_core.order import PAYLOAD_KG_MAX

OUTCOMES_MAX = 1000  # they travel in every heartbeat


class AgentConfig(Config, frozen=True, kw_only=True):
    """An agent's configuration."""

    # Path of the site file; the same content as the scheduler's (the digests are compared).
    site: str
    # Which driver moves the robot: a name registered under the entry-point group muster.drivers.
    driver: str = "sim"
    # The driver's own settings, checked by the driver's own type.
    driver_settings: dict[str, Any] = msgspec.field(default_factory=dict)
    # What the robot carries, kg; 0 = it tells none, and is given only orders that tell none.
    payload_kg_max: float = 0.0
    # Directory of the journals; empty = $XDG_STATE_HOME/muster/<fleet>, made when missing. Two
    # processes cannot use the same journal.
    data_dir: str = ""

    # Records of a journal beyond which it is rewritten as short as it can be when the agent is
    # configured; the journal before is kept beside it as <robot>.journal.1. A start reads them all,
    # and an attempt makes about ten.
    journal_records_max: int = 50_000

    # How often the robot's state is told when nothing changes, s. Well below a third of the
    # scheduler's lease, or a lost message looks like a lost robot.
    heartbeat_period_s: float = 1.0
    # How often the driver of a robot at work is asked, s; a step's end is noticed at most so late,
    # and at once when the driver said when it comes. At most heartbeat_period_s.
    tick_s: float = 0.1
    # Messages that may wait for the loop; beyond it they are dropped and counted, and their senders
    # repeat them.
    inbox_max: int = 1000

    # Share of a granted lease that is used, 0 to 1; the rest covers delivery and coming to a stop,
    # so that the robot stands before the scheduler gives its work to another (I11).
    lease_safety: float = 0.9
    # The longest lease that is believed, s.
    lease_s_max: float = 3600.0

    # Silence of the scheduler after which an idle robot goes to park by itself, s. Leases are told
    # to all robots three times per lease, so silence means that the scheduler or the network is
    # away. At least the scheduler's lease_s and the time that its standby takes, or robots go to
    # park whenever one scheduler follows another; nothing worse comes of that.
    alone_after_s: float = 30.0
    # Pause before it goes to park again, as when it could not park, s.
    park_retry_s: float = 10.0

    # Charge, 0 to 1, below which the robot goes to charge when it is idle and takes no work. Must
    # last for the longest task and the way to a charger.
    battery_low: float = 0.25
    # Charge from which a charging robot takes work all the same. Above battery_low, so that it does
    # not go back and forth; at most battery_ready, so that a busy fleet need not wait for it.
    battery_workable: float = 0.5
    # Charge at which it stops to charge.
    battery_ready: float = 0.9
    # Pause before it goes to charge again, as when it could not charge, s.
    charge_retry_s: float = 10.0

    # Whether the robot drives only where traffic has it drive. The same for all robots of a fleet:
    # one that finds its own way runs into others, and traffic does not know of it. Takes a driver
    # of interface version 2, and a traffic that runs.
    traffic: bool = False
    # How often traffic is told at least where the robot is, s; each change is told at once. At most
    # a third of traffic's silence_s_max.
    traffic_report_period_s: float = 1.0
    # Pause before the robot tries again to drive what it holds, when it could not, s. So long
    # traffic leads others round it. And how long a robot that is to fetch an item from another one
    # stands before it tries to get there from another side.
    drive_retry_s: float = 5.0
    # How far the robot reaches behind the point that its driver tells the place of, m. It holds
    # the vertices behind it for so long; 0 = it has left a vertex when it is at the next.
    tail_m: float = 0.0

    # Steps that one task may have; a longer one is refused.
    steps_max: int = 1024
    # Outcomes that may wait for acknowledgement; at the bound the robot answers no new offers (they
    # are repeated) until some are acknowledged. None is ever dropped.
    outcomes_kept_max: int = 100
    # Ended attempts that are remembered, so that a late repetition is answered and not done again;
    # the oldest is forgotten. Far more than can be on their way.
    attempts_remembered_max: int = 1000
    # Goals of the execute_task action that are kept open; the oldest is ended beyond it.
    goals_kept_max: int = 64

    def validate(self) -> None:
        """See :class:`Config`."""
        require = self.require
        require(bool(self.site), "site", "the path of a site file")
        require(bool(self.driver), "driver", "the name of a driver")
        allowed = f"0 to {PAYLOAD_KG_MAX:g} kg"
        require(0 <= self.payload_kg_max <= PAYLOAD_KG_MAX, "payload_kg_max", allowed)
        require(self.journal_records_max >= 1000, "journal_records_max", "at least 1000")
        require(0.02 <= self.heartbeat_period_s <= 60, "heartbeat_period_s", "0.02 to 60 s")
        allowed = f"0.005 s to heartbeat_period_s ({self.heartbeat_period_s} s)"
        require(0.005 <= self.tick_s <= self.heartbeat_period_s, "tick_s", allowed)
        require(self.inbox_max >= 10, "inbox_max", "at least 10")
        require(0 < self.lease_safety <= 1, "lease_safety", "above 0 and at most 1")
        require(1 <= self.lease_s_max <= 86400, "lease_s_max", "1 to 86400 s")
        require(0 <= self.battery_low < 1, "battery_low", "at least 0 and below 1")
        allowed = f"above battery_low ({self.battery_low}) and below 1"
        require(self.battery_low < self.battery_workable < 1, "battery_workable", allowed)
        allowed = f"battery_workable ({self.battery_workable}) to 1"
        require(self.battery_workable <= self.battery_ready <= 1, "battery_ready", allowed)
        require(0.1 <= self.charge_retry_s <= 3600, "charge_retry_s", "0.1 to 3600 s")
        require(1 <= self.alone_after_s <= 86400, "alone_after_s", "1 to 86400 s")
        require(0.1 <= self.park_retry_s <= 3600, "park_retry_s", "0.1 to 3600 s")
        require(
            0.05 <= self.traffic_report_period_s <= 60, "traffic_report_period_s", "0.05 to 60 s"
        )
        require(0.1 <= self.drive_retry_s <= 3600, "drive_retry_s", "0.1 to 3600 s")
        require(0 <= self.tail_m <= 100, "tail_m", "0 to 100 m")
        require(1 <= self.steps_max <= 65535, "steps_max", "1 to 65535")
        allowed = f"1 to {OUTCOMES_MAX}"
        require(1 <= self.outcomes_kept_max <= OUTCOMES_MAX, "outcomes_kept_max", allowed)
        require(self.attempts_remembered_max >= 1, "attempts_remembered_max", "at least 1")
        require(1 <= self.goals_kept_max <= 10000, "goals_kept_max", "1 to 10000")
