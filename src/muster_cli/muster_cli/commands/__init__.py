"""The sub-commands of `muster`, one file each.

They import ROS only when they run, so that ``--help`` is quick and works without it.
"""
