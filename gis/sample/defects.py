"""Inject known defects into a copy of clean natural grids, and say exactly where each one is.

No two defects touch the same grid or neighbours of one another's grids, so every finding of a check can
be told to one defect.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gis.gridding.measure import area_m2, width_m
from gis.nouns import STORED_CRS, FindingKind
from gis.sample.borders import OUTSIDE, Borders
from gis.sample.land.ground import METRES_PER_UNIT, from_degrees, stream, to_degrees, to_lattice, to_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapely.geometry.base import BaseGeometry

    from gis.sample.land.ground import Lattice

# name of the defect, what a check should call it, depth in metres from and to
_LENSES = (
    ("gap", FindingKind.GAP, 6.0, 25.0),
    ("gap_sliver", FindingKind.GAP, 0.25, 0.6),
    ("overlap", FindingKind.OVERLAP, 6.0, 25.0),
    ("overlap_sliver", FindingKind.OVERLAP, 0.25, 0.6),
    ("spill", FindingKind.OUTSIDE_PARENT, 8.0, 30.0),
)
_LEAST_EDGES = 4
_PIECE_M = 25.0
_SPARE = 790  # the sequence a grid gets that is put under a wrong community


@dataclass(frozen=True)
class _Defect:
    """One defect: what changes in which grids, and the truth about it."""

    name: str
    kind: FindingKind
    touched: tuple[int, ...]
    at_fault: tuple[int, ...]
    place: BaseGeometry
    shapes: dict[int, BaseGeometry]
    values: dict[str, str]
    has_area: bool = True
    more: _Defect | None = None  # what comes with it


def inject_defects(
    grids: gpd.GeoDataFrame, *, seed: int, each: int = 3
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return a copy of clean natural grids with `each` defects of every sort, and the truth about them.

    The sorts: gap, gap_sliver, overlap, overlap_sliver (0.25-0.6 m), spill (out of the district), bow_tie
    (an invalid ring, with a row bow_tie_gap for the gap it opens), second_part, duplicate_code, bad_code,
    wrong_community.

    Args:
        grids: A clean coverage in EPSG:4490 with columns code and community_code.
        seed: Draws which grids.
        each: How many of each sort; fewer only where the grids run out.

    Returns:
        The grids with defects, and a frame of defect, kind (`FindingKind`), grids (codes as they now are,
        with commas), area_m2, width_m (0 where the place is no area of its own) and polygons.
    """
    workshop = _Workshop(grids.reset_index(drop=True), stream(seed, "defects"))
    makers: list[Callable[[int], _Defect | None]] = []
    for name, kind, shallow, deep in _LENSES:
        makers += [partial(workshop.lens, name=name, kind=kind, depth_m=(shallow, deep))] * each
    for maker in (
        workshop.bow_tie,
        workshop.second_part,
        workshop.duplicate_code,
        workshop.bad_code,
        workshop.wrong_community,
    ):
        makers += [maker] * each
    return workshop.apply(workshop.choose(makers))


