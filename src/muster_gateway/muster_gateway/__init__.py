"""The gateway node: orders in from Kafka, events out to it."""
