"""Many places on the wire: how they are asked for and answered."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, WrapValidator

from gis.api.wire.asked import ReleaseNamed
from gis.api.wire.chains import Link
from gis.api.wire.parameters import LAST_ID, Day, System
from gis.workflows.locate_point import FURTHEST_M

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MOST_POINTS = 100_000
# Of how many points the surroundings are told at once: one may take as long as a thousand plain answers.
MOST_SURROUNDINGS = 1_000


class Form(StrEnum):
    """How a batch goes out."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def read_points(value: object, check_each: Callable[[object], Any]) -> NDArray[np.float64]:
    """Return pairs as an array of shape (n, 2), NaN for null; what is not plain is looked at one by one."""
    if isinstance(value, list) and len(value) <= MOST_POINTS:
        try:
            array = np.array(value)
        except ValueError:  # some are no pairs
            array = np.empty(0)
        if array.dtype.kind in "fi" and array.shape[1:] == (2,):
            return array.astype(np.float64)
    checked = value if isinstance(value, np.ndarray) else check_each(value)
    return np.array(checked, dtype=np.float64).reshape(-1, 2)


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
        list[tuple[float | None, float | None]],
        Field(max_length=MOST_POINTS, description="x, y: east before north; null: the place is not known."),
        WrapValidator(read_points),
    ]
    at: Day | None = None
    release: Annotated[int | None, Field(ge=1, le=LAST_ID)] = None
    accuracy: Annotated[
        float | None,
        Field(ge=0, le=FURTHEST_M, description="Also say which points lie so near a boundary, in metres."),
    ] = None


class GridAround(BaseModel):
    """A grid within the accuracy of a point, by id; 0 m: the point lies in it or on its outline."""

    id: int
    distance_m: float


class NearestOut(BaseModel):
    """The nearest grid of a point in none, by id: how far, and in which direction from the point."""

    nearest: int
    distance_m: float
    direction_deg: float
    direction: str


class BatchOut(BaseModel):
    """One answer a point, in order, as columns of lasting ids; null: none.

    `near_boundary` is there if an accuracy was given, `candidates` and `outside` if they were asked for;
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
    near_boundary: list[bool] | None = None
    candidates: list[list[GridAround]] | None = None
    outside: list[NearestOut | None] | None = None
    grids: dict[int, Link]
    areas: dict[int, Link]
