"""Geometry of the special-purpose grids of the river patrol: stretches of bank, cut along the rivers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.sample.land.ground import METRES_PER_UNIT, SQUARE_METRES_PER_UNIT, to_degrees, to_lattice, to_plan
from gis.sample.land.network import Line
from gis.sample.shapes import ordered

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.sample.land.network import Network
    from gis.sample.land.terrain import Terrain

    Geometries = NDArray[np.object_]

_STRETCH_M = 2_400.0
_STRIP_M = 90.0
_LEAST_M2 = 60_000.0


@dataclass(frozen=True)
class Stretch:
    """One stretch of river to patrol: number of the river (-1: the big river), place along it, polygon."""

    river: int
    place: int
    polygon: BaseGeometry


def river_stretches(network: Network, terrain: Terrain) -> list[Stretch]:
    """Return strips along the larger rivers and the bank of the big river, in EPSG:4490.

    1. Each river is cut into stretches of about 2.4 km, each stretch buffered by 90 m.
    2. All outlines, with the border of the district, are noded together on the lattice.
    3. A face between them belongs to the first stretch that holds it, so no two strips overlap.
    4. Of each stretch the largest connected part is kept, if it is worth a patrol.
    """
    rivers, lines = zip(*_pieces(network, terrain), strict=True)
    courses = [shapely.LineString(to_plan(line)) for line in lines]
    strips = [course.buffer(_STRIP_M, cap_style="flat", quad_segs=3).exterior for course in courses]
    on_lattice = np.array([shapely.Polygon(to_lattice(shapely.get_coordinates(s))) for s in strips])
    border = shapely.LinearRing(to_lattice(terrain.outline))
    outlines = shapely.union_all([*shapely.boundary(on_lattice), border], grid_size=1)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(outlines)))
    middles = shapely.point_on_surface(faces)
    inside = shapely.contains_properly(shapely.Polygon(border), middles)
    face, strip = shapely.STRtree(on_lattice).query(middles, predicate="intersects")
    owner = np.full(len(faces), len(strips))
    np.minimum.at(owner, face, strip)
    owner[~inside] = len(strips)
    stretches: list[Stretch] = []
    for number in np.unique(owner[owner < len(strips)]).tolist():
        shape = _largest(faces[owner == number])
        if shape.area * SQUARE_METRES_PER_UNIT > _LEAST_M2:
            place = 1 + sum(stretch.river == rivers[number] for stretch in stretches)
            polygon = ordered(shapely.transform(shape, to_degrees))
            stretches.append(Stretch(rivers[number], place, polygon))
    return stretches


def _pieces(network: Network, terrain: Terrain) -> list[tuple[int, NDArray[np.int64]]]:
    """Return pieces of river of about one stretch each, in lattice units, with the river's number."""
    rivers = network.kinds == Line.RIVER
    lines = [(-1, to_lattice(terrain.bank))]
    for number in np.unique(network.numbers[rivers]).tolist():
        own = shapely.multilinestrings(network.lines[rivers & (network.numbers == number)])
        parts = shapely.get_parts(shapely.normalize(shapely.line_merge(own)))
        lines += [(number, shapely.get_coordinates(part).astype(np.int64)) for part in parts]
    pieces = []
    for number, line in lines:
        step = np.sqrt(((np.diff(line, axis=0) * METRES_PER_UNIT) ** 2).sum(axis=1))
        along = np.concatenate([[0.0], np.cumsum(step)])
        count = max(1, round(float(along[-1]) / _STRETCH_M))
        cuts = np.searchsorted(along, along[-1] * np.arange(count + 1) / count).tolist()
        pieces += [(number, line[a : b + 1]) for a, b in pairwise(cuts) if b > a]
    return pieces


def _largest(faces: Geometries) -> BaseGeometry:
    parts = shapely.get_parts(shapely.coverage_union_all(faces))
    largest: BaseGeometry = parts[int(shapely.area(parts).argmax())]
    return largest
