"""The agent's core: what one robot has promised, and what it still owes."""

from muster_core.agent.abilities import Abilities
from muster_core.agent.compaction import shortest
from muster_core.agent.config import AgentConfig
from muster_core.agent.core import AgentCore, Ready
from muster_core.agent.state import AgentState, fold, fold_journal, read_journal
from muster_core.agent.worker import Outlets, Worker

__all__ = [
    "Abilities",
    "AgentConfig",
    "AgentCore",
    "AgentState",
    "Outlets",
    "Ready",
    "Worker",
    "fold",
    "fold_journal",
    "read_journal",
    "shortest",
]
