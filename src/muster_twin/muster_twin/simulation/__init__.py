"""The deterministic simulator: a fleet's production cores, and all round them, from one seed."""
