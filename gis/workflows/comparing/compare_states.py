"""Compare the grids of two releases, of a plan and its base release, or of two files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.errors import ConflictError
from gis.gridding.changes.change import ChangeKind
from gis.gridding.changes.compare import Comparison, compare
from gis.gridding.changes.state import State
from gis.gridding.checks.tolerance import Tolerance
from gis.gridding.crs import to_metres
from gis.gridding.valid import make_valid_within
from gis.nouns import GridKind, RowProblem, Severity
from gis.store.areas import list_areas
from gis.store.grids import list_grids
from gis.store.plans import get_plan, list_plan_grids
from gis.store.releases import get_release
from gis.workflows.check_grids import metric_crs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.gridding.changes.change import Change
    from gis.nouns import Plan, Release
    from gis.settings import Settings

MAKE_VALID_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ComparedLayer:
    """One layer of both states: grids that should not lie over each other.

    Attributes:
        kind: Natural, dedicated or special grids.
        task: Of special ones.
        comparison: What became of them.
    """

    kind: GridKind
    task: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ComparedStates:
    """Two states of all grids, compared.

    Attributes:
        old, new: The grids in both states: columns id (missing where there are none), code, name, kind, task,
            geometry (EPSG:4490).
        areas: Of the old state, for maps; none of files.
        metric_crs: The system in which areas were measured.
        layers: Natural, dedicated, then special grids by task.
        problems: What could not be used.
    """

    old: GeoDataFrame
    new: GeoDataFrame
    areas: GeoDataFrame
    metric_crs: str
    layers: list[ComparedLayer]
    problems: list[RowProblem] = field(default_factory=list)

    def changes(self) -> list[tuple[ComparedLayer, Change]]:
        """List the changes with their layers: those that moved most ground first."""
        found = [(layer, change) for layer in self.layers for change in layer.comparison.changes]
        return sorted(found, key=lambda both: -round(both[1].moved_m2, 3))

    def counts(self) -> dict[ChangeKind, int]:
        """Count the changes of each kind; unchanged are grids."""
        counts = dict.fromkeys(ChangeKind, 0)
        for layer in self.layers:
            for kind, number in layer.comparison.counts().items():
                counts[kind] += number
        return counts


@dataclass(frozen=True, slots=True)
class ComparedReleases:
    """Two states with the releases they are of; `new` is a plan where one is compared with its base."""

    old: Release
    new: Release | Plan
    states: ComparedStates


def compare_releases(
    session: Session, old: int, new: int, settings: Settings, tolerance: Tolerance | None = None
) -> ComparedReleases:
    """Compare the grids of two releases; a grid is the same by its lasting id.

    Raises:
        NotFoundError: There is no such release.
    """
    releases = get_release(session, old), get_release(session, new)
    grids = list_grids(session, old), list_grids(session, new)
    areas = list_areas(session, old)
    return ComparedReleases(*releases, compare_frames(grids, areas, settings, tolerance, identity="id"))


def compare_plan(
    session: Session, plan_id: int, settings: Settings, tolerance: Tolerance | None = None
) -> ComparedReleases:
    """Compare a plan, as it would be published, with its base release; a grid is the same by its code.

    Raises:
        NotFoundError: There is no such plan.
        ConflictError: The plan is over no release.
    """
    plan = get_plan(session, plan_id)
    if plan.base_release is None:
        raise ConflictError(
            f"plan {plan_id} is over no release, so there is nothing to compare it with; compare releases"
        )
    base = get_release(session, plan.base_release)
    grids = list_grids(session, base.number), list_plan_grids(session, plan_id)
    areas = list_areas(session, base.number)
    return ComparedReleases(base, plan, compare_frames(grids, areas, settings, tolerance, identity="code"))


def compare_frames(
    grids: tuple[GeoDataFrame, GeoDataFrame],
    areas: GeoDataFrame,
    settings: Settings,
    tolerance: Tolerance | None = None,
    *,
    identity: str,
) -> ComparedStates:
    """Compare two frames of grids, layer by layer: by kind, special ones by task.

    A grid that changed its kind is gone from one layer and new in another.

    Args:
        grids: Old and new: columns code, name, kind, task, geometry (EPSG:4490).
        areas: For maps.
        settings: Give the metric system and the usual tolerance.
        tolerance: Another tolerance than the usual.
        identity: The column by which a grid is the same: `id` or `code`.
    """
    tolerance = tolerance or Tolerance(settings.min_width_m, settings.min_area_m2)
    metric_crs = metric_crs_of(next((frame for frame in grids if len(frame)), grids[0]), settings)
    problems: list[RowProblem] = []
    parts: list[dict[tuple[GridKind, str], State]] = []
    for frame in grids:
        polygons = _in_metres(frame, metric_crs, problems)
        parts.append(dict(_states(frame, polygons, identity)))
    nothing = State.of([], [], [], np.empty(0, dtype=object))
    layers = [
        ComparedLayer(*key, compare(parts[0].get(key, nothing), parts[1].get(key, nothing), tolerance))
        for key in sorted({*parts[0], *parts[1]}, key=lambda key: (list(GridKind).index(key[0]), key[1]))
    ]
    return ComparedStates(*grids, areas, metric_crs, layers, problems)


def _in_metres(frame: GeoDataFrame, metric_crs: str, problems: list[RowProblem]) -> np.ndarray:
    made = make_valid_within(to_metres(frame.geometry.to_numpy(), metric_crs), MAKE_VALID_SECONDS)
    for row in np.flatnonzero(made.given_up).tolist():
        code = frame["code"].iloc[row]
        message = f"the outline of {code} cannot be made valid, so it counts as none; `wangge grid check` it"
        problems.append(RowProblem(None, "geometry", Severity.ERROR, message))
    return made.geometries


def _states(
    frame: GeoDataFrame, polygons: np.ndarray, identity: str
) -> Iterator[tuple[tuple[GridKind, str], State]]:
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), "").astype(str)
        for name in ("code", "name", "kind", "task")
    }
    ids = frame["id"].astype(int).to_numpy(dtype=object) if identity == "id" else texts["code"].to_numpy()
    for (kind, task), rows in pd.DataFrame(texts).reset_index(drop=True).groupby(["kind", "task"]):
        place = rows.index.to_numpy()
        yield (
            (GridKind(str(kind)), str(task)),
            State.of(ids[place].tolist(), rows["code"].tolist(), rows["name"].tolist(), polygons[place]),
        )
