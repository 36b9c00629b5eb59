"""The scheduler's configuration."""

from __future__ import annotations

from muster_core.config import Config
from muster_core.ids import is_robot_name
from muster_core.leadership import LEASE_S_MAX


class SchedulerConfig(Config, frozen=True, kw_only=True):
    """How the scheduler records and enforces. Every bound of the scheduler is a field here."""

    # Path of the site file. Required; must be the same site that the agents load.
    site: str = ""
    # Directory of the event log; empty = $XDG_STATE_HOME/muster/<fleet>, made when missing.
    data_dir: str = ""
    # Robots that the fleet should have. Until so many have described themselves, an order is not
    # refused for a capability that nobody offers. 0 = refuse as soon as one robot is known.
    robots_expected: int = 0

    # Orders that have not ended; beyond it intake refuses with QUEUE_FULL. Probe orders of barred
    # robots, at most one each, come on top.
    orders_open_max: int = 20_000
    # Ended orders whose id and content are remembered (I5); the oldest is forgotten beyond it.
    orders_remembered_max: int = 200_000
    # Orders in one plan request, and how long its answer is awaited before the built-in policy
    # plans, s.
    plan_batch_max: int = 64
    plan_timeout_s: float = 1.0
    # Tasks that wait for a robot, planned ahead; further orders are planned when some are assigned.
    tasks_ahead_max: int = 1000

    # How long a decision is awaited before the built-in policy decides, s.
    decide_timeout_s: float = 1.0
    # A decision is also asked for when nothing changed for so long, s.
    decide_period_s: float = 1.0

    # How long a robot works on a full battery, and how long an empty one charges until it is full,
    # s: what plans reckon with, the same for all robots. 0 = plans do not mind batteries.
    battery_work_s: float = 7200.0
    battery_charge_s: float = 3600.0
    # The agents' parameters of the same names: where a robot goes to charge, and ends to.
    battery_low: float = 0.25
    battery_ready: float = 0.9

    # How long a robot may work on an attempt after each grant, s. Grants go out every third of it.
    lease_s: float = 10.0
    # A robot unheard for so long is given nothing and granted nothing, s. Below `lease_s`; at least
    # three heartbeat periods of the agents.
    heartbeat_timeout_s: float = 3.5
    # How long a robot whose lease has run out may need to reach its next safe point, s. A silent
    # robot's task is given to another only after lease_s + safe_point_s_max.
    safe_point_s_max: float = 10.0
    # An offered task that its robot does not show as begun is sent again after so long, s.
    offer_timeout_s: float = 2.0

    # Failed or lost attempts of one task before the order is given up.
    attempts_max: int = 3
    # Refused attempts of one task before the order is given up. Robots that refuse are left alone
    # for longer each time, so this is far more than an hour with one robot.
    refusals_max: int = 100
    # Pause before a task is tried again, s; doubled with each failure up to the maximum. A robot
    # that refused is given nothing for as long, doubled with each refusal in a row.
    retry_pause_s: float = 1.0
    retry_pause_s_max: float = 60.0

    # How long an attempt is offered to a robot that shows no sign of it; then it is withdrawn, s.
    offer_s_max: float = 30.0

    # A waiting order counts as one priority level higher for every so many seconds, so that none
    # starves. A day's wait (86400 s) is worth at most 255 levels.
    aging_s: float = 60.0

    # How long an order that has an item on board of a robot waits for that very robot before a
    # person is asked, s.
    item_wait_s_max: float = 120.0
    # How long a person is waited for before the order is given up, s. A restart begins anew.
    suspended_s_max: float = 86_400.0

    # Failed or lost attempts in a row after which a robot is barred from work.
    breaker_failures_max: int = 3
    # How long it rests before it may show by a probe task that it works again, s; doubled each time
    # that the probe fails, up to the maximum.
    breaker_pause_s: float = 30.0
    breaker_pause_s_max: float = 1800.0

    # Robots kept in reserve: given nothing until one of the others is lost.
    spares: tuple[str, ...] = ()

    # How often timeouts and leases are looked at, s. Well below heartbeat_timeout_s.
    tick_s: float = 0.25
    # How often fleet_state is published, s.
    fleet_state_period_s: float = 1.0
    # Inputs that may wait for the core; beyond it requests are refused with QUEUE_FULL and
    # heartbeats are dropped (both counted).
    inbox_max: int = 10_000
    # Goals of execute_order that may be open at once; beyond it a goal is rejected.
    goals_open_max: int = 1000

    # How long the lead of one of several schedulers lasts after each renewal, s; every third of it
    # it is renewed. So long, and two ticks, after its leader stood still a standby takes over.
    leadership_lease_s: float = 3.0
    # The least epoch to begin with: for a new log among robots that have seen older epochs.
    epoch_min: int = 0
    # A checkpoint of the log is made whenever so many events have come: a start folds at most about
    # twice as many.
    checkpoint_events: int = 50_000

    def validate(self) -> None:
        """See :class:`Config`."""
        for key in (
            "orders_open_max",
            "orders_remembered_max",
            "plan_batch_max",
            "tasks_ahead_max",
        ):
            self.require(getattr(self, key) >= 1, key, "at least 1")
        for key in (
            "attempts_max",
            "refusals_max",
            "breaker_failures_max",
            "inbox_max",
            "goals_open_max",
        ):
            self.require(getattr(self, key) >= 1, key, "at least 1")
        for key in ("plan_timeout_s", "decide_timeout_s", "decide_period_s", "lease_s"):
            self.require(getattr(self, key) > 0, key, "greater than 0")
        for key in ("offer_timeout_s", "retry_pause_s", "tick_s", "fleet_state_period_s"):
            self.require(getattr(self, key) > 0, key, "greater than 0")
        for key in ("offer_s_max", "aging_s", "item_wait_s_max", "suspended_s_max"):
            self.require(getattr(self, key) > 0, key, "greater than 0")
        self.require(self.breaker_pause_s > 0, "breaker_pause_s", "greater than 0")
        self.require(
            self.breaker_pause_s_max >= self.breaker_pause_s,
            "breaker_pause_s_max",
            "breaker_pause_s or more",
        )
        self.require(
            all(is_robot_name(name) for name in self.spares)
            and len(set(self.spares)) == len(self.spares),
            "spares",
            "names of robots, each once",
        )
        self.require(
            4 * self.tick_s <= self.leadership_lease_s <= LEASE_S_MAX,
            "leadership_lease_s",
            f"from 4 times tick_s ({4 * self.tick_s}) to {LEASE_S_MAX}",
        )
        self.require(self.battery_work_s >= 0, "battery_work_s", "0 or more")
        self.require(self.battery_charge_s >= 0, "battery_charge_s", "0 or more")
        self.require(
            0 <= self.battery_low < self.battery_ready <= 1,
            "battery_low",
            f"at least 0 and below battery_ready ({self.battery_ready}), which is at most 1",
        )
        self.require(self.checkpoint_events >= 100, "checkpoint_events", "at least 100")
        self.require(0 <= self.epoch_min < 2**32, "epoch_min", "from 0 to 2**32 - 1")
        self.require(self.robots_expected >= 0, "robots_expected", "0 or more")
        self.require(self.safe_point_s_max >= 0, "safe_point_s_max", "0 or more")
        self.require(
            self.tick_s < self.heartbeat_timeout_s < self.lease_s,
            "heartbeat_timeout_s",
            f"between tick_s ({self.tick_s}) and lease_s ({self.lease_s})",
        )
        self.require(
            self.retry_pause_s_max >= self.retry_pause_s,
            "retry_pause_s_max",
            "retry_pause_s or more",
        )
