from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely import box
from shapely.geometry import shape

from gis.store.people import save_buildings
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    import httpx

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

ADDRESS = "/v1/releases/1/coverage"
COMMUNITY = "320199001001"


def rows(client: httpx.Client, **asked: str) -> list[dict[str, Any]]:
    answer = client.get(ADDRESS, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def test_each_kind_and_task_and_all_together(client: httpx.Client) -> None:
    answer = client.get(ADDRESS).json()
    assert (answer["release"]["number"], answer["level"]) == (1, "street")
    assert [(row["kind"], row["task"]) for row in answer["rows"]] == [
        ("natural", ""),
        ("dedicated", ""),
        ("special", "river"),
        ("all", ""),
    ]
    assert [row["share"] for row in answer["rows"]] == pytest.approx([1, 0.02, 0.1, 1], rel=1e-3)
    for row in answer["rows"]:
        assert row["served_m2"] + row["uncovered_m2"] == pytest.approx(row["area_m2"])
        assert row["buildings"] is row["households_share"] is None


def test_level_and_kind_can_be_chosen(client: httpx.Client) -> None:
    (row,) = rows(client, level="community", kind="dedicated")
    assert (row["code"], row["name"], row["grids"], row["parts"]) == (COMMUNITY, "云溪社区", 1, 1)


def test_the_remainder_is_geometry(client: httpx.Client) -> None:
    answer = client.get(f"{ADDRESS}/remainder", params={"kind": "special"})
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    body = answer.json()
    assert (body["numberReturned"], body["numberMatched"], body["release"]["number"]) == (2, 2, 1)
    south, north = body["features"]
    assert (south["id"], north["id"]) == (1, 2)
    assert shape(south["geometry"]).bounds == pytest.approx((118.0, 31.0, 118.2, 31.05))
    assert shape(north["geometry"]).bounds == pytest.approx((118.0, 31.06, 118.2, 31.1))
    assert south["properties"]["task"] == "river"
    assert south["properties"]["area_m2"] > 1e8
    assert south["properties"]["width_m"] > 1000
    assert client.get(f"{ADDRESS}/remainder", params={"kind": "natural"}).json()["features"] == []
    again = client.get(
        f"{ADDRESS}/remainder",
        params={"kind": "special"},
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


def test_what_cannot_be_answered_is_said(client: httpx.Client) -> None:
    assert client.get("/v1/releases/99/coverage").status_code == 404
    assert client.get("/v1/releases/99/coverage/remainder").status_code == 404
    assert client.get(ADDRESS, params={"level": "planet"}).status_code == 400
    assert client.get(ADDRESS, params={"kind": "square"}).status_code == 400
    assert client.get(ADDRESS, params={"kinds": "natural"}).status_code == 400


def test_households_count_and_an_answer_is_new_after_buildings_were_replaced(
    client: httpx.Client, module_settings: Settings
) -> None:
    before = client.get(ADDRESS)
    assert before.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": before.headers["etag"]}
    assert client.get(ADDRESS, headers=known).status_code == 304
    homes = [box(118.03, 31.03, 118.031, 31.031), box(118.15, 31.02, 118.151, 31.021), box(0, 0, 1, 1)]
    frame = gpd.GeoDataFrame(
        {"code": ["1", "2", "3"], "households": [30, 10, 5]}, geometry=homes, crs="EPSG:4490"
    )
    engine = make_engine(module_settings)
    for _ in range(2):
        with transaction(engine) as session:
            save_buildings(session, frame)
        answer = client.get(ADDRESS, headers=known)
        assert answer.status_code == 200
        known = {"If-None-Match": answer.headers["etag"]}
    engine.dispose()
    park = answer.json()["rows"][1]
    assert (park["buildings"], park["buildings_served"], park["buildings_share"]) == (2, 1, 0.5)
    assert (park["households"], park["households_served"], park["households_share"]) == (40, 30, 0.75)
    assert answer.json()["buildings_elsewhere"] == 1
