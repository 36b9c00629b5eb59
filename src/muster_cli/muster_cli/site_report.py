"""What `muster site show` tells: the picture, what was left out, and what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from muster_cli.picture_text import picture_text, place_style
from muster_core.site import Finding, Gravity, PlaceKind, Site, draw_site, examine, zone_words
from muster_core.site.glyph import KIND_GLYPHS, WALL
from muster_core.site.lattice import lattice_of

GRID_ROWS_MAX = 60
GRAPH_COLUMNS_MAX, GRAPH_ROWS_MAX = 110, 32
"""A graph shows no more in more room; a grid does."""
ZONES_SHOWN_MAX = 20
VERTICES_LISTED_MAX = 1000
"""Vertices that JSON lists with a finding."""

_MARKS = {
    Gravity.FAULT: Text("✘", style="bold red"),
    Gravity.WARNING: Text("●", style="bold yellow"),
    Gravity.NOTE: Text("·", style="dim"),
}
_PLURALS = {
    PlaceKind.SHELF: "shelves",
    PlaceKind.STATION: "stations",
    PlaceKind.CHARGER: "chargers",
    PlaceKind.PARKING: "parking places",
}


class SiteReport:
    """A site and what was found wrong with it."""

    def __init__(self, site: Site, *, robot_m: float | None) -> None:
        self.site = site
        self.findings = examine(site, robot_m=robot_m)

    @property
    def has_faults(self) -> bool:
        """Whether the site should not be used as it is."""
        return any(finding.gravity is Gravity.FAULT for finding in self.findings)

    def parts(self, *, width: int) -> Iterator[Text | Table]:
        """All of it, from the top.

        :param width: columns of the terminal.
        """
        yield self._head()
        yield Text()
        yield self._picture(width)
        yield Text()
        yield self._legend()
        yield from self._zones()
        if self.site.notes:
            yield _rows("left out of the file", [(Text("·", "dim"), n) for n in self.site.notes])
        if self.findings:
            yield _rows("found", [(_MARKS[f.gravity], f.sentence) for f in self.findings])
        yield self._verdict()

    def record(self) -> dict[str, Any]:
        """All of it but the picture, for JSON."""
        site = self.site
        kinds = Counter(place.kind.value for place in site.places.values())
        return {
            "ok": not self.has_faults,
            "site": site.name,
            "frame": site.frame,
            "digest": site.digest,
            "vertices": len(site.vertices),
            "edges": len(site.edges),
            "places": {kind.value: kinds[kind.value] for kind in PlaceKind},
            "zones": [
                {
                    "name": zone.name,
                    "vertices": len(zone.vertices),
                    "robots_max": zone.limits.robots_max,
                    "speed_mps_max": zone.limits.speed_mps_max,
                    "one_way_deg": zone.limits.one_way_deg,
                    "closed": zone.limits.is_closed,
                }
                for zone in site.zones.values()
            ],
            "left_out": list(site.notes),
            "findings": [_record(finding) for finding in self.findings],
        }

    def _head(self) -> Text:
        site = self.site
        wide, tall = site.positions_m.max(axis=0) - site.positions_m.min(axis=0)
        text = Text(site.name, style="bold")
        text.append(
            f"  {wide:,.1f} m by {tall:,.1f} m, {len(site.vertices):,} vertices, "
            f"{len(site.edges):,} edges, frame {site.frame}",
            style="dim",
        )
        return text

    def _picture(self, width: int) -> Text:
        height = GRID_ROWS_MAX
        if lattice_of(self.site) is None:
            width, height = min(width, GRAPH_COLUMNS_MAX), GRAPH_ROWS_MAX
        return picture_text(draw_site(self.site, width=width, height=height))

    def _legend(self) -> Text:
        text = Text()
        for kind, glyph in KIND_GLYPHS.items():
            count = len(self.site.places_of_kind(kind))
            if count:
                text.append(glyph.character, style=place_style(glyph.style))
                text.append(f" {count:,} {kind.value if count == 1 else _PLURALS[kind]}   ")
        if lattice_of(self.site) is not None:
            text.append(WALL.character, style=place_style(WALL.style))
            text.append(f" {WALL.meaning}")
        text.rstrip()
        return text or Text("no places", style="dim")

    def _zones(self) -> Iterator[Table]:
        zones = list(self.site.zones.values())
        if not zones:
            return
        rows = [
            (Text("▪", "magenta"), f"{zone_words(zone)} ({len(zone.vertices):,} vertices)")
            for zone in zones[:ZONES_SHOWN_MAX]
        ]
        if len(zones) > ZONES_SHOWN_MAX:
            rows.append((Text(), f"and {len(zones) - ZONES_SHOWN_MAX} more"))
        yield _rows("zones", rows)

    def _verdict(self) -> Text:
        counts = Counter(finding.gravity for finding in self.findings)
        if not counts:
            return Text("\nnothing is wrong with it", style="bold green")
        words = ", ".join(
            f"{counts[gravity]} {gravity.value}{'s' if counts[gravity] != 1 else ''}"
            for gravity in Gravity
            if counts[gravity]
        )
        style = "bold red" if self.has_faults else "bold green"
        return Text(f"\n{words}", style=style)


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "gravity": finding.gravity.value,
        "sentence": finding.sentence,
        "vertices": list(finding.vertices[:VERTICES_LISTED_MAX]),
        "vertices_total": len(finding.vertices),
    }


def _rows(title: str, rows: list[tuple[Text, str]]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.title, table.title_justify, table.title_style = f"\n{title}", "left", "bold"
    table.add_column()
    table.add_column(overflow="fold")
    for mark, words in rows:
        table.add_row(mark, Text(words))
    return table
