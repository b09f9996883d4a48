"""Clean coverages with defects of exactly known kind, place and grids, and scores of what a check finds."""

from benchmarks.damage.damaging import damage
from benchmarks.damage.district import make_district
from benchmarks.damage.kinds import Damaged, Defect, Kind, counts_for
from benchmarks.damage.score import Found, FoundKind, Score, Share, score

__all__ = [
    "Damaged",
    "Defect",
    "Found",
    "FoundKind",
    "Kind",
    "Score",
    "Share",
    "counts_for",
    "damage",
    "make_district",
    "score",
]
