"""The agent node: speaks for one robot, moves it through a driver."""

__version__ = "0.1.0"
