"""Orders from outside: parsed once, checked once, and refused in a sentence when they are wrong.

``parse_order`` needs nothing but the bytes; ``check_order`` needs the site and the fleet.

Rules for editors: a value from outside stands in a sentence only through ``quoted``. Each refusal
names the offending value and what would be right.
"""

from muster_core.intake.check import check_order
from muster_core.intake.deadline import deadline_ns
from muster_core.intake.fields import check_fields
from muster_core.intake.parse import parse_order
from muster_core.intake.sentence import quoted

__all__ = ["check_fields", "check_order", "deadline_ns", "parse_order", "quoted"]
