"""What checking and repairing are compared with: shapely, maup, geoplanar, mapshaper, each run in a child.

Every peer gets what it wants beforehand (valid polygons, frames, files); only its work is timed. Answers
are dicts: `gaps` and `overlaps` are polygons, `pairs` the polygons each overlap is of, `edges` lines that
are said to be wrong, `polygons` what a repair gives back. Needs no part of the project but the measuring,
so that it runs on an interpreter that has the peers.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import shutil
import subprocess
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.gridding_measure import ROOT, Given, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Work = Callable[[], Any]

GAP_WIDTH_M = 30.0
RIVER_GAP_WIDTH_M = 40.0
REAL_GAP_WIDTH_M = 5.0
_LARGE = 50_000
_LARGE_HEAP = "10gb"
_NOTHING = shapely.Polygon()


def mapshaper() -> str | None:
    """Return the command of mapshaper: that of WANGGE_MAPSHAPER, on the path, or among this checkout's."""
    there = os.environ.get("WANGGE_MAPSHAPER") or shutil.which("mapshaper")
    here = ROOT / "node_modules" / ".bin" / "mapshaper"
    return there or (str(here) if here.exists() else None)


def is_valid(given: Given) -> Work:
    """Ask for one word: do the polygons form a coverage."""
    return lambda: {"is_valid": bool(shapely.coverage_is_valid(given.polygons))}


def invalid_edges(given: Given) -> Work:
    """Ask for the edges that do not fit."""
    return lambda: {"edges": shapely.coverage_invalid_edges(given.polygons, gap_width=GAP_WIDTH_M)}


def by_hand(given: Given) -> Work:
    """Do what one writes by hand: intersect each with each, unite all, take off the parent.

    Without a parent gaps are the holes of the union.
    """
    parent = shapely.union_all(shapely.get_parts(given.parent))

    def work() -> dict[str, Any]:
        one, other = shapely.STRtree(given.polygons).query(given.polygons, predicate="intersects")
        one, other = one[one < other], other[one < other]
        common = shapely.intersection(given.polygons[one], given.polygons[other])
        kept = shapely.area(common) > 0
        union = shapely.union_all(given.polygons)
        whole = shapely.union_all(_shells(union)) if parent.is_empty else parent
        return {
            "gaps": shapely.get_parts(shapely.difference(whole, union)),
            "overlaps": common[kept],
            "pairs": np.stack([one[kept], other[kept]], axis=1).tolist(),
            "outside": shapely.get_parts(shapely.difference(union, whole)),
        }

    return work


def _shells(polygons: shapely.Geometry) -> NDArray[Any]:
    shells: NDArray[Any] = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(polygons)))
    return shells


def clean(given: Given, *, gap_width: float = GAP_WIDTH_M) -> Work:
    """Repair with GEOS."""
    return lambda: {"polygons": shapely.coverage_clean(given.polygons, gap_width=gap_width)}


def frame_of(polygons: NDArray[Any]) -> Any:  # noqa: ANN401 - geopandas is another interpreter's
    """Return polygons as a frame in some system of metres."""
    geopandas = importlib.import_module("geopandas")
    return geopandas.GeoDataFrame(geometry=geopandas.GeoSeries(polygons, crs=32633))


def geoplanar_all(given: Given) -> Work:
    """Ask geoplanar for gaps, overlaps, and polygons within others."""
    peer, frame = importlib.import_module("geoplanar"), frame_of(given.polygons)

    def work() -> dict[str, Any]:
        gaps = peer.gaps(frame)
        one, other = np.asarray(peer.overlaps(frame))
        pairs = [*np.stack([one, other], axis=1)[one < other].tolist()]
        pairs += [tuple(pair) for pair in peer.missing_interiors(frame)]
        first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        common = shapely.intersection(given.polygons[first], given.polygons[second])
        return {"gaps": gaps.geometry.to_numpy(), "overlaps": common, "pairs": pairs}

    return work


def geoplanar_repair(given: Given) -> Work:
    """Let geoplanar cut holes for what lies within, trim overlaps and fill gaps."""
    peer, frame = importlib.import_module("geoplanar"), frame_of(given.polygons)
    return lambda: {
        "polygons": peer.fill_gaps(peer.trim_overlaps(peer.add_interiors(frame))).geometry.to_numpy()
    }


def maup_doctor(given: Given) -> Work:
    """Ask maup how many gaps and overlaps there are."""
    doctor, frame = importlib.import_module("maup").doctor, frame_of(given.polygons)
    return lambda: {"is_valid": bool(doctor(frame))}


