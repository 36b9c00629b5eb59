"""What the policy node can be told."""

from __future__ import annotations

from muster_core.config import Config


class PolicyConfig(Config, frozen=True, kw_only=True):
    """The policy node's parameters."""

    # Which policy decides: a name registered under the entry points `muster.policies`.
    policy: str = "batch"

    # The path of the site file, the same as the scheduler's and the agents'. Required.
    site: str = ""

    def validate(self) -> None:
        """Check that both are given.

        :raises ConfigError: naming the key.
        """
        self.require(bool(self.policy), "policy", "the name of a policy, as in 'batch'")
        self.require(
            bool(self.site),
            "site",
            "the path of the site file that the fleet shares, as in 'config/sites/warehouse.yaml'",
        )
