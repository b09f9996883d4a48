"""Generated coverages like a district's grids, and points that try them.

A honeycomb whose corners are shifted at random and whose edges are drawn once, as fractal lines, so that
both neighbours of an edge hold the same bits. Each line is a graph over its straight edge with a slope
below 0.42, and corners move by at most 0.12 of a side: lines of one corner keep apart, so every coverage
is valid by construction (`tests/benchmarks/test_coverages.py` holds it against GEOS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Polygons = NDArray[Any]

WEST, SOUTH, EXTENT = 118.6, 31.6, 0.5
"""The box all coverages stay in: degrees of longitude and latitude, as around Nanjing's Jiangning."""

LATTICE = 2.0**-34
"""Degrees. Corners, and the vertices of half of the lines, lie on it: midpoints between them are exact."""

_STEPS = 16
_SLOPES = (0.16, 0.12, 0.08, 0.06)  # what each round of midpoint displacement adds at most
_CORNER_SHIFT = 0.12  # of a side
_MARGIN = 0.4  # of a side: as far as shifted corners and lines may leave the lattice
_WIDE = np.sqrt(3.0)  # width of a hexagon of side 1
_LEVEL = 0.2  # of the lines have one piece that is exactly level or upright
_EXACT = 0.5  # of the lines have all vertices on the lattice
_SIZES = 20.0  # largest cell against the smallest, in a varied coverage


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines drawn along edges.

    Attributes:
        vertices: Degrees, from corner to corner, shape (lines, places, steps + 1, 2).
        kept: Which vertices are there, shape (lines, places, steps + 1); both ends are.
    """

    vertices: Floats
    kept: NDArray[np.bool_]


def make_coverage(n: int, seed: int, *, varied: bool = False) -> Polygons:
    """Make a clean coverage of exactly `n` grids with about 30-60 vertices each.

    Args:
        n: How many grids.
        seed: The same seed gives the same bits.
        varied: Let the width of grids grow 20-fold from the south-west (a town) outwards; the coverage is
            then a quarter of a ring.

    Returns:
        Valid polygons in degrees (longitude, latitude), shape (n,), in rows from the south-west.
    """
    random = np.random.default_rng([n, seed, varied])
    wide = np.log(_SIZES) / (np.pi / 2) if varied else 1.0
    columns = max(1, round(np.sqrt(n * wide * 1.5 / _WIDE)))
    rows = -(-n // columns)
    corners = _corners(rows, columns, random, varied=varied)
    zigzag = _draw_lines(corners[:, :-1], corners[:, 1:], 1, random)
    upright = _draw_lines(corners[:-1], corners[1:], 0, random)
    return _polygons_of(zigzag, upright, n, columns)


def _corners(rows: int, columns: int, random: np.random.Generator, *, varied: bool) -> Floats:
    """Return the corners in degrees, shape (rows + 1, 2 * columns + 2, 2)."""
    line, place = np.mgrid[0 : rows + 1, 0 : 2 * columns + 2].astype(float)
    high = (line + place) % 2 == 0
    corners = np.stack([place * _WIDE / 2, line * 1.5 + np.where(high, 0.5, 0.0)], axis=-1)
    angle = random.uniform(0, 2 * np.pi, line.shape)
    shift = _CORNER_SHIFT * np.sqrt(random.uniform(0, 1, line.shape))
    corners += shift[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    corners += _MARGIN
    width, height = (columns + 0.5) * _WIDE + 2 * _MARGIN, rows * 1.5 + 0.5 + 2 * _MARGIN
    if not varied:
        corners *= EXTENT / max(width, height)
    else:
        # the exponential keeps angles, so hexagons stay hexagons while their size grows with the radius
        corners *= min(np.log(_SIZES) / width, (np.pi / 2) / height)
        radius = EXTENT / _SIZES * np.exp(corners[..., 0])
        corners = radius[..., None] * np.stack([np.cos(corners[..., 1]), np.sin(corners[..., 1])], axis=-1)
    return _snapped(corners + np.array([WEST, SOUTH]))


def _snapped(degrees: Floats) -> Floats:
    return np.round(degrees / LATTICE) * LATTICE


def _draw_lines(start: Floats, end: Floats, level: int, random: np.random.Generator) -> _Lines:
    """Draw a fractal line from each start to its end.

    Some pieces are made exactly level (`level` 1: equal latitudes) or upright (0: equal longitudes).
    """
    shape = start.shape[:-1]
    height = np.zeros((*shape, _STEPS + 1))
    for round_, slope in enumerate(_SLOPES, 1):
        half = _STEPS >> round_
        between = (height[..., : -half : 2 * half] + height[..., 2 * half :: 2 * half]) / 2
        most = slope * half / _STEPS
        height[..., half :: 2 * half] = between + random.uniform(-most, most, between.shape)
    along = end - start
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    step = np.arange(_STEPS + 1)[:, None] / _STEPS
    vertices = start[..., None, :] + step * along[..., None, :] + height[..., None] * across[..., None, :]
    exact = random.uniform(0, 1, shape) < _EXACT
    vertices[exact] = _snapped(vertices[exact])
    middle = _STEPS // 2
    flat = random.uniform(0, 1, shape) < _LEVEL
    vertices[flat, middle, level] = vertices[flat, middle - 1, level]
    kept = random.uniform(0, 1, (*shape, _STEPS + 1)) < random.uniform(0.25, 0.65, (*shape, 1))
    kept[flat, middle - 1 : middle + 1] = True
    for place, corner in ((0, start), (-1, end)):
        vertices[..., place, :] = corner
        kept[..., place] = True
    return _Lines(vertices, kept)


def _polygons_of(zigzag: _Lines, upright: _Lines, n: int, columns: int) -> Polygons:
    row, column = np.divmod(np.arange(n), columns)
    left = 2 * column + row % 2
    sides, kept = [], []
    for lines, line, place, forward in (
        (zigzag, row, left, True),
        (zigzag, row, left + 1, True),
        (upright, row, left + 2, True),
        (zigzag, row + 1, left + 1, False),
        (zigzag, row + 1, left, False),
        (upright, row, left, False),
    ):
        # each side without its last vertex, which the next side starts with
        part = slice(0, -1) if forward else slice(-1, 0, -1)
        sides.append(lines.vertices[line, place][:, part])
        kept.append(lines.kept[line, place][:, part])
    there = np.concatenate(kept, axis=1)
    vertices = np.concatenate(sides, axis=1)[there]
    polygon_of = np.repeat(np.arange(n), there.sum(axis=1))
    polygons: Polygons = shapely.polygons(shapely.linearrings(vertices, indices=polygon_of))
    return polygons


def make_points(polygons: Polygons, count: int, seed: int, *, clustered: bool) -> tuple[Floats, Floats]:
    """Make points that try an index over these polygons, in random order.

    1 % lie beside the coverage's box, 2 % within a millionth of a grid's width of an edge, and 0.2 % each
    exactly on a vertex, one unit in the last place beside one, on the rounded middle of an edge, and on a
    middle that doubles can hold, so that it lies on the edge exactly.

    Args:
        polygons: A coverage in degrees.
        count: How many points.
        seed: The same seed gives the same points.
        clustered: Gather the others around towns instead of spreading them over the coverage's box.

    Returns:
        Longitudes and latitudes, each of shape (count,).
    """
    random = np.random.default_rng([count, seed, clustered])
    west, south, east, north = shapely.total_bounds(polygons)
    low, size = np.array([west, south]), np.array([east - west, north - south])
    few, beside, outside = -(-count // 500), count // 50, count // 100
    width = np.sqrt(float(np.median(shapely.area(polygons))))
    parts = [
        _near_edges(polygons, beside, width * 1e-6, random),
        *_on_outlines(polygons, few, random),
        low + size * _beside_box(outside, random),
    ]
    rest = max(0, count - sum(map(len, parts)))
    parts.append(low + size * (_towns(rest, random) if clustered else random.uniform(0, 1, (rest, 2))))
    points = random.permutation(np.concatenate(parts))[:count]
    return np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])


def _pieces(polygons: Polygons, count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return start and end of random pieces of outlines, each of shape (count, 2)."""
    vertices, polygon_of = shapely.get_coordinates(polygons, return_index=True)
    first = random.integers(0, len(vertices) - 1, count)
    first -= polygon_of[first] != polygon_of[first + 1]  # the last vertex of a ring starts no piece
    return vertices[first], vertices[first + 1]


