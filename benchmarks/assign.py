"""Hold assigning against geopandas and maup on real data: `python -m benchmarks.assign DATA`.

DATA is the folder of docs/real-data.md. All get the same valid outlines in metres, in the same run, on one
core; seconds are processor time, the best of three (maup: of one). maup takes part where it is importable.
The last line printed is one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.gridding.assign import Rule, Targets, assign, assign_one
from gis.gridding.crs import to_metres
from gis.gridding.prorate import prorate
from gis.gridding.valid import make_valid_within

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

HAS_MAUP = find_spec("maup") is not None
TOTAL = 317

BRITISH, BEIJING = "EPSG:27700", "EPSG:32650"
SQUARE_M = 2_000


def outlines(path: Path, column: str, system: str) -> gpd.GeoSeries:
    """Return the valid outlines of a file in metres, by a column."""
    read = gpd.read_file(path)
    made = make_valid_within(to_metres(read.geometry.to_numpy(), system), 60.0).geometries
    return gpd.GeoSeries(made, index=pd.Index(read[column], name=None))


def squares_over(polygons: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return squares that fill the box of the polygons, numbered from the south-west."""
    west, south, east, north = polygons.total_bounds
    corners = [(x, y) for y in np.arange(south, north, SQUARE_M) for x in np.arange(west, east, SQUARE_M)]
    return gpd.GeoSeries([shapely.box(x, y, x + SQUARE_M, y + SQUARE_M) for x, y in corners])


def timed(work: Callable[[], Answer], times: int = 3) -> tuple[Answer, float]:
    """Return the answer and the fewest seconds of processor time it took."""
    best = float("inf")
    for _ in range(times):
        started = time.process_time()
        answer = work()
        best = min(best, time.process_time() - started)
    return answer, best


def framed(series: gpd.GeoSeries, name: str) -> gpd.GeoDataFrame:
    """Return outlines with their labels as a column, as overlay wants them."""
    return gpd.GeoDataFrame({name: series.index}, geometry=series.to_numpy())


def compare(sources: gpd.GeoSeries, targets: gpd.GeoSeries) -> dict[str, Any]:
    """Assign one set to the other in every way, and say how answers and seconds differ."""
    left, right = framed(sources, "source"), framed(targets, "target")
    overlaid, overlay_s = timed(lambda: gpd.overlay(left, right, how="intersection"))
    areas = overlaid.assign(area=overlaid.area).groupby(["source", "target"])["area"].sum()
    found, split_s = timed(lambda: assign(sources, Targets.build(targets, in_metres=True), Rule.SPLIT))
    pieces = found.pieces
    ours = pieces.set_index(["source", "target"])["area_m2"]
    both = pd.concat([ours, areas], axis=1, keys=["ours", "overlay"]).fillna(0.0)
    largest, largest_s = timed(lambda: assign_one(sources, Targets.build(targets, in_metres=True)))
    _, contained_s = timed(
        lambda: assign_one(sources, Targets.build(targets, in_metres=True), Rule.CONTAINMENT)
    )
    totals = pd.Series(TOTAL, index=sources.index)
    moved, prorate_s = timed(lambda: prorate(totals, pieces, found.outside, whole_numbers=True))
    winners = areas.groupby(level="source").idxmax().map(lambda pair: pair[1])
    result = {
        "sources": len(sources),
        "targets": len(targets),
        "pieces": len(pieces),
        "overlay_pieces": int((areas > 0).sum()),
        "only_overlay_max_m2": float(both["overlay"].where(both["ours"] == 0, 0.0).max()),
        "only_ours": int((both["overlay"] == 0).sum()),
        "max_difference_m2": float((both["ours"] - both["overlay"])[both["ours"] > 0].abs().max()),
        "largest_differ_from_overlay": int(
            (largest.dropna() != winners.reindex(largest.dropna().index)).sum()
        ),
        "partly_outside": int((found.outside > 0).sum()),
        "totals_kept": bool(moved.by_target.sum() + moved.outside.sum() == totals.sum()),
        "seconds": {
            "overlay": round(overlay_s, 3),
            "split": round(split_s, 3),
            "largest": round(largest_s, 3),
            "containment": round(contained_s, 3),
            "prorate": round(prorate_s, 3),
        },
        "split_vs_overlay": round(overlay_s / split_s, 1),
        "largest_vs_overlay": round(overlay_s / largest_s, 1),
    }
    return result | (against_maup(sources, targets, largest, result) if HAS_MAUP else {})


