from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest

from gis.api.wire.locate_forms import MOST_POINTS, MOST_SURROUNDINGS, BatchOut

if TYPE_CHECKING:
    import httpx

    from tests.api.conftest import District

pytestmark = pytest.mark.usefixtures("district")

POINTS = [[118.03, 31.055], [118.03, 31.03], [118.15, 31.01], [117.9, 31.0], [1e300, -5], [None, None]]
NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


def lines(points: list[list[Any]]) -> bytes:
    return b"".join(orjson.dumps(point, option=orjson.OPT_APPEND_NEWLINE) for point in points)


def table(points: list[list[Any]], *further: str) -> str:
    rows = [",".join("" if value is None else repr(value) for value in point) for point in points]
    return "\n".join(["lon,lat", *rows, *further]) + "\n"


def answers_of(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    BatchOut.model_validate(body)
    answers: list[Any] = body["answers"]
    return answers


def test_a_batch_answers_in_order_as_columns(client: httpx.Client, district: District) -> None:
    body = {"crs": "wgs84", "points": POINTS, "at": "2026-03-01"}
    answer = client.post("/v1/locate", json=body)
    west, east, park, river = district.ids.values()
    assert answers_of(answer) == [west, park, east, None, None, None]
    found = answer.json()
    assert found["count"] == len(POINTS)
    assert found["natural"] == [west, west, east, None, None, None]
    assert found["special"] == [[river], [], [], [], [], []]
    assert found["lon"] == [118.03, 118.03, 118.15, 117.9, None, None]
    assert set(found["grids"]) == {str(one) for one in (west, east, park, river)}
    assert {area["level"] for area in found["areas"].values()} == {"district", "street", "community"}
    assert "near_boundary" not in found


def test_every_form_of_a_body_gets_the_same_answers(client: httpx.Client) -> None:
    wanted = answers_of(client.post("/v1/locate", json={"crs": "wgs84", "points": POINTS, "release": 1}))
    named = [{"x": x, "lat": y} for x, y in POINTS]
    for content in (lines(POINTS), lines(POINTS)[:-1], lines(named)):
        answer = client.post("/v1/locate?crs=wgs84&release=1", content=content, headers=NDJSON)
        assert answers_of(answer) == wanted
    for content in (table(POINTS), table(POINTS).replace("lon,lat", "经度,纬度"), table(POINTS)[:-1]):
        answer = client.post("/v1/locate?crs=wgs84&release=1", content=content, headers=CSV)
        assert answers_of(answer) == wanted


def test_each_row_of_csv_may_name_its_system(client: httpx.Client, district: District) -> None:
    content = (
        "id,lon,lat,crs\n1,118.15,31.01,wgs84\n2,118.1551,31.0079,高德\n3,513000,3433000,EPSG:4549\n4,,,\n"
    )
    answer = client.post("/v1/locate?crs=wgs84", content=content, headers=CSV)
    found = answers_of(answer)
    assert found[0] == found[1] == list(district.ids.values())[1]
    assert found[2:] == [None, None]
    assert answer.json()["lon"][2] == pytest.approx(120.136, abs=0.001)


def test_a_batch_line_by_line_says_the_same(client: httpx.Client) -> None:
    body = {"crs": "wgs84", "points": POINTS, "release": 1}
    for ask in ({"params": {"f": "ndjson"}}, {"headers": {"Accept": "application/x-ndjson, */*;q=0.1"}}):
        answer = client.post("/v1/locate", json=body, **ask)
        assert answer.headers["content-type"] == "application/x-ndjson"
        rows = [orjson.loads(line) for line in answer.content.splitlines()]
        names = [row["answers"] and row["answers"]["name"] for row in rows]
        assert names == ["West", "Park", "East", None, None, None]
        assert [link.get("level") or link["kind"] for link in rows[0]["chain"]] == [
            "district",
            "street",
            "community",
            "natural",
            "special",
        ]


def test_a_batch_as_a_table(client: httpx.Client) -> None:
    body = {"crs": "wgs84", "points": POINTS, "release": 1}
    for ask in ({"params": {"f": "csv"}}, {"headers": {"Accept": "text/csv"}}):
        answer = client.post("/v1/locate", json=body, **ask)
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row["row"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
        assert rows[0]["answers_code"] == rows[0]["natural_code"] == "320199001001001"
        assert rows[0]["special_codes"] == "320199001001004"
        assert (rows[1]["answers_code"], rows[1]["dedicated_code"]) == ("320199001001003", "320199001001003")
        assert [rows[0][name] for name in ("community_code", "street_code", "district_code", "release")] == [
            "320199001001",
            "320199001",
            "320199",
            "1",
        ]
        assert (rows[4]["lon"], rows[4]["answers_code"], rows[4]["release"]) == ("", "", "1")


def test_near_a_boundary_is_told_with_an_accuracy(client: httpx.Client) -> None:
    points = [[118.0999, 31.01], [118.05, 31.01], [118.1, 31.01]]  # 9.5 m, far, on the line
    body = {"crs": "wgs84", "points": points, "release": 1}
    near = client.post("/v1/locate", json=body | {"accuracy": 20}).json()
    assert near["near_boundary"] == [True, False, True]
    assert near["on_boundary"] == [False, False, True]
    rows = client.post(
        "/v1/locate?crs=wgs84&release=1&accuracy=5&f=csv", content=lines(points), headers=NDJSON
    )
    assert [row.split(",")[-2] for row in rows.text.splitlines()[1:]] == ["false", "false", "true"]


def test_a_batch_of_no_points_is_empty(client: httpx.Client) -> None:
    assert client.post("/v1/locate", json={"crs": "wgs84", "points": []}).json()["count"] == 0
    assert client.post("/v1/locate?crs=wgs84", content=b"", headers=NDJSON).json()["count"] == 0
    assert client.post("/v1/locate?crs=wgs84", content=b"x,y\n", headers=CSV).json()["count"] == 0


def test_a_batch_agrees_with_single_look_ups(client: httpx.Client) -> None:
    points = [[118.0 + 0.013 * i, 31.0 + 0.0063 * i] for i in range(16)]
    batch = client.post("/v1/locate", json={"crs": "wgs84", "points": points, "at": "2026-03-01"})
    singles = [
        client.get("/v1/locate", params={"lon": x, "lat": y, "at": "2026-03-01"}).json() for x, y in points
    ]
    assert answers_of(batch) == [single["answers"] and single["answers"]["id"] for single in singles]


def around() -> list[list[Any]]:
    """Points in grids, within metres of grids of every kind, on outlines, outside, nowhere."""
    random = np.random.default_rng(3)
    by_lines = [[118.1, 31.07], [118.03, 31.05], [118.02, 31.03], [118.03, 31.0500005], [118.1000001, 31.055]]
    anywhere = random.uniform([117.97, 30.97], [118.23, 31.13], (40, 2)).tolist()
    near = (random.choice(np.array(by_lines), 40) + random.normal(0, 2e-4, (40, 2))).tolist()
    return [*by_lines, *anywhere, *near, [117.0, 30.0], [None, None], [1e300, -5], [-60.0, -31.0]]


@pytest.mark.parametrize("accuracy", [None, 0, 2000])
def test_candidates_and_the_nearest_are_those_of_single_look_ups(
    client: httpx.Client, accuracy: int | None
) -> None:
    points = around()
    named = {} if accuracy is None else {"accuracy": accuracy}
    body = {"crs": "wgs84", "points": points, "release": 1} | named
    columns = client.post("/v1/locate?candidates=true", json=body)
    answers_of(columns)
    told = columns.json()
    address = "/v1/locate?crs=wgs84&release=1&candidates=true&f=ndjson" + "".join(
        f"&{name}={value}" for name, value in named.items()
    )
    written = client.post(address, content=lines(points), headers=NDJSON).content.splitlines()
    assert len(written) == len(points) == len(told["candidates"]) == len(told["outside"])
    for i, (x, y) in enumerate(points):
        row = orjson.loads(written[i])
        single = {"candidates": [], "outside": None, "near_boundary": False}
        if x is not None and abs(x) < 180:
            single = client.get("/v1/locate", params={"lon": x, "lat": y, "release": 1} | named).json()
        assert {name: row[name] for name in ("candidates", "outside", "near_boundary")} == {
            name: single[name] for name in ("candidates", "outside", "near_boundary")
        }
        by_id = [told["grids"][str(one["id"])] | one for one in told["candidates"][i]]
        assert by_id == single["candidates"]
        outside = told["outside"][i]
        if outside is not None:
            nearest = told["grids"][str(outside["nearest"])] | {"distance_m": outside["distance_m"]}
            outside = outside | {"nearest": nearest}
        assert outside == single["outside"]
        assert told["near_boundary"][i] == single["near_boundary"]
    assert {len(one) for one in told["candidates"]} >= ({0, 1, 2} if accuracy == 0 else {0, 1, 2, 3})
    assert any(one is not None for one in told["outside"])


def test_grids_around_are_named_though_no_point_lies_in_them(client: httpx.Client) -> None:
    for lon, accuracy in ((117.999, 10), (117.9999, 20)):
        body = {"crs": "wgs84", "points": [[lon, 31.01]], "release": 1, "accuracy": accuracy}
        told = client.post("/v1/locate?candidates=true", json=body).json()
        assert [grid["name"] for grid in told["grids"].values()] == ["West"]


def test_candidates_are_told_of_so_many_points_only(client: httpx.Client) -> None:
    body = {"crs": "wgs84", "points": [[118.05, 31.01]] * MOST_SURROUNDINGS}
    for form in ("json", "ndjson"):
        assert client.post(f"/v1/locate?candidates=true&f={form}", json=body).status_code == 200
    answer = client.post("/v1/locate?candidates=true&f=csv", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "candidates")
    body["points"].append([118.05, 31.01])
    answer = client.post("/v1/locate?candidates=true", json=body)
    assert answer.status_code == 413
    assert "first ask for all without" in answer.json()["detail"]
    assert "candidates" not in client.post("/v1/locate?candidates=false", json=body).json()


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_a_large_batch_comes_whole_and_in_order(client: httpx.Client, form: str, district: District) -> None:
    points = [[118.0 + 0.2 * ((i * 7919) % MOST_POINTS) / MOST_POINTS, 31.07] for i in range(MOST_POINTS)]
    body = {"crs": "wgs84", "points": points, "release": 1}
    answer = client.post(f"/v1/locate?f={form}", json=body, timeout=120)
    assert answer.status_code == 200
    wanted = ["West" if x <= 118.1 else "East" for x, _ in points]
    if form == "json":
        names = {grid["id"]: grid["name"] for grid in answer.json()["grids"].values()}
        assert [names[one] for one in answer.json()["answers"]] == wanted
    elif form == "ndjson":
        assert [orjson.loads(line)["answers"]["name"] for line in answer.content.splitlines()] == wanted
    else:
        codes = {"320199001001001": "West", "320199001001002": "East"}
        assert [codes[line.split(",")[5]] for line in answer.text.splitlines()[1:]] == wanted


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"points": [[1, 2]]}, {"field": "crs", "message": "is missing", "remedy": "add it"}),
        ({"crs": "wgs84", "points": [[1, 2], [1]]}, {"field": "points", "row": 2}),
        ({"crs": "wgs84", "points": [[1, 2], ["x", 1]]}, {"field": "points", "row": 2}),
        ({"crs": "wgs84", "points": [1, 2]}, {"field": "points", "row": 1}),
        ({"crs": "wgs84", "points": 7}, {"field": "points"}),
        ({"crs": "wgs84", "points": [[1, 2]], "when": 1}, {"field": "when", "message": "unknown name"}),
    ],
)
def test_a_bad_batch_is_told_field_and_row(
    client: httpx.Client, body: dict[str, Any], error: dict[str, Any]
) -> None:
    answer = client.post("/v1/locate", json=body)
    assert answer.status_code == 422
    told = answer.json()["errors"][0]
    assert error.items() <= told.items()


