"""What traffic can be told, with its bounds."""

from __future__ import annotations

from muster_core.config import Config


class TrafficConfig(Config, frozen=True, kw_only=True):
    """Settings of :class:`TrafficCore`; the comments say meaning, unit and relation."""

    # Vertices that a robot is given ahead of where it is, at most. 1 = vertex by vertex.
    stretch_vertices_max: int = 4
    # Beyond the next two vertices a robot is given more only while the way to the last of them
    # takes less than this, s: more drives more smoothly over slow links, less leaves more room to
    # others. At least twice as long as a message takes there and back.
    stretch_s: float = 2.0
    # A robot unheard for so long counts as silent: what it holds stays held and others go round,
    # s. At least three report periods of the agents.
    silence_s_max: float = 3.5
    # After a start nothing is released until all known robots have been heard, at most so long, s.
    # Longer than any robot takes to drive a stretch to its end.
    hearing_s_max: float = 30.0
    # And at least so long, s, for robots that nobody has told of: two report periods of the agents.
    hearing_s_min: float = 2.5
    # How often rights of way are decided anew from the most urgent robot down, s; between times
    # only what has changed is looked at.
    round_s: float = 1.0
    # A release that its robot does not show is sent again after so long, s.
    repeat_s: float = 0.5
    # A robot that is busy or blocked in its place for so long is gone round where that is possible,
    # s.
    patience_s: float = 10.0
    # Robots that have locked each other in for so long are led out by a joint manoeuvre, s.
    lock_s: float = 2.0
    # The same where another way leads round every edge, s: priority inheritance gets the most
    # urgent through there by itself, and a manoeuvre would keep others out meanwhile.
    jam_s: float = 60.0
    # A manoeuvre that has not moved on for so long is given up, s. Longer than a robot takes for
    # its slowest edge.
    manoeuvre_s_max: float = 120.0
    # States that the searches for one way out may look at together before they give up.
    search_nodes_max: int = 2000
    # Robots in one manoeuvre at most.
    manoeuvre_robots_max: int = 12
    # How far from its edge or vertex a robot may report itself to be, m.
    deviation_m_max: float = 1.0
    # Robots that traffic keeps track of; reports of further ones are dropped and told.
    robots_max: int = 1000
    # Bytes for tables of distances to goals.
    distance_bytes_max: int = 256 * 1024 * 1024

    def validate(self) -> None:
        """See :class:`Config`."""
        for key in (
            "stretch_vertices_max",
            "search_nodes_max",
            "robots_max",
            "distance_bytes_max",
        ):
            self.require(getattr(self, key) >= 1, key, "at least 1")
        self.require(self.manoeuvre_robots_max >= 2, "manoeuvre_robots_max", "at least 2")
        for key in (
            "stretch_s",
            "silence_s_max",
            "hearing_s_max",
            "round_s",
            "repeat_s",
            "patience_s",
            "lock_s",
            "jam_s",
            "manoeuvre_s_max",
            "deviation_m_max",
        ):
            self.require(getattr(self, key) > 0, key, "greater than 0")
        self.require(
            0 <= self.hearing_s_min <= self.hearing_s_max,
            "hearing_s_min",
            f"between 0 and hearing_s_max ({self.hearing_s_max})",
        )
