"""Which grids and areas a place belongs to, on any day or in any release."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import APIRouter, Query, Response
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from gis.api.access import Configured, Indexes, Transaction
from gis.api.routes.grids import DutyOut, duties_of
from gis.api.wire.answers import answer_json
from gis.api.wire.asked import AskedRelease, ReleaseNamed, find_asked
from gis.api.wire.caching import PRIVATE
from gis.api.wire.chains import Link, Named, Names
from gis.api.wire.parameters import LAST_ID, Day, ParameterError, System
from gis.api.wire.strict import StrictRoute
from gis.gridding.crs import to_stored
from gis.gridding.located import NONE, Located, LocatedArrays
from gis.nouns import Candidate, GridKind
from gis.store.people import list_duties
from gis.workflows.locate_point import locate_point
from gis.workflows.report_events import USUAL_ACCURACY_M

router = APIRouter(route_class=StrictRoute, prefix="/v1/locate", tags=["locate"])

MOST_POINTS = 100_000
POINTS_AT_ONCE = 5_000
DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class Form(StrEnum):
    """How a batch goes out."""

    JSON = "json"
    NDJSON = "ndjson"


class PlaceOut(BaseModel):
    """A place as it was received and as it was looked up (EPSG:4490)."""

    x: float
    y: float
    crs: str
    lon: float
    lat: float
    accuracy_m: float


class CandidateOut(BaseModel):
    """A grid near the place; 0 m: the place lies in it or on its outline."""

    kind: GridKind
    id: int
    code: str
    name: str
    distance_m: float


class OutsideOut(BaseModel):
    """The nearest grid of a place in none: how far, and in which direction from the place."""

    nearest: CandidateOut
    distance_m: float
    direction_deg: float
    direction: str


class LocatedOut(BaseModel):
    """Where a place belongs.

    `answers` is the grid that answers for it: the dedicated one before the natural one.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "point": {
                    "x": 118.83684884,
                    "y": 31.95445754,
                    "crs": "gcj02",
                    "lon": 118.8317447,
                    "lat": 31.9565713,
                    "accuracy_m": 10,
                },
                "as_of": "2026-05-01",
                "release": {"number": 1, "effective_from": "2026-01-01", "sha256": "5f2a…"},
                "chain": [
                    {"level": "district", "id": 1, "code": "320115", "name": "云溪区"},
                    {"level": "street", "id": 2, "code": "320115001", "name": "云溪街道"},
                    {"level": "community", "id": 12, "code": "320115001001", "name": "云溪社区"},
                    {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"},
                ],
                "answers": {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"},
                "on_boundary": False,
                "near_boundary": True,
                "boundary_m": 4.2,
                "candidates": [
                    {
                        "kind": "natural",
                        "id": 17,
                        "code": "320115001001017",
                        "name": "17",
                        "distance_m": 0.0,
                    },
                    {
                        "kind": "natural",
                        "id": 18,
                        "code": "320115001001018",
                        "name": "18",
                        "distance_m": 4.2,
                    },
                ],
                "outside": None,
                "duty": None,
            }
        }
    )

    point: PlaceOut
    as_of: date
    release: ReleaseNamed
    chain: list[Link]
    answers: Link | None
    on_boundary: bool
    near_boundary: bool
    boundary_m: float | None
    candidates: list[CandidateOut]
    outside: OutsideOut | None
    duty: list[DutyOut] | None


