"""What all configuration types share: frozen, strict, defaults in one place, one ``validate``."""

from __future__ import annotations

import msgspec

from muster_core.errors import ConfigError


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the configuration types. Each field's comment says meaning, unit and relation."""

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Check the fields against each other and their ranges.

        :raises ConfigError: naming the key, the value and what is allowed.
        """

    def require(self, is_valid: bool, key: str, allowed: str) -> None:
        """Raise unless ``is_valid``.

        :raises ConfigError: saying that ``key`` must be ``allowed``.
        """
        if not is_valid:
            raise ConfigError(f"{key} is {getattr(self, key)!r}; it must be {allowed}")
