"""Task files of the pickup and delivery benchmark."""

from __future__ import annotations

import re

import pytest

from muster_core.errors import SiteError
from muster_core.site.mapd_tasks import MapdTask, parse_mapd_tasks


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tasks_are_read_in_the_order_of_the_file(end: str) -> None:
    content = end.join(["2", "0\t17\t4\t0\t0", "1 3 3 0 0", ""]).encode()
    assert parse_mapd_tasks(content, 18) == (MapdTask(0, 17, 4), MapdTask(1, 3, 3))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "line 1: is ''; write the number of tasks"),
        ("two\n", "line 1: is 'two'; write the number of tasks"),
        ("2\n0 1 2 0 0\n", "line 1: says 2 tasks, but 1 lines with tasks follow"),
        ("999999999\n", "line 1: 999999999 tasks; a file has at most 1000000"),
        ("1\n0 1 2\n", "line 2: is '0 1 2'; write five whole numbers"),
        ("1\n0 1 -2 0 0\n", "line 2: is '0 1 -2 0 0'; write five whole numbers"),
        ("2\n0 1 2 0 0\n\n0 1 3 0 0\n", "line 4: there is no endpoint 3; the map's are 0 to 2"),
        ("1\n0 1 2 5 0\n", "line 2: picking takes 5 and placing 0 steps; only 0 can be read"),
    ],
)
def test_bad_file_gets_one_sentence_with_the_line(content: str, sentence: str) -> None:
    with pytest.raises(SiteError, match=re.escape(sentence)):
        parse_mapd_tasks(content.encode(), 3)
