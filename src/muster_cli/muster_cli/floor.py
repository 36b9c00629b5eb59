"""The site with its robots, as a picture for the terminal; and where its file is found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rich.text import Text

from muster_cli.exits import UsageError
from muster_cli.picture_text import picture_text, place_style
from muster_cli.records import Record
from muster_cli.styles import STATE_STYLES
from muster_cli.tables import robot_state
from muster_core.errors import SiteError
from muster_core.site import RobotMark, Site, draw_site, legend, load_site, robot_label

SITES_MAX = 100
"""Installed site files that are looked at to find the fleet's."""


def draw_floor(site: Site, robots: Sequence[Record], *, width: int, height: int) -> Text:
    """The picture of the site, at most ``width`` columns by ``height`` rows."""
    marks = [
        RobotMark(robot_label(index), robot["x"], robot["y"], f"robot:{robot_state(robot)}")
        for index, robot in enumerate(robots)
    ]
    return picture_text(draw_site(site, marks, width=width, height=height), _colour)


def legend_rows() -> list[Text]:
    """What the characters of the picture mean, two to a row."""
    glyphs = legend()
    rows = []
    for pair in (glyphs[i : i + 2] for i in range(0, len(glyphs), 2)):
        text = Text(no_wrap=True, overflow="ellipsis")
        for glyph in pair:
            text.append(glyph.character, style=_colour(glyph.style))
            text.append(f" {glyph.meaning:<12}", style="dim")
        text.rstrip()
        rows.append(text)
    return rows


def installed_sites() -> list[Path]:
    """The site files that came with the bring-up package; none when it is not installed."""
    from ament_index_python.packages import (
        PackageNotFoundError,
        get_package_share_directory,
    )

    try:
        share = Path(get_package_share_directory("muster_bringup"))
    except PackageNotFoundError:
        return []
    return sorted(path for path in share.glob("config/sites/*") if path.is_file())[:SITES_MAX]


def find_site_file(text: str, *, asked_by: str = "--site") -> Path:
    """The site file of that path, or the installed one of that name.

    :param asked_by: what of the command line said it.
    :raises UsageError: when there is none; lists the installed sites.
    """
    if Path(text).is_file():
        return Path(text).resolve()
    installed = {path.stem: path for path in installed_sites()}
    if text in installed:
        return installed[text]
    names = ", ".join(installed) or "none"
    raise UsageError(f"{asked_by} {text!r} is not a file; the installed sites are {names}")


def open_site(text: str) -> Site:
    """The site in the file of that path or name.

    :raises UsageError: when it cannot be read or is not usable.
    """
    path = find_site_file(text)
    try:
        return load_site(path)
    except (SiteError, OSError) as error:
        raise UsageError(f"--site {text!r} cannot be used: {error}") from error


@lru_cache(maxsize=8)
def find_site(digest: str) -> Site | None:
    """The installed site with that digest; None when there is none."""
    for path in installed_sites():
        try:
            site = load_site(path)
        except (SiteError, OSError):
            continue
        if site.digest == digest:
            return site
    return None


def _colour(style: str) -> str:
    if style.startswith("robot:"):
        state = STATE_STYLES.get(style.removeprefix("robot:"), "default")
        return f"bold {state}" if not state.startswith("bold") else state
    return place_style(style)
