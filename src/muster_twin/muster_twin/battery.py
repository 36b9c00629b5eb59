"""A simulated battery: drains by the metre and the second, fills at a charger; a pure function."""

from __future__ import annotations

from dataclasses import dataclass

from muster_twin.sim_settings import SimSettings


@dataclass(frozen=True, slots=True)
class Battery:
    """What a battery holds at one moment.

    :param charge: 0 to 1.
    """

    charge: float
    settings: SimSettings

    def after(self, elapsed_s: float, *, distance_m: float = 0.0) -> Battery:
        """The battery after so much time and way."""
        used = elapsed_s * self.settings.drain_per_s + distance_m * self.settings.drain_per_m
        return Battery(max(0.0, self.charge - used), self.settings)

    def charged(self, elapsed_s: float) -> Battery:
        """The battery after so much time at a charger."""
        gained = elapsed_s * self.settings.charge_per_s
        return Battery(min(1.0, self.charge + gained), self.settings)

    @property
    def full_after_s(self) -> float:
        """How long it has to charge until it is full, s."""
        return (1.0 - self.charge) / self.settings.charge_per_s
