"""What can be set of a body under a real agent: its parameters ``driver_settings.*``."""

from __future__ import annotations

from muster_twin.warehouse.settings import BodySettings


class TwinSettings(BodySettings, frozen=True, kw_only=True):
    """Settings of the driver ``twin``; the comments say meaning, unit and relation."""

    # The place where it starts; empty = robot n starts at the site's n-th parking place, and those
    # for which there is none at a vertex without a place.
    start_place: str = ""
