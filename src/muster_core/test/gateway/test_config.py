"""The gateway's parameters."""

from __future__ import annotations

from typing import Any

import pytest

from muster_core.errors import ConfigError
from muster_core.gateway.config import GatewayConfig


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bootstrap_servers", " "),
        ("consumer_group", ""),
        ("orders_in_flight_max", 0),
        ("orders_held_max", 63),
        ("events_buffered_max", 499),
        ("read_page", 2001),
        ("retry_s_max", 0.1),
        ("submit_timeout_s", 0.0),
        ("delivery_timeout_s", float("nan")),
    ],
)
def test_a_parameter_out_of_range_is_named(key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=key):
        GatewayConfig(**{key: value})


def test_two_topics_cannot_be_the_same() -> None:
    with pytest.raises(ConfigError, match="events_topic"):
        GatewayConfig(events_topic="muster.orders")
