"""Findings as a GeoPackage that QGIS opens: a layer for each kind of geometry, and what was checked below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gis.files.findings.frame import findings_frame
from gis.files.findings.styles import LINE, POINT, POLYGON, by_severity, outline
from gis.files.geopackage import PackageLayer, write_package

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from gis.nouns import Finding

# name, dimension, type of geometry and style of each layer of findings; what is small lies on top
_LAYERS = (
    ("findings_points", 0, "MultiPoint", POINT),
    ("findings_lines", 1, "MultiLineString", LINE),
    ("findings_polygons", 2, "MultiPolygon", POLYGON),
)
_OF_DIMENSION = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)
_GRID_COLUMNS = ("code", "name", "kind", "task", "community_code", "households", "population", "geometry")
_AREA_COLUMNS = ("code", "name", "level", "parent_code", "geometry")
_GREY, _GREEN = "110,110,110", "0,120,70"


def write_findings_package(
    findings: Sequence[Finding], checked: Sequence[gpd.GeoDataFrame], path: Path
) -> None:
    """Write findings as a GeoPackage.

    1. `findings_points`, `findings_lines` and `findings_polygons` are always there; a finding with geometry
       of several kinds is in several of them, under one id.
    2. Findings that have no place are rows of the table `findings_without_place`.
    3. Grids and areas are the layers `grids` and `areas`, behind the findings.

    Args:
        findings: In the check's order.
        checked: The grids and the areas that were checked (EPSG:4490); empty if they are not to be had.
        path: The file to make or to replace.
    """
    frame = findings_frame(findings)
    frame["grids"] = [", ".join(codes) for codes in frame["grids"]]
    parts, owners = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    whole = ~shapely.is_empty(parts)
    parts, owners = shapely.force_2d(parts[whole]), owners[whole]
    dimensions = shapely.get_dimensions(parts)
    layers = [
        PackageLayer(name, _rows_of(frame, parts, owners, dimensions, dimension), kind, by_severity(geometry))
        for name, dimension, kind, geometry in _LAYERS
    ]
    placeless = pd.DataFrame(frame.drop(columns="geometry"))[~np.isin(np.arange(len(frame)), owners)]
    layers.append(PackageLayer("findings_without_place", placeless, None))
    for name, columns, style, subject in zip(
        ("grids", "areas"),
        (_GRID_COLUMNS, _AREA_COLUMNS),
        (outline(_GREY, 0.2), outline(_GREEN, 0.5)),
        checked,
        strict=False,
    ):
        kept = subject[[column for column in columns if column in subject.columns]]
        layers.append(PackageLayer(name, kept, "MultiPolygon", style))
    write_package(layers, path)


def _rows_of(
    frame: gpd.GeoDataFrame,
    parts: np.ndarray,
    owners: np.ndarray,
    dimensions: np.ndarray,
    dimension: int,
) -> gpd.GeoDataFrame:
    """Return the findings that have parts of a dimension, each with all of them."""
    chosen = dimensions == dimension
    rows, numbers = np.unique(owners[chosen], return_inverse=True)
    gathered = _OF_DIMENSION[dimension](parts[chosen], indices=numbers) if len(rows) else []
    return frame.iloc[rows].set_geometry(np.asarray(gathered, dtype=object), crs=frame.crs)