def against_maup(
    sources: gpd.GeoSeries, targets: gpd.GeoSeries, largest: pd.Series[Any], result: dict[str, Any]
) -> dict[str, Any]:
    """Ask maup the same."""
    import maup  # noqa: PLC0415 - the project does not need it

    assigned, assign_s = timed(lambda: maup.assign(sources, targets), times=1)
    cut, cut_s = timed(lambda: maup.intersections(sources, targets, area_cutoff=0), times=1)
    assigned = assigned.reindex(largest.index)
    differ = (assigned != largest) & ~(assigned.isna() & largest.isna())
    seconds = result["seconds"]
    return {
        "maup_pieces": len(cut),
        "largest_differ_from_maup": int(differ.sum()),
        "maup_seconds": {"assign": round(assign_s, 3), "intersections": round(cut_s, 3)},
        "largest_vs_maup": round(assign_s / seconds["largest"], 1),
        "split_vs_maup": round(cut_s / seconds["split"], 1),
    }


def compare_points(parcels: gpd.GeoDataFrame, targets: gpd.GeoSeries) -> dict[str, Any]:
    """Find the subdistrict of every parcel, which is published as a point with its subdistrict."""
    points = gpd.GeoSeries(to_metres(parcels.geometry.to_numpy(), BEIJING))
    found, ours_s = timed(lambda: assign_one(points, Targets.build(targets, in_metres=True)))
    left, right = gpd.GeoDataFrame(geometry=points), framed(targets, "target")
    joined, joined_s = timed(lambda: gpd.sjoin(left, right, predicate="intersects"))
    lowest = joined["target"].groupby(level=0).min().reindex(points.index)
    return {
        "parcels": len(points),
        "differ_from_sjoin": int((found != lowest).sum()),
        "differ_from_published": int((found != parcels["district_id"]).sum()),
        "seconds": {"sjoin": round(joined_s, 3), "ours": round(ours_s, 3)},
    }


def main(data: Path) -> None:
    """Run every set and print the figures."""
    warnings.simplefilter("ignore")  # overlay says that it drops lines, maup that parcels lie outside
    figures: dict[str, Any] = {"maup": HAS_MAUP}
    if not HAS_MAUP:
        print("maup is not installed here, so it takes no part")
    small = outlines(data / "merseyside/oa.geojson", "OA11CD", BRITISH)
    lsoa = outlines(data / "merseyside/lsoa.geojson", "LSOA11CD", BRITISH)
    wards = outlines(data / "merseyside/wards.geojson", "WD13CD", BRITISH)
    subdistricts = outlines(data / "beijing/beijing_subdistricts.geojson", "district_id", BEIJING)
    parcels = gpd.read_file(data / "beijing/land_parcels_2003_2009.geojson")
    for name, run in {
        "merseyside OA into LSOA": lambda: compare(small, lsoa),
        "merseyside OA into wards": lambda: compare(small, wards),
        "squares of 2 km into beijing subdistricts": lambda: compare(
            squares_over(subdistricts), subdistricts
        ),
        "beijing parcels into subdistricts": lambda: compare_points(parcels, subdistricts),
    }.items():
        figures[name] = run()
        print(name, *(f"  {key}: {value}" for key, value in figures[name].items()), sep="\n", flush=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
