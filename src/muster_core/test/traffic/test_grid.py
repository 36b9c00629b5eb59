"""Grids as graphs."""

from __future__ import annotations

import pytest

from muster_core.errors import SiteError
from muster_core.site.elements import Vertex
from muster_core.site.model import Site
from muster_core.site.movingai_file import parse_movingai
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


def test_grid_of_a_site_has_the_sites_vertices() -> None:
    content = b"type octile\nheight 2\nwidth 3\nmap\n.@.\n.S.\n"
    grid = Grid.of_site(parse_movingai(content, "small"))
    assert grid.cells.tolist() == [[0, 0], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert grid.vertices_of([(1, 1), (0, 1)]).tolist() == [3, -1]


def test_site_that_is_no_grid_is_refused() -> None:
    site = Site(name="shop", vertices=(Vertex("door", 0.0, 0.0),), edges=(), places={})
    with pytest.raises(SiteError, match="site 'shop' is no grid"):
        Grid.of_site(site)
