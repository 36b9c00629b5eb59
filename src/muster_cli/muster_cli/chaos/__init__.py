"""Chaos: a fleet of real processes, killed at random, and a judge who reads what they left."""
