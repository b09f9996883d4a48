"""Stored fingerprints of areas and grids, and the proof of a whole district that is a sum over them.

Areas and grids keep the fingerprint of their polygon (`gis.gridding.chain.fingerprint`), as stored, in
degrees. Where those of the children add up to that of the area, they partition it exactly: without gap or
overlap, corner for corner. A chance of 1 in 2 to the 128 remains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from sqlalchemy import text

from gis.gridding.chain.fingerprint import fingerprints_of
from gis.gridding.valid import are_valid
from gis.nouns import AreaLevel, Partition, Plan, Release
from gis.store.sql import statement

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import ArrayLike
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

COLUMNS = ("fingerprint_1", "fingerprint_2")
_AT_ONCE = 10_000


def list_partitions(session: Session, subject: Plan | Release) -> list[Partition]:
    """Say of each area whether its children partition it exactly: one query, no geometry.

    The children of a community are its natural grids. An area that has none counts as not partitioned, but
    where no area of a level has any, that level is not listed.

    Args:
        session: The open transaction.
        subject: A plan, as it would be published, or a release.

    Returns:
        From the widest level down, by code.
    """
    if isinstance(subject, Plan):
        rows = session.execute(statement("prove_plan"), {"plan_id": subject.id})
    else:
        rows = session.execute(statement("prove_release"), {"release": subject.number})
    found = [
        Partition(
            level=AreaLevel(row.level),
            code=row.code,
            name=row.name,
            children=row.children,
            invalid=row.unknown,
            is_exact=bool(row.adds_up) and not row.unknown,
        )
        for row in rows
    ]
    levels = [level for level in AreaLevel if any(one.children for one in found if one.level is level)]
    told = [one for one in found if one.level in levels]
    return sorted(told, key=lambda one: (levels.index(one.level), one.code))


def with_fingerprints(frame: GeoDataFrame) -> GeoDataFrame:
    """Return a frame (EPSG:4490) with the fingerprint of each polygon in two columns."""
    # as objects: pandas would make numbers beside None floating-point, and lose their last bits
    prints = np.array(_fingerprints(frame.geometry.to_numpy()), dtype=object).reshape(-1, len(COLUMNS))
    return frame.assign(**dict(zip(COLUMNS, prints.T, strict=True)))


def fill_fingerprints(connection: Connection, table: str, plan_id: int | None = None) -> None:
    """Give rows their fingerprint that have none yet.

    Args:
        connection: The open transaction.
        table: `plan_area`, `plan_grid`, `area_version` or `grid_version`.
        plan_id: Only of this plan.
    """
    last = 0
    of_plan = "" if plan_id is None else f"plan_id = {plan_id:d} AND "
    rows = text(
        f"SELECT id, ST_AsBinary(geom) FROM {table} WHERE {of_plan}"  # noqa: S608 - a name of ours and a number
        "fingerprint_1 IS NULL AND id > :last ORDER BY id LIMIT :most"
    )
    change = text(
        f"UPDATE {table} SET fingerprint_1 = :one, fingerprint_2 = :other WHERE id = :id"  # noqa: S608 - likewise
    )
    while found := connection.execute(rows, {"last": last, "most": _AT_ONCE}).all():
        ids, wkb = zip(*found, strict=True)
        prints = _fingerprints(shapely.from_wkb([bytes(one) for one in wkb]))
        connection.execute(
            change,
            [{"id": row, "one": one, "other": other} for row, (one, other) in zip(ids, prints, strict=True)],
        )
        last = ids[-1]


def _fingerprints(geometries: ArrayLike) -> list[tuple[int | None, int | None]]:
    """Return fingerprints as signed numbers, to be added modulo 2 to the 64; None of invalid polygons."""
    polygons = np.array(geometries, dtype=object)
    valid = are_valid(polygons)
    polygons[~valid] = None
    prints = fingerprints_of(polygons).view(np.int64).tolist()
    return [tuple(both) if is_valid else (None, None) for is_valid, both in zip(valid, prints, strict=True)]
