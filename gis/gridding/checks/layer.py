"""A layer: named polygons, read once for all checks, in an order that does not depend on the file's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError
from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.crs import to_metres
from gis.gridding.overlay import union
from gis.gridding.valid import make_valid_within

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gis.gridding.chain.faults import Faults

    Geometries = NDArray[np.object_]

MAKE_VALID_SECONDS = 20.0
SNAP_M = 1e-6
"""What is nearer together than this is the same: a thousandth of what is ever a finding."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Polygons with their attributes.

    Attributes:
        rows: The attributes as text ("" where there is none), sorted by code, index 0 to n-1.
        stored: The geometries as given, EPSG:4490, with rings in one canonical start and direction.
        metres: Valid polygons in `metric_crs`; None where nothing usable was given.
        given_up: True where an invalid polygon could not be made valid.
        metric_crs: The projected system of `metres`.
        subject: What the polygons are: "grid", or the level of the areas.
    """

    rows: pd.DataFrame
    stored: Geometries
    metres: Geometries
    given_up: NDArray[np.bool_]
    metric_crs: str
    subject: str

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    @property
    def codes(self) -> NDArray[Any]:
        """The codes, "" where there is none."""
        return self.rows["code"].to_numpy(dtype=object)

    def where(self, mask: NDArray[np.bool_], subject: str | None = None) -> Layer:
        """Take the rows of the mask."""
        return Layer(
            self.rows[mask].reset_index(drop=True),
            self.stored[mask],
            self.metres[mask],
            self.given_up[mask],
            self.metric_crs,
            subject or self.subject,
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """The usable polygons of a layer that should neither overlap nor leave gaps.

    Attributes:
        layer: Rows whose `metres` is a valid polygon.
        faults: What is wrong among themselves; polygons by position.
    """

    layer: Layer
    faults: Faults

    def united(self) -> shapely.Geometry:
        """Unite it: polygons that fit their neighbours by cancelling shared edges; the rest by overlay."""
        fits = np.ones(len(self.layer), dtype=bool)
        fits[self.faults.overlap_pairs] = False
        fits[self.faults.mismatches.polygon] = False
        polygons = self.layer.metres
        return union(polygons[~fits], disjoint=polygons[fits])


def coverage_of(layer: Layer) -> Coverage:
    """Take the usable polygons and look for faults among them; a clean layer costs no overlay."""
    used = layer.where(~shapely.is_missing(layer.metres))
    return Coverage(used, faults_of(Chain.of(used.metres, np.empty(0, dtype=object)), snap=SNAP_M))


def read_layer(frame: gpd.GeoDataFrame, columns: tuple[str, ...], metric_crs: str, subject: str) -> Layer:
    """Read a frame in EPSG:4490 into a layer.

    Args:
        frame: Polygons with a column `code` and those of `columns`; any index.
        columns: The other attributes that are needed.
        metric_crs: Projected system in metres.
        subject: What the polygons are.

    Raises:
        InputError: A column is missing.
    """
    wanted = ("code", *columns)
    missing = [name for name in (*wanted, "geometry") if name not in frame.columns]
    if missing:
        raise InputError(f"The {subject}s lack the column {missing[0]!r}.", field=missing[0])
    rows = pd.DataFrame({name: _texts(frame[name]) for name in wanted})
    raw = np.asarray(frame["geometry"].to_numpy(), dtype=object)
    # Rings start and turn alike and rows stand in order, so that equal input gives equal output, bit by bit.
    with np.errstate(invalid="ignore"):  # NaN is named later
        stored = np.asarray(shapely.normalize(shapely.force_2d(raw)), dtype=object)
    order = _order(rows, stored)
    rows, stored = rows.iloc[order].reset_index(drop=True), stored[order]
    polygonal = np.isin(shapely.get_type_id(stored), (3, 6))
    projected = to_metres(stored, metric_crs)
    projected[~polygonal] = None
    made = make_valid_within(projected, MAKE_VALID_SECONDS)
    return Layer(rows, stored, made.geometries, made.given_up, metric_crs, subject)


def _texts(values: pd.Series[Any]) -> NDArray[Any]:
    column = values.astype(object)
    return column.where(column.notna(), "").astype(str).to_numpy(dtype=object)


def _order(rows: pd.DataFrame, stored: Geometries) -> NDArray[np.intp]:
    keys = rows.copy()
    repeated = rows["code"].duplicated(keep=False).to_numpy()
    keys["shape"] = ""
    keys.loc[repeated, "shape"] = [geometry or "" for geometry in shapely.to_wkb(stored[repeated], hex=True)]
    return keys.reset_index(drop=True).sort_values(list(keys.columns), kind="stable").index.to_numpy()
