"""The site: the map that a fleet shares, its file, its routes and its picture."""

from muster_core.site.glyph import Cell, CellStyle, Glyph, legend, robot_label
from muster_core.site.model import Edge, Place, PlaceKind, Site, Vertex
from muster_core.site.picture import Picture, RobotMark, draw_site
from muster_core.site.routing import Routes
from muster_core.site.yaml_file import load_site, parse_site

__all__ = [
    "Cell",
    "CellStyle",
    "Edge",
    "Glyph",
    "Picture",
    "Place",
    "PlaceKind",
    "RobotMark",
    "Routes",
    "Site",
    "Vertex",
    "draw_site",
    "legend",
    "load_site",
    "parse_site",
    "robot_label",
]
