"""The policy node: a policy loaded by name, asked over two services."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from muster_msgs import msg, srv

from muster_core.policy.config import PolicyConfig
from muster_core.policy.loader import load_policy
from muster_core.site import load_site
from muster_policy.answers import Answers, decision_of_inactive, plans_of_inactive
from muster_ros.channels import DECIDE, PLAN_ORDERS, ZONES, Channel
from muster_ros.parameters import load_config
from muster_ros.shell import MusterNode
from muster_ros.site_in_force import SiteInForce


class PolicyNode(MusterNode):
    """Answers ``plan_orders`` and ``decide`` while active, and says so while it is not.

    The answers are pure and quick, so the callbacks give them at once.
    """

    def __init__(self, name: str = "policy", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._answers: Answers | None = None
        self._is_active = False

    def open(self, resources: ExitStack) -> None:
        """Load the policy and the site, and offer the services.

        :raises MusterError: when a parameter, the policy or the site cannot be used.
        """
        config = load_config(self, PolicyConfig)
        policy, site = load_policy(config.policy), load_site(config.site)
        for note in site.notes:
            self.logs.warning("the site's file says what is not kept", note=note)
        self._site = SiteInForce(config.site, site)
        self._answers = Answers(policy, site, self.logs)
        self._answers.rehearse()
        resources.callback(self._forget)
        self._offer(resources, PLAN_ORDERS, self._on_plan_orders)
        self._offer(resources, DECIDE, self._on_decide)
        subscription = self.create_subscription(
            ZONES.type, ZONES.path(self.fleet), self._on_zones, ZONES.qos
        )
        resources.callback(self.destroy_subscription, subscription)
        self.logs.info("policy loaded", policy=policy.name, version=policy.version, site=site.name)

    def start(self, resources: ExitStack) -> None:
        """Answer from now on."""
        self._is_active = True
        resources.callback(self._rest)

    def diagnose(self) -> dict[str, str]:
        """The policy and what it was asked."""
        return self._answers.diagnosis() if self._answers else {}

    def warning(self) -> str:
        """See :class:`MusterNode`."""
        return self._site.problem if self._answers else ""

    def _offer(self, resources: ExitStack, channel: Channel, callback: Any) -> None:
        path = channel.path(self.fleet)
        service = self.create_service(channel.type, path, callback, qos_profile=channel.qos)
        resources.callback(self.destroy_service, service)

    def _on_plan_orders(self, request: srv.PlanOrders.Request, _response: Any) -> Any:
        if self._answers is None or not self._is_active:
            return plans_of_inactive(request)
        return self._answers.plan_orders(request)

    def _on_decide(self, request: srv.Decide.Request, _response: Any) -> Any:
        if self._answers is None or not self._is_active:
            return decision_of_inactive(request)
        return self._answers.decide(request)

    def _on_zones(self, message: msg.Zones) -> None:
        site = self._site.hear(message)
        if site is not None and self._answers is not None:
            self._answers.use_site(site)

    def _rest(self) -> None:
        self._is_active = False

    def _forget(self) -> None:
        self._answers = None
