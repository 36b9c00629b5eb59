"""The event log: its port and its adapters."""

from muster_core.log.memory import MemoryLog
from muster_core.log.port import READ_PAGE_MAX, EventLog, LogEntry
from muster_core.log.sqlite import SqliteLog

__all__ = ["READ_PAGE_MAX", "EventLog", "LogEntry", "MemoryLog", "SqliteLog"]
