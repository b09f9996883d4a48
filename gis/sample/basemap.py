"""Frames of what one sees on the ground: rivers, lakes and roads, with invented names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gis.nouns import STORED_CRS
from gis.sample.land.ground import stream, to_degrees, to_lattice
from gis.sample.land.network import RIVER_KM2, Line
from gis.sample.names import road_names, water_names
from gis.sample.shapes import lines_in_degrees, ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.sample.land.ground import Lattice
    from gis.sample.land.network import Network
    from gis.sample.land.terrain import Terrain
    from gis.sample.land.water import River
    from gis.sample.names import Name

_ROADS = {
    Line.RING: ("ring", "绕城公路", "Ring Road", 40.0),
    Line.HIGHWAY: ("highway", "公路", "Highway", 24.0),
    Line.ARTERIAL: ("arterial", "大道", "Avenue", 36.0),
    Line.STREET: ("street", "路", "Road", 20.0),
}
_BIG_RIVER = ("大江", "The Great River")
_BIG_RIVER_M = 1_300.0


def make_rivers(network: Network, rivers: list[River], seed: int) -> gpd.GeoDataFrame:
    """Return one line (or several parts) for each river inside the district.

    Columns: name, name_en, kind (river or brook), width_m, geometry in EPSG:4490.
    """
    names = water_names(stream(seed, "water names"), len(rivers))
    wet = np.isin(network.kinds, (Line.RIVER, Line.BROOK))
    rows = []
    for number in np.unique(network.numbers[wet]).tolist():
        river, name = rivers[number], names[number]
        large = river.basin_km2 >= RIVER_KM2
        ending, ending_en = ("河", "River") if large else ("涧", "Brook")
        width = round(min(5 + 2.2 * river.basin_km2**0.5, 70.0))
        line = _merged(network.lines[wet & (network.numbers == number)])
        kind = "river" if large else "brook"
        rows.append((name.zh + ending, f"{name.en} {ending_en}", kind, float(width), line))
    return _frame(rows, ["name", "name_en", "kind", "width_m", "geometry"])


def make_lakes(terrain: Terrain, faces: list[Lattice], seed: int) -> gpd.GeoDataFrame:
    """Return the lakes and, outside the district along its bank, the big river.

    Args:
        terrain: Gives the bank.
        faces: The faces of the network that are lakes.
        seed: Draws the names.

    Returns:
        Columns name, name_en, kind (lake or big_river), geometry in EPSG:4490.
    """
    names = water_names(stream(seed, "lake names"), len(faces))
    rows = [
        (name.zh + "湖", f"{name.en} Lake", "lake", ordered(shapely.Polygon(to_degrees(face))))
        for name, face in zip(names, faces, strict=True)
    ]
    bank = to_lattice(terrain.bank)
    beyond = to_lattice(terrain.bank + np.array([-_BIG_RIVER_M, _BIG_RIVER_M]) * 0.75)
    bed = shapely.Polygon(to_degrees(np.concatenate([bank, beyond[::-1]])))
    rows.append((*_BIG_RIVER, "big_river", ordered(bed)))
    return _frame(rows, ["name", "name_en", "kind", "geometry"])


def make_roads(network: Network, seed: int) -> gpd.GeoDataFrame:
    """Return one line (or several parts) for each road from main streets upwards.

    Columns: name, name_en, kind (ring, highway, arterial, street), width_m, geometry in EPSG:4490.
    """
    kinds = [kind for kind in _ROADS if (network.kinds == kind).any()]
    pairs = [
        (kind, number)
        for kind in kinds
        for number in np.unique(network.numbers[network.kinds == kind]).tolist()
    ]
    names = road_names(stream(seed, "road names"), len(pairs))
    rows = []
    for place, (kind, number) in enumerate(pairs):
        word, ending, ending_en, width = _ROADS[kind]
        line = _merged(network.lines[(network.kinds == kind) & (network.numbers == number)])
        name, name_en = _road_name(kind, place, names[place], (ending, ending_en))
        rows.append((name, name_en, word, width, line))
    return _frame(rows, ["name", "name_en", "kind", "width_m", "geometry"])


def _road_name(kind: Line, place: int, name: Name, endings: tuple[str, str]) -> tuple[str, str]:
    ending, ending_en = endings
    if kind == Line.RING:
        return ending, ending_en
    if kind == Line.HIGHWAY:
        return f"县道X{300 + place}", f"County Road X{300 + place}"
    return name.zh + ending, f"{name.en} {ending_en}"


def _merged(lines: NDArray[np.object_]) -> BaseGeometry:
    merged = shapely.line_merge(shapely.multilinestrings(np.asarray(shapely.get_parts(lines))))
    line: BaseGeometry = shapely.normalize(lines_in_degrees(np.array([merged]))[0])
    return line


def _frame(rows: Sequence[tuple[object, ...]], columns: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=STORED_CRS)
