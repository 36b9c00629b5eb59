"""When an idle robot goes to charge by itself, and when it has charged enough."""

from __future__ import annotations

from muster_core.agent.abilities import Abilities
from muster_core.agent.config import AgentConfig
from muster_core.agent.run import Run
from muster_core.clock import Instant
from muster_core.driver.protocol import DriverReport
from muster_core.task import Step


class Charging:
    """Decides on errands to a charger, with a pause after one that failed."""

    def __init__(self, config: AgentConfig, abilities: Abilities, now: Instant) -> None:
        self._config = config
        self._abilities = abilities
        self._not_before_ns = now.steady_ns

    def next_errand(self, report: DriverReport, now: Instant) -> Run | None:
        """The way to the nearest charger; None when the idle robot needs none or cannot."""
        if report.fault or report.battery >= self._config.battery_low:
            return None
        if "charge" not in self._abilities.verbs or now.steady_ns < self._not_before_ns:
            return None
        charger = self._abilities.nearest_charger(report.vertex)
        if charger is None:
            self.pause(now)
            return None
        return Run((Step("go", charger), Step("charge", charger)))

    def is_enough(self, run: Run, report: DriverReport) -> bool:
        """Whether ``run`` charges the robot for its own sake and the battery is ready."""
        is_charging = run.is_errand and run.step.verb == "charge"
        return is_charging and report.battery >= self._config.battery_ready

    def pause(self, now: Instant) -> None:
        """Do not try again for a while."""
        self._not_before_ns = now.later(self._config.charge_retry_s).steady_ns
