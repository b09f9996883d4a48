"""Answers about places, written straight from arrays and names: no object a point, nothing checked twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from gis.api.wire.chains import Links, Names, areas_of, grids_of, id_out
from gis.files.spreadsheet import BOM, csv_lines
from gis.gridding.located import NONE
from gis.workflows.locating.locate_file import ADDED, SINGLE, AnswerCells, answer_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from gis.api.wire.asked import Asked
    from gis.gridding.located import Located, LocatedArrays
    from gis.nouns import Candidate, Release
    from gis.workflows.locate_point import ReleaseIndex
    from gis.workflows.locating.locate_plan import LocatedInPlan

    Floats = NDArray[np.float64]

POINTS_AT_ONCE = 5_000
SURROUNDINGS_AT_ONCE = 100
SPECIAL = len(SINGLE)
DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as it was asked for."""

    x: float
    y: float
    crs: str
    accuracy_m: float


def write_located(
    place: Place, located: Located, asked: Asked, names: Names, duty: list[dict[str, Any]] | None = None
) -> bytes:
    """Return the answer about one place, as `LocatedOut` describes it."""
    return write_answer(place, located, release_facts(asked), names, duty)


def write_planned(place: Place, found: LocatedInPlan) -> bytes:
    """Return the answer about one place in a plan, as `LocatedOut` describes it."""
    names = Names(Links(found.index.area_labels), Links(found.index.grid_labels))
    plan = {name: getattr(found.plan, name) for name in ("id", "title", "change_number")}
    facts = {"as_of": None, "release": found.base and release_named(found.base), "plan": plan}
    return write_answer(place, found.located, facts, names, None)


def release_facts(asked: Asked) -> dict[str, Any]:
    """Return what says of which release an answer is."""
    return {"as_of": asked.day, "release": release_named(asked.release), "plan": None}


def release_named(release: Release) -> dict[str, Any]:
    """Return a release as answers name it."""
    return {
        "number": release.number,
        "effective_from": release.effective_from,
        "sha256": release.sha256,
    }


def write_answer(
    place: Place, located: Located, facts: dict[str, Any], names: Names, duty: list[dict[str, Any]] | None
) -> bytes:
    """Return the answer about one place; `facts` say of which release or plan it is."""
    chain = located.chain
    answers = chain.answers
    return orjson.dumps(
        {
            "point": {
                "x": place.x,
                "y": place.y,
                "crs": place.crs,
                "lon": located.lon,
                "lat": located.lat,
                "accuracy_m": place.accuracy_m,
            },
            **facts,
            "chain": [
                *(names.areas.written(known) for known in areas_of(chain)),
                *(names.grids.written(known) for known in grids_of(chain)),
            ],
            "answers": None if answers is None else names.grids.written(answers),
            "on_boundary": located.on_boundary,
            "near_boundary": located.near_boundary,
            "boundary_m": located.boundary_m,
            "candidates": [candidate_out(candidate) for candidate in located.candidates],
            "outside": outside_out(located),
            "duty": duty,
        }
    )


def candidate_out(candidate: Candidate) -> dict[str, Any]:
    """Return a grid near the place."""
    return {
        "kind": candidate.kind.value,
        "id": id_out(candidate.grid_id),
        "code": candidate.code,
        "name": candidate.name,
        "distance_m": round(candidate.distance_m, 3),
    }


def outside_out(located: Located) -> dict[str, Any] | None:
    """Return the nearest grid of a place in none."""
    if located.nearest is None or located.direction is None:
        return None
    return {
        "nearest": candidate_out(located.nearest),
        "distance_m": round(located.nearest.distance_m, 3),
        "direction_deg": round(located.direction, 1),
        "direction": DIRECTIONS[round(located.direction / 45) % 8],
    }


@dataclass(frozen=True, slots=True)
class LocatedBatch:
    """Many places and where they belong.

    Attributes:
        lon: Longitudes, NaN where coordinates cannot be used, shape (n,).
        lat: Latitudes, shape (n,).
        found: Their grids and areas.
        near: Which lie near a boundary, shape (n,); None if nobody asked.
        asked: The release that answered, as it was asked for.
        index: Its index.
        names: Its names.
        around_m: Within which distance candidates are told, and the nearest grid of points in none; None if
            nobody asked.
    """

    lon: Floats
    lat: Floats
    found: LocatedArrays
    near: NDArray[np.bool_] | None
    asked: Asked
    index: ReleaseIndex
    names: Names
    around_m: float | None = None

    def parts(self) -> Iterator[slice]:
        """Yield the batch in pieces of some thousand points, of fewer where each takes long."""
        size = POINTS_AT_ONCE if self.around_m is None else SURROUNDINGS_AT_ONCE
        for start in range(0, len(self.found), size):
            yield slice(start, start + size)

    def rows(self, part: slice) -> Iterator[tuple[Any, ...]]:
        """Yield `answer_rows` of a part."""
        return answer_rows(self.found, self.found.on_boundary if self.near is None else self.near, part)

    def surroundings(self, part: slice) -> Iterator[Located]:
        """Yield what a single look-up says of each point of a part."""
        for lon, lat in zip(self.lon[part].tolist(), self.lat[part].tolist(), strict=True):
            yield self.index.index.locate(lon, lat, accuracy_m=self.around_m)

    def specials(self, part: slice) -> list[tuple[int, ...]]:
        """Return the special grids of each point of a part."""
        return [row[SPECIAL] for row in self.rows(part)]


