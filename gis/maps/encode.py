"""Frames to columns: compact whole numbers for the drawing, texts apart from them.

Coordinates travel as whole millionths of a degree (0.1 m), each ring as steps from one vertex to the next:
2 000 grids of 45 vertices take a quarter of the bytes GeoJSON takes. Numbers name shapes by their position
in the frame, never by code or name, so no text of files or people is among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError
from gis.gridding.measure import area_m2
from gis.gridding.simplifying.nested import tolerance_in_degrees, usable
from gis.gridding.simplifying.release import simplify_release
from gis.nouns import AreaLevel, GridKind

if TYPE_CHECKING:
    import geopandas
    from numpy.typing import NDArray

    from gis.maps.frame import MapFrame

Numbers: TypeAlias = dict[str, object]
Texts: TypeAlias = dict[str, object]
Origin: TypeAlias = tuple[float, float]

UNIT = 1_000_000
"""Steps in a degree."""

DISPLAY_VERTICES = 200_000
"""Above this many vertices, grids and areas are drawn with fewer."""

_THINNING_M = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_LEVELS = [level.value for level in AreaLevel]
_KINDS = [kind.value for kind in GridKind]
_POLYGON = 3


def grid_columns(
    grids: geopandas.GeoDataFrame, areas: geopandas.GeoDataFrame, *, origin: Origin
) -> tuple[Numbers, Texts]:
    """Return grids as numbers and texts; `community` is the position of the grid's community in `areas`."""
    task = plain_texts(grids, "task")
    task_names = sorted(set(task) - {""})
    community = positions_of(plain_texts(grids, "community_code"), plain_texts(areas, "code"))
    numbers: Numbers = {
        "shapes": shape_columns(grids.geometry.to_numpy(), origin),
        "kind": [_KINDS.index(kind) for kind in grids["kind"].astype(str)],
        "task": positions_of(task, np.array(task_names, dtype=object)),
        "community": community,
        "households": whole_numbers(grids, "households"),
        "population": whole_numbers(grids, "population"),
        "area_m2": whole_areas(grids),
    }
    texts: Texts = {
        "code": plain_texts(grids, "code").tolist(),
        "name": plain_texts(grids, "name").tolist(),
        "tasks": task_names,
    }
    return numbers, texts


def area_columns(areas: geopandas.GeoDataFrame, *, origin: Origin) -> tuple[Numbers, Texts]:
    """Return areas as numbers and texts; `tint` is a colour number no two neighbouring communities share."""
    levels = areas["level"].astype(str).to_numpy()
    codes = plain_texts(areas, "code")
    numbers: Numbers = {
        "shapes": shape_columns(areas.geometry.to_numpy(), origin),
        "level": [_LEVELS.index(level) for level in levels],
        "parent": positions_of(plain_texts(areas, "parent_code"), codes),
        "tint": tints(areas),
    }
    return numbers, {"code": codes.tolist(), "name": plain_texts(areas, "name").tolist()}


def require_drawable(count: int, frame: MapFrame) -> None:
    """Refuse a page that would be too heavy for a browser.

    Raises:
        InputError: If there are more shapes than `frame.max_grids`.
    """
    if count > frame.max_grids:
        raise InputError(
            f"{count} grids are too many for one page (at most {frame.max_grids}): draw one street, or "
            "dissolve the grids to communities or streets.",
            field="grids",
        )


def origin_of(*layers: geopandas.GeoDataFrame) -> Origin:
    """Return the south-west corner of all layers, in whole millionths of a degree; (0, 0) of nothing."""
    box = box_of(*layers)
    if box is None:
        return (0.0, 0.0)
    return (np.floor(box[0] * UNIT) / UNIT, np.floor(box[1] * UNIT) / UNIT)


