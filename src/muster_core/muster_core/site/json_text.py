"""JSON of others, read into the shape that a loader says, or refused in a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from muster_core.errors import SiteError
from muster_core.site.names import LISTED_MAX

_Shape = TypeVar("_Shape")
_WHERE = re.compile(r"(.*?)(?: - at `(.*)`)?", re.DOTALL)
_BYTE = re.compile(r"\(byte ([0-9]+)\)")
_BACKTICKS = re.compile(r"`([^`]*)`")

ABSENT = msgspec.Raw(b"")
"""What a field of type ``msgspec.Raw`` has when the file says nothing."""


def decode(content: bytes | msgspec.Raw, shape: type[_Shape], *, where: str = "") -> _Shape:
    """The JSON as ``shape``.

    :param where: where in the file it is, for error sentences, as in ``features[3].properties``.
    :raises SiteError: when it is not JSON or of another shape; names the line or the path.
    """
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError as error:
        what, path = _parts(error)
        path = ".".join(filter(None, (where, path.removeprefix("$").lstrip("."))))
        raise SiteError(f"{path or 'the file'}: {what}".replace(".[", "[")) from error
    except msgspec.DecodeError as error:
        found = _BYTE.search(str(error))
        what = _BYTE.sub("", str(error)).removeprefix("JSON is malformed: ").strip()
        what = "is cut off" if "truncated" in what else f"is not JSON: {what}"
        if found is None:
            raise SiteError(what) from error
        line = bytes(content).count(b"\n", 0, int(found[1])) + 1
        raise SiteError(f"line {line}: {what}") from error
    except RecursionError as error:
        raise SiteError("is nested too deep for JSON that describes a site") from error
    except UnicodeDecodeError as error:
        raise SiteError("is not UTF-8 text; save it as UTF-8") from error


def _parts(error: msgspec.ValidationError) -> tuple[str, str]:
    """What is wrong, and the path where."""
    found = _WHERE.fullmatch(str(error))
    assert found is not None  # it matches anything
    what = _BACKTICKS.sub(lambda name: {"object": "an object"}.get(name[1], name[1]), found[1])
    what = what.replace(" | null", "")
    return what[:1].lower() + what[1:], found[2] or ""


def is_said(value: msgspec.Raw) -> bool:
    """Whether the file says something for a field of which the value is not needed."""
    return bytes(value) not in (b"", b"null", b"[]", b"{}")


def left_out(counts: Counter[str], owner: str) -> Iterable[str]:
    """A note on attributes that a site does not keep; none when there are none.

    :param counts: how often each occurs.
    :param owner: what has them, in the plural.
    """
    if counts:
        common = counts.most_common()
        words = ", ".join(f"{name} ({count})" for name, count in common[:LISTED_MAX])
        rest = len(common) - LISTED_MAX
        more = f" and {rest} other attributes" if rest > 0 else ""
        yield f"a site does not keep these attributes of {owner}: {words}{more}"
