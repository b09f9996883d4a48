"""FOLIUM: frames in, pages out, no outside address.

`draw_grids`, `draw_findings`, `draw_changes`, `draw_repair`, `draw_events`, `draw_choropleth`,
`draw_served` and `draw_heat_time` return a `MapPage`, which is HTML for the service, a file that opens
anywhere, a PNG picture, or itself in a notebook.
"""

from __future__ import annotations

from gis.maps.changes.draw import draw_changes
from gis.maps.changes.repairs import draw_repair
from gis.maps.choropleth import Measure, draw_choropleth
from gis.maps.events import draw_events
from gis.maps.findings import draw_findings
from gis.maps.frame import MapFrame
from gis.maps.grids import draw_grids
from gis.maps.heat_time import Step, draw_heat_time
from gis.maps.page import MapPage
from gis.maps.served import draw_served

__all__ = [
    "MapFrame",
    "MapPage",
    "Measure",
    "Step",
    "draw_changes",
    "draw_choropleth",
    "draw_events",
    "draw_findings",
    "draw_grids",
    "draw_heat_time",
    "draw_repair",
    "draw_served",
]
