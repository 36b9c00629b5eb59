"""Every decision Muster takes, as pure functions of state, event and time."""

__version__ = "0.1.0"
