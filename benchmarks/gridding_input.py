"""Coverages to check and repair: made once, kept in the checkout's scratch folder."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from benchmarks.damage import Damaged, counts_for, damage, make_district
from benchmarks.gridding_measure import ROOT, write_given
from benchmarks.gridding_peers import write_geojson

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

FOLDER = ROOT / ".wangge" / "benchmarks"
SEED, RATE = 1, 0.01
GROUND_M = 1e-6
"""Metres. Grids nearer than this to a defect are touched by it."""


@dataclass(frozen=True, slots=True)
class Made:
    """One damaged coverage, and the files that children read.

    Attributes:
        damaged: With all that is wrong known.
        clean: The coverage before, with its outline.
        raw: The damaged one as it is, with bow-ties.
        solid: The same made valid, for those who need it; a GeoJSON file lies beside it.
    """

    damaged: Damaged
    clean: Path
    raw: Path
    solid: Path

    def solid_cells(self) -> np.ndarray:
        """Return the damaged grids, made valid."""
        return shapely.make_valid(self.damaged.cells, method="structure", keep_collapsed=False)

    def untouched(self) -> np.ndarray:
        """Return the positions of grids that no defect touches, ascending."""
        defects = np.array([defect.geometry for defect in self.damaged.defects], dtype=object)
        tree = shapely.STRtree(self.damaged.cells)
        touched = tree.query(defects, predicate="dwithin", distance=GROUND_M)[1]
        named = [cell for defect in self.damaged.defects for cell in defect.cells]
        return np.setdiff1d(np.arange(len(self.damaged.cells)), [*touched.tolist(), *named])


def make_input(n: int, folder: Path = FOLDER) -> Made:
    """Make a coverage of about `n` grids with defects of all kinds, or take what an earlier run made."""
    sources = [*sorted((ROOT / "benchmarks" / "damage").glob("*.py")), ROOT / "benchmarks" / "coverages.py"]
    made_by = hashlib.sha256(b"".join(path.read_bytes() for path in (*sources, Path(__file__))))
    kept = folder / f"gridding-{n}-{made_by.hexdigest()[:12]}"
    kept.mkdir(parents=True, exist_ok=True)
    truth, clean, raw, solid = (kept / name for name in ("truth.pkl", "clean.pkl", "raw.pkl", "solid.pkl"))
    if truth.exists():
        damaged = pickle.loads(truth.read_bytes())  # noqa: S301 - our own file
        return Made(damaged, clean, raw, solid)
    grids = make_district(n, SEED)
    damaged = damage(grids, kinds=counts_for(len(grids), RATE), seed=SEED)
    made = Made(damaged, clean, raw, solid)
    write_given(clean, grids, outline_of(grids))
    write_given(raw, damaged.cells, damaged.parent)
    write_given(solid, made.solid_cells(), damaged.parent)
    write_geojson(made.solid_cells(), solid.with_suffix(".geojson"))
    truth.write_bytes(pickle.dumps(damaged))  # last: it says that all files are there
    return made


def outline_of(grids: np.ndarray) -> BaseGeometry:
    """Return the union of a clean coverage, with its vertices."""
    return shapely.coverage_union_all(grids)
