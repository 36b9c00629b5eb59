"""Site files of every format: which one a file has, and the site in it."""

from __future__ import annotations

from enum import Enum
from functools import partial
from os import PathLike
from pathlib import Path

import msgspec

from muster_core.errors import SiteError
from muster_core.site.grid import CELL_M_DEFAULT
from muster_core.site.json_text import ABSENT, decode
from muster_core.site.lif_file import parse_lif
from muster_core.site.mapd_file import is_mapd, parse_mapd
from muster_core.site.model import Site
from muster_core.site.movingai_file import parse_movingai
from muster_core.site.names import NAME_LENGTH_MAX, is_name
from muster_core.site.nav2_file import parse_nav2
from muster_core.site.yaml_file import parse_site

MIB = 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HEAD_BYTES = 1024
"""How much of a file tells its format."""


class SiteFormat(str, Enum):
    """The formats that site files can have."""

    YAML = "yaml"
    MOVINGAI = "movingai"
    MAPD = "mapd"
    LIF = "lif"
    NAV2 = "nav2"


FILE_BYTES_MAX = {
    SiteFormat.YAML: 2 * MIB,  # its parser takes the longest
    SiteFormat.MOVINGAI: 8 * MIB,
    SiteFormat.MAPD: 8 * MIB,
    SiteFormat.LIF: 32 * MIB,
    SiteFormat.NAV2: 32 * MIB,
}
"""How large files may be; of a larger one no more than this is read."""


class _Keys(msgspec.Struct):
    layouts: msgspec.Raw = ABSENT
    origins: msgspec.Raw = ABSENT
    features: msgspec.Raw = ABSENT


def load_site(
    path: str | PathLike[str],
    *,
    file_format: SiteFormat | None = None,
    cell_m: float = CELL_M_DEFAULT,
) -> Site:
    """The site in the file at ``path``.

    :param file_format: None = what the file's name and beginning say.
    :param cell_m: of a grid, from one cell to the next, m.
    :raises SiteError: when there is none or it cannot be used; one sentence with the path and the
        line or key.
    """
    source = str(path)
    try:
        file = Path(path)
        return _parse(file, *_read(file, file_format), cell_m=cell_m)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SiteError(f"{source}: cannot be read: {getattr(error, 'strerror', error)}") from error
    except SiteError as error:
        raise SiteError(f"{source}: {error}") from error


def _read(path: Path, file_format: SiteFormat | None) -> tuple[bytes, SiteFormat]:
    """The file's content and format; never more than the format's bound is read."""
    if path.exists() and not path.is_file():
        raise SiteError("is not a file; name the file of a site")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        found = file_format or _format_of(path.suffix.lower(), head)
        bytes_max = FILE_BYTES_MAX[found]
        content = head + file.read(bytes_max + 1 - len(head))
    if len(content) > bytes_max:
        size = path.stat().st_size
        raise SiteError(f"has {size} bytes; a site file has at most {bytes_max}")
    content = content.removeprefix(BYTE_ORDER_MARK)
    if file_format is None and found in (SiteFormat.LIF, SiteFormat.NAV2):
        found = _json_format(content)
    return content, found


def _format_of(suffix: str, head: bytes) -> SiteFormat:
    """The format of a file that begins so; of JSON not yet which."""
    begin = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if suffix in (".yaml", ".yml"):
        return SiteFormat.YAML
    if suffix in (".json", ".geojson", ".lif") or begin[:1] == b"{":
        return SiteFormat.LIF
    if is_mapd(head):
        return SiteFormat.MAPD
    if suffix == ".map" or begin[:5] == b"type ":
        return SiteFormat.MOVINGAI
    return SiteFormat.YAML


def _json_format(content: bytes) -> SiteFormat:
    if not content.strip():
        raise SiteError("is empty; a LIF file has layouts, a route graph has features")
    keys = decode(content, _Keys)
    if bytes(keys.features):
        return SiteFormat.NAV2
    if bytes(keys.layouts) or bytes(keys.origins):
        return SiteFormat.LIF
    raise SiteError(
        "is JSON without 'layouts', which a LIF file has, and without 'features', which a route "
        "graph in GeoJSON has"
    )


def _parse(path: Path, content: bytes, found: SiteFormat, *, cell_m: float) -> Site:
    stem = path.stem.strip()[:NAME_LENGTH_MAX].strip()
    name = stem if is_name(stem) else "site"
    if found is SiteFormat.YAML:
        return parse_site(_text(content), load_map=partial(_load_map, path.parent))
    if found is SiteFormat.MOVINGAI:
        return parse_movingai(content, name, cell_m=cell_m)
    if found is SiteFormat.MAPD:
        return parse_mapd(content, name, cell_m=cell_m)
    return (parse_lif if found is SiteFormat.LIF else parse_nav2)(content, name)


def _load_map(folder: Path, text: str, cell_m: float) -> Site:
    """The site in the file that a YAML file builds on, which is of another format."""
    path = folder / text
    try:
        content, found = _read(path, None)
        if found is SiteFormat.YAML:
            raise SiteError("is YAML; build on a map of another format")
        return _parse(path, content, found, cell_m=cell_m)
    except (OSError, ValueError) as error:
        raise SiteError(f"{text}: cannot be read: {getattr(error, 'strerror', error)}") from error
    except SiteError as error:
        raise SiteError(f"{text}: {error}") from error


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SiteError(f"line {line}: is not UTF-8 text; save it as UTF-8") from error
