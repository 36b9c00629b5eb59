"""The zones of a YAML site file: vertices by name, within a polygon, or by rows and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from muster_core.errors import SiteError
from muster_core.site.elements import Vertex
from muster_core.site.grid import cell_of
from muster_core.site.names import hint, shown
from muster_core.site.validation import (
    COORDINATE_M_MAX,
    ZONE_MEMBERS_MAX,
    ZONES_MAX,
    check_count,
    check_range,
)
from muster_core.site.yaml_values import (
    read_list,
    read_mapping,
    read_named,
    read_number,
    read_text,
    read_truth,
)
from muster_core.site.zone import COMPASS_DEG, Zone, ZoneLimits

CORNERS_MAX = 500
"""Corners of all polygons together; each is compared with every vertex."""
BORDER_M = 1e-6
"""A vertex so near to a polygon's border is within."""

_MEMBER_KEYS = ("vertices", "polygon", "rows", "columns")
_LIMIT_KEYS = ("robots_max", "speed_mps", "one_way", "closed")
_ZONE_KEYS = (*_MEMBER_KEYS, *_LIMIT_KEYS)

Points = npt.NDArray[np.float64]


def read_zones(value: Any, vertices: Mapping[str, Vertex]) -> dict[str, Zone]:
    """The zones under the key ``zones``.

    :param vertices: those of the site, by name.
    :raises SiteError: when one cannot be used.
    """
    finder = _Finder(vertices)
    zones: dict[str, Zone] = {}
    members = 0
    for name, entry in read_named("zones", value):
        options = read_mapping(f"zones.{name}", entry, _ZONE_KEYS)
        zones[name] = Zone(name, finder.members(f"zones.{name}", options), _limits(name, options))
        members += len(zones[name].vertices)
        check_count("zones", len(zones), ZONES_MAX)
        check_count("zones together", members, ZONE_MEMBERS_MAX)
    return zones


def _limits(name: str, options: Mapping[str, Any]) -> ZoneLimits:
    key = f"zones.{name}"
    robots, speed = options.get("robots_max"), options.get("speed_mps")
    if robots is not None and (isinstance(robots, bool) or not isinstance(robots, int)):
        raise SiteError(f"{key}: robots_max is {shown(robots)}; write a whole number")
    return ZoneLimits(
        robots_max=robots,
        speed_mps_max=None if speed is None else read_number(f"{key}: speed_mps", speed),
        one_way_deg=_direction_deg(f"{key}: one_way", options.get("one_way")),
        is_closed=read_truth(f"{key}: closed", options.get("closed", False)),
    )


def _direction_deg(key: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, str):
        if value not in COMPASS_DEG:
            raise SiteError(
                f"{key} is {shown(value)}; use {', '.join(COMPASS_DEG)}, or degrees "
                "counter-clockwise from the x axis"
            )
        return COMPASS_DEG[value]
    return read_number(key, value)


class _Finder:
    """Finds the vertices of zones."""

    def __init__(self, vertices: Mapping[str, Vertex]) -> None:
        self._vertices = vertices
        self._names = tuple(vertices)
        self._points_m: Points | None = None
        self._cells: npt.NDArray[np.int64] | None = None
        self._corners = 0

    def members(self, key: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The vertices that the options of one zone mean."""
        given = [name for name in _MEMBER_KEYS if name in options]
        if given == ["vertices"]:
            return tuple(self._known(key, read_list(f"{key}: vertices", options["vertices"])))
        if given == ["polygon"]:
            found = self._within(read_list(f"{key}: polygon", options["polygon"]), key)
        elif given and set(given) <= {"rows", "columns"}:
            found = self._in_cells(key, options)
        else:
            raise SiteError(
                f"{key} needs either 'vertices', or 'polygon', or 'rows' and 'columns' of a grid"
            )
        if not found:
            raise SiteError(f"{key}: no vertex lies there; its {' and '.join(given)} mean nothing")
        return found

    def _known(self, key: str, names: Iterable[Any]) -> Iterable[str]:
        for value in names:
            name = read_text(f"{key}: vertices", value)
            if name not in self._vertices:
                raise SiteError(f"{key}: {shown(name)} is not a vertex{hint(name, self._vertices)}")
            yield name

    def _within(self, corners: list[Any], key: str) -> tuple[str, ...]:
        self._corners += len(corners)
        check_count("the corners of zones", self._corners, CORNERS_MAX)
        if len(corners) < 3:
            raise SiteError(f"{key}: polygon has {len(corners)} corners; it needs at least 3")
        polygon = []
        for corner in corners:
            if not isinstance(corner, list) or len(corner) != 2:
                raise SiteError(f"{key}: polygon has {shown(corner)}; write corners as [x, y] in m")
            polygon.append([_coordinate_m(f"{key}: polygon", value) for value in corner])
        if self._points_m is None:
            self._points_m = np.array([(v.x, v.y) for v in self._vertices.values()], dtype=float)
        return self._named(points_within(self._points_m, np.array(polygon)))

    def _in_cells(self, key: str, options: Mapping[str, Any]) -> tuple[str, ...]:
        if self._cells is None:
            cells = [cell_of(name) or (-1, -1) for name in self._names]
            self._cells = np.array(cells, dtype=np.int64).reshape(-1, 2)
        is_in = self._cells[:, 0] >= 0
        for axis, name in enumerate(("rows", "columns")):
            if name in options:
                first, last = _span(f"{key}: {name}", options[name])
                is_in = is_in & (self._cells[:, axis] >= first) & (self._cells[:, axis] <= last)
        return self._named(is_in)

    def _named(self, is_in: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(self._names[i] for i in np.flatnonzero(is_in).tolist())


def _coordinate_m(key: str, value: Any) -> float:
    coordinate_m = read_number(key, value)
    check_range(key, coordinate_m, -COORDINATE_M_MAX, COORDINATE_M_MAX, "m")
    return coordinate_m


def _span(key: str, value: Any) -> tuple[float, float]:
    numbers = [read_number(key, number) for number in value] if isinstance(value, list) else []
    if len(numbers) != 2 or not 0 <= numbers[0] <= numbers[1]:
        raise SiteError(f"{key} is {shown(value)}; write [first, last], counted from 0")
    return numbers[0], numbers[1]


def points_within(points_m: Points, polygon_m: Points) -> npt.NDArray[np.bool_]:
    """Bool [points]: whether the point is within the polygon or on its border.

    By crossings of a ray (M. Shimrat, 1962).

    :param points_m: float64 [points, 2], m.
    :param polygon_m: float64 [corners, 2], m, in either sense of turning.
    """
    x, y = points_m[:, 0], points_m[:, 1]
    is_within = np.zeros(len(points_m), dtype=np.bool_)
    is_on_border = np.zeros(len(points_m), dtype=np.bool_)
    for (x1, y1), (x2, y2) in zip(polygon_m, np.roll(polygon_m, -1, axis=0), strict=True):
        if y1 != y2:
            crossing = x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            is_within ^= ((y1 > y) != (y2 > y)) & (x < crossing)
        length_m = max(float(np.hypot(x2 - x1, y2 - y1)), BORDER_M)
        along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length_m**2
        along = np.clip(along, 0.0, 1.0)
        off_m = np.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))
        is_on_border |= off_m <= BORDER_M
    return is_within | is_on_border
