"""Write GeoJSON (RFC 7946): one feature a line, the same bytes for the same frame."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from gis.errors import CoordinateSystemError, InputError
from gis.files.atomic import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

HEAD = b'{"type":"FeatureCollection","features":[\n'
TAIL = b"\n]}\n"
_LINES_AT_ONCE = 20_000


def write_layer(
    frame: gpd.GeoDataFrame, path: Path, *, decimals: int = 7, id_column: str | None = None
) -> None:
    """Write a frame as a GeoJSON file that replaces `path` in one step.

    Args:
        frame: Geometry in longitude and latitude (EPSG:4490 or WGS 84); every other column is a property.
        path: The file to make or to replace.
        decimals: Decimals of the coordinates; 7 is about a centimetre.
        id_column: The column that becomes the `id` of a feature instead of a property.

    Raises:
        CoordinateSystemError: The frame is not in longitude and latitude.
        InputError: A column name is repeated or a value has no JSON form.
    """
    with replaced(path) as draft, draft.open("wb") as out:
        for piece in _pieces(frame, decimals, id_column):
            out.write(piece)


def to_geojson_bytes(frame: gpd.GeoDataFrame, *, decimals: int = 7, id_column: str | None = None) -> bytes:
    """Return a frame as the bytes of a GeoJSON feature collection; arguments and errors as `write_layer`."""
    return b"".join(_pieces(frame, decimals, id_column))


def _pieces(frame: gpd.GeoDataFrame, decimals: int, id_column: str | None) -> Iterator[bytes]:
    """Yield the file in pieces, so that a million features need no second copy in memory."""
    _require_lonlat(frame)
    if frame.columns.has_duplicates:
        repeated = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
        raise InputError(f"columns {repeated} appear more than once; rename them before writing GeoJSON")
    yield HEAD
    for start in range(0, len(frame), _LINES_AT_ONCE):
        lines = _lines(frame.iloc[start : start + _LINES_AT_ONCE], start, decimals, id_column)
        yield (b",\n" if start else b"") + b",\n".join(lines)
    yield TAIL


def _lines(frame: gpd.GeoDataFrame, start: int, decimals: int, id_column: str | None) -> Iterator[bytes]:
    geometries = geometry_json(frame, decimals)
    names = [str(name) for name in frame.columns if name not in (frame.geometry.name, id_column)]
    columns = [_values(frame[name]) for name in names]
    # an empty zip would yield no row at all, so a frame without properties gets empty rows by hand
    rows = zip(*columns, strict=True) if columns else iter([()] * len(frame))
    ids = _values(frame[id_column]) if id_column else [None] * len(frame)
    for position, (row, geometry, identity) in enumerate(zip(rows, geometries, ids, strict=True)):
        feature: dict[str, Any] = {"type": "Feature"}
        if identity is not None:
            feature["id"] = identity
        feature["properties"] = dict(zip(names, row, strict=True))
        feature["geometry"] = orjson.Fragment(geometry)
        try:
            yield orjson.dumps(feature, default=_json_form, option=orjson.OPT_SERIALIZE_NUMPY)
        except orjson.JSONEncodeError as error:
            number = start + position + 1
            raise InputError(
                f"row {number} has a value without a JSON form ({error}); turn it into text or a number",
                row=number,
            ) from error


def geometry_json(frame: gpd.GeoDataFrame, decimals: int) -> list[bytes]:
    """Return each geometry as GeoJSON: rounded, right-hand rings, without z; null where there is none."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, decimals) + 0.0)  # + 0.0 turns -0.0 into 0.0
    texts = shapely.to_geojson(shapely.orient_polygons(shapes))
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return [b"null" if gone else text.encode() for text, gone in zip(texts, missing, strict=True)]


def _values(column: pd.Series[Any]) -> list[Any]:
    if column.dtype.kind in "iufb" and isinstance(column.dtype, np.dtype):
        return column.tolist()  # orjson writes a NaN as null
    return column.astype(object).where(column.notna(), None).tolist()


def _json_form(value: object) -> str | float:
    # pandas' Timestamp is a datetime that orjson does not know
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} {value!r}")


def _require_lonlat(frame: gpd.GeoDataFrame) -> None:
    if frame.crs is not None and not frame.crs.is_geographic:
        raise CoordinateSystemError(
            f"GeoJSON holds longitude and latitude, the frame is in {frame.crs.to_string()}; "
            "convert it with to_crs(4490) first"
        )
    lonlat = shapely.get_coordinates(frame.geometry.to_numpy())
    outside = ~(np.abs(lonlat) <= (180, 90)).all(axis=1)  # negated, so that NaN counts as outside
    if outside.any():
        x, y = lonlat[outside][0]
        raise CoordinateSystemError(
            f"GeoJSON holds longitude and latitude, but a coordinate is ({x}, {y}); it looks like metres: "
            "state the system of the frame and convert it with to_crs(4490) first"
        )
