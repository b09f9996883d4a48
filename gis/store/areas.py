"""Areas as they stand in a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.store.frames import read_frame
from gis.store.sql import statement

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.nouns import AreaLevel


def list_areas(session: Session, release: int, level: AreaLevel | None = None) -> GeoDataFrame:
    """Return the areas of a release.

    Returns:
        Columns id (lasting), level, code, name, parent_id, parent_code, households, population, geometry
        (EPSG:4490), ordered by level and code.
    """
    return read_frame(
        session, statement("list_areas"), {"release": release, "level": level.value if level else None}
    )
