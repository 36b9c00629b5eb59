"""The traffic node: a thin shell round the core's traffic."""
