"""Say how the grids of one release pass into those of another, and move their totals along."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import ConflictError, InputError
from gis.gridding.prorate import Crosswalk, crosswalk, prorate
from gis.nouns import STORED_CRS, GridKind, Release
from gis.store.events import EventFilter, count_events, list_event_points
from gis.store.grids import GridFilter, list_grids
from gis.store.people import list_buildings
from gis.store.releases import get_release

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gis.settings import Settings

TOTALS = ("households", "population")


class Weight(StrEnum):
    """What an old grid is shared out by."""

    AREA = "area"
    HOUSEHOLDS = "households"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class CrosswalkRequest:
    """Which releases, which kind of grids, and by what.

    Attributes:
        old: Number of the release that is left.
        new: Number of the release that is entered; it may be the earlier one.
        weight: What an old grid is shared out by.
        kind: Natural or dedicated grids; special ones of different tasks overlap.
        counted: Which events weigh.
    """

    old: int
    new: int
    weight: Weight = Weight.AREA
    kind: GridKind = GridKind.NATURAL
    counted: EventFilter = field(default_factory=EventFilter)


@dataclass(frozen=True, slots=True)
class ReleaseCrosswalk:
    """How old grids pass into new ones.

    Attributes:
        old: The release that is left.
        new: The release that is entered.
        rows: One row an old and a new grid, and one more for what passes into no grid, in the order of the
            old ids. Columns: old_id, old_code, new_id and new_code (missing: no grid), area_m2 (missing: no
            grid), weight (missing likewise), share (of the old grid), by_area (the old grid has none of the
            weight), households and population (the old grid's, moved in whole numbers; missing: unknown).
        old_grids: Number of old grids.
        new_grids: Number of new grids.
    """

    old: Release
    new: Release
    rows: pd.DataFrame
    old_grids: int
    new_grids: int


def make_crosswalk(
    session: Session,
    request: CrosswalkRequest,
    settings: Settings,
    on_progress: Callable[[str], None] = lambda _: None,
) -> ReleaseCrosswalk:
    """Compare the grids of two releases and move the old ones' households and population.

    Args:
        session: The open transaction.
        request: Which releases, and by what.
        settings: Give the area below which a part is drawing inaccuracy.
        on_progress: Told what is being done.

    Raises:
        NotFoundError: There is no such release.
        ConflictError: There is nothing stored to weigh by.
        InputError: Special grids are asked for.
    """
    if request.kind is GridKind.SPECIAL:
        raise InputError("special grids of different tasks overlap; take natural or dedicated", field="kind")
    on_progress("read grids")
    releases = get_release(session, request.old), get_release(session, request.new)
    old, new = (
        list_grids(session, release.number, GridFilter(kind=request.kind)).set_index("id")
        for release in releases
    )
    on_progress(f"read {request.weight}")
    carriers, weights = carriers_of(session, request.weight, request.counted)
    on_progress("overlay")
    found = crosswalk(
        old.geometry,
        new.geometry,
        carriers=carriers,
        weights=weights,
        min_area_m2=settings.min_area_m2,
    )
    return ReleaseCrosswalk(*releases, rows_of(found, old, new), len(old), len(new))


def carriers_of(
    session: Session, weight: Weight, wanted: EventFilter
) -> tuple[gpd.GeoSeries | None, np.ndarray | None]:
    """Return what carries the weight and how much, or nothing for the area itself."""
    if weight is Weight.AREA:
        return None, None
    if weight is Weight.HOUSEHOLDS:
        buildings = list_buildings(session)
        if buildings.empty:
            raise ConflictError(
                "no buildings are stored to count households by; take the weight area or events"
            )
        return buildings.geometry, buildings["households"].to_numpy(dtype=np.float64)
    points = list_event_points(session, wanted, count_events(session, wanted)).dropna(subset=["lon", "lat"])
    if points.empty:
        raise ConflictError("no event with a place is stored to weigh by; take the weight area or households")
    shapes = gpd.GeoSeries(
        gpd.points_from_xy(points["lon"], points["lat"]), index=points.index, crs=STORED_CRS
    )
    return shapes, np.ones(len(points))


def rows_of(found: Crosswalk, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Put codes and moved totals to the pieces and the outsides."""
    left = found.outside[found.outside > 0]
    rows = pd.concat(
        [
            found.pieces,
            pd.DataFrame({"source": left.index, "share": left.to_numpy(), "by_area": False}),
        ],
        ignore_index=True,
    )
    for name in TOTALS:
        rows[name] = moved(found, old[name], left.index)
    rows["old_code"] = rows["source"].map(old["code"])
    rows["new_code"] = rows["target"].map(new["code"])
    rows["source"], rows["target"] = rows["source"].astype("Int64"), rows["target"].astype("Int64")
    rows = rows.rename(columns={"source": "old_id", "target": "new_id"})
    rows = rows.sort_values(["old_id", "new_id"], na_position="last", ignore_index=True)
    names = ("old_id", "old_code", "new_id", "new_code", "area_m2", "weight", "share", "by_area", *TOTALS)
    return rows[list(names)]


def moved(found: Crosswalk, totals: pd.Series[int], left: pd.Index[int]) -> pd.Series[int]:
    """Return a total of the old grids moved to each piece, then to each outside; missing where unknown."""
    known = totals.dropna().astype("float64")
    pieces = found.pieces[found.pieces["source"].isin(known.index)]
    parts = prorate(known, pieces, found.outside, whole_numbers=True)
    inside = parts.by_piece.reindex(found.pieces.index)
    return pd.concat([inside, parts.outside.reindex(left)], ignore_index=True).astype("Int64")
