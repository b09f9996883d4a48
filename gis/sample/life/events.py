"""A year of reported events as they would arrive: rhythm, hot spots, sources, and the usual flaws.

1. When: months follow the season of the class, days the week of the source, hours the source's day.
2. Where: by households and land use of the grids, or near one of the year's hot spots.
3. Flaws, all in small shares: points within a metre or two of a boundary, points outside the district,
   reports without coordinates, the same matter reported again by somebody else.
4. As received: each source delivers its own coordinate system, accuracy and numbering.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely

from gis.nouns import GridKind
from gis.sample.land.ground import stream
from gis.sample.life.catalogue import CATALOGUE
from gis.sample.life.rhythm import draw_sources, draw_times
from gis.sample.life.scatter import moved, points_in
from gis.sample.life.wire import as_received, numbered_by_source, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.sample.district import SampleDistrict

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TIME_ZONE = ZoneInfo("Asia/Shanghai")
COUNT = 80_000
COLUMNS = ["source", "source_id", "x", "y", "crs", "accuracy_m", "reported_at", "category", "grade", "text"]

_AT_HOT_SPOT, _HOT_SPOTS = 0.15, 90
_BESIDE_BOUNDARY, _OUTSIDE, _WITHOUT_PLACE, _REPEATED = 0.02, 0.004, 0.006, 0.04
_BACKGROUND = 0.3  # weight of grids of other land uses than a class prefers


@dataclass(frozen=True)
class _Matter:
    """What happened, before anybody reports it; arrays of one length."""

    small: Ints
    source: NDArray[np.object_]
    at: NDArray[np.datetime64]
    grid: Ints
    lonlat: Floats

    def taken(self, rows: Ints) -> _Matter:
        return _Matter(self.small[rows], self.source[rows], self.at[rows], self.grid[rows], self.lonlat[rows])


def make_events(
    district: SampleDistrict, until: date | datetime, count: int = COUNT, *, seed: int
) -> pd.DataFrame:
    """Return a year of events that ends at a date, ordered by time.

    Args:
        district: Where they happen.
        until: The first moment after the year; a date is its midnight in the district's time zone.
        count: Number of reports.
        seed: Draws everything.

    Returns:
        The columns of `gis.nouns.Event` as received: source, source_id (unique within a source), x, y
        (NaN without a place), crs (wgs84, cgcs2000, gcj02, bd09 or EPSG:4549), accuracy_m, reported_at
        (with the time zone), category (a name of `CATALOGUE`), grade, text.
    """
    rng = stream(seed, "events")
    end = _moment(until)
    matter = _first_reports(district, end, count - round(count * _REPEATED), rng)
    matter = _with_repeats(matter, count - len(matter.small), end, rng)
    matter = matter.taken(np.argsort(matter.at, kind="stable"))
    natural = district.grids_of(GridKind.NATURAL)
    frame = as_received(matter.lonlat, matter.source, rng)
    chance = rng.random(len(frame))
    urgent = np.array([small.urgent for small in CATALOGUE])[matter.small]
    frame["grade"] = np.select([chance < urgent / 5, chance < urgent], ["extra_urgent", "urgent"], "ordinary")
    frame["category"] = np.array([small.name for small in CATALOGUE], dtype=object)[matter.small]
    frame["text"] = texts(matter.small, natural["name"].to_numpy()[matter.grid], rng)
    frame["reported_at"] = pd.DatetimeIndex(matter.at).tz_localize("UTC").tz_convert(TIME_ZONE)
    frame["source_id"] = numbered_by_source(frame["source"], frame["reported_at"])
    return frame[COLUMNS]


def _moment(until: date | datetime) -> np.datetime64:
    """Return the end as UTC without a zone, which numpy counts in."""
    if not isinstance(until, datetime):
        until = datetime(until.year, until.month, until.day, tzinfo=TIME_ZONE)
    elif until.tzinfo is None:
        until = until.replace(tzinfo=TIME_ZONE)
    return np.datetime64(int(until.timestamp()), "s")


def _first_reports(
    district: SampleDistrict, end: np.datetime64, count: int, rng: np.random.Generator
) -> _Matter:
    weight = np.array([small.weight for small in CATALOGUE], dtype=float)
    small = rng.choice(len(CATALOGUE), count, p=weight / weight.sum())
    source = draw_sources(small, rng)
    at = draw_times(small, source, end, rng)
    natural = district.grids_of(GridKind.NATURAL)
    grid = _grids(natural, small, rng)
    polygons = natural.geometry.to_numpy()
    grid, lonlat = _crowded(polygons, (small, grid, points_in(polygons, grid, rng)), rng)
    flaw = rng.random(count)
    edge = np.flatnonzero(flaw < _BESIDE_BOUNDARY)
    lonlat[edge] = _beside(polygons[grid[edge]], rng)
    away = np.flatnonzero((flaw >= _BESIDE_BOUNDARY) & (flaw < _BESIDE_BOUNDARY + _OUTSIDE))
    lonlat[away] = _outside(district, len(away), rng)
    # only people on the telephone or in writing leave the place out
    spoken = np.isin(source, ["hotline", "opinion", "leader"])
    lonlat[spoken & (rng.random(count) < _WITHOUT_PLACE * count / max(1, int(spoken.sum())))] = np.nan
    return _Matter(small, source, at, grid, lonlat)


def _grids(natural: pd.DataFrame, small: Ints, rng: np.random.Generator) -> Ints:
    """Draw a natural grid for each event, by households, a base for empty land, and land use."""
    households = natural["households"].to_numpy() + 60.0
    lively = 0.4 + 1.6 * rng.random(len(natural)) ** 2
    grid = np.zeros(len(small), dtype=np.int64)
    for number, kind in enumerate(CATALOGUE):
        rows = np.flatnonzero(small == number)
        fits = natural["land_use"].isin(kind.place.value).to_numpy()
        weight = households * lively * np.where(fits, 1.0, _BACKGROUND)
        grid[rows] = rng.choice(len(natural), len(rows), p=weight / weight.sum())
    return grid


def _crowded(
    polygons: NDArray[np.object_], reports: tuple[Ints, Ints, Floats], rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Return grids and places with a share of the reports at hot spots of one big class each."""
    small, grid, lonlat = reports[0], reports[1].copy(), reports[2].copy()
    tree = shapely.STRtree(polygons)
    big = np.array([int(kind.code[:2]) for kind in CATALOGUE])
    spots = min(_HOT_SPOTS, len(small))
    owners = rng.choice(len(small), spots, replace=False)
    big_of_spot = big[small[owners]]
    weight = 1 / np.arange(1, spots + 1) ** 0.6
    reach = 40 + 180 * rng.random(spots)
    goes = rng.random(len(small)) < _AT_HOT_SPOT
    spot = np.full(len(small), -1)
    for kind in np.unique(big_of_spot):
        drawn, own = np.flatnonzero(goes & (big[small] == kind)), np.flatnonzero(big_of_spot == kind)
        spot[drawn] = rng.choice(own, len(drawn), p=weight[own] / weight[own].sum())
    rows = np.flatnonzero(spot >= 0)
    off = rng.standard_normal((len(rows), 2)) * reach[spot[rows], None]
    places = moved(lonlat[owners[spot[rows]]], off)
    found, home = tree.query(shapely.points(places), predicate="within")
    grid[rows[found]] = home
    lonlat[rows[found]] = places[found]
    return grid, lonlat


