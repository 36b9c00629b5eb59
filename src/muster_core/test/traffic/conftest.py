from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from muster_core.compiled import IS_COMPILED, PLAIN_VARIABLE


@pytest.fixture
def check_kernels_agree(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Compares what ``many_steps`` of a test file comes to with compiled and with plain kernels.

    The plain ones run in a process of their own, for what is compiled is so at import.
    """

    def check(path: str) -> None:
        if not IS_COMPILED:
            pytest.skip("numba is not installed, so there is only the plain kernel")
        monkeypatch.setenv(PLAIN_VARIABLE, "1")
        script = f"import runpy; print(runpy.run_path({path!r})['many_steps']())"
        plain = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
        )
        assert plain.stdout.strip() == str(runpy.run_path(path)["many_steps"]())

    return check


@pytest.fixture
def small_warehouse_path() -> str:
    return str(Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml")
