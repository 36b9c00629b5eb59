"""Numbered errors, refusals that people read, and the exceptions of misuse.

Rules for editors: the numbers are those of ``muster_msgs/msg/ErrorCode.msg`` (a test compares the
two) and never change their meaning. A refusal's sentence names the offending value and what would
be right.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec


class ErrorCode(IntEnum):
    """Error numbers in a reserved range per node."""

    NONE = 0
    # 1000-1999: an order as it was asked for
    NOT_JSON = 1001
    WRONG_SHAPE = 1002
    TOO_LARGE = 1003
    BAD_ORDER_ID = 1004
    BAD_PRIORITY = 1005
    BAD_DEADLINE = 1006
    UNKNOWN_KIND = 1007
    MISSING_PLACE = 1008
    UNKNOWN_PLACE = 1009
    UNREACHABLE_PLACE = 1010
    UNKNOWN_CAPABILITY = 1011
    CHANGED_DUPLICATE = 1012
    BAD_TRACEPARENT = 1013
    BAD_TEXT = 1014
    BAD_PAYLOAD = 1015
    TOO_HEAVY = 1016
    # 2000-2999: the scheduler
    UNKNOWN_ORDER = 2001
    ALREADY_ENDED = 2002
    QUEUE_FULL = 2003
    STORAGE_UNAVAILABLE = 2004
    NOT_ACTIVE = 2005
    RETRIES_EXHAUSTED = 2006
    ORDER_CANCELLED = 2007
    NOT_SUSPENDED = 2008
    BAD_RESOLUTION = 2009
    UNRESOLVED = 2010
    # 3000-3999: the policy
    PLAN_FAILED = 3001
    DECISION_FAILED = 3002
    # 4000-4999: the agent and its driver
    STALE_EPOCH = 4001
    ROBOT_BUSY = 4002
    BATTERY_LOW = 4003
    UNKNOWN_STEP = 4004
    DRIVER_FAILED = 4005
    LEASE_EXPIRED = 4006
    ROBOT_SILENT = 4007
    # 5000-5999: the gateway
    SCHEDULER_UNREACHABLE = 5001
    # 6000-6999: traffic
    UNKNOWN_ROBOT = 6001
    BAD_ZONE = 6002
    BAD_SITE = 6003
    ZONES_NOT_KEPT = 6004
    TRAFFIC_NOT_ACTIVE = 6005


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not accepted, in a sentence for the one who asked."""

    code: ErrorCode
    message: str


class MusterError(Exception):
    """Base of all errors that callers of Muster's own code should handle."""


class ConfigError(MusterError):
    """A configuration cannot be used; the message names the key, the value and what is allowed."""


class SiteError(MusterError):
    """A site file cannot be used; the message names the file and the line or key."""


class IllegalTransitionError(MusterError):
    """An event does not fit the state it is applied to; nothing was changed."""

    def __init__(self, noun: str, identity: str, state: str, event: str) -> None:
        super().__init__(f"{noun} {identity!r} is {state!r}, where {event!r} cannot happen")


class LogError(MusterError):
    """The event log cannot be read or written; the message names the sequence number."""


class PluginError(MusterError):
    """A plug-in is configured and cannot be loaded; the message lists the choices."""


class LogFencedError(LogError):
    """Somebody else has appended to the log since this writer looked; nothing was written.

    :param seq: the first event that this writer did not know of.
    """

    def __init__(self, name: str, seq: int) -> None:
        super().__init__(
            f"event {seq} of {name} was written by somebody else: another scheduler leads now"
        )
        self.seq = seq


class CheckpointError(MusterError):
    """A checkpoint cannot be made or used; the log, which is the truth, is read from its start."""


class LogDamagedError(LogError):
    """A log file is not as it was written; the message says up to which event it is, and the way.

    :param last_good_seq: every event up to this one is there and unaltered.
    """

    def __init__(self, name: str, problem: str, last_good_seq: int) -> None:
        super().__init__(
            f"{name} is damaged ({problem}); it is good up to event {last_good_seq}: "
            f"`muster log repair {name}` keeps that much, and a copy of the file as it is"
        )
        self.last_good_seq = last_good_seq