def _beside(polygons: NDArray[np.object_], rng: np.random.Generator) -> Floats:
    """Return points on or within some two metres of the outlines."""
    points = shapely.line_interpolate_point(
        shapely.boundary(polygons), rng.random(len(polygons)), normalized=True
    )
    return moved(shapely.get_coordinates(points), rng.standard_normal((len(polygons), 2)) * 0.8)


def _outside(district: SampleDistrict, count: int, rng: np.random.Generator) -> Floats:
    """Return points up to about three kilometres outside the district."""
    whole = district.district.geometry.to_numpy()
    around = shapely.difference(shapely.buffer(whole, 0.03), whole)
    return points_in(np.asarray(around), np.zeros(count, dtype=np.int64), rng)


def _with_repeats(matter: _Matter, count: int, end: np.datetime64, rng: np.random.Generator) -> _Matter:
    """Add reports of the same matter by others, minutes to a day later and some metres off."""
    rows = rng.choice(len(matter.small), count, replace=False)
    again = matter.taken(rows)
    later = again.at + rng.integers(300, 72_000, count).astype("timedelta64[s]")
    shifted = moved(again.lonlat, rng.standard_normal((count, 2)) * 9)
    others = draw_sources(again.small, rng)
    again = _Matter(again.small, others, np.minimum(later, end - 1), again.grid, shifted)
    pairs = zip(vars(matter).values(), vars(again).values(), strict=True)
    return _Matter(*(np.concatenate(pair) for pair in pairs))
