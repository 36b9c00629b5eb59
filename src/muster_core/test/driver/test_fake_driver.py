"""The fake driver keeps the contract that it stands in for."""

from __future__ import annotations

import pytest

from muster_core.clock import Instant
from muster_core.task import Step
from muster_core.testing.driver import FakeDriver
from muster_core.testing.driver_contract import DRIVER_CHECKS, WAY_CHECKS, DriverCase


@pytest.mark.parametrize("check", DRIVER_CHECKS + WAY_CHECKS, ids=lambda check: check.__name__)
def test_fake_driver_keeps_contract(check):
    go, way = Step("go", "shelf_1"), ("a", "b", "c", "d")
    now = Instant(10**18, 10**9)
    check(DriverCase(driver=FakeDriver(vertex="a"), now=now, go=go, way=way))
