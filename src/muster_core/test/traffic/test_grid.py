"""Grids as graphs."""

from __future__ import annotations

from muster_core.traffic.grid import HEADINGS, Grid, warehouse


def test_free_cells_are_numbered_row_by_row() -> None:
    grid = Grid.of_text(".@.\n...")
    assert grid.vertices.tolist() == [[0, -1, 1], [2, 3, 4]]
    assert grid.cells.tolist() == [[0, 0], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert [grid.graph.after(v) for v in range(5)] == [[2], [4], [0, 3], [2, 4], [1, 3]]
    assert grid.graph.is_symmetric and grid.graph.is_uniform


def test_short_rows_end_in_walls() -> None:
    assert Grid.of_text("..\n.").graph.count == 3


def test_cells_ahead_follow_the_headings() -> None:
    grid = Grid.of_text("..\n..")
    assert HEADINGS == ((0, 1), (1, 0), (0, -1), (-1, 0))
    assert grid.ahead().tolist() == [[1, 2, -1, -1], [-1, 3, 0, -1], [3, -1, -1, 0], [-1, -1, 2, 1]]


def test_warehouse_has_aisles_round_every_block() -> None:
    is_free = warehouse(140, 500)
    grid = Grid.of_free(is_free)
    assert is_free.shape == (140, 500)
    assert 0.3 < is_free.mean() < 0.6
    assert min(len(grid.graph.after(v)) for v in range(grid.graph.count)) >= 2