class BatchIn(BaseModel):
    """Points to locate, all in one system and as of one day or release."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"crs": "wgs84", "points": [[118.8317447, 31.9565713], [118.84, 31.95]]}
        },
    )

    crs: System
    points: Annotated[
        list[tuple[float, float]], Field(max_length=MOST_POINTS, description="x, y: east before north.")
    ]
    at: Day | None = None
    release: Annotated[int | None, Field(ge=1, le=LAST_ID)] = None


class BatchOut(BaseModel):
    """One answer a point, in order, as columns of lasting ids; null: none.

    `grids` and `areas` give code and name of every id that occurs.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "as_of": "2026-05-01",
                "release": {"number": 1, "effective_from": "2026-01-01", "sha256": "5f2a…"},
                "count": 2,
                "lon": [118.8317447, 118.84],
                "lat": [31.9565713, 31.95],
                "answers": [17, None],
                "natural": [17, None],
                "dedicated": [None, None],
                "special": [[], []],
                "community": [12, None],
                "street": [2, None],
                "district": [1, None],
                "on_boundary": [False, False],
                "grids": {"17": {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"}},
                "areas": {"12": {"level": "community", "id": 12, "code": "320115001001", "name": "云溪社区"}},
            }
        }
    )

    as_of: date
    release: ReleaseNamed
    count: int
    lon: list[float | None]
    lat: list[float | None]
    answers: list[int | None]
    natural: list[int | None]
    dedicated: list[int | None]
    special: list[list[int]]
    community: list[int | None]
    street: list[int | None]
    district: list[int | None]
    on_boundary: list[bool]
    grids: dict[int, Link]
    areas: dict[int, Link]


