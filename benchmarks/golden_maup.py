"""Write what maup answers on its public test shapes: `python golden_maup.py FILE`.

Runs in an environment of its own with maup in it (`python -m venv`, `pip install maup`), which this project
does not need. The shapes are those of maup's tests (github.com/mggg/maup, tests/conftest.py), as corners.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import maup
import pandas as pd
from shapely import Polygon

Corners = list[tuple[float, float]]

FOUR_SQUARES: dict[str, Corners] = {
    "a": [(0, 0), (0, 1), (1, 1), (1, 0)],
    "b": [(0, 1), (0, 2), (1, 2), (1, 1)],
    "c": [(1, 0), (1, 1), (2, 1), (2, 0)],
    "d": [(1, 1), (1, 2), (2, 2), (2, 1)],
}
LEFT_HALF = {name: FOUR_SQUARES[name] for name in ("a", "b")}
NEAT: dict[str, Corners] = {
    "01": [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 0)],
    "02": [(0.5, 0.5), (1, 0.5), (1, 1), (0.5, 1)],
    "03": [(0, 1), (0, 2), (1, 2), (1, 1)],
    "04": [(1.25, 1.25), (1.25, 1.75), (1.75, 1.75), (1.75, 1.25)],
}
TOP_LEFT: dict[str, Corners] = {"05": [(1.5, 0.5), (1.5, 2), (0, 2), (0, 0.5)]}
MIDDLE: dict[str, Corners] = {"square": [(0.5, 0.5), (0.5, 1.5), (1.5, 1.5), (1.5, 0.5)]}
BIG: dict[str, Corners] = {"big": [(0, 0), (2, 0), (2, 2), (0, 2)]}
DISTANT: dict[str, Corners] = {"distant": [(100, 101), (101, 101), (101, 100)]}
DIAMOND: dict[str, Corners] = {"diamond": [(100, 0), (0, 100), (-100, 0), (0, -100)]}
IN_ITS_BOX: dict[str, Corners] = {"corner": [(90, 90), (91, 90), (91, 91), (90, 91)]}

CASES: dict[str, tuple[dict[str, Corners], dict[str, Corners]]] = {
    "neat squares into four": (NEAT, FOUR_SQUARES),
    "neat squares into the left half": (NEAT, LEFT_HALF),
    "neat and overlapping into four": (NEAT | TOP_LEFT, FOUR_SQUARES),
    "middle square into four": (MIDDLE, FOUR_SQUARES),
    "big square into four": (BIG, FOUR_SQUARES),
    "four into the big square": (FOUR_SQUARES, BIG),
    "four into the top left one": (FOUR_SQUARES, TOP_LEFT),
    "four into the left half": (FOUR_SQUARES, LEFT_HALF),
    "far away": (DISTANT, FOUR_SQUARES),
    "in the box of a diamond only": (IN_ITS_BOX | FOUR_SQUARES, DIAMOND),
    "middle square into four, listed backwards": (MIDDLE, dict(reversed(FOUR_SQUARES.items()))),
    "square covered by two that overlap": ({"01": NEAT["01"]}, {"a": FOUR_SQUARES["a"], "b": BIG["big"]}),
}
TOTAL = 10


def series(shapes: dict[str, Corners]) -> gpd.GeoSeries:
    """Return the polygons by name, without a coordinate system: they are plain squares."""
    return gpd.GeoSeries({name: Polygon(corners) for name, corners in shapes.items()})


def answers(sources: gpd.GeoSeries, targets: gpd.GeoSeries) -> dict[str, Any]:
    """Return maup's assignment, the areas of its intersections, and 10 a source moved by area."""
    assigned = maup.assign(sources, targets)
    pieces = maup.intersections(sources, targets, area_cutoff=0)
    shares = pieces.area / pieces.index.get_level_values("source").map(sources.area)
    totals = pd.Series(TOTAL, index=sources.index)
    moved = maup.prorate(pieces, totals, shares) if len(pieces) else pd.Series(dtype=float)
    return {
        "assign": {name: None if pd.isna(target) else target for name, target in assigned.items()},
        "intersections": [[*pair, area] for pair, area in pieces.area.items()],
        "prorate": dict(moved.items()),
    }


def main(path: Path) -> None:
    """Ask maup about every case and write the file."""
    warnings.simplefilter("ignore")
    cases = {
        name: {"sources": sources, "targets": targets, **answers(series(sources), series(targets))}
        for name, (sources, targets) in CASES.items()
    }
    told = {
        "made_by": "python benchmarks/golden_maup.py tests/golden/maup.json",
        "maup": version("maup"),
        "geopandas": version("geopandas"),
        "shapely": version("shapely"),
        "total": TOTAL,
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items())
    path.write_text(f'{json.dumps(told)[:-1]}, "cases": {{\n{lines}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
