"""How long things take, when that is not always the same: distributions of seconds."""

from __future__ import annotations

import math
from enum import Enum
from random import Random

import msgspec

from muster_core.errors import ConfigError

SPAN_S_MAX = 86_400.0
_DEVIATIONS_MAX = 3.0
"""How far from its mean a normal draw may be; what is further is drawn again."""
_DRAWS_MAX = 100


class Shape(str, Enum):
    """The distribution of a span."""

    LOGNORMAL = "lognormal"
    """Never below 0, and now and then much longer: what people and jams are like."""
    NORMAL = "normal"
    """Cut off at three deviations and at 0: what machines are like."""
    FIXED = "fixed"


class Span(msgspec.Struct, frozen=True):
    """Seconds by mean and standard deviation."""

    mean_s: float
    deviation_s: float = 0.0
    shape: Shape = Shape.LOGNORMAL

    def draw(self, chance: Random) -> float:
        """One of them."""
        mean_s, deviation_s = self.mean_s, self.deviation_s
        if self.shape is Shape.FIXED or deviation_s == 0 or mean_s == 0:
            return mean_s
        if self.shape is Shape.LOGNORMAL:
            variance = math.log1p((deviation_s / mean_s) ** 2)
            return chance.lognormvariate(math.log(mean_s) - variance / 2, math.sqrt(variance))
        for _ in range(_DRAWS_MAX):
            drawn_s = chance.gauss(mean_s, deviation_s)
            if drawn_s >= 0 and abs(drawn_s - mean_s) <= _DEVIATIONS_MAX * deviation_s:
                return drawn_s
        return mean_s

    def __str__(self) -> str:
        if self.shape is Shape.FIXED or self.deviation_s == 0:
            return f"{self.mean_s:g}"
        return f"{self.shape.value}:{self.mean_s:g}:{self.deviation_s:g}"


def parse_span(text: str, name: str) -> Span:
    """The span in ``8`` (always), ``8:3`` or ``normal:8:3`` (mean and deviation).

    :param name: what it is for, for the error's sentence.
    :raises ConfigError: when it is no such thing.
    """
    shape, numbers = Shape.LOGNORMAL, text.split(":")
    try:
        if not numbers[0][:1].isdigit():
            shape = Shape(numbers.pop(0))
        mean_s, deviation_s, *more = [*map(float, numbers), *([0.0] if len(numbers) == 1 else [])]
        is_usable = not more and 0 <= mean_s <= SPAN_S_MAX and 0 <= deviation_s <= SPAN_S_MAX
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ConfigError(
            f"{name} is {text!r}; write seconds as in '8', or mean and deviation as in '8:3' or "
            f"'normal:8:3' (lognormal, normal; at most {SPAN_S_MAX:g} s)"
        )
    return Span(mean_s, deviation_s, shape)
