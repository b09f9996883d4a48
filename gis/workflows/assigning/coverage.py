"""Measure how much of each area the grids of a release or a plan serve."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gis.errors import NotFoundError
from gis.gridding.serving.groups import ALL, groups_of
from gis.gridding.serving.served import measure_served
from gis.nouns import AreaLevel, GridKind, Plan, Release
from gis.store.people import list_buildings
from gis.workflows.check_grids import frames_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.gridding.serving.groups import Group
    from gis.gridding.serving.served import Served


class Looked(StrEnum):
    """Which grids are looked at."""

    NATURAL = GridKind.NATURAL.value
    DEDICATED = GridKind.DEDICATED.value
    SPECIAL = GridKind.SPECIAL.value  # each task by itself
    ALL = ALL  # everything together


@dataclass(frozen=True, slots=True)
class CoverageRequest:
    """What is measured.

    Attributes:
        subject: A release, or a plan as it would be published.
        level: Level of the areas.
        kind: Which grids; None: each kind, each task, and all together.
        with_buildings: Whether buildings and households are counted too.
    """

    subject: Plan | Release
    level: AreaLevel = AreaLevel.STREET
    kind: Looked | None = None
    with_buildings: bool = True


@dataclass(frozen=True, slots=True)
class AreaCoverage:
    """How much is served.

    Attributes:
        request: What was asked.
        groups: The grids that were looked at together, in the order of the rows of each area.
        served: Rows and remainders.
        areas: All areas of the subject.
        grid_counts: Number of grids of each group.
    """

    request: CoverageRequest
    groups: list[Group]
    served: Served
    areas: GeoDataFrame
    grid_counts: dict[Group, int]


def measure_coverage(session: Session, request: CoverageRequest) -> AreaCoverage:
    """Measure how much of each area the grids serve.

    Raises:
        NotFoundError: There are no areas of the level, or no grids of the kind; the text says what to do.
    """
    areas, grids = frames_of(session, request.subject)
    of_level = areas[areas["level"] == request.level.value].reset_index(drop=True)
    name = subject_name(request.subject)
    if of_level.empty:
        raise NotFoundError(
            f"{name} has no areas of the level {request.level.value}; import them with "
            f"`wangge area import FILE --level {request.level.value} --apply`.",
        )
    groups = [group for group in groups_of(grids) if request.kind in {None, group.kind}]
    counts = {group: int(group.holds(grids).sum()) for group in groups}
    if not any(counts.values()):
        wanted = "" if request.kind in {None, Looked.ALL} else f"{request.kind} "
        raise NotFoundError(
            f"{name} has no {wanted}grids, so nothing can be served by them; import them with "
            "`wangge grid import FILE --kind KIND --apply`.",
        )
    buildings = list_buildings(session) if request.with_buildings else None
    served = measure_served(of_level, grids, buildings, groups)
    return AreaCoverage(request, groups, served, areas, counts)


def subject_name(subject: Plan | Release) -> str:
    """Return how a sentence about a plan or release begins."""
    return f"Plan {subject.id}" if isinstance(subject, Plan) else f"Release {subject.number}"
