from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from gis.api.routes.locate import LocatedOut

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import httpx
    from fastapi import FastAPI
    from sqlalchemy import Engine

    from tests.api.conftest import District

pytestmark = pytest.mark.usefixtures("district")


def ask(client: httpx.Client, lon: float, lat: float, **other: str | float) -> dict[str, Any]:
    answer = client.get("/v1/locate", params={"lon": lon, "lat": lat, "at": "2026-03-01"} | other)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    LocatedOut.model_validate(body)
    return body


def codes(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(link["level"] or link["kind"], link["code"]) for link in body["chain"]]


def test_the_chain_names_every_area_and_grid(client: httpx.Client) -> None:
    body = ask(client, 118.03, 31.055)
    assert codes(body) == [
        ("district", "320199"),
        ("street", "320199001"),
        ("community", "320199001001"),
        ("natural", "320199001001001"),
        ("special", "320199001001004"),
    ]
    assert body["answers"]["code"] == "320199001001001"
    assert body["release"]["number"] == 1
    assert body["as_of"] == "2026-03-01"
    assert body["outside"] is None
    assert body["near_boundary"] is False


def test_the_dedicated_grid_answers_before_the_natural_one(client: httpx.Client) -> None:
    body = ask(client, 118.03, 31.03)
    assert body["answers"] == {
        "level": None,
        "kind": "dedicated",
        "id": body["answers"]["id"],
        "code": "320199001001003",
        "name": "Park",
    }
    assert ("natural", "320199001001001") in codes(body)


def test_the_answer_is_that_of_the_day_asked_about(client: httpx.Client, district: District) -> None:
    before, after = (ask(client, 118.105, 31.01, at=day) for day in ("2026-06-30", "2026-07-01"))
    assert (before["answers"]["name"], before["release"]["number"]) == ("East", 1)
    assert (after["answers"]["name"], after["release"]["number"]) == ("West", 2)
    answer = client.get("/v1/locate", params={"lon": 118.105, "lat": 31.01, "release": 1}).json()
    assert answer["answers"] == before["answers"]
    assert answer["as_of"] == "2026-01-01"
    assert answer["release"]["sha256"] == district.first.sha256


def test_a_point_near_a_boundary_says_so(client: httpx.Client) -> None:
    body = ask(client, 118.1 - 0.0001, 31.01, accuracy=20)  # 9.5 m west of the line
    assert body["near_boundary"] is True
    assert body["boundary_m"] == pytest.approx(9.55, abs=0.05)
    assert [candidate["name"] for candidate in body["candidates"]] == ["West", "East"]
    assert body["candidates"][1]["distance_m"] == pytest.approx(9.55, abs=0.05)
    assert ask(client, 118.1, 31.01)["on_boundary"] is True


def test_a_point_outside_names_the_nearest_grid(client: httpx.Client) -> None:
    body = ask(client, 117.999, 31.01)
    assert (body["answers"], body["chain"]) == (None, [])
    assert body["outside"]["nearest"]["name"] == "West"
    assert body["outside"]["distance_m"] == pytest.approx(95.5, abs=0.5)
    assert body["outside"]["direction"] == "E"


def test_received_and_stored_coordinates_are_both_told(client: httpx.Client) -> None:
    body = ask(client, 118.0351, 31.0279, crs="gcj02")
    assert (body["point"]["x"], body["point"]["crs"]) == (118.0351, "gcj02")
    assert 0.003 < body["point"]["x"] - body["point"]["lon"] < 0.007
    assert ask(client, 500_000, 3_500_000, crs="EPSG:4549")["point"]["lon"] == pytest.approx(120.0)


