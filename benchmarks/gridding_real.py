"""Check and repair real published outlines, beside others: `make bench-gridding-real DATA=folder`.

DATA is the folder of docs/real-data.md. Every set is brought into metres first; where there is a level above,
that is the parent. Checked is what was published; peers that need valid polygons get them. The last line
printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.gridding import NO_LIMIT_S, OURS, cost, peer, polygons_of, shown
from benchmarks.gridding_judge import are_same, are_wide
from benchmarks.gridding_measure import Given, Outcome, run, write_given
from benchmarks.gridding_peers import write_geojson
from gis.gridding.crs import to_metres
from gis.gridding.valid import make_valid_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Polygons = NDArray[Any]

MAKE_VALID_SECONDS = 60.0
FINDERS = (
    "shapely is_valid",
    "shapely invalid_edges",
    "shapely by hand",
    "mapshaper mosaic",
    "geoplanar",
    "maup doctor",
    "maup places",
)
REPAIRERS = ("shapely clean, real", "mapshaper clean, real", "maup smart")


class Published(NamedTuple):
    """A set of outlines.

    Attributes:
        path: In the folder of data.
        system: The projected system it is measured in.
        parent: The outlines of the level above, "" if there is none.
        encoding: Of its texts, None if the file says it.
    """

    path: str
    system: str
    parent: str = ""
    encoding: str | None = None


SETS = {
    "beijing subdistricts": Published("beijing/beijing_subdistricts.geojson", "EPSG:32650"),
    "merseyside OA in LSOA": Published("merseyside/oa.geojson", "EPSG:27700", "merseyside/lsoa.geojson"),
    "merseyside LSOA in MSOA": Published("merseyside/lsoa.geojson", "EPSG:27700", "merseyside/msoa.geojson"),
    "merseyside OA": Published("merseyside/oa.geojson", "EPSG:27700"),
    "merseyside wards": Published("merseyside/wards.geojson", "EPSG:27700"),
    "tottori": Published("tottori/31-tottori-all.shp", "EPSG:6673", encoding="cp932"),
}


def outlines(path: Path, system: str, encoding: str | None) -> Polygons:
    """Read the polygons of a file in metres, as they were published."""
    options = {} if encoding is None else {"encoding": encoding}
    metres: Polygons = to_metres(gpd.read_file(path, columns=[], **options).geometry.to_numpy(), system)
    return metres


def valid(polygons: Polygons) -> Polygons:
    """Make polygons valid; those that cannot be are empty."""
    made = make_valid_within(polygons, MAKE_VALID_SECONDS).geometries
    return np.where(shapely.is_missing(made), shapely.Polygon(), made)


def set_figures(data: Path, published: Published, folder: Path, limit_s: float) -> dict[str, Any]:
    """Check and repair one set."""
    raw = outlines(data / published.path, published.system, published.encoding)
    above = [] if not published.parent else valid(outlines(data / published.parent, published.system, None))
    parent = shapely.GeometryCollection(list(shapely.get_parts(np.array(above, dtype=object))))
    as_published = write_given(folder / "raw.pkl", raw, parent)
    solid = write_given(folder / "solid.pkl", valid(raw), parent)
    write_geojson(Given.read(solid).polygons, solid.with_suffix(".geojson"))
    finding = {
        name: found_figures(run(OURS, name, as_published, limit_s=NO_LIMIT_S))
        for name in ("findings", "findings_numpy")
    }
    finding |= {case: told_figures(peer(case, solid, limit_s)) for case in FINDERS}
    before = Given.read(solid).polygons
    repair = {"repair, real": mended_figures(run(OURS, "repair, real", solid, limit_s=NO_LIMIT_S), before)}
    repair |= {case: mended_figures(peer(case, solid, limit_s), before) for case in REPAIRERS}
    given_up = int((shapely.is_empty(before) & ~shapely.is_missing(raw)).sum())
    return {
        "polygons": len(raw),
        "parents": len(above),
        "given_up": given_up,
        "finding": finding,
        "repair": repair,
    }


def found_figures(outcome: Outcome) -> dict[str, Any]:
    """Count what we found, by kind."""
    return cost(outcome) | dict(Counter(found.kind.value for found in outcome.answer or ()))


def told_figures(outcome: Outcome) -> dict[str, Any]:
    """Count what a peer found; of places also those that are wider than dust."""
    answer, told = outcome.answer or {}, cost(outcome)
    for kind in [kind for kind in ("gaps", "overlaps", "outside") if kind in answer]:
        told[kind] = int((shapely.area(answer[kind]) > 0).sum())
        told[f"{kind}_above_dust"] = int(are_wide(answer[kind]).sum())
    if "edges" in answer:
        told["with_wrong_edges"] = int((~shapely.is_empty(answer["edges"])).sum())
    return told | {name: word for name, word in answer.items() if name == "is_valid"}


def mended_figures(outcome: Outcome, before: Polygons) -> dict[str, Any]:
    """Say whether a repair's result is valid and a coverage, and how much it changed."""
    told = cost(outcome)
    if outcome.answer is None:
        return told
    after = np.array([polygon or shapely.Polygon() for polygon in polygons_of(outcome)], dtype=object)
    same = are_same(before, after)
    is_valid = bool(shapely.is_valid(after).all())
    told |= {
        "is_valid": is_valid,
        "is_coverage": bool(shapely.coverage_is_valid(after[~shapely.is_empty(after)])),
        "changed": int((~same).sum()),
        "emptied": int((shapely.is_empty(after) & ~shapely.is_empty(before)).sum()),
    }
    if is_valid:
        moved = shapely.symmetric_difference(before[~same], after[~same])
        told["moved_m2"] = float(f"{shapely.area(moved).sum():.6g}")
    return told | {name: count for name, count in outcome.answer.items() if name == "left"}


def main() -> None:
    """Run every set and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gridding_real", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of docs/real-data.md")
    parser.add_argument("--limit", type=float, default=120.0, help="processor seconds a peer gets for a case")
    asked = parser.parse_args()
    figures = {}
    for name, published in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            told = set_figures(asked.data.resolve(), published, Path(folder), asked.limit)
        counts = ", ".join(f"{told[count]} {count}" for count in ("polygons", "parents", "given_up"))
        print(f"{name}: {counts}")
        shown("  what is wrong", told["finding"])
        shown("  repair", told["repair"])
        figures[name] = told
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
