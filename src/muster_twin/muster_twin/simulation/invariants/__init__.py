"""What must always hold, one class a claim; the names are those of the architecture page.

I10 (what cannot be loaded fails ``configure``) is not here: it is about nodes, of which the
simulator has none.
"""

from muster_twin.simulation.invariants.apart import KeptApart
from muster_twin.simulation.invariants.bounds import Bounded
from muster_twin.simulation.invariants.durability import DurableFirst
from muster_twin.simulation.invariants.epochs import EpochsObeyed
from muster_twin.simulation.invariants.export import ExportedOnce
from muster_twin.simulation.invariants.holds import OneHold
from muster_twin.simulation.invariants.identity import SameOrder
from muster_twin.simulation.invariants.orders import EndsOnce
from muster_twin.simulation.invariants.redoing import NeverRedone
from muster_twin.simulation.invariants.replay import FoldIsState

__all__ = [
    "Bounded",
    "DurableFirst",
    "EndsOnce",
    "EpochsObeyed",
    "ExportedOnce",
    "FoldIsState",
    "KeptApart",
    "NeverRedone",
    "OneHold",
    "SameOrder",
]
