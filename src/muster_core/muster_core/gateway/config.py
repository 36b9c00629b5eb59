"""The gateway's parameters."""

from __future__ import annotations

from muster_core.config import Config

IN_FLIGHT_MAX = 200
"""The scheduler's services keep 256 requests and serve others besides the gateway."""
READ_PAGE_MAX = 2000
DURATION_S_MAX = 3600.0
FETCH_WAIT_S_MAX = 60.0


class GatewayConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters of the gateway. Times in seconds."""

    # Where Kafka is: host:port, several separated by commas.
    bootstrap_servers: str = "localhost:9092"

    # Topics. Events go to partition 0 of theirs, so that they have one order.
    orders_topic: str = "muster.orders"
    events_topic: str = "muster.events"
    dead_letters_topic: str = "muster.dead-letters"

    # Gateways of one group share orders_topic's partitions. A new group starts at its beginning.
    consumer_group: str = "muster-gateway"

    # A gateway that Kafka has not heard of for so long leaves its partitions to others of its group
    # (within group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers).
    session_timeout_s: float = 6.0

    # How long Kafka may keep the question for new orders when there are none. A Kafka answers as
    # soon as one comes; a mock Kafka only when the time is over, so there it delays orders.
    fetch_wait_s: float = 0.5

    # Orders that the scheduler has been asked about and has not answered.
    orders_in_flight_max: int = 64

    # Orders taken from Kafka and not finished, those in flight included. At the bound the consumer
    # is paused until half of them are finished.
    orders_held_max: int = 256

    # An order without an answer for so long is submitted again (same id, so the same order).
    submit_timeout_s: float = 5.0

    # Pause before a retry: doubled from the least to the greatest. Retries of an order never end,
    # for it is not its fault that the scheduler is away.
    retry_s_min: float = 0.2
    retry_s_max: float = 3.0

    # Events handed to Kafka and not acknowledged by it.
    events_in_flight_max: int = 1000

    # Events taken from the scheduler and not handed to Kafka yet. What does not fit is read again.
    events_buffered_max: int = 2000

    # Events asked for at once, and how long to wait for them.
    read_page: int = 500
    read_timeout_s: float = 5.0

    # The log's end is asked for so often when no event arrives by itself.
    follow_period_s: float = 5.0

    # A dead letter not acknowledged for so long is sent again. Events not committed for so long are
    # reported; their transaction is given up, and Kafka is asked anew what it has. What a gateway
    # that died had begun hides what comes behind it for at most so long.
    delivery_timeout_s: float = 30.0

    def validate(self) -> None:
        """Check the parameters.

        :raises ConfigError: naming the key, the value and what is allowed.
        """
        for key in ("bootstrap_servers", "orders_topic", "events_topic", "dead_letters_topic"):
            self.require(bool(getattr(self, key).strip()), key, "a text that is not empty")
        self.require(bool(self.consumer_group.strip()), "consumer_group", "a text, not empty")
        topics = {self.orders_topic, self.events_topic, self.dead_letters_topic}
        self.require(
            len(topics) == 3,
            "events_topic",
            "another topic than those of orders and dead letters, which must differ too",
        )
        self._require_between("orders_in_flight_max", 1, IN_FLIGHT_MAX)
        self._require_between("orders_held_max", self.orders_in_flight_max, 100_000)
        self._require_between("events_in_flight_max", 1, 50_000)
        self._require_between("read_page", 1, READ_PAGE_MAX)
        self._require_between("events_buffered_max", self.read_page, 100_000)
        self._require_between("retry_s_max", self.retry_s_min, DURATION_S_MAX)
        for key in ("submit_timeout_s", "retry_s_min", "read_timeout_s", "follow_period_s"):
            self._require_between(key, 0.01, DURATION_S_MAX)
        self._require_between("fetch_wait_s", 0.001, FETCH_WAIT_S_MAX)
        self._require_between("session_timeout_s", 1.0, DURATION_S_MAX)
        self._require_between("delivery_timeout_s", 1.0, DURATION_S_MAX)

    def _require_between(self, key: str, least: float, greatest: float) -> None:
        value = getattr(self, key)
        self.require(least <= value <= greatest, key, f"between {least:g} and {greatest:g}")
