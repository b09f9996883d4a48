"""Assign the features of a file (buildings, parcels, roads, old grids) to the grids of a release."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from gis.errors import ConflictError, InputError
from gis.files.layers import open_layer
from gis.files.sources import ASSIGNABLE_KINDS, BATCH, Problems, ReadLimits
from gis.gridding.assign import Assigned, Rule, Targets, assign
from gis.gridding.crs import geometries_to_stored
from gis.nouns import GridKind, Release, RowProblem, Severity
from gis.store.grids import GridFilter, list_grids
from gis.workflows.import_layer import require_plausible, stated_system

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.settings import Settings


@dataclass(frozen=True, slots=True)
class AssignRequest:
    """What to assign, and to what.

    Attributes:
        path: The file; its format is told by its content.
        release: The release whose grids are assigned to.
        rule: By containment, by largest part, or split.
        kind: Natural or dedicated grids; special ones of different tasks overlap.
        crs: The file's coordinate system; None: the one it declares.
        layer: Which layer, where there are several.
        encoding: Encoding of the text, where it cannot be told.
    """

    path: Path
    release: Release
    rule: Rule
    kind: GridKind = GridKind.NATURAL
    crs: str | None = None
    layer: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class AssignedFeatures:
    """What became of a file's features.

    Attributes:
        pieces: One row a feature and grid, in the file's order; a feature that is assigned to no grid has one
            row without a grid. Columns: row (of the file, from 1), the file's own columns (`file_` before
            a name of these), grid_id, grid_code, area_m2 (polygons), length_m (lines), share (of the feature,
            in that grid), outside (share of the feature in no grid).
        features: Number of features read.
        grids: Number of grids assigned to.
        crs: Coordinate system the file was read in.
        problems: Features that could not be used, and notes on the file.
    """

    pieces: pd.DataFrame
    features: int
    grids: int
    crs: str
    problems: list[RowProblem]


def assign_features(
    session: Session,
    request: AssignRequest,
    settings: Settings,
    on_progress: Callable[[int], None] = lambda _: None,
) -> AssignedFeatures:
    """Read a file batch by batch and assign its features.

    Args:
        session: The open transaction.
        request: What to assign.
        settings: Give the limits.
        on_progress: Told the number of features done.

    Raises:
        InputError: The file cannot be used, or special grids are asked for.
        ConflictError: The release has no grids of that kind.
        CoordinateSystemError: No system is stated or declared, or the features lie nowhere near the grids.
    """
    if request.kind is GridKind.SPECIAL:
        raise InputError("special grids of different tasks overlap; take natural or dedicated", field="kind")
    grids = list_grids(session, request.release.number, GridFilter(kind=request.kind)).set_index("id")
    if grids.empty:
        raise ConflictError(f"release {request.release.number} has no {request.kind} grids to assign to")
    targets = Targets.build(grids.geometry)
    limits = replace(ReadLimits.of(settings), kinds=ASSIGNABLE_KINDS)
    found: list[pd.DataFrame] = []
    problems, count = Problems(), 0
    with open_layer(request.path, limits=limits, layer=request.layer, encoding=request.encoding) as layer:
        system = stated_system(request.crs, layer)
        for batch in layer.batches(BATCH):
            if not found:
                require_plausible(batch, grids, system, stated=request.crs is not None)
            stored = batch.set_geometry(geometries_to_stored(batch.geometry.to_numpy(), system))
            assigned = assign(stored.geometry, targets, request.rule)
            problems.extend(problems_of(assigned, stored))
            found.append(table_of(assigned, batch, grids["code"]))
            count += len(batch)
            on_progress(len(batch))
        notes = layer.problems
    if not count:
        raise InputError(
            f"{request.path.name} holds no rows; is it the right layer ({', '.join(layer.layers)})?"
        )
    pieces = pd.concat(found, ignore_index=True)
    return AssignedFeatures(pieces, count, len(grids), system, [*notes, *problems.listed()])


def problems_of(assigned: Assigned, batch: GeoDataFrame) -> list[RowProblem]:
    """Return why features could not be used; what reading has reported already is left out."""
    unread = set(batch.index[batch.geometry.isna()])
    return [
        RowProblem(int(str(row)), "geometry", Severity.ERROR, message)
        for row, message in assigned.problems.items()
        if row not in unread
    ]


def table_of(assigned: Assigned, batch: GeoDataFrame, codes: pd.Series[str]) -> pd.DataFrame:
    """Return the pieces, and the features in no grid, with the file's own columns."""
    alone = batch.index.difference(pd.Index(assigned.pieces["source"]))
    pieces = pd.concat([assigned.pieces, pd.DataFrame({"source": alone})], ignore_index=True)
    pieces = pieces.sort_values("source", kind="stable")
    given = pd.DataFrame(
        {
            "grid_id": pieces["target"].astype("Int64"),
            "grid_code": pieces["target"].map(codes),
            "area_m2": pieces["area_m2"],
            "length_m": pieces["length_m"],
            "share": pieces["share"],
            "outside": pieces["source"].map(assigned.outside),
        }
    ).reset_index(drop=True)
    own = pd.DataFrame(batch.drop(columns=batch.geometry.name)).loc[pieces["source"].to_numpy()]
    taken = {"row", *given.columns}
    own = own.rename(columns={name: f"file_{name}" for name in own.columns if name in taken})
    rows = pd.DataFrame({"row": pieces["source"].to_numpy()})
    return pd.concat([rows, own.reset_index(drop=True), given], axis=1)