@pytest.mark.parametrize(
    ("content", "row", "said"),
    [
        (b"[1,2]\n[1]\n", 2, "no pair of numbers"),
        (b"[1,2]\n\n[3,4]\n", 2, "not valid JSON"),
        (b"[1,2],[3,4]\n", 1, "not valid JSON"),
        (b"[1,2]\n[NaN,1]\n", 2, "not valid JSON"),
        (b'{"x":1}\n', 1, "y is missing"),
        (b'{"x":1,"y":2,"z":3}\n', 1, "unknown name 'z'"),
        (b'{"x":1,"x":5,"y":2}\n', 1, "stands twice"),
        (b'{"x":1,"lon":5,"y":2}\n', 1, "stands twice"),
        (b'[1,"2"]\n', 1, "y is no number"),
        (b"[true,2]\n", 1, "x is no number"),
        (b"\xff\n", 1, "not valid JSON"),
    ],
)
def test_a_bad_line_is_named(client: httpx.Client, content: bytes, row: int, said: str) -> None:
    answer = client.post("/v1/locate?crs=wgs84", content=content, headers=NDJSON)
    assert answer.status_code == 422, answer.text
    (told,) = answer.json()["errors"]
    assert told["row"] == row
    assert said in told["message"]
    assert "write each line as [118.83, 31.95]" in told["message"]


