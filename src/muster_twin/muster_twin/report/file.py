"""The report's files: JSON for programs and SVG for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from muster_core.errors import MusterError
from muster_core.site import Site
from muster_twin.report.picture import draw_report
from muster_twin.warehouse.outcome import Outcome

SCHEMA = 1
JSON_NAME, SVG_NAME = "twin.json", "twin.svg"


class ReportError(MusterError):
    """A report cannot be written."""


def write_report(directory: Path, outcomes: Sequence[Outcome], site: Site) -> tuple[Path, Path]:
    """Write ``twin.json`` and ``twin.svg``; where they are.

    :raises ReportError: when they cannot be written.
    """
    record = {"schema": SCHEMA, "runs": list(outcomes)}
    json_path, svg_path = directory / JSON_NAME, directory / SVG_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
        svg_path.write_text(draw_report(outcomes, site), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReportError(f"the report cannot be written to {directory}: {reason}") from error
    return json_path, svg_path
