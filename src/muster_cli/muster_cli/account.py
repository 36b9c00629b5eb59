"""What became of many orders that were submitted at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from muster_cli.order_file import Wish

REFUSALS_LISTED_MAX = 1000
"""Refused lines that the account names one by one; further ones are counted by reason only."""


@dataclass(slots=True)
class Reason:
    """How often something was refused, with the first line as an example."""

    error: str
    count: int
    line: int
    order_id: str
    message: str


@dataclass(slots=True)
class Account:
    """What became of the lines. Every line that was read is in exactly one of the numbers."""

    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    unanswered: list[str] = field(default_factory=list)
    reasons: dict[str, Reason] = field(default_factory=dict)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    last_line: int = 0
    queue_position_max: int = 0
    elapsed_s: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether the scheduler has every line's order."""
        return not self.refused and not self.unanswered

    def refuse(self, wish: Wish, error: str, message: str) -> None:
        """Count a line that is no accepted order."""
        self.refused += 1
        known = self.reasons.get(error)
        if known is None:
            self.reasons[error] = Reason(error, 1, wish.number, wish.order_id, message)
        else:
            known.count += 1
        if len(self.refusals) < REFUSALS_LISTED_MAX:
            self.refusals.append(
                {
                    "line": wish.number,
                    "order_id": wish.order_id,
                    "error": error,
                    "message": message,
                }
            )

    def record(self) -> dict[str, Any]:
        """For programs."""
        return {
            "lines": self.lines,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "unanswered": self.unanswered,
            "reasons": [asdict(reason) for reason in self.reasons.values()],
            "refusals": self.refusals,
            "refusals_left_off": self.refused - len(self.refusals),
            "last_line": self.last_line,
            "queue_position_max": self.queue_position_max,
            "elapsed_s": round(self.elapsed_s, 3),
        }