class _Workshop:
    """Makes defects on grids that no other defect is near."""

    def __init__(self, grids: gpd.GeoDataFrame, rng: np.random.Generator) -> None:
        self._grids = grids
        self._rng = rng
        self._shapes = grids.geometry.to_numpy()
        self._borders = Borders(self._shapes)
        self._codes = grids["code"].to_numpy()
        self._communities = grids["community_code"].to_numpy()
        self._bad_codes = 0

    def choose(self, makers: list[Callable[[int], _Defect | None]]) -> list[_Defect]:
        """Return a defect of each maker, each on the first free grid that allows it."""
        free = np.ones(len(self._shapes), dtype=bool)
        order = self._rng.permutation(len(self._shapes)).tolist()
        made = []
        for maker in makers:
            for grid in order:
                defect = maker(grid) if free[grid] else None
                if defect is not None and free[list(defect.touched)].all():
                    near = {n for touched in defect.touched for n in self._borders.neighbours(touched)}
                    free[[*near, *defect.touched]] = False
                    made += [defect] if defect.more is None else [defect, defect.more]
                    break
        return made

    def apply(self, defects: list[_Defect]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """Return the changed grids and the truth."""
        grids, shapes = self._grids.copy(), self._shapes.copy()
        for defect in defects:
            for grid, shape in defect.shapes.items():
                shapes[grid] = shape
            for column, value in defect.values.items():
                grids.loc[defect.at_fault[0], column] = value
        grids = grids.set_geometry(shapes, crs=STORED_CRS)
        places = np.array([defect.place for defect in defects])
        has_area = np.array([defect.has_area for defect in defects])
        codes = grids["code"].to_numpy()
        truth = {
            "defect": [defect.name for defect in defects],
            "kind": [defect.kind.value for defect in defects],
            "grids": [",".join(sorted({str(codes[g]) for g in defect.at_fault})) for defect in defects],
            "area_m2": np.where(has_area, area_m2(places), 0).round(3),
            "width_m": np.where(has_area, width_m(places), 0).round(4),
        }
        return grids, gpd.GeoDataFrame(truth, geometry=places, crs=STORED_CRS)

    def lens(self, grid: int, name: str, kind: FindingKind, depth_m: tuple[float, float]) -> _Defect | None:
        """Move the boundary of a grid with one neighbour, or with the outside, so that a lens comes loose."""
        chain = self._borders.longest_chain(grid, outside=kind == FindingKind.OUTSIDE_PARENT)
        if (
            chain is None
            or len(chain.vertices) <= _LEAST_EDGES
            or not self._is_at_home(grid, chain.neighbour)
        ):
            return None
        depth = depth_m[0] + (depth_m[1] - depth_m[0]) * self._rng.random()
        moved = _bulged(chain.vertices, depth if kind == FindingKind.GAP else -depth)
        lens = shapely.Polygon(to_degrees(np.concatenate([chain.vertices, moved[-2:0:-1]])))
        shape = shapely.Polygon(to_degrees(chain.replaced_by(moved)))
        if not (lens.is_valid and shape.is_valid) or not self._holds(lens, grid, chain.neighbour, kind):
            return None
        at_fault = (grid,) if chain.neighbour == OUTSIDE else (grid, chain.neighbour)
        return _Defect(name, kind, at_fault, at_fault, shapely.orient_polygons(lens), {grid: shape}, {})

    def _is_at_home(self, grid: int, neighbour: int) -> bool:
        """Tell whether a neighbour is of the same community: else a defect would be two, one of nesting."""
        return neighbour == OUTSIDE or self._communities[grid] == self._communities[neighbour]

    def _holds(self, lens: shapely.Polygon, grid: int, neighbour: int, kind: FindingKind) -> bool:
        """Tell whether a lens lies where its kind says, and meets no third grid but in points or lines."""
        if kind == FindingKind.GAP:
            return bool(self._shapes[grid].covers(lens))
        if kind == FindingKind.OVERLAP:
            return bool(self._shapes[neighbour].covers(lens))
        near = self._shapes[self._borders.around(lens)]
        return not bool(shapely.relate_pattern(near, lens, "T********").any())

    def bow_tie(self, grid: int) -> _Defect | None:
        """Cross the ring over itself at its longest edge, inwards; this opens a gap of three corners, too."""
        chain = self._borders.longest_chain(grid)
        if chain is None or not self._is_at_home(grid, chain.neighbour):
            return None
        plan = to_plan(chain.vertices)
        longest = int((np.diff(plan, axis=0) ** 2).sum(axis=1).argmax())
        start, end = plan[longest], plan[longest + 1]
        inwards = 0.2 * np.array([start[1] - end[1], end[0] - start[0]])
        crossed = start + np.array([[0.7], [0.3]]) * (end - start) + inwards
        vertices = np.insert(chain.vertices, longest + 1, to_lattice(crossed), axis=0)
        shape = shapely.Polygon(to_degrees(chain.replaced_by(vertices)))
        corners = to_degrees(vertices[longest : longest + 4])
        place = shapely.convex_hull(shapely.LineString(corners))
        if shape.is_valid or not self._shapes[grid].covers(place):
            return None
        crossing = shapely.intersection(shapely.LineString(corners[:2]), shapely.LineString(corners[2:]))
        gap = shapely.Polygon([corners[0], crossing.coords[0], corners[3]])
        at_fault = (grid, chain.neighbour)
        more = _Defect("bow_tie_gap", FindingKind.GAP, at_fault, at_fault, gap, {}, {})
        return _Defect(
            "bow_tie",
            FindingKind.INVALID,
            (grid,),
            (grid,),
            place,
            {grid: shape},
            {},
            has_area=False,
            more=more,
        )

    def second_part(self, grid: int) -> _Defect | None:
        """Give a grid a small square inside a neighbour, which loses it."""
        chain = self._borders.longest_chain(grid)
        if chain is None or not self._is_at_home(grid, chain.neighbour):
            return None
        other = self._shapes[chain.neighbour]
        middle = from_degrees(shapely.get_coordinates(other.representative_point()))
        half = np.rint(_PIECE_M / METRES_PER_UNIT).astype(np.int64)
        square = middle + half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        piece = shapely.Polygon(to_degrees(square))
        if not shapely.contains_properly(other, piece):
            return None
        shapes = {
            grid: shapely.MultiPolygon([self._shapes[grid], piece]),
            chain.neighbour: shapely.Polygon(other.exterior.coords, [piece.exterior.coords[::-1]]),
        }
        touched = (grid, chain.neighbour)
        return _Defect("second_part", FindingKind.MULTI_PART, touched, (grid,), piece, shapes, {})

    def duplicate_code(self, grid: int) -> _Defect | None:
        """Give a grid the code of another one of its community."""
        same = np.flatnonzero(self._communities == self._communities[grid])
        other = next((int(n) for n in same if n not in {grid, *self._borders.neighbours(grid)}), None)
        if other is None:
            return None
        return _Defect(
            "duplicate_code",
            FindingKind.DUPLICATE_CODE,
            (grid, other),
            (grid, other),
            self._shapes[grid],
            {},
            {"code": self._codes[other]},
            has_area=False,
        )

    def bad_code(self, grid: int) -> _Defect:
        """Give a grid a code that is too short, has a letter, or runs in a sequence that is not given."""
        code = str(self._codes[grid])
        self._bad_codes += 1
        bad = (code[:-1], f"{code[:-1]}O", f"{code[:-3]}000")[self._bad_codes % 3]
        place = self._shapes[grid]
        return _Defect(
            "bad_code", FindingKind.BAD_CODE, (grid,), (grid,), place, {}, {"code": bad}, has_area=False
        )

    def wrong_community(self, grid: int) -> _Defect | None:
        """Put a grid that lies inside its community, code and all, under one it does not even touch."""
        home = self._communities[grid]
        around = {self._communities[n] for n in self._borders.neighbours(grid)}
        if around != {home}:
            return None
        others = sorted(set(self._communities) - {home})
        other = str(others[int(self._rng.integers(len(others)))])
        values = {"community_code": other, "code": f"{other}{_SPARE}"}
        place = self._shapes[grid]
        return _Defect(
            "wrong_community", FindingKind.NESTING, (grid,), (grid,), place, {}, values, has_area=False
        )


def _bulged(chain: Lattice, depth_m: float) -> Lattice:
    """Move the inner vertices of a chain to its left by up to a depth, to its right if it is negative."""
    plan = to_plan(chain)
    along = plan[2:] - plan[:-2]
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.sqrt((along**2).sum(axis=1))[:, None]
    inner = np.arange(1, len(plan) - 1) / (len(plan) - 1)
    share = np.minimum(4 * inner * (1 - inner) + 0.25, 1)
    moved = plan.copy()
    moved[1:-1] += normal * (share * depth_m)[:, None]
    result = to_lattice(moved)
    result[[0, -1]] = chain[[0, -1]]
    return result
