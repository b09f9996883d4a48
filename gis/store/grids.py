"""Grids as they stand in a release, and the history of one grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.errors import NotFoundError
from gis.store.frames import read_frame
from gis.store.sql import statement

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.nouns import GridKind


@dataclass(frozen=True, slots=True)
class GridFilter:
    """Which grids of a release are wanted; None means all.

    Attributes:
        kind: Only this kind.
        area_code: Only grids of this community, or of this street's or district's communities.
        bbox: Only grids whose box meets (west, south, east, north), degrees.
        after: Only grids with a larger lasting id, for paging.
        limit: At most so many.
        code: Only the grid of this code.
        grid_id: Only the grid of this lasting id.
    """

    kind: GridKind | None = None
    area_code: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    after: int | None = None
    limit: int | None = None
    code: str | None = None
    grid_id: int | None = None


def list_grids(session: Session, release: int, wanted: GridFilter | None = None) -> GeoDataFrame:
    """Return the grids of a release, ordered by lasting id.

    Returns:
        Columns id (lasting), kind, task, code, name, community_id, community_code, households, population,
        leader, unit, land_use, valid_from, valid_to, geometry (EPSG:4490).
    """
    wanted = wanted or GridFilter()
    west, south, east, north = wanted.bbox or (None, None, None, None)
    return read_frame(
        session,
        statement("list_grids"),
        {
            "release": release,
            "kind": wanted.kind.value if wanted.kind else None,
            "area_code": wanted.area_code,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "code": wanted.code,
            "grid_id": wanted.grid_id,
            "after": wanted.after,
            "limit": wanted.limit,
        },
    )


def list_retired_codes(session: Session) -> frozenset[str]:
    """Return the codes that grids once had and none has now."""
    return frozenset(session.scalars(statement("list_retired_codes")))


def list_grid_history(session: Session, grid_id: int) -> GeoDataFrame:
    """Return every version of one grid, oldest first, with the release that made it.

    Raises:
        NotFoundError: No release ever held a grid of this id.
    """
    versions = read_frame(session, statement("list_grid_history"), {"grid_id": grid_id})
    if versions.empty:
        raise NotFoundError(f"There is no grid with id {grid_id}.")
    return versions
