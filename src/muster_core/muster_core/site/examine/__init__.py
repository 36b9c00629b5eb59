"""What is wrong with a site that can be loaded: :func:`examine`."""

from __future__ import annotations

from itertools import chain

from muster_core.site.examine.finding import Finding, FindingKind, Gravity
from muster_core.site.examine.naming import find_alike, find_missing, find_shared
from muster_core.site.examine.reach import find_closed, find_reach
from muster_core.site.examine.shape import find_shape
from muster_core.site.examine.spacing import find_close, find_short
from muster_core.site.examine.ways import Ways
from muster_core.site.model import Site

__all__ = ["Finding", "FindingKind", "Gravity", "examine"]


def examine(site: Site, *, robot_m: float | None = None) -> tuple[Finding, ...]:
    """What is wrong with the site under the limits of its zones in force, the worst first.

    :param robot_m: how far apart the middles of two robots must be, m, for vertices that stand too
        close; None = not known.
    """
    ways = Ways.of(site)
    found = chain(
        find_reach(site, ways),
        find_close(site, robot_m),
        find_shape(site, ways),
        find_short(site),
        find_shared(site),
        find_alike(site),
        find_closed(site),
        find_missing(site),
    )
    return tuple(sorted(found, key=lambda finding: list(Gravity).index(finding.gravity)))
