"""Units, workers, duties and buildings: who answers where, and how many live there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import Range

from gis.store.frames import plain_rows, read_frame, read_table
from gis.store.identity.units import save_units
from gis.store.sql import statement
from gis.store.tables import SRID, BuildingRow, DutyRow, UnitRow, WorkerRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd
    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session


def save_workers(session: Session, units: pd.DataFrame, workers: pd.DataFrame, duties: pd.DataFrame) -> None:
    """Replace all workers and duties; units are added or changed, for accounts belong to them.

    Args:
        session: The open transaction.
        units: Columns code, name, parent_code, area_code.
        workers: Columns code, name, unit_code.
        duties: Columns worker_code, grid_code, role, valid_from, valid_to (missing: still on duty);
            grids are those of the newest release.
    """
    for table in (DutyRow, WorkerRow):
        session.execute(delete(table))
    save_units(session, plain_rows(units[["code", "name", "parent_code", "area_code"]]))
    unit_ids = dict(session.execute(select(UnitRow.code, UnitRow.id)).all())
    session.execute(
        insert(WorkerRow),
        [
            {"code": row["code"], "name": row["name"], "unit_id": unit_ids[row["unit_code"]]}
            for row in plain_rows(workers)
        ],
    )
    worker_ids = dict(session.execute(select(WorkerRow.code, WorkerRow.id)).all())
    grid_ids: dict[str, int] = dict(session.execute(statement("list_grid_codes_now")).all())
    session.execute(
        insert(DutyRow),
        [
            {
                "worker_id": worker_ids[row["worker_code"]],
                "grid_id": grid_ids[row["grid_code"]],
                "role": row["role"],
                "valid": Range(row["valid_from"], row["valid_to"], bounds="[)"),
            }
            for row in plain_rows(duties)
        ],
    )


def list_duties(session: Session, grid_id: int, day: date) -> pd.DataFrame:
    """Return who answers for a grid on a day: columns worker_code, worker, role, unit_code, unit."""
    return read_table(session, statement("list_duties"), {"grid_id": grid_id, "day": day})


def list_codes_on_duty(session: Session, day: date) -> frozenset[str]:
    """Return the codes, as they now are, of all grids that a worker is on duty for on a day."""
    return frozenset(session.scalars(statement("list_codes_on_duty"), {"day": day}))


def list_workers_on_duty(session: Session, grid_ids: Sequence[int], day: date) -> dict[int, set[int]]:
    """Return the ids of the workers on duty on a day, by lasting id of the grids asked about."""
    values = {"grid_ids": list(grid_ids), "day": day}
    workers: dict[int, set[int]] = {}
    for grid_id, worker_id in session.execute(statement("list_workers_on_duty"), values):
        workers.setdefault(grid_id, set()).add(worker_id)
    return workers


def save_buildings(session: Session, buildings: GeoDataFrame) -> int:
    """Replace all buildings.

    Args:
        session: The open transaction.
        buildings: Columns code, households, storeys (optional), geometry in EPSG:4490.

    Returns:
        The number of buildings.
    """
    session.execute(delete(BuildingRow))
    rows = plain_rows(buildings[[name for name in ("code", "households", "storeys") if name in buildings]])
    wkbs = shapely.to_wkb(shapely.set_srid(buildings.geometry.to_numpy(), SRID), hex=True, include_srid=True)
    for row, wkb in zip(rows, wkbs, strict=True):
        row["geom"] = wkb
    session.execute(insert(BuildingRow), rows)
    return len(rows)


def list_buildings(session: Session) -> GeoDataFrame:
    """Return all buildings: columns code, households, storeys, geometry (EPSG:4490)."""
    return read_frame(session, statement("list_buildings"))


def mark_of_buildings(session: Session) -> int | None:
    """Return a number that differs after the buildings were replaced; None if there are none."""
    mark: int | None = session.scalar(select(func.max(BuildingRow.id)))
    return mark


def count_people(session: Session) -> dict[str, int]:
    """Return the numbers of units, workers, duties and buildings."""
    tables = {"units": UnitRow, "workers": WorkerRow, "duties": DutyRow, "buildings": BuildingRow}
    return {
        name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()
    }
