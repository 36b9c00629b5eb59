"""Drivers: what moves a robot."""