def json_pieces(batch: LocatedBatch) -> Iterator[bytes]:
    """Yield the answer as `BatchOut` describes it: one column after the other, each in pieces."""
    found, answers = batch.found, batch.found.answers
    head = {
        "as_of": batch.asked.day,
        "release": release_named(batch.asked.release),
        "count": len(found),
    }
    yield orjson.dumps(head)[:-1]
    for name, values in (("lon", batch.lon), ("lat", batch.lat)):
        yield from column_pieces(name, batch, lambda part, values=values: or_null(values[part], np.isnan))  # type: ignore[misc]  # bound at once
    for name, ids in (("answers", answers), *((name, getattr(found, name)) for name in SINGLE)):
        yield from column_pieces(name, batch, lambda part, ids=ids: or_null(ids[part], is_none))  # type: ignore[misc]  # bound at once
    yield from column_pieces("special", batch, batch.specials)
    yield from column_pieces("on_boundary", batch, lambda part: found.on_boundary[part].tolist())
    near = batch.near
    if near is not None:
        yield from column_pieces("near_boundary", batch, lambda part: near[part].tolist())
    around: set[int] = set()
    if batch.around_m is not None:
        yield from surroundings_pieces(batch, around)
    yield b"," + orjson.dumps(links_in(batch, around), option=orjson.OPT_NON_STR_KEYS)[1:]


def surroundings_pieces(batch: LocatedBatch, met: set[int]) -> Iterator[bytes]:
    """Yield the columns of candidates and of the nearest grids outside; `met` takes the ids that occur."""
    outside: list[dict[str, Any] | None] = []

    def candidates_of(part: slice) -> list[list[dict[str, Any]]]:
        candidates = []
        for located in batch.surroundings(part):
            told = [candidate_out(one) for one in located.candidates]
            nearest = outside_out(located)
            met.update(one["id"] for one in told)
            if nearest is not None:
                nearest["nearest"] = nearest["nearest"]["id"]
                met.add(nearest["nearest"])
            outside.append(nearest)
            candidates.append([{"id": one["id"], "distance_m": one["distance_m"]} for one in told])
        return candidates

    yield from column_pieces("candidates", batch, candidates_of)
    yield from column_pieces("outside", batch, lambda part: outside[part])


def column_pieces(name: str, batch: LocatedBatch, values_of: Callable[[slice], list[Any]]) -> Iterator[bytes]:
    """Yield one column of the JSON answer."""
    yield b',"%b":[' % name.encode()
    for part in batch.parts():
        yield (b"," if part.start else b"") + orjson.dumps(values_of(part))[1:-1]
    yield b"]"


def is_none(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which ids stand for no grid or area."""
    return np.equal(ids, NONE)


def or_null(values: NDArray[Any], is_missing: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> list[Any]:
    """Return values as a list with None where they are missing."""
    listed: list[Any] = values.tolist()
    for position in np.flatnonzero(is_missing(values)):
        listed[position] = None
    return listed


def links_in(batch: LocatedBatch, around: set[int]) -> dict[str, dict[int, Any]]:
    """Return code and name of every grid and area that occurs, also of the grids around points."""
    found, names = batch.found, batch.names
    further = np.fromiter(around, dtype=np.int64)
    grids = np.unique(np.concatenate([found.natural, found.dedicated, found.special, further]))
    areas = np.unique(np.concatenate([found.community, found.street, found.district]))
    return {"grids": links_of(names.grids, grids.tolist()), "areas": links_of(names.areas, areas.tolist())}


def links_of(links: Links, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return code and name by id, without what does not apply."""
    return {one: links[one].model_dump(exclude_none=True) for one in ids if one != NONE}


def ndjson_pieces(batch: LocatedBatch) -> Iterator[bytes]:
    """Yield one JSON line a point, in order; points with the same answer share its text."""
    written: dict[tuple[Any, ...], bytes] = {}
    for part in batch.parts():
        lines = []
        for row in batch.rows(part):
            line = written.get(row)
            if line is None:
                line = written[row] = ndjson_line(row, batch)
            lines.append(line)
        if batch.around_m is not None:
            around = map(surroundings_line, batch.surroundings(part))
            lines = [line[:-2] + b"," + more for line, more in zip(lines, around, strict=True)]
        yield b"".join(lines)


def surroundings_line(located: Located) -> bytes:
    """Return what follows in a line where the surroundings are told."""
    told = {
        "candidates": [candidate_out(candidate) for candidate in located.candidates],
        "outside": outside_out(located),
    }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)[1:]


def ndjson_line(row: tuple[Any, ...], batch: LocatedBatch) -> bytes:
    """Return the line of one answer."""
    natural, dedicated, community, street, district, special, on_boundary, near = row
    areas, grids = batch.names.areas, batch.names.grids
    answers = natural if dedicated == NONE else dedicated
    line = {
        "answers": None if answers == NONE else grids[answers].model_dump(exclude_none=True),
        "chain": [
            *links_of(areas, (district, street, community)).values(),
            *links_of(grids, (natural, dedicated, *special)).values(),
        ],
        "on_boundary": on_boundary,
    }
    if batch.near is not None:
        line["near_boundary"] = near
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def csv_pieces(batch: LocatedBatch) -> Iterator[bytes]:
    """Yield a CSV file with one row a point, in order, that a spreadsheet opens as text and figures."""
    yield BOM.encode() + csv_lines([("row", "lon", "lat", *ADDED)])
    cells = AnswerCells(batch.index)
    for part in batch.parts():
        lon, lat = (or_empty(values[part]) for values in (batch.lon, batch.lat))
        numbers = range(part.start + 1, part.start + 1 + len(lon))
        yield csv_lines(
            (str(number), x, y, *cells.of(row))
            for number, x, y, row in zip(numbers, lon, lat, batch.rows(part), strict=True)
        )


def or_empty(values: Floats) -> list[str]:
    """Return figures as cells, empty where there is none."""
    return ["" if value != value else repr(value) for value in values.tolist()]  # noqa: PLR0124 - NaN alone does
