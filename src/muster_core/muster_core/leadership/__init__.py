"""Who leads: the leadership port and its adapters."""

from muster_core.leadership.port import DeposedError, Lead, Leadership, LeadershipError

__all__ = ["DeposedError", "Lead", "Leadership", "LeadershipError"]
