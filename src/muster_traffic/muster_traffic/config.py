"""The traffic node's configuration: the core's, and what the shell needs."""

from __future__ import annotations

import msgspec

from muster_core.ids import is_robot_name
from muster_core.traffic.config import TrafficConfig


class NodeConfig(TrafficConfig, frozen=True, kw_only=True):
    """What can be set of the node."""

    # Path of the site file. Required; the same content as the scheduler's and the agents'.
    site: str = ""
    # Directory of what traffic remembers; empty = $XDG_STATE_HOME/muster/<fleet>, made when it is
    # missing. Two traffics cannot use the same one.
    data_dir: str = ""
    # The robots of the fleet, where all are known beforehand: they are waited for at a start, and
    # what is remembered of others is forgotten. Empty = those that are remembered are waited for.
    robots: list[str] = msgspec.field(default_factory=list)
    # How often the core is asked when nothing arrives, s. At most half of repeat_s.
    tick_s: float = 0.1
    # Messages that may wait for the loop; beyond it they are dropped and counted, and their senders
    # repeat them.
    inbox_max: int = 10_000

    def validate(self) -> None:
        """See :class:`Config`."""
        TrafficConfig.validate(self)
        self.require(bool(self.site), "site", "the path of a site file")
        names = all(is_robot_name(name) for name in self.robots)
        self.require(names, "robots", "a list of robots' names")
        self.require(len(self.robots) <= self.robots_max, "robots", f"{self.robots_max} at most")
        half_s = self.repeat_s / 2
        self.require(0.01 <= self.tick_s <= half_s, "tick_s", f"0.01 to repeat_s / 2 ({half_s} s)")
        self.require(self.inbox_max >= 10, "inbox_max", "at least 10")
