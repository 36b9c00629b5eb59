"""The data of others to measure against, which lie beside the project and are not part of it."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "MUSTER_SHARED_DATA"
"""Names their folder, where it is not ``../shared/data`` seen from the project's root."""


class AbsentError(Exception):
    """What a figure is measured with is not there; a reason to skip it."""


def shared_file(name: str) -> Path:
    """The file of that name.

    :raises AbsentError: when it is not there.
    """
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    path = Path(os.environ.get(VARIABLE, beside)) / name
    if not path.is_file():
        raise AbsentError(f"there is no {path}; {VARIABLE} may name the folder that has {name}")
    return path
