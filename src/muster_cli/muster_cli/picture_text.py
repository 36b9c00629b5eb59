"""A site's picture in the colours of a terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from muster_core.site import Picture

_STYLES = {
    "aisle": "bright_black",
    "label": "bright_black",
    "shelf": "cyan",
    "station": "green",
    "charger": "blue",
    "parking": "bright_black",
    "mixed": "cyan",
    "wall": "bright_black",
    "robot": "bold",
    "crowd": "bold reverse",
}


def place_style(style: str) -> str:
    """The terminal's style for a style of the picture."""
    return _STYLES.get(style, "default")


def picture_text(picture: Picture, style_of: Callable[[str], str] = place_style) -> Text:
    """The picture, a line for each of its rows.

    :param style_of: gives the terminal's style for one of the picture.
    """
    text = Text(no_wrap=True)
    for number, row in enumerate(picture.runs()):
        if number:
            text.append("\n")
        for characters, style in row:
            text.append(characters, style=style_of(style))
    return text
