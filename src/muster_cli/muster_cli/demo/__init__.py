"""The demo: a simulated fleet, an in-memory Kafka, orders through both doors, and a count."""
