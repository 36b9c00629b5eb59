"""The data of others to measure against, which lie beside the project and are not part of it."""

from __future__ import annotations

import os
from pathlib import Path

from figure import SkippedError

VARIABLE = "MUSTER_SHARED_DATA"
"""Names their folder, where it is not ``../shared/data`` seen from the project's root."""


def shared_file(name: str) -> Path:
    """The file of that name.

    :raises SkippedError: when it is not there.
    """
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    path = Path(os.environ.get(VARIABLE, beside)) / name
    if not path.is_file():
        raise SkippedError(f"there is no {path}; {VARIABLE} may name the folder that has {name}")
    return path