@pytest.mark.parametrize(
    ("content", "row", "field", "said"),
    [
        ("lon,lat\n1,2\n1,x\n", 2, "y", "must be a number"),
        ("lon,lat\n1,2\n1\n", 2, None, "1 cells, the header 2"),
        ("lon,lat\n1,\n", 1, "y", "give both"),
        ("lon,lat,crs\n1,2,mars\n", 1, "crs", "Unknown coordinate system"),
        ("lon\n1\n", None, "y", "no column is taken for y"),
        ('lon,lat\n1,"2\n', 1, None, "check its quotes"),
    ],
)
def test_a_bad_row_of_a_table_is_named(
    client: httpx.Client, content: str, row: int | None, field: str | None, said: str
) -> None:
    answer = client.post("/v1/locate?crs=wgs84", content=content, headers=CSV)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]
    if field or row:
        (told,) = answer.json()["errors"]
        assert (told.get("field"), told.get("row")) == (field, row)


def test_the_system_has_to_be_named(client: httpx.Client) -> None:
    for content, headers in ((b"[1,2]\n", NDJSON), (b"x,y\n1,2\n", CSV)):
        answer = client.post("/v1/locate", content=content, headers=headers)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["crs"]
        answer = client.post("/v1/locate?crs=mars", content=content, headers=headers)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["crs"]


