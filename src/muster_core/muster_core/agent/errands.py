"""What an idle robot does by itself: it goes to charge, and when it is alone, to park."""

from __future__ import annotations

from muster_core.agent.abilities import Abilities
from muster_core.agent.config import AgentConfig
from muster_core.agent.run import Errand, Run
from muster_core.clock import Instant
from muster_core.driver.protocol import DriverReport
from muster_core.task import Step


class Errands:
    """Decides on errands, with a pause after each, for it may not have done what it should."""

    def __init__(self, config: AgentConfig, abilities: Abilities, now: Instant) -> None:
        self._config = config
        self._abilities = abilities
        self._not_before_ns = dict.fromkeys(Errand, now.steady_ns)

    def next_errand(self, report: DriverReport, now: Instant, *, is_alone: bool) -> Run | None:
        """What to do now; None when the idle robot needs nothing or cannot. Charging goes first."""
        if report.fault:
            return None
        if report.battery < self._config.battery_low:
            charging = self._charging(report.vertex, now)
            if charging is not None:
                return charging
        if is_alone and not self._abilities.is_safe_place(report.vertex):
            return self._parking(report.vertex, now)
        return None

    def is_enough(self, run: Run, report: DriverReport) -> bool:
        """Whether ``run`` charges the robot for its own sake and the battery is ready."""
        is_charging = run.errand is Errand.CHARGE and run.step.verb == "charge"
        return is_charging and report.battery >= self._config.battery_ready

    def pause(self, errand: Errand, now: Instant) -> None:
        """Do not try the like again for a while."""
        pauses_s = {
            Errand.CHARGE: self._config.charge_retry_s,
            Errand.PARK: self._config.park_retry_s,
        }
        self._not_before_ns[errand] = now.later(pauses_s[errand]).steady_ns

    def _charging(self, vertex: str, now: Instant) -> Run | None:
        if "charge" not in self._abilities.verbs or self._is_pausing(Errand.CHARGE, now):
            return None
        charger = self._abilities.nearest_charger(vertex)
        if charger is None:
            self.pause(Errand.CHARGE, now)
            return None
        return Run((Step("go", charger), Step("charge", charger)), errand=Errand.CHARGE)

    def _parking(self, vertex: str, now: Instant) -> Run | None:
        if "go" not in self._abilities.verbs or self._is_pausing(Errand.PARK, now):
            return None
        parking = self._abilities.nearest_parking(vertex)
        if parking is None:
            self.pause(Errand.PARK, now)
            return None
        return Run((Step("go", parking),), errand=Errand.PARK)

    def _is_pausing(self, errand: Errand, now: Instant) -> bool:
        return now.steady_ns < self._not_before_ns[errand]