@router.get("", summary="Which grid a place belongs to", response_model=LocatedOut)
def locate(  # noqa: PLR0913 - four of them are FastAPI's
    *,
    session: Transaction,
    settings: Configured,
    question: AskedRelease,
    indexes: Indexes,
    names: Named,
    lon: Annotated[
        float, Query(allow_inf_nan=False, description="Longitude, or easting.", examples=[118.8317447])
    ],
    lat: Annotated[
        float, Query(allow_inf_nan=False, description="Latitude, or northing.", examples=[31.9565713])
    ],
    crs: Annotated[System, Query(description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")] = "wgs84",
    accuracy: Annotated[
        float, Query(ge=0, le=10_000, description="How far the point may be off, in metres.")
    ] = USUAL_ACCURACY_M,
    duty: Annotated[bool, Query(description="Also who answers there on that day.")] = False,
) -> Response:
    """Return the areas and grids a place belongs to, and the grid that answers for it."""
    asked = question.release_in(session, settings)
    stored = stored_point(lon, lat, crs)
    located = locate_point(session, indexes, stored, asked.release, accuracy)
    known = names.of(session, asked.release.number)
    answers = located.chain.answers
    found = LocatedOut(
        point=PlaceOut(x=lon, y=lat, crs=crs, lon=stored[0], lat=stored[1], accuracy_m=accuracy),
        as_of=asked.day,
        release=asked.named,
        chain=known.chain(located.chain),
        answers=known.answering(located.chain),
        on_boundary=located.on_boundary,
        near_boundary=located.near_boundary,
        boundary_m=located.boundary_m,
        candidates=[candidate_out(candidate) for candidate in located.candidates],
        outside=outside_out(located),
        duty=duties_of(list_duties(session, answers, asked.day)) if duty and answers is not None else None,
    )
    return answer_json(found, {"Cache-Control": PRIVATE})


@router.post("", summary="Which grids many places belong to", response_model=BatchOut)
def locate_batch(
    session: Transaction,
    settings: Configured,
    indexes: Indexes,
    names: Named,
    body: BatchIn,
    f: Annotated[Form, Query(description="json: columns; ndjson: one line a point.")] = Form.JSON,
) -> Response:
    """Return one answer a point, in order."""
    asked = find_asked(session, settings, body.at, body.release)
    points = np.array(body.points, dtype=float).reshape(-1, 2)
    lon, lat = stored_points(points, body.crs)
    found = indexes.of(session, asked.release).index.locate_many(lon, lat)
    known = names.of(session, asked.release.number)
    if f is Form.NDJSON:
        lines = iter_lines(found, known)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers={"Cache-Control": PRIVATE})
    head = {
        "as_of": asked.day,
        "release": asked.named.model_dump(),
        "count": len(found),
        "lon": or_null(lon, np.isnan(lon)),
        "lat": or_null(lat, np.isnan(lat)),
        **columns(found),
        **links_in(found, known),
    }
    content = orjson.dumps(head, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return Response(content, media_type="application/json", headers={"Cache-Control": PRIVATE})


def stored_point(x: float, y: float, crs: str) -> tuple[float, float]:
    """Return longitude and latitude of a point.

    Raises:
        ParameterError: The coordinates cannot be in that system.
    """
    lon, lat = (float(value[0]) for value in to_stored([x], [y], crs))
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - the earth; NaN fails as well
        raise ParameterError(
            f"these coordinates cannot be in {crs}; give east before north, and name their system",
            field="lon",
        )
    return lon, lat


def stored_points(points: NDArray[np.float64], crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitudes and latitudes; NaN where coordinates cannot be in that system."""
    lon, lat = to_stored(points[:, 0], points[:, 1], crs)
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # noqa: PLR2004 - the earth; NaN fails as well
    return np.where(on_earth, lon, np.nan), np.where(on_earth, lat, np.nan)


def candidate_out(candidate: Candidate) -> CandidateOut:
    """Return a grid near the place."""
    return CandidateOut(
        kind=candidate.kind,
        id=candidate.grid_id,
        code=candidate.code,
        name=candidate.name,
        distance_m=round(candidate.distance_m, 3),
    )


def outside_out(located: Located) -> OutsideOut | None:
    """Return the nearest grid of a place in none."""
    if located.nearest is None or located.direction is None:
        return None
    return OutsideOut(
        nearest=candidate_out(located.nearest),
        distance_m=round(located.nearest.distance_m, 3),
        direction_deg=round(located.direction, 1),
        direction=DIRECTIONS[round(located.direction / 45) % 8],
    )


SINGLE = ("natural", "dedicated", "community", "street", "district")


def columns(found: LocatedArrays) -> dict[str, Any]:
    """Return the answers as columns of ids, null for none."""
    answers = found.answers
    starts = found.special_offsets.tolist()
    special = found.special.tolist()
    return {
        "answers": or_null(answers, answers == NONE),
        **{name: or_null(getattr(found, name), getattr(found, name) == NONE) for name in SINGLE},
        "special": [special[start:end] for start, end in pairwise(starts)],
        "on_boundary": found.on_boundary,
    }


def or_null(values: NDArray[Any], is_missing: NDArray[np.bool_]) -> list[Any]:
    """Return values as a list with None where they are missing."""
    listed: list[Any] = values.tolist()
    for position in np.flatnonzero(is_missing):
        listed[position] = None
    return listed


def links_in(found: LocatedArrays, known: Names) -> dict[str, dict[int, Any]]:
    """Return code and name of every grid and area that occurs."""
    grids = np.unique(np.concatenate([found.natural, found.dedicated, found.special]))
    areas = np.unique(np.concatenate([found.community, found.street, found.district]))
    return {
        "grids": {
            one: known.grids[one].model_dump(exclude_none=True) for one in grids.tolist() if one != NONE
        },
        "areas": {
            one: known.areas[one].model_dump(exclude_none=True) for one in areas.tolist() if one != NONE
        },
    }


def iter_lines(found: LocatedArrays, known: Names) -> Iterator[bytes]:
    """Yield one JSON line a point, in order, some thousand at once."""
    for start in range(0, len(found), POINTS_AT_ONCE):
        lines = []
        for i in range(start, min(start + POINTS_AT_ONCE, len(found))):
            chain = found.chain(i)
            answer = known.answering(chain)
            line = {
                "answers": None if answer is None else answer.model_dump(exclude_none=True),
                "chain": [link.model_dump(exclude_none=True) for link in known.chain(chain)],
                "on_boundary": bool(found.on_boundary[i]),
            }
            lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        yield b"".join(lines)