def test_too_many_points_are_refused_with_the_limit(client: httpx.Client) -> None:
    points = [[118, 31]] * (MOST_POINTS + 1)
    answers = [
        client.post("/v1/locate", json={"crs": "wgs84", "points": points}),
        client.post("/v1/locate?crs=wgs84", content=lines(points), headers=NDJSON),
        client.post("/v1/locate?crs=wgs84", content=table(points), headers=CSV),
    ]
    assert [answer.status_code for answer in answers] == [422, 413, 413]
    assert all(str(MOST_POINTS) in answer.json()["detail"] for answer in answers)


@pytest.mark.parametrize(
    ("address", "headers", "status", "said"),
    [
        ("?crs=wgs84", {"Content-Type": "application/json"}, 400, "crs"),
        ("?colour=red", NDJSON, 400, "colour"),
        ("?crs=wgs84&crs=gcj02", NDJSON, 400, "once"),
        ("?crs=wgs84&at=2026-03-01&release=1", NDJSON, 400, "not both"),
        ("?crs=wgs84&at=1.3.2026", NDJSON, 400, "at"),
        ("?crs=wgs84&f=xml", NDJSON, 400, "f"),
        ("?crs=wgs84", NDJSON | {"Accept": "image/png"}, 406, "application/json"),
        ("?crs=wgs84", {"Content-Type": "text/plain"}, 415, "Content-Type"),
    ],
)
def test_what_does_not_fit_is_refused(
    client: httpx.Client, address: str, headers: dict[str, str], status: int, said: str
) -> None:
    answer = client.post(f"/v1/locate{address}", content=b"[1,2]\n", headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.text