def box_of(*layers: geopandas.GeoDataFrame) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of all layers; None of nothing."""
    boxes = np.array([layer.total_bounds for layer in layers if len(layer)]).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return None
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return (float(west), float(south), float(east), float(north))


def shape_columns(geometry: NDArray[np.object_], origin: Origin) -> Numbers:
    """Return polygons as rings of steps.

    Args:
        geometry: Polygons in one or more parts in lon/lat; other types and None have no rings.
        origin: West and south of the page; the first vertex of a ring counts from there.

    Returns:
        `rings`: for each geometry, for each ring, ``x0, y0, dx, dy, dx, dy ...`` in units of 1e-6 degrees,
        the closing vertex left out. `label`: for each geometry a point inside it, or None.
    """
    parts, owner_of_part = shapely.get_parts(geometry, return_index=True)
    is_polygon = shapely.get_type_id(parts) == _POLYGON
    rings, part_of_ring = shapely.get_rings(parts[is_polygon], return_index=True)
    owner_of_ring = owner_of_part[is_polygon][part_of_ring]
    vertices, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint((vertices - origin) * UNIT).astype(np.int64)
    first = np.diff(ring_of_vertex, prepend=-1) != 0
    last = np.diff(ring_of_vertex, append=-1) != 0
    steps = np.diff(whole, axis=0, prepend=whole[:1])
    steps[first] = whole[first]
    starts = np.flatnonzero(first)
    per_shape: list[list[list[int]]] = [[] for _ in range(len(geometry))]
    for owner, start, end in zip(owner_of_ring, starts, np.flatnonzero(last), strict=True):
        per_shape[owner].append(steps[start:end].ravel().tolist())
    return {"rings": per_shape, "label": label_points(geometry, origin)}


def label_points(geometry: NDArray[np.object_], origin: Origin) -> list[list[int] | None]:
    """Return a point on each geometry as whole steps from the origin; None where there is no geometry."""
    placed = geometry.copy()
    placed[shapely.is_empty(geometry)] = None
    points = shapely.point_on_surface(placed)
    lon_lat = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    known = np.atleast_1d(np.isfinite(lon_lat).all(axis=1))
    steps = np.rint((np.where(known[:, None], lon_lat, 0) - origin) * UNIT).astype(np.int64)
    return [pair if is_known else None for pair, is_known in zip(steps.tolist(), known, strict=True)]


def for_display(
    grids: geopandas.GeoDataFrame | None,
    areas: geopandas.GeoDataFrame,
    *,
    frame: MapFrame,
    max_vertices: int = DISPLAY_VERTICES,
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    """Return grids and areas as they are drawn: with at most about so many vertices, seamless and nested.

    Args:
        grids: Columns `kind`, `task`, `community_code`, `geometry`; None where only areas are drawn.
        areas: Columns `level`, `code`, `parent_code`, `geometry`.
        frame: Says how many grids there may be.
        max_vertices: Nothing is changed up to here.

    Returns:
        The frames themselves, or copies with fewer vertices and the true `area_m2` of each shape.

    Raises:
        InputError: If there are more grids than `frame.max_grids`.
    """
    drawn = areas[:0].assign(kind="", task="", community_code="") if grids is None else grids
    require_drawable(len(drawn), frame)
    whole = int(shapely.get_num_coordinates([*drawn.geometry, *areas.geometry]).sum())
    if whole <= max_vertices:
        return drawn, areas
    found = simplify_release(drawn, areas, _least_tolerance(drawn, areas, max_vertices / whole))
    return (
        drawn.assign(area_m2=area_m2(drawn.geometry.to_numpy()), geometry=found.grids),
        areas.assign(area_m2=area_m2(areas.geometry.to_numpy()), geometry=found.areas),
    )


def level_for_display(
    shapes: geopandas.GeoDataFrame, drawn: geopandas.GeoDataFrame
) -> geopandas.GeoDataFrame:
    """Return areas of one level with the outlines they have among all `drawn` areas of `for_display`."""
    if "area_m2" not in drawn.columns:
        return shapes
    levels = [plain_texts(one, "level") + "/" + plain_texts(one, "code") for one in (shapes, drawn)]
    rows = drawn.iloc[positions_of(*levels)]
    return shapes.assign(area_m2=rows["area_m2"].to_numpy(), geometry=rows.geometry.to_numpy())


def _least_tolerance(grids: geopandas.GeoDataFrame, areas: geopandas.GeoDataFrame, share: float) -> float:
    """Choose the least tolerance in metres that leaves a share of the vertices of the finest level."""
    finest = grids[grids["kind"].astype(str) == GridKind.NATURAL]
    if finest.empty:
        finest = areas[areas["level"].isin(areas["level"].mode()[:1])] if len(areas) else grids
    shapes = usable(finest.geometry.to_numpy())
    shapes = shapes[~shapely.is_missing(shapes)]
    lat = float(finest.total_bounds[[1, 3]].mean())
    for tolerance in _THINNING_M:
        fewer = shapely.coverage_simplify(shapes, tolerance_in_degrees(tolerance, lat))
        if shapely.get_num_coordinates(fewer).sum() <= share * shapely.get_num_coordinates(shapes).sum():
            return tolerance
    return _THINNING_M[-1]


def tints(areas: geopandas.GeoDataFrame) -> list[int]:
    """Return a small colour number for each area: communities that touch differ, the rest is 0.

    Greedy, the most connected community first: with few exceptions five colours are enough.
    """
    chosen = np.zeros(len(areas), dtype=int)
    communities = np.flatnonzero(areas["level"].astype(str) == AreaLevel.COMMUNITY)
    geometry = areas.geometry.to_numpy()[communities]
    left, right = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    neighbours = [right[left == position] for position in range(len(communities))]
    colour = np.full(len(communities), -1)
    for position in np.argsort([-len(near) for near in neighbours], kind="stable"):
        taken = set(colour[neighbours[position]].tolist())
        colour[position] = next(number for number in range(len(taken) + 1) if number not in taken)
    chosen[communities] = colour
    return [int(number) for number in chosen]


def whole_areas(frame: geopandas.GeoDataFrame) -> list[int]:
    """Return geodesic areas in whole square metres; 0 where there is none or a coordinate is no number."""
    known = "area_m2" in frame.columns
    areas = frame["area_m2"].to_numpy(float) if known else area_m2(frame.geometry.to_numpy())
    return [int(area) for area in np.rint(np.nan_to_num(areas))]


def positions_of(wanted: NDArray[np.object_], codes: NDArray[np.object_]) -> list[int]:
    """Return where each wanted code first stands among the codes; -1 for one that does not."""
    first = {code: position for position, code in reversed(list(enumerate(codes)))}
    return [first.get(code, -1) if code else -1 for code in wanted]


def plain_texts(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Return a column as strings, missing values (or a missing column) as empty ones."""
    if column not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    values = frame[column].astype(object)
    return np.where(values.isna(), "", values.astype(str)).astype(object)


def whole_numbers(frame: pd.DataFrame, column: str) -> list[int | None]:
    """Return a column as whole numbers, missing values (or a missing column) as None."""
    if column not in frame.columns:
        return [None] * len(frame)
    values = pd.to_numeric(frame[column]).astype("Float64").to_numpy(float, na_value=np.nan)
    return [None if np.isnan(value) else round(value) for value in values]
