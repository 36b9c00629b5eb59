"""That the page on sites says what the code does."""

import re
from pathlib import Path

import pytest

from muster_core.site import FindingKind, SiteFormat, parse_site
from muster_core.site.file import FILE_BYTES_MAX, MIB
from muster_core.site.movingai_file import LETTERS
from muster_core.site.validation import EDGES_MAX, PLACES_MAX, VERTICES_MAX, ZONES_MAX

PAGE = Path(__file__).parents[4] / "docs" / "sites.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the package stands alone, without docs")


def test_yaml_on_the_page_is_a_site():
    text = re.search(r"```yaml\n(site: two_aisles.*?)```", PAGE.read_text(), re.DOTALL)[1]
    site = parse_site(text, "docs/sites.md")
    assert set(site.places) == {"pack_1", "shelf_1"}
    assert site.zone("east").vertices == ("b1", "b2")


def test_every_format_finding_letter_and_bound_is_on_the_page():
    text = PAGE.read_text()
    for file_format in SiteFormat:
        bound = f"{FILE_BYTES_MAX[file_format] // MIB} MiB |"
        assert re.search(rf"^\| `{file_format.value}` \|.*{bound}$", text, re.MULTILINE)
    for kind in FindingKind:
        assert f"`{kind.value}`" in text
    for letter in (*LETTERS.free, *LETTERS.blocked):
        assert f"`{letter}`" in text
    for bound in (VERTICES_MAX, EDGES_MAX, PLACES_MAX):
        assert f"{bound:,}" in text
    assert f"{ZONES_MAX} zones" in text
