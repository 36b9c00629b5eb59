"""The twin behind ``/clock``: simulated bodies under real nodes, faster than real time."""
