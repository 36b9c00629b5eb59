"""The scheduler's node: a standby until it has the lead, then the leader."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from muster_core.errors import ConfigError
from muster_core.leadership import Candidate, FileLeadership, LeadershipError
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.core import SchedulerCore
from muster_core.site import Routes, load_site
from muster_ros.parameters import load_config
from muster_ros.shell import MusterNode
from muster_ros.site_in_force import SiteInForce
from muster_scheduler.candidacy import Candidacy
from muster_scheduler.ending import OnEnd, ending
from muster_scheduler.leader import Leader
from muster_scheduler.peers import Peers
from muster_scheduler.standby import Standby
from muster_scheduler.storage import log_path

LEASE_NAME = "scheduler.lease"


class SchedulerNode(MusterNode):
    """Records and enforces while it leads; the policy decides. See ``muster_core.scheduler``.

    :param on_end: ends the process when it may not go on: deposed, or without a usable log.
    """

    def __init__(
        self, name: str = "scheduler", *, on_end: OnEnd | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name, **kwargs)
        self._on_end = on_end or ending(self.logs)
        self._candidacy: Candidacy | None = None
        self._leader: Leader | None = None
        self._missing = ""

    def open(self, resources: ExitStack) -> None:
        """Read parameters, site and log. No channel is offered before this scheduler leads."""
        config = load_config(self, SchedulerConfig)
        if not config.site:
            raise ConfigError(f"{self.get_fully_qualified_name()}: parameter 'site' is missing")
        site = load_site(config.site)
        for note in site.notes:
            self.logs.warning("the site's file says what is not kept", note=note)
        self._site_in_force = SiteInForce(config.site, site)
        path = log_path(config.data_dir, self.fleet)
        self._standby = Standby(path, config, self.logs)
        self._standby.open(resources)
        self._missing = self._standby.missing_place(site)
        if self._missing:
            self.logs.warning("a place is missing", reason=self._missing)
        self._lease_directory = path.with_name(LEASE_NAME)
        self._config, self._site, self._routes = config, site, Routes(site)

    def start(self, resources: ExitStack) -> None:
        """Campaign. Who wins at once leads when this is done, or has told why it cannot."""
        lease_s = self._config.leadership_lease_s
        leadership = FileLeadership(
            self._lease_directory, self.get_fully_qualified_name(), lease_s=lease_s
        )
        candidacy = Candidacy(
            Candidate(leadership, lease_s=lease_s),
            period_s=self._config.tick_s,
            on_end=self._on_end,
            logs=self.logs,
        )
        resources.callback(self._forget)
        candidacy.start(resources)
        self._peers = Peers(self.get_name(), self.fleet, self._put, self.logs)
        self._peers.open(resources)
        if candidacy.candidate.problem:
            raise LeadershipError(candidacy.candidate.problem)
        self._candidacy = candidacy
        if candidacy.candidate.lead is not None:
            self._lead(candidacy, resources)
            return
        self.logs.info("standby", leader=candidacy.candidate.leader)
        watch = self.create_timer(self._config.tick_s, lambda: self._watch(candidacy, resources))
        resources.callback(self.destroy_timer, watch)
        self._watch_timer = watch

    def diagnose(self) -> dict[str, str]:
        """What an operator looks at first."""
        return self._leader.diagnose() if self._leader is not None else {}

    def warning(self) -> str:
        """See :class:`MusterNode`."""
        if self._leader is None:
            return self._missing
        return self._site_in_force.problem

    def describe_state(self, label: str) -> str:
        """Whether it leads, or who does."""
        if self._candidacy is None or self._leader is not None:
            return label
        candidate = self._candidacy.candidate
        return f"standby: {candidate.problem or f'{candidate.leader} leads'}"

    def _watch(self, candidacy: Candidacy, resources: ExitStack) -> None:
        """Follow the leader's log; lead when the lead has come."""
        try:
            if candidacy.candidate.lead is None:
                self._peers.connect(self._standby.follow())
                return
            self._watch_timer.cancel()
            self._lead(candidacy, resources)
        except Exception as error:
            self._give_up(error)

    def _lead(self, candidacy: Candidacy, resources: ExitStack) -> None:
        lead = candidacy.candidate.lead
        assert lead is not None
        core = SchedulerCore(
            self._config, self._standby.take_over(), site=self._site, routes=self._routes
        )
        leader = Leader(
            self,
            self.fleet,
            core,
            self._standby.log,
            candidacy=candidacy,
            peers=self._peers,
            site=self._site_in_force,
            on_end=self._on_end,
            logs=self.logs,
        )
        self._leader = leader
        leader.open(resources, epoch_min=max(lead.token, self._config.epoch_min))
        self.logs.info("leads", epoch=core.ledger.epoch, token=lead.token)

    def _put(self, item: Any) -> bool:
        return self._leader is not None and self._leader.put(item)

    def _give_up(self, error: Exception) -> None:
        """Tell why this standby cannot take over, and end: started again, it is configured anew."""
        self.problem = f"standby failed: {error}"
        self._publish_diagnostics()
        self.logs.error("standby failed", reason=str(error))
        self._on_end(error)

    def _forget(self) -> None:
        self._candidacy = self._leader = None