def _near_edges(polygons: Polygons, count: int, within: float, random: np.random.Generator) -> Floats:
    start, end = _pieces(polygons, count, random)
    on = start + random.uniform(0, 1, (count, 1)) * (end - start)
    return on + random.uniform(-within, within, (count, 2))


def _on_outlines(polygons: Polygons, count: int, random: np.random.Generator) -> list[Floats]:
    vertex, _ = _pieces(polygons, count, random)
    neighbour = np.nextafter(vertex, vertex + random.integers(-1, 2, (count, 2)))
    start, end = _pieces(polygons, count, random)
    rounded = (start + end) / 2
    start, end = _pieces(polygons, 8 * count, random)
    held = (_snapped(start) == start) & (_snapped(end) == end)
    exact = ((start + end) / 2)[held.all(axis=1)][:count]
    return [vertex, neighbour, rounded, exact]


def _beside_box(count: int, random: np.random.Generator) -> Floats:
    """Return points beside the unit square, up to half its size away."""
    points = random.uniform(-0.5, 1.5, (count, 2))
    inside = ((points >= 0) & (points <= 1)).all(axis=1)
    points[inside, 0] += 1.0 + 1e-9
    return points


def _towns(count: int, random: np.random.Generator) -> Floats:
    """Return points of the unit square, around thirty towns of different sizes and density."""
    centre = random.uniform(0.05, 0.95, (30, 2))
    spread = 0.05 * random.uniform(0.05, 1.0, 30)
    people = random.pareto(1.2, 30) + 0.1
    town = random.choice(30, count, p=people / people.sum())
    points = centre[town] + spread[town, None] * random.standard_normal((count, 2))
    return np.abs(1.0 - np.abs(1.0 - points))  # who would live outside is mirrored in
