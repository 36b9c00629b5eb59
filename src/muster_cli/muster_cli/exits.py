"""How the command ends: its exit codes, and the errors that become one sentence on stderr."""

from __future__ import annotations

from enum import IntEnum

from muster_core.errors import MusterError


class ExitCode(IntEnum):
    """What the shell learns of a command."""

    OK = 0
    FAILED = 1
    """Refused by the scheduler, failed, or not finished in time."""
    USAGE = 2
    """The command line, or a file it names, is not right; nothing was sent."""
    NO_ANSWER = 3
    """Nobody answered."""


class CommandError(MusterError):
    """A command cannot go on; its message is one sentence for people."""

    exit_code = ExitCode.FAILED


class UsageError(CommandError):
    """What was typed, or a file that it names, is not right."""

    exit_code = ExitCode.USAGE


class NoAnswerError(CommandError):
    """Somebody who should answer does not."""

    exit_code = ExitCode.NO_ANSWER
