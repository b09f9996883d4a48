from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely import box

from gis.store.people import save_buildings
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    import httpx

    from gis.settings import Settings
    from tests.api.conftest import District

pytestmark = pytest.mark.usefixtures("district")

WEST, EAST = "320199001001001", "320199001001002"
ADDRESS = "/v1/releases/1/crosswalk/2"
# the middle line moves by a tenth of a grid's width to the east
MOVED = [(WEST, WEST, 1.0), (EAST, WEST, 0.1), (EAST, EAST, 0.9)]


def shares(answer: httpx.Response) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200, answer.text
    return [(row["old_code"], row["new_code"], row["share"]) for row in answer.json()["rows"]]


def test_by_area_with_totals_moved_in_whole_numbers(client: httpx.Client, district: District) -> None:
    answer = client.get(ADDRESS)
    assert shares(answer) == [(old, new, pytest.approx(share)) for old, new, share in MOVED]
    body = answer.json()
    assert (body["old"]["number"], body["new"]["number"], body["weight"]) == (1, 2, "area")
    assert [row["households"] for row in body["rows"]] == [400, 40, 360]
    assert [row["population"] for row in body["rows"]] == [None] * 3
    assert body["rows"][0]["old_id"] == district.ids[WEST]
    again = client.get(ADDRESS, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert client.get(ADDRESS, params={"kind": "dedicated"}).json()["rows"][0]["share"] == 1


def test_as_csv(client: httpx.Client) -> None:
    answer = client.get(ADDRESS, params={"f": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["old_code"], row["new_code"], float(row["share"])) for row in rows] == [
        (old, new, pytest.approx(share)) for old, new, share in MOVED
    ]


@pytest.mark.parametrize("weight", ["households", "events"])
def test_nothing_to_weigh_by_is_said(client: httpx.Client, weight: str) -> None:
    answer = client.get(ADDRESS, params={"weight": weight})
    assert answer.status_code == 409
    assert "take the weight area" in answer.json()["detail"]


def test_by_households_and_events(client: httpx.Client, module_settings: Settings) -> None:
    engine = make_engine(module_settings)
    homes = [box(118.105, 31.02, 118.106, 31.021), box(118.15, 31.02, 118.151, 31.021)]
    with transaction(engine) as session:
        frame = gpd.GeoDataFrame(
            {"code": ["1", "2"], "households": [30, 10]}, geometry=homes, crs="EPSG:4490"
        )
        save_buildings(session, frame)
    engine.dispose()
    answer = client.get(ADDRESS, params={"weight": "households"})
    assert answer.headers["cache-control"] == "private, no-store"
    assert shares(answer) == [(WEST, WEST, 1), (EAST, WEST, 0.75), (EAST, EAST, 0.25)]
    assert [row["by_area"] for row in answer.json()["rows"]] == [True, False, False]
    for number, lon in enumerate((118.104, 118.17, 118.18, 118.19)):
        report = {
            "source": "patrol",
            "source_id": str(number),
            "x": lon,
            "y": 31.05,
            "crs": "cgcs2000",
            "reported_at": "2026-02-01T08:00:00+08:00",
            "category": "noise",
            "grade": "ordinary",
            "text": "",
        }
        assert client.post("/v1/events", json=report).status_code == 201
    by_events = client.get(ADDRESS, params={"weight": "events"})
    assert shares(by_events) == [(WEST, WEST, 1), (EAST, WEST, 0.25), (EAST, EAST, 0.75)]
    assert [row["weight"] for row in by_events.json()["rows"]][1:] == [1, 3]


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/v1/releases/1/crosswalk/9", 404, "no release 9"),
        (f"{ADDRESS}?weight=people", 400, "weight"),
        (f"{ADDRESS}?kind=special", 422, "special grids of different tasks overlap"),
        (f"{ADDRESS}?f=xml", 400, "f:"),
    ],
)
def test_refusals(client: httpx.Client, address: str, status: int, said: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