def test_duty_is_told_when_asked(client: httpx.Client) -> None:
    assert ask(client, 118.01, 31.01)["duty"] is None
    assert ask(client, 118.01, 31.01, duty=True)["duty"] == [
        {"worker_code": "W1", "worker": "王敏", "role": "leader", "unit_code": "U1", "unit": "云溪街道中心"}
    ]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"lon": 118, "lat": 31, "at": "2026-03-01", "release": 1}, "at"),
        ({"lon": 118, "lat": 31, "at": "1.3.2026"}, "at"),
        ({"lon": 118, "lat": 31, "crs": "mars"}, "crs"),
        ({"lon": 118, "lat": 131}, "lon"),
        ({"lon": "nan", "lat": 31}, "lon"),
        ({"lon": "inf", "lat": 31}, "lon"),
        ({"lat": 31}, "lon"),
        ({"lon": 118, "lat": 31, "acuracy": 5}, "acuracy"),
        ({"lon": [118, 119], "lat": 31}, "lon"),
        ({"lon": 118, "lat": 31, "accuracy": -1}, "accuracy"),
    ],
)
def test_bad_parameters_are_named(client: httpx.Client, parameters: dict[str, Any], field: str) -> None:
    answer = client.get("/v1/locate", params=parameters)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_an_unknown_parameter_is_told_the_known_ones(client: httpx.Client) -> None:
    detail = client.get("/v1/locate", params={"lon": 1, "lat": 1, "acuracy": 5}).json()["detail"]
    assert detail.endswith("takes accuracy, at, crs, duty, lat, lon, release")


def test_before_the_first_release_there_is_no_answer(client: httpx.Client) -> None:
    answer = client.get("/v1/locate", params={"lon": 118, "lat": 31, "at": "2025-12-31"})
    assert answer.status_code == 404
    assert "2025-12-31" in answer.json()["detail"]


def test_a_look_up_costs_at_most_two_statements(
    client: httpx.Client, app: FastAPI, count_queries: Callable[[Engine], AbstractContextManager[list[str]]]
) -> None:
    ask(client, 118.01, 31.01)
    with count_queries(app.state.engine) as sent:
        ask(client, 118.01, 31.01)
    assert len(sent) == 1
    with count_queries(app.state.engine) as sent:
        ask(client, 118.01, 31.01, duty=True)
    # pandas may ask the catalogue whether a query is the name of a table
    assert len([one for one in sent if "pg_catalog" not in one]) == 2


POINTS = [[118.03, 31.055], [118.03, 31.03], [118.15, 31.01], [117.9, 31.0], [1e300, -5]]


def test_a_batch_answers_in_order_as_columns(client: httpx.Client, district: District) -> None:
    body = {"crs": "wgs84", "points": POINTS, "at": "2026-03-01"}
    answer = client.post("/v1/locate", json=body)
    assert answer.status_code == 200
    found = answer.json()
    west, east, park, river = district.ids.values()
    assert found["count"] == len(POINTS)
    assert found["answers"] == [west, park, east, None, None]
    assert found["natural"] == [west, west, east, None, None]
    assert found["special"] == [[river], [], [], [], []]
    assert found["lon"] == [118.03, 118.03, 118.15, 117.9, None]
    assert set(found["grids"]) == {str(one) for one in (west, east, park, river)}
    assert {area["level"] for area in found["areas"].values()} == {"district", "street", "community"}


def test_a_batch_line_by_line_says_the_same(client: httpx.Client) -> None:
    body = {"crs": "wgs84", "points": POINTS, "release": 1}
    lines = client.post("/v1/locate?f=ndjson", json=body).content.splitlines()
    assert len(lines) == len(POINTS)
    names = [line["answers"] and line["answers"]["name"] for line in map(orjson.loads, lines)]
    assert names == ["West", "Park", "East", None, None]


def test_a_batch_of_no_points_is_empty(client: httpx.Client) -> None:
    assert client.post("/v1/locate", json={"crs": "wgs84", "points": []}).json()["count"] == 0


def test_a_batch_agrees_with_single_look_ups(client: httpx.Client) -> None:
    points = [[118.0 + 0.013 * i, 31.0 + 0.0063 * i] for i in range(16)]
    batch = client.post("/v1/locate", json={"crs": "wgs84", "points": points, "at": "2026-03-01"}).json()
    singles = [ask(client, *point) for point in points]
    assert batch["answers"] == [single["answers"] and single["answers"]["id"] for single in singles]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"points": [[1, 2]]}, {"field": "crs", "message": "is missing", "remedy": "add it"}),
        ({"crs": "wgs84", "points": [[1, 2], [1]]}, {"field": "points", "row": 2}),
        ({"crs": "wgs84", "points": [[1, 2]], "when": 1}, {"field": "when", "message": "unknown name"}),
    ],
)
def test_a_bad_batch_is_told_field_and_row(
    client: httpx.Client, body: dict[str, Any], error: dict[str, Any]
) -> None:
    answer = client.post("/v1/locate", json=body)
    assert answer.status_code == 422
    (told,) = answer.json()["errors"]
    assert error.items() <= told.items()
