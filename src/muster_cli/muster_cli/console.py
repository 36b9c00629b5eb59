"""Where commands print: tables and lines for people, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console

PIPE_WIDTH = 160
"""Columns when the output is no terminal and COLUMNS says nothing: wide, so that no id is cut."""


def make_console() -> Console:
    """A console on stdout as it is now."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, markup=False)


def print_json(record: Any) -> None:
    """``record`` as one line of JSON, at once."""
    print(json.dumps(record, ensure_ascii=False, separators=(",", ":")), flush=True)


def print_error(sentence: str) -> None:
    """One sentence on stderr, after the command's name."""
    print(f"muster: {sentence}", file=sys.stderr, flush=True)
