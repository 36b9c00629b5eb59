"""The simulated site and robots, and the deterministic simulator."""
