"""Rows to frames and back: the one place where geometry crosses the border to PostGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import geopandas
import pandas as pd
import shapely
from sqlalchemy import bindparam, func, insert

from gis.store.tables import SRID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Executable
    from sqlalchemy.orm import DeclarativeBase, Session

Frame = TypeVar("Frame", bound=pd.DataFrame)

WHOLE_NUMBERS = ("households", "population", "parent_id", "community_id", "natural_id", "dedicated_id")


def read_frame(
    session: Session, query: Executable, parameters: Mapping[str, Any] | None = None
) -> geopandas.GeoDataFrame:
    """Run a query with a `geometry` column (EPSG:4490) and return its rows as a frame."""
    table = read_table(session, query, parameters)
    geometry = shapely.set_srid(shapely.from_wkb(table.pop("geometry").to_numpy()), 0)
    return geopandas.GeoDataFrame(table, geometry=geometry, crs=f"EPSG:{SRID}")


def read_table(
    session: Session, query: Executable, parameters: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Run a query without geometry and return its rows as a frame."""
    connection: Any = session.connection()  # the stubs of pandas know no statements of SQLAlchemy 2
    statement: Any = query
    # read_sql would ask the catalogue first whether the statement names a table
    table: pd.DataFrame = pd.read_sql_query(statement, connection, params=dict(parameters or {}))
    return whole_numbers(table)


def whole_numbers(frame: Frame) -> Frame:
    """Keep counts and ids whole where some are missing: pandas would make them floating-point."""
    for name in WHOLE_NUMBERS:
        if name in frame.columns:
            frame[name] = frame[name].astype("Int64")
    return frame


def insert_frame(
    session: Session, table: type[DeclarativeBase], frame: geopandas.GeoDataFrame, **constants: object
) -> int:
    """Insert the frame's rows, geometry as polygons in one or more parts.

    Args:
        session: The open transaction.
        table: Table whose column names the frame uses; its `geom` takes the frame's geometry.
        frame: Rows in EPSG:4490; columns the table does not have are an error of the caller.
        constants: Further columns with the same value in every row.

    Returns:
        The number of rows.
    """
    if frame.empty:
        return 0
    rows = plain_rows(pd.DataFrame(frame.drop(columns="geometry")))
    for row, wkb in zip(rows, shapely.to_wkb(frame.geometry.to_numpy()), strict=True):
        row.update(constants, wkb=wkb)
    geom = func.ST_Multi(func.ST_GeomFromWKB(bindparam("wkb"), SRID))
    session.execute(insert(table).values(geom=geom), rows)
    return len(rows)


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries of Python values, every missing value as None."""
    columns = {
        str(name): [
            None if missing else value
            for missing, value in zip(column.isna(), column.astype(object), strict=True)
        ]
        for name, column in table.items()
    }
    if not columns:
        return [{} for _ in range(len(table))]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
