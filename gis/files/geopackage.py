"""Write GeoPackage layers in the stored coordinate system."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pyogrio

from gis.errors import CoordinateSystemError
from gis.files.atomic import replaced
from gis.nouns import STORED_CRS

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

_SAME_AS_STORED = {4326, 4490}


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
    if frame.crs is not None and frame.crs.to_epsg() not in _SAME_AS_STORED:
        raise CoordinateSystemError(
            f"a GeoPackage is written in {STORED_CRS}, not in {frame.crs.to_string()}; convert it first"
        )
    stored = frame.set_crs(STORED_CRS, allow_override=True)
    with replaced(path) as draft:
        if path.is_file():
            shutil.copyfile(path, draft)
        pyogrio.write_dataframe(stored, draft, layer=layer, driver="GPKG", promote_to_multi=True)
