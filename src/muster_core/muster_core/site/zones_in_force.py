"""The zones in force at a site: those of its file, and what persons have changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from muster_core.errors import SiteError
from muster_core.site.model import Site
from muster_core.site.names import hint, shown
from muster_core.site.zone import Zone, ZoneLimits

LIMIT_FIELDS = {
    "robots_max": "robots_max",
    "speed_mps_max": "speed_mps_max",
    "one_way_deg": "one_way_deg",
    "closed": "is_closed",
}
"""The fields of a zone's limits, by what people and messages call them."""
VERTICES_FIELD = "vertices"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChange:
    """What a person wants of a zone.

    :param zone: the values wanted; of no vertices = those that it has.
    :param fields: which of them to set, of ``LIMIT_FIELDS`` and ``vertices``; empty = all.
    """

    zone: Zone
    fields: frozenset[str] = frozenset()


class ZonesInForce:
    """A site under the limits that hold now. What cannot be used raises and changes nothing.

    :param base: the site as its file says.
    :param changes: zones that persons have set, by name.
    :param number: counts the changes, for whoever hears of them.
    """

    def __init__(
        self, base: Site, changes: Mapping[str, Zone] | None = None, *, number: int = 0
    ) -> None:
        self._base = base
        self.changes: dict[str, Zone] = {}
        self.number = number
        self.site = base
        self.dropped = self.move_to(base, changes or {})
        self.number = number

    def copy(self) -> ZonesInForce:
        """The same, to be changed apart from this one."""
        return ZonesInForce(self._base, self.changes, number=self.number)

    def change(self, change: ZoneChange) -> Zone:
        """Set a zone's limits, or add a zone; the zone as it is then.

        :raises SiteError: when that cannot be.
        """
        zone = self._changed(change)
        self._use(self._base, {**self.changes, zone.name: zone})
        return self.site.zone(zone.name)

    def reset(self, name: str) -> Zone | None:
        """Have the zone be as the site's file says; None when that does not know it.

        :raises SiteError: when there is no such zone.
        """
        self.site.zone(name)
        self._use(self._base, {key: zone for key, zone in self.changes.items() if key != name})
        return self.site.zones.get(name)

    def move_to(self, base: Site, changes: Mapping[str, Zone] | None = None) -> tuple[str, ...]:
        """Keep what persons have set at another site; the names of zones that do not fit there.

        :param changes: what they have set; None = what is known here.
        """
        kept: dict[str, Zone] = {}
        dropped = []
        for name, zone in (self.changes if changes is None else changes).items():
            try:
                base.with_zones(*kept.values(), zone)
            except SiteError:
                dropped.append(name)
            else:
                kept[name] = zone
        self._use(base, kept)
        return tuple(dropped)

    def _use(self, base: Site, changes: dict[str, Zone]) -> None:
        self.site = base.with_zones(*changes.values()) if changes else base
        self._base, self.changes = base, changes
        self.number += 1

    def _changed(self, change: ZoneChange) -> Zone:
        wanted, fields = change.zone, change.fields
        if unknown := sorted(fields - {*LIMIT_FIELDS, VERTICES_FIELD}):
            known = ", ".join((*LIMIT_FIELDS, VERTICES_FIELD))
            raise SiteError(f"a zone has no {shown(unknown[0])}; what can be set is {known}")
        had = self.site.zones.get(wanted.name)
        if had is None and not wanted.vertices:
            raise SiteError(
                f"site {self._base.name!r} has no zone {shown(wanted.name)}"
                f"{hint(wanted.name, self.site.zones)}; to make a new one, name its vertices"
            )
        is_new_ground = bool(wanted.vertices) and (not fields or VERTICES_FIELD in fields)
        limits = had.limits if had is not None else ZoneLimits()
        set_ = {own: getattr(wanted.limits, own) for own in self._own_fields(fields)}
        vertices = wanted.vertices if had is None or is_new_ground else had.vertices
        return Zone(wanted.name, vertices, replace(limits, **set_))

    @staticmethod
    def _own_fields(fields: frozenset[str]) -> list[str]:
        return [own for name, own in LIMIT_FIELDS.items() if not fields or name in fields]