def maup_places(given: Given) -> Work:
    """Ask maup where gaps and overlaps are, by the functions its doctor counts with."""
    frame = frame_of(given.polygons)
    holes_of_union = importlib.import_module("maup.repair").holes_of_union
    adjacencies = importlib.import_module("maup.adjacencies").adjacencies

    def work() -> dict[str, Any]:
        gaps = holes_of_union(frame)
        beside = adjacencies(frame.geometry, warn_for_islands=False, warn_for_overlaps=False)
        overlaps = beside[beside.area > 0]
        return {"gaps": gaps.to_numpy(), "overlaps": overlaps.to_numpy(), "pairs": list(overlaps.index)}

    return work


def maup_smart(given: Given, **options: float | None) -> Work:
    """Repair with maup, the way that keeps neighbours."""
    repair, frame = importlib.import_module("maup").smart_repair, frame_of(given.polygons)
    return lambda: {"polygons": repair(frame, **options).geometry.to_numpy()}


def maup_quick(given: Given) -> Work:
    """Repair with maup, the quick way."""
    repair, frame = importlib.import_module("maup").quick_repair, frame_of(given.polygons)
    return lambda: {"polygons": repair(frame).geometry.to_numpy()}


def mapshaper_mosaic(given: Given) -> Work:
    """Ask mapshaper for all tiles that not exactly one polygon covers."""
    counted = ("-mosaic", "calc=n = count(), ids = collect(id)", "-filter", "n != 1")

    def work() -> dict[str, Any]:
        tiles = _mapshaper(given, *counted)
        places = {
            is_gap: [tile for tile in tiles if (not tile["properties"]["n"]) == is_gap]
            for is_gap in (True, False)
        }
        return {
            "gaps": [shapely.geometry.shape(tile["geometry"]) for tile in places[True]],
            "overlaps": [shapely.geometry.shape(tile["geometry"]) for tile in places[False]],
            "pairs": [tile["properties"]["ids"] for tile in places[False]],
        }

    return work


def mapshaper_clean(given: Given, *, gap_width: float = GAP_WIDTH_M) -> Work:
    """Repair with mapshaper."""

    def work() -> dict[str, Any]:
        cleaned = np.full(len(given.polygons), _NOTHING, dtype=object)
        for tile in _mapshaper(given, "-clean", f"gap-width={gap_width}", "allow-empty"):
            if tile["geometry"]:
                cleaned[tile["properties"]["id"]] = shapely.geometry.shape(tile["geometry"])
        return {"polygons": cleaned}

    return work


def _mapshaper(given: Given, *steps: str) -> list[dict[str, Any]]:
    command = mapshaper()
    if command is None:
        raise FileNotFoundError("no mapshaper")
    heap = ["-xl", _LARGE_HEAP] if len(given.polygons) > _LARGE else []
    words = [command + "".join(heap[:1]), *heap[1:], "-i", str(given.path.with_suffix(".geojson")), *steps]
    target = given.path.with_suffix(f".{os.getpid()}.tiles.geojson")
    try:
        subprocess.run([*words, "-o", str(target), "format=geojson"], check=True, capture_output=True)
        return list(json.loads(target.read_text()).get("features", []))
    finally:
        target.unlink(missing_ok=True)


def write_geojson(polygons: Sequence[Any], path: Path) -> None:
    """Write polygons with their positions as `id`, as mapshaper reads them, to the last bit."""
    with path.open("w") as file:
        file.write('{"type": "FeatureCollection", "features": [\n')
        for number, polygon in enumerate(polygons):
            feature = {
                "type": "Feature",
                "properties": {"id": number},
                "geometry": shapely.geometry.mapping(polygon),
            }
            file.write(("," if number else "") + json.dumps(feature) + "\n")
        file.write("]}\n")


CASES: dict[str, Callable[[Given], Work]] = {
    "shapely is_valid": is_valid,
    "shapely invalid_edges": invalid_edges,
    "shapely by hand": by_hand,
    "geoplanar": geoplanar_all,
    "maup doctor": maup_doctor,
    "maup places": maup_places,
    "mapshaper mosaic": mapshaper_mosaic,
    "shapely clean": clean,
    "geoplanar repair": geoplanar_repair,
    "maup smart": maup_smart,
    "maup quick": maup_quick,
    "mapshaper clean": mapshaper_clean,
    "shapely clean, real": partial(clean, gap_width=REAL_GAP_WIDTH_M),
    "mapshaper clean, real": partial(mapshaper_clean, gap_width=REAL_GAP_WIDTH_M),
    "shapely clean, river": partial(clean, gap_width=RIVER_GAP_WIDTH_M),
    "mapshaper clean, river": partial(mapshaper_clean, gap_width=RIVER_GAP_WIDTH_M),
    "maup smart, river": partial(maup_smart, fill_gaps_threshold=None),
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        serve(CASES)
