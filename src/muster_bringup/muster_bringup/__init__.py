"""Starts Muster's processes and takes its nodes through their lifecycles."""
