"""The site: the map that a fleet shares, its file, its routes and its picture."""

from muster_core.site.access import Access
from muster_core.site.edge_arrays import EdgeArrays
from muster_core.site.elements import Edge, Place, PlaceKind, Vertex
from muster_core.site.examine import Finding, FindingKind, Gravity, examine
from muster_core.site.file import SiteFormat, load_site
from muster_core.site.glyph import Cell, CellStyle, Glyph, legend, robot_label
from muster_core.site.model import Site
from muster_core.site.picture import Picture, RobotMark, draw_site
from muster_core.site.routing import Routes
from muster_core.site.svg import draw_svg, zone_words
from muster_core.site.yaml_file import parse_site
from muster_core.site.zone import COMPASS_DEG, Zone, ZoneLimits

__all__ = [
    "COMPASS_DEG",
    "Access",
    "Cell",
    "CellStyle",
    "Edge",
    "EdgeArrays",
    "Finding",
    "FindingKind",
    "Glyph",
    "Gravity",
    "Picture",
    "Place",
    "PlaceKind",
    "RobotMark",
    "Routes",
    "Site",
    "SiteFormat",
    "Vertex",
    "Zone",
    "ZoneLimits",
    "draw_site",
    "draw_svg",
    "examine",
    "legend",
    "load_site",
    "parse_site",
    "robot_label",
    "zone_words",
]
