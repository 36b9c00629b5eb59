"""The scheduler node: a thin shell round the core's scheduler."""
