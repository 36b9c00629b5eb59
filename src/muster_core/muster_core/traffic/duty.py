"""Which of several traffics decides: the one with the newest epoch.

A traffic's epoch is greater than that of any start before it, also of one whose files were lost:
what its own files remember, the time of its start and the epochs that agents tell of all count. So
two starts have the same one only if they began in the same millisecond with nothing known of each
other.
"""

from __future__ import annotations

from enum import Enum

from muster_core.clock import Instant

EPOCH_MAX = 2**62
"""It and greater ones are nobody's; whoever tells of one is not believed."""
NS_PER_MS = 1_000_000


class Standing(str, Enum):
    """What a traffic is to do about who decides."""

    DECIDES = "decides"
    STANDS_BY = "stands by"
    """Another traffic has a newer epoch: release nothing more."""
    BEGINS_ANEW = "begins anew"
    """Agents have seen a newer epoch, and whoever had it is gone: begin under a newer one still."""


class Duty:
    """Whether this traffic decides. What it hears of epochs goes in, its standing comes out.

    :param epoch: of this start.
    """

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.rival = ""
        self.rival_epoch = 0
        self._newest = epoch

    @property
    def standing(self) -> Standing:
        """What to do now."""
        if self.rival:
            return Standing.STANDS_BY
        return Standing.DECIDES if self._newest <= self.epoch else Standing.BEGINS_ANEW

    def hear_agent(self, epoch: int) -> bool:
        """An agent has seen this epoch; False if it cannot be believed."""
        if epoch >= EPOCH_MAX:
            return False
        self._newest = max(self._newest, epoch)
        return True

    def hear_traffic(self, epoch: int, caller: str) -> bool:
        """A traffic calls the roll, this one perhaps; False if it cannot be believed."""
        if epoch >= EPOCH_MAX:
            return False
        self._newest = max(self._newest, epoch)
        if epoch > max(self.epoch, self.rival_epoch):
            self.rival, self.rival_epoch = caller or "another traffic", epoch
        return True

    def lose_rival(self) -> None:
        """No other traffic is there any more."""
        self.rival, self.rival_epoch = "", 0

    def begin(self, epoch: int) -> None:
        """This traffic has begun anew under that epoch."""
        assert epoch > self._newest, "an epoch is greater than any that was heard of"
        self.epoch = self._newest = epoch
        self.lose_rival()

    @property
    def heard(self) -> int:
        """The newest epoch that was heard of, its own included."""
        return self._newest


def next_epoch(remembered: int, heard: int, now: Instant) -> int:
    """An epoch greater than both, and than that of any start before now on a clock that is right.

    :param remembered: the newest that this traffic's files know of; 0 = none.
    :param heard: the newest that anybody has told of; 0 = none.
    """
    return max(remembered + 1, heard + 1, now.wall_ns // NS_PER_MS)
