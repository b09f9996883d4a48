"""Draw what became of the grids between two states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.maps.changes.draw import draw_changes
from gis.workflows.draw_map import MapKind, MapRequest, frame_of

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

    from gis.maps.frame import Language
    from gis.settings import Settings
    from gis.workflows.comparing.compare_states import ComparedStates


def write_changes_map(
    found: ComparedStates, changes: GeoDataFrame, path: Path, settings: Settings, language: Language
) -> None:
    """Draw changes, as `changes_frame` has them, into an .html or .png file."""
    frame = frame_of(found.areas, MapRequest(MapKind.GRIDS, language=language), settings)
    draw_changes(changes, found.old, found.new, found.areas, frame=frame).write(path)
