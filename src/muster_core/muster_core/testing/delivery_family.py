"""Seeded warehouses with tasks, of the family that pickup and delivery benchmarks are taken from.

Blocks of shelves, ten cells long and one deep, with an endpoint at each side of every cell; wide
margins left and right with more endpoints and the robots' homes among them; tasks between endpoints
drawn at random, released at a steady pace. (The family is that of Ma, Li, Kumar, Koenig, 2017.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_SHELF = 10
_MARGIN = 7
_BLOCK_ROWS = 4


@dataclass(frozen=True, slots=True)
class DeliveryInstance:
    """A map and its tasks, each as the text of a file."""

    map_text: str
    task_text: str


def make_instance(
    draw: Callable[[], float],
    *,
    robots: int,
    tasks: int,
    tasks_a_step: float,
    blocks: tuple[int, int] = (5, 2),
    margin_endpoints: int = 100,
) -> DeliveryInstance:
    """An instance of the family.

    The margins must have room for ``robots`` and ``margin_endpoints``.

    :param draw: numbers from 0 to below 1.
    :param blocks: how many blocks of shelves there are from top to bottom and side by side.
    :param margin_endpoints: how many endpoints the margins have, beside the shelves' own.
    """
    rows, columns = blocks[0] * _BLOCK_ROWS + 1, blocks[1] * (_SHELF + 1) - 1 + 2 * _MARGIN
    cells = [["."] * columns for _ in range(rows)]
    for top in range(1, rows - 3, _BLOCK_ROWS):
        for left in range(_MARGIN, columns - _MARGIN, _SHELF + 1):
            for row, letter in ((top, "e"), (top + 1, "@"), (top + 2, "e")):
                cells[row][left : left + _SHELF] = [letter] * _SHELF
    margin = [
        (row, column)
        for row in range(1, rows - 1)
        for column in (*range(1, _MARGIN - 1), *range(columns - _MARGIN + 1, columns - 1))
    ]
    assert robots + margin_endpoints <= len(margin), "the margins are too small"
    for number in range(robots + margin_endpoints):
        place = number + int(draw() * (len(margin) - number))
        margin[number], margin[place] = margin[place], margin[number]
        row, column = margin[number]
        cells[row][column] = "r" if number < robots else "e"
    grid = "\n".join(map("".join, cells))
    endpoints = grid.count("e")
    lines = [
        f"{int(n / tasks_a_step)} {int(draw() * endpoints)} {int(draw() * endpoints)} 0 0"
        for n in range(tasks)
    ]
    return DeliveryInstance(
        f"{rows},{columns}\n{endpoints}\n{robots}\n5000\n{grid}\n",
        "\n".join([str(tasks), *lines, ""]),
    )
