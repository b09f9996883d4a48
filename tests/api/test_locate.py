from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    assert detail.endswith("takes accuracy, at, crs, duty, lat, lon, plan, release")


def test_before_the_first_release_there_is_no_answer(client: httpx.Client) -> None:
    answer = client.get("/v1/locate", params={"lon": 118, "lat": 31, "at": "2025-12-31"})
    assert answer.status_code == 404
    assert "2025-12-31" in answer.json()["detail"]


def test_a_look_up_costs_one_statement_and_one_more_for_duty(
    client: httpx.Client, app: FastAPI, count_queries: Callable[[Engine], AbstractContextManager[list[str]]]
) -> None:
    ask(client, 118.01, 31.01)
    with count_queries(app.state.engine) as sent:
        ask(client, 118.01, 31.01)
    # the one statement goes over a connection of its own
    assert sent == []
    with count_queries(app.state.engine) as sent:
        ask(client, 118.01, 31.01, duty=True)
    # pandas may ask the catalogue whether a query is the name of a table
    assert len([one for one in sent if "pg_catalog" not in one]) == 2


PLAIN = (
    "lon=118.03&lat=31.055",
    "lon=118.03&lat=31.03&at=2026-03-01&accuracy=25",
    "lon=118.1&lat=31.01&release=1",
    "lon=118.0999&lat=31.01&release=2&accuracy=20",
    "lon=117.999&lat=31.01&accuracy=0.5",
    "lon=118.0351&lat=31.0279&crs=gcj02",
    "lon=118.0416&lat=31.0336&crs=bd09",
    "lon=118.03&lat=31.03&crs=cgcs2000",
    "lon=-77&lat=-12",
    "lon=319000&lat=3434000&crs=EPSG%3A4549",
    "lon=319000&lat=3434000&crs=EPSG:4549",
)


@pytest.mark.parametrize("query", PLAIN)
def test_the_short_way_says_what_the_long_way_says(client: httpx.Client, query: str) -> None:
    # whoever asks about duty, even not to be told, takes the long way
    long = client.get(f"/v1/locate?{query}&duty=false")
    assert long.status_code == 200
    for _ in range(2):
        short = client.get(f"/v1/locate?{query}")
        assert short.content == long.content
        named = ("content-type", "cache-control", "content-security-policy", "vary")
        assert [short.headers.get(name) for name in named] == [long.headers.get(name) for name in named]


UNUSUAL = (
    "lon=1e2&lat=31",
    "lon=118&lat=+31",
    "lon=118.03&lat=31.03&crs=WGS-84",
    "lon=118.03&lat=31.03&duty=true",
    "lon=118.03&lat=31.03&accuracy=10.",
)


@pytest.mark.parametrize("query", UNUSUAL)
def test_unusual_spellings_are_answered_too(client: httpx.Client, query: str) -> None:
    assert client.get(f"/v1/locate?{query}").status_code == 200


def test_head_is_the_head_of_get(client: httpx.Client) -> None:
    got, head = (client.request(method, "/v1/locate?lon=118&lat=31") for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_the_short_way_survives_its_connection(client: httpx.Client, app: FastAPI) -> None:
    ask(client, 118.01, 31.01)
    with app.state.engine.begin() as connection:
        ended = connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database() AND query = 'EXECUTE side'"
        ).all()
    assert ended
    for _ in range(3):
        assert ask(client, 118.01, 31.01)["answers"]["name"] == "West"
