"""Write GeoPackage layers in the stored coordinate system, with the styles QGIS shows them in."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio

from gis.errors import CoordinateSystemError
from gis.files.atomic import replaced
from gis.nouns import STORED_CRS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

_SAME_AS_STORED = {4326, 4490}

# of newer ones, the QGIS many offices still have warns that it may not understand them
_VERSION = "1.2"

# what QGIS itself makes when it saves a style
_STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_STYLE_CONTENTS = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
VALUES ('layer_styles', 'attributes', 'layer_styles', '')"""
_STYLE = """
INSERT INTO layer_styles
    (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,
     useAsDefault, description, owner)
SELECT '', '', table_name, column_name, table_name, ?, '', 1, '', '' FROM gpkg_geometry_columns
WHERE table_name = ?"""


@dataclass(frozen=True, slots=True)
class PackageLayer:
    """One layer of a GeoPackage.

    Attributes:
        name: What the layer is called.
        frame: Its rows; a frame without geometry becomes a table.
        geometry: Kind of all its geometry, as `MultiPolygon`; None for a table.
        style: How QGIS shows it, as QML; empty: as QGIS likes.
    """

    name: str
    frame: pd.DataFrame
    geometry: str | None
    style: str = ""


def write_package(layers: Sequence[PackageLayer], path: Path) -> None:
    """Write a GeoPackage of these layers alone, in the place of what is there.

    Args:
        layers: In the order they shall be listed in; geometry as for `write_gpkg`.
        path: The file to make or to replace; it changes in one step.

    Raises:
        CoordinateSystemError: A frame is in another system.
    """
    with replaced(path) as draft:
        for layer in layers:
            frame = _stored(layer.frame) if isinstance(layer.frame, gpd.GeoDataFrame) else layer.frame
            pyogrio.write_dataframe(
                frame,
                draft,
                layer=layer.name,
                driver="GPKG",
                geometry_type=layer.geometry,
                promote_to_multi=layer.geometry is not None,
                VERSION=_VERSION,
            )
        _add_styles(draft, layers)


def write_gpkg(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """Write a frame as one layer of a GeoPackage; other layers of an existing file stay.

    Args:
        frame: Geometry in longitude and latitude, EPSG:4490 or WGS 84, which is taken as equal; polygons
            become multipolygons.
        path: The file to make or to change; it changes in one step.
        layer: Name of the layer; an existing one is replaced.

    Raises:
        CoordinateSystemError: The frame is in another system.
    """
    stored = _stored(frame)
    with replaced(path) as draft:
        if path.is_file():
            shutil.copyfile(path, draft)
        pyogrio.write_dataframe(stored, draft, layer=layer, driver="GPKG", promote_to_multi=True)


def _stored(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if frame.crs is not None and frame.crs.to_epsg() not in _SAME_AS_STORED:
        raise CoordinateSystemError(
            f"a GeoPackage is written in {STORED_CRS}, not in {frame.crs.to_string()}; convert it first"
        )
    return frame.set_crs(STORED_CRS, allow_override=True)


def _add_styles(path: Path, layers: Sequence[PackageLayer]) -> None:
    styles = [(layer.style, layer.name) for layer in layers if layer.style]
    with closing(sqlite3.connect(path)) as package, package:
        package.execute(_STYLE_TABLE)
        package.execute(_STYLE_CONTENTS)
        package.executemany(_STYLE, styles)
