"""Move totals from sources to targets by the shares of their pieces, and keep every total exactly.

What lies in no target is never spread over the others: it is a remainder with a name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.errors import InputError
from gis.gridding.assign import Assigned, Rule, Targets, assign, assign_one

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Positions = NDArray[np.intp]

LARGEST_WHOLE_TOTAL = 10**12
"""Up to here the product of a whole total and a share is right to far less than one."""

_LARGEST_TOTAL = 1e300
_LOSS_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Prorated:
    """Totals of sources, moved.

    Attributes:
        by_piece: What moved with each piece, with the index of the pieces.
        outside: What of each source lies in no target, with the index of the totals.
        by_target: What each target received, by its label, in ascending order.
    """

    by_piece: pd.Series[float]
    outside: pd.Series[float]
    by_target: pd.Series[float]


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """How old grids pass into new ones.

    Attributes:
        pieces: One row an old and a new grid, in the order of the old index, then of the new labels, with the
            columns source, target, area_m2 (of the common part), weight (what was counted there; the area
            where nothing was), share (of the old grid's weight, 0 to 1) and by_area (True where an old grid
            has none of the weight, so that its area decides).
        outside: Share of each old grid that passes into no new one, with the index of the old grids.
    """

    pieces: pd.DataFrame
    outside: pd.Series[float]


def prorate(
    totals: pd.Series[float], pieces: pd.DataFrame, outside: pd.Series[float], *, whole_numbers: bool
) -> Prorated:
    """Share out the total of each source over its pieces and the outside, in proportion to their shares.

    1. The parts of one source add up to its total: whole numbers exactly; others so that their sum, rounded
       once (`math.fsum`), is the total to the last bit. The sum over all targets and the outside is then the
       sum of all totals within one unit in the last place a summand.
    2. Whole numbers by largest remainder: every part is rounded down, and what is left goes one by one to the
       parts that lost most. Of equal losses the earlier piece is served first, and the outside last.
    3. Shares count in proportion, whatever their sum. A source without pieces is wholly outside.

    Args:
        totals: One number a source, with a unique index; whole numbers from 0 to `LARGEST_WHOLE_TOTAL` where
            `whole_numbers`.
        pieces: Columns source, target and share, as `assign` and `crosswalk` give them.
        outside: Share of each source that lies in no target, by its label.
        whole_numbers: Households, people and events cannot be cut.

    Raises:
        InputError: A total is missing, repeated, no number or out of range.
    """
    _require_totals(totals, pieces, whole_numbers=whole_numbers)
    count = len(totals)
    left_over = outside.reindex(totals.index).to_numpy(dtype=np.float64, na_value=0.0)
    source = np.append(totals.index.get_indexer(pd.Index(pieces["source"])), np.arange(count))
    share = np.append(pieces["share"].to_numpy(dtype=np.float64), left_over)
    nothing = np.bincount(source, share, count) <= 0
    share[len(pieces) :][nothing] = 1.0
    order = np.argsort(source, kind="stable")  # the pieces of a source in their order, the outside last
    apportion = _whole_parts if whole_numbers else _exact_parts
    numbers = np.asarray(totals, dtype=np.float64)
    parts = np.empty(len(source), dtype=np.int64 if whole_numbers else np.float64)
    parts[order] = apportion(numbers, source[order], share[order])
    by_piece = pd.Series(parts[: len(pieces)], index=pieces.index)
    received = by_piece.groupby(pieces["target"].to_numpy(), sort=True)
    return Prorated(
        by_piece,
        pd.Series(parts[len(pieces) :], index=totals.index),
        received.sum() if whole_numbers else received.agg(math.fsum),
    )


def crosswalk(
    old: gpd.GeoSeries,
    new: gpd.GeoSeries,
    *,
    carriers: gpd.GeoSeries | None = None,
    weights: NDArray[np.float64] | None = None,
    min_area_m2: float = 0.0,
    in_metres: bool = False,
) -> Crosswalk:
    """Say how old grids pass into new ones: by area, or by what lies in them.

    1. By area: the share of an old grid's area. A part smaller than `min_area_m2` is drawing inaccuracy and
       counts with the largest part of its grid; an outside smaller than that counts as none.
    2. By carriers (buildings with their households, events with 1): each belongs to one old and one new grid
       by the largest part, on equality to the lowest label. Carriers in no old grid count for nothing.
    3. An old grid without any weight is shared out by area, and its rows say so.

    Args:
        old: Polygons by label, which do not overlap.
        new: Polygons by label, which do not overlap, in the same coordinates.
        carriers: Buildings or points that carry the weight; None: the area itself.
        weights: What each carrier counts, shape (n,), not negative.
        min_area_m2: See rule 1.
        in_metres: Coordinates are metres of a plane; else they are degrees, EPSG:4490.

    Raises:
        InputError: A label stands twice, or an outline cannot be used.
    """
    before, after = Targets.build(old, in_metres=in_metres), Targets.build(new, in_metres=in_metres)
    by_area = _without_slivers(assign(old, after, Rule.SPLIT), min_area_m2)
    areas = by_area.pieces[["source", "target", "area_m2", "share"]]
    if carriers is None or weights is None:
        return Crosswalk(areas.assign(weight=areas["area_m2"], by_area=False), by_area.outside)
    counted = _counted(carriers, weights, before, after)
    total = counted.groupby("source")["weight"].sum().reindex(old.index, fill_value=0.0)
    goes_on = counted["target"].notna()
    inside = counted[goes_on].astype({"source": old.index.dtype, "target": new.index.dtype})
    rows = areas.merge(inside, on=["source", "target"], how="outer").fillna(0.0)
    rows["by_area"] = rows["source"].map(total) <= 0
    rows["weight"] = rows["weight"].where(~rows["by_area"], rows["area_m2"])
    rows["share"] = rows["share"].where(rows["by_area"], rows["weight"] / rows["source"].map(total))
    lost = counted[~goes_on].set_index("source")["weight"].reindex(old.index, fill_value=0.0)
    outside = by_area.outside.where(total <= 0, lost / total)
    order = np.lexsort((rows["target"].to_numpy(), old.index.get_indexer(pd.Index(rows["source"]))))
    return Crosswalk(rows.iloc[order].reset_index(drop=True), outside)


def _require_totals(totals: pd.Series[float], pieces: pd.DataFrame, *, whole_numbers: bool) -> None:
    if not totals.index.is_unique:
        twice = totals.index[totals.index.duplicated()][0]
        raise InputError(f"source {twice} has two totals; add them up first", field="totals")
    unknown = pd.Index(pieces["source"]).difference(totals.index)
    if len(unknown):
        raise InputError(f"source {unknown[0]} has pieces but no total; give it one, or 0", field="totals")
    values = totals.to_numpy(dtype=np.float64, na_value=np.nan)
    if whole_numbers:
        usable = (values >= 0) & (values <= LARGEST_WHOLE_TOTAL) & (values == np.floor(values))
        wanted = f"a whole number from 0 to {LARGEST_WHOLE_TOTAL:.0e}"
    else:
        usable = np.abs(values) <= _LARGEST_TOTAL
        wanted = "a number"
    for bad in np.flatnonzero(~usable).tolist():
        raise InputError(
            f"the total of source {totals.index[bad]} is {totals.iloc[bad]}; give {wanted}, or leave "
            "the source and its pieces out",
            field="totals",
            row=bad + 1,
        )


def _exact_parts(totals: Floats, source: Positions, share: Floats) -> Floats:
    parts = totals[source] * (share / np.bincount(source, share)[source])
    several = np.bincount(source, share > 0) > 1
    ends = np.cumsum(np.bincount(source))
    for i in np.flatnonzero(several).tolist():
        own = slice(ends[i - 1] if i else 0, ends[i])
        parts[own] = _summing_to(float(totals[i]), parts[own], share[own])
    return parts


def _summing_to(total: float, parts: Floats, share: Floats) -> Floats:
    """Correct parts, the largest first, by what their exact sum misses, until it rounds to the total.

    Each correction leaves at most half a unit in the last place of the part it was made to, and the smallest
    of several parts is at most half the total: so the last correction is always enough.
    """
    result = parts.copy()
    for at in np.argsort(-share, kind="stable")[: np.count_nonzero(share)]:
        if math.fsum(result) == total:
            break
        result[at] += math.fsum((total, *-result))
    return result


def _whole_parts(totals: Floats, source: Positions, share: Floats) -> NDArray[np.int64]:
    exact = totals[source] * (share / np.bincount(source, share)[source])
    down = np.floor(exact)
    # losses that differ by rounding alone are equal, or the order of the file would decide
    lost = np.round(exact - down, _LOSS_DIGITS)
    left = totals - np.bincount(source, down, len(totals))
    ranked = np.lexsort((-lost, source))
    starts = np.cumsum(np.bincount(source)) - np.bincount(source)
    rank = np.arange(len(source)) - starts[source]
    down[ranked] += rank < left[source]
    return down.astype(np.int64)


def _without_slivers(split: Assigned, min_area_m2: float) -> Assigned:
    """Put pieces and outsides smaller than the limit to the largest piece of their source."""
    pieces, outside = split.pieces, split.outside
    if pieces.empty:
        return split
    largest = pieces.groupby("source")["area_m2"].idxmax()
    is_thin = (pieces["area_m2"] < min_area_m2) & ~pieces.index.isin(largest)
    thin = (
        pieces[is_thin].groupby("source")[["area_m2", "share"]].sum().reindex(largest.index, fill_value=0.0)
    )
    grown = pieces.set_index("source", append=True).loc[list(zip(largest, largest.index, strict=True))]
    whole = (grown["area_m2"] / grown["share"]).droplevel(0)
    lost = outside.where(outside * whole.reindex(outside.index) < min_area_m2, 0.0)
    thin["share"] += lost.reindex(thin.index)
    kept = pieces.copy()
    kept.loc[largest, ["area_m2", "share"]] += thin.to_numpy()
    return Assigned(kept[~is_thin].reset_index(drop=True), outside - lost, split.problems)


def _counted(carriers: gpd.GeoSeries, weights: Floats, before: Targets, after: Targets) -> pd.DataFrame:
    """Add up weights by the old and the new grid their carriers belong to; target is None outside."""
    shapes = carriers.set_axis(range(len(carriers)))
    counted = pd.DataFrame(
        {
            "source": assign_one(shapes, before),
            "target": assign_one(shapes, after),
            "weight": np.asarray(weights, dtype=np.float64),
        }
    )
    grouped = counted[counted["source"].notna()].groupby(["source", "target"], dropna=False)
    return grouped["weight"].sum().reset_index()
