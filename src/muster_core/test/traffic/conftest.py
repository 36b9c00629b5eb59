from pathlib import Path

import pytest


@pytest.fixture
def small_warehouse_path() -> str:
    return str(Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml")
