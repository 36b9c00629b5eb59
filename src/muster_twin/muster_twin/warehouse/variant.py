"""What if: the same orders and the same chance, with something else changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from muster_core.errors import ConfigError
from muster_core.site import Site, Zone, ZoneLimits
from muster_twin.warehouse.settings import TrafficKind, WarehouseSettings

CLOSED = "closed_by_twin"
FORMS = "a policy's name, or policy=NAME, robots=N, traffic=quick, close=ZONE, joined by commas"


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the runs that are compared.

    :param closed: zones, or vertices joined by ``+``, that nobody may enter.
    """

    name: str
    settings: WarehouseSettings
    closed: tuple[str, ...] = ()

    def changed(self, text: str) -> Variant:
        """This one with what ``text`` says changed.

        :raises ConfigError: when it is no such thing.
        """
        settings, closed = self.settings, self.closed
        for part in text.split(","):
            key, equals, value = part.strip().partition("=")
            if not equals:
                key, value = "policy", key
            if key == "close" and value:
                closed = (*closed, value)
            else:
                settings = _with(settings, key, value, text)
        return replace(self, name=text, settings=settings, closed=closed)

    def site(self, site: Site) -> Site:
        """The site as it is in this variant.

        :raises SiteError: when there is no such zone or vertex.
        """
        for number, name in enumerate(self.closed, 1):
            if name in site.zones:
                limits = replace(site.zones[name].limits, is_closed=True)
                site = site.with_limits(name, limits)
            elif all(site.has_vertex(vertex) for vertex in name.split("+")):
                zone = Zone(
                    f"{CLOSED}_{number}", tuple(name.split("+")), ZoneLimits(is_closed=True)
                )
                site = site.with_zones(zone)
            else:
                site.zone(name)  # says what it has
        return site


def _with(settings: WarehouseSettings, key: str, value: str, text: str) -> WarehouseSettings:
    if key == "policy" and value:
        return msgspec.structs.replace(settings, policy=value)
    if key == "robots" and value.isdecimal():
        return msgspec.structs.replace(settings, robots=int(value))
    if key == "traffic" and value in (kind.value for kind in TrafficKind):
        return msgspec.structs.replace(settings, traffic=TrafficKind(value))
    raise ConfigError(f"the comparison is {text!r}; write {FORMS}")
