"""What the cells of a site's picture show: characters and the names of their styles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from muster_core.site.elements import PlaceKind


class CellStyle(str, Enum):
    """What a cell shows; a front end has a colour for each."""

    EMPTY = "empty"
    AISLE = "aisle"
    LABEL = "label"
    SHELF = "shelf"
    STATION = "station"
    CHARGER = "charger"
    PARKING = "parking"
    MIXED = "mixed"
    WALL = "wall"
    ROBOT = "robot"
    CROWD = "crowd"


@dataclass(frozen=True, slots=True)
class Cell:
    """One character and the name of its style."""

    character: str = " "
    style: str = CellStyle.EMPTY.value


@dataclass(frozen=True, slots=True)
class Glyph:
    """A row of the legend."""

    character: str
    style: str
    meaning: str


KIND_GLYPHS = {
    PlaceKind.SHELF: Glyph("▤", CellStyle.SHELF.value, "shelf"),
    PlaceKind.STATION: Glyph("▣", CellStyle.STATION.value, "station"),
    PlaceKind.CHARGER: Glyph("↯", CellStyle.CHARGER.value, "charger"),
    PlaceKind.PARKING: Glyph("□", CellStyle.PARKING.value, "parking"),
}
MIXED = Glyph("◈", CellStyle.MIXED.value, "several places")
WALL = Glyph("░", CellStyle.WALL.value, "blocked")
_ROBOT = Glyph("①", CellStyle.ROBOT.value, "robot")
_CROWD = Glyph("❷", CellStyle.CROWD.value, "so many robots")


def legend() -> tuple[Glyph, ...]:
    """The characters that need words."""
    return (*KIND_GLYPHS.values(), _ROBOT, _CROWD)


_ROBOT_LABELS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿⓀⓁⓂⓃⓄⓅⓆⓇⓈⓉⓊⓋⓌⓍⓎⓏ"
CROWD_LABELS = "❷❸❹❺❻❼❽❾❿"  # the last one also for more


def robot_label(index: int) -> str:
    """The character of the fleet's robot at ``index`` (0-based): ① to ⑳, Ⓐ to Ⓩ, and again."""
    return _ROBOT_LABELS[index % len(_ROBOT_LABELS)]


NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
# A line's character by the sides it leaves its cell at, as a sum of the four above.
LINES = "·╵╶└╷│┌├╴┘─┴┐┤┬┼"
