"""Streams of orders for the twin: drawn from chance, read from a file, or from a recorded log."""
