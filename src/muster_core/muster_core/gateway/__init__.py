"""The gateway's core: orders in, events out, each once."""
