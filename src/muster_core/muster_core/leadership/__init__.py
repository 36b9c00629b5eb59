"""Who leads: the leadership port, its adapters, and the candidate that uses it."""

from muster_core.leadership.candidate import Candidate
from muster_core.leadership.file import FileLeadership
from muster_core.leadership.memory import LeaseRegister, MemoryLeadership
from muster_core.leadership.port import (
    LEASE_S_MAX,
    DeposedError,
    Lead,
    Leadership,
    LeadershipError,
)

__all__ = [
    "LEASE_S_MAX",
    "Candidate",
    "DeposedError",
    "FileLeadership",
    "Lead",
    "Leadership",
    "LeadershipError",
    "LeaseRegister",
    "MemoryLeadership",
]
