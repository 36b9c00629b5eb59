"""Small charts in SVG: lines over an axis, and bars of shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from muster_core.site.svg.page import FAINT_INK, INK, element, path, px, text

COLOURS = ("#2563a8", "#d9822b", "#2f9e6e", "#9b4d96", "#b5446e", "#66727f")
"""Of the variants, in their order."""
GRID, BEHIND = "#e3e8ee", "#a9b4c0"
TICKS_MAX = 5
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the page, pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Axis:
    """From a value to a share of the axis.

    :param unit: written after the greatest tick.
    :param scale: what a tick's number is divided by before it is written.
    """

    greatest: float
    unit: str
    scale: float = 1.0

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round values from 0 to the end."""
        top = self.greatest / self.scale
        if top <= 0:
            return (0.0,)
        rough = top / TICKS_MAX
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(k * power for k in _STEPS if k * power >= rough * (1 - 1e-9))
        return tuple(i * step * self.scale for i in range(int(top / step + 1e-9) + 1))

    def label(self, tick: float) -> str:
        """What is written at a tick."""
        is_last = tick == self.ticks[-1]
        return f"{tick / self.scale:,.6g}" + (f" {self.unit}" if is_last and self.unit else "")


Points = Sequence[tuple[float, float]]


def draw_lines(
    title: str, box: Box, x: Axis, y: Axis, lines: Sequence[Points], *, behind: Points = ()
) -> Iterator[str]:
    """A chart of lines, one for each variant.

    :param behind: a further line, grey, that the others are seen against.
    """
    yield text(title, box.x, box.y - 14, font_size="13", font_weight="600", fill=INK)

    def at(axis: Axis) -> Callable[[float], float]:
        greatest = axis.greatest or 1.0
        if axis is x:
            return lambda value: box.x + box.width * min(1.0, value / greatest)
        return lambda value: box.y + box.height * (1 - value / greatest)

    to_x, to_y = at(x), at(y)
    for tick in y.ticks:
        height = to_y(tick)
        yield path([f"M{px(box.x)} {px(height)}h{px(box.width)}"], stroke=GRID, stroke_width=1)
        yield text(
            y.label(tick), box.x - 6, height + 4,
            font_size="11", fill=FAINT_INK, text_anchor="end",
        )  # fmt: skip
    for tick in x.ticks:
        yield text(
            x.label(tick), to_x(tick), box.y + box.height + 16,
            font_size="11", fill=FAINT_INK, text_anchor="middle",
        )  # fmt: skip
    all_lines = [(behind, BEHIND), *zip(lines, _colours(len(lines)), strict=True)]
    for line, colour in all_lines:
        points = [f"{px(to_x(a))} {px(to_y(b))}" for a, b in line]
        if points:
            yield path(
                ["M", "L".join(points)],
                stroke=colour, stroke_width=2, fill="none", stroke_linejoin="round",
            )  # fmt: skip


def draw_shares(
    title: str,
    box: Box,
    rows: Sequence[tuple[str, Sequence[float]]],
    parts: Sequence[tuple[str, str]],
) -> Iterator[str]:
    """Bars that add up to all, one for each row.

    :param rows: names and shares.
    :param parts: what each share is of, and its colour.
    """
    yield text(title, box.x, box.y - 14, font_size="13", font_weight="600", fill=INK)
    step = box.height / max(1, len(rows))
    bar = min(34.0, step - 22)
    for number, (name, shares) in enumerate(rows):
        top, left = box.y + number * step, box.x
        yield text(name, box.x, top + 11, font_size="11", fill=FAINT_INK)
        for share, (_, colour) in zip(shares, parts, strict=True):
            width = share * box.width
            yield element("rect", x=left, y=top + 16, width=width, height=bar, fill=colour)
            if width >= 34:
                yield text(
                    f"{share:.0%}", left + width / 2, top + 16 + bar / 2 + 4,
                    font_size="11", fill="#ffffff", text_anchor="middle",
                )  # fmt: skip
            left += width


def draw_keys(keys: Sequence[tuple[str, str]], x: float, y: float) -> Iterator[str]:
    """A row of names with their colours."""
    for name, colour in keys:
        yield element("rect", x=x, y=y - 9, width=10, height=10, rx=2, fill=colour)
        yield text(name, x + 15, y, font_size="11", fill=INK)
        x += 15 + 6.4 * len(name) + 18


def variant_keys(names: Sequence[str]) -> list[tuple[str, str]]:
    """The variants with their colours."""
    return list(zip(names, _colours(len(names)), strict=True))


def _colours(count: int) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(count)]
