"""How reports look when they arrive: coordinate systems, accuracy, numbers and words by source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.gridding.crs import stored_to
from gis.nouns import Source
from gis.sample.life.catalogue import CATALOGUE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Coordinate systems a source delivers with their shares, and its usual accuracy in metres.
_SYSTEMS: dict[Source, tuple[tuple[tuple[str, float], ...], float]] = {
    Source.PATROL: ((("wgs84", 0.55), ("gcj02", 0.45)), 8.0),
    Source.RESIDENT: ((("gcj02", 0.85), ("wgs84", 0.15)), 18.0),
    Source.HOTLINE: ((("bd09", 0.6), ("cgcs2000", 0.4)), 60.0),
    Source.DEPARTMENT: ((("cgcs2000", 0.7), ("EPSG:4549", 0.3)), 2.0),
    Source.LEADER: ((("gcj02", 1.0),), 15.0),
    Source.SENSOR: ((("cgcs2000", 1.0),), 1.0),
    Source.OPINION: ((("bd09", 1.0),), 120.0),
}
_PREFIX = {
    Source.PATROL: "XC", Source.RESIDENT: "SM", Source.HOTLINE: "12345-", Source.DEPARTMENT: "BM",
    Source.LEADER: "LD", Source.SENSOR: "GZ", Source.OPINION: "YQ",
}  # fmt: skip
_DEGREE_DECIMALS, _METRE_DECIMALS = 7, 3
_WHERE = ("东侧", "西侧", "南门口", "北门口", "主路旁", "公交站附近", "小广场", "路口", "", "", "")
_WISH = ("，请尽快处理。", "，希望有关部门核实。", "，影响通行。", "，居民多次反映。", "。", "。", "。")


def as_received(lonlat: Floats, source: NDArray[np.object_], rng: np.random.Generator) -> pd.DataFrame:
    """Return source, x, y, crs and accuracy_m of reports as each source would send them.

    Args:
        lonlat: Where it is, EPSG:4490, shape (n, 2); NaN without a place.
        source: Who reports it, shape (n,).
        rng: Draws systems and accuracies.
    """
    chance, spread = rng.random(len(source)), rng.random(len(source))
    crs = np.empty(len(source), dtype=object)
    accuracy = np.zeros(len(source))
    for who, (systems, usual) in _SYSTEMS.items():
        rows = np.flatnonzero(source == who.value)
        bounds = np.cumsum([share for _, share in systems])[:-1]
        names = np.array([name for name, _ in systems], dtype=object)
        crs[rows] = names[np.searchsorted(bounds, chance[rows], side="right")]
        accuracy[rows] = np.round(usual * (0.5 + 1.5 * spread[rows]), 1)
    xy = np.full(lonlat.shape, np.nan)
    for system in sorted(set(crs)):
        rows = np.flatnonzero(crs == system)
        x, y = stored_to(lonlat[rows, 0], lonlat[rows, 1], system)
        decimals = _METRE_DECIMALS if system.startswith("EPSG") else _DEGREE_DECIMALS
        xy[rows] = np.round(np.column_stack([x, y]), decimals)
    accuracy[np.isnan(xy[:, 0])] = np.nan
    return pd.DataFrame({"source": source, "x": xy[:, 0], "y": xy[:, 1], "crs": crs, "accuracy_m": accuracy})


def numbered_by_source(source: pd.Series[str], reported_at: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    """Return each source's own number of a report: its prefix, the day, and a running number."""
    prefix = source.map({who.value: text for who, text in _PREFIX.items()})
    running = source.groupby(source).cumcount() + 1
    return prefix + reported_at.dt.strftime("%Y%m%d") + running.map("{:06d}".format)


def texts(small: NDArray[np.int64], grid_names: NDArray[np.object_], rng: np.random.Generator) -> list[str]:
    """Return what reports say, from the templates of their class, with the community's name."""
    count = len(small)
    where, wish, what = (
        rng.integers(0, len(_WHERE), count),
        rng.integers(0, len(_WISH), count),
        rng.random(count),
    )
    sayings = [kind.texts for kind in CATALOGUE]
    places = [str(name).split(" ")[1] for name in grid_names]
    return [
        place + _WHERE[a] + sayings[number][int(chance * len(sayings[number]))] + _WISH[b]
        for place, a, number, chance, b in zip(
            places, where.tolist(), small.tolist(), what.tolist(), wish.tolist(), strict=True
        )
    ]
