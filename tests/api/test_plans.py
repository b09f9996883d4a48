from __future__ import annotations

import time
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import geopandas
import orjson
import pyogrio
import pytest

from tests.api.conftest import COMMUNITY, areas, grid

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.usefixtures("district")

WEST_HALF, EAST_HALF = f"{COMMUNITY}002", f"{COMMUNITY}009"


def open_plan(client: httpx.Client, title: str) -> int:
    answer = client.post("/v1/plans", json={"title": title})
    assert answer.status_code == 201
    plan = answer.json()
    assert answer.headers["location"] == f"/v1/plans/{plan['id']}"
    assert plan["base_release"] == max(
        release["number"] for release in client.get("/v1/releases").json()["releases"]
    )
    return int(plan["id"])


def geojson(*cells: dict[str, Any]) -> bytes:
    frame = geopandas.GeoDataFrame(cells, geometry="geometry", crs="EPSG:4326")
    return frame[["code", "name", "households", "geometry"]].to_json().encode()


def halves(gap: float = 0.0) -> bytes:
    return geojson(
        grid(WEST_HALF, "natural", "East", 118.11, 31.0, 118.15, 31.1),
        grid(EAST_HALF, "natural", "Far east", 118.15 + gap, 31.0, 118.2, 31.1),
    )


def upload(client: httpx.Client, plan: int, content: bytes, **fields: Any) -> httpx.Response:
    name = fields.pop("file_name", "halves.geojson")
    data = {"kind": "natural", "crs": "wgs84"} | fields
    return client.post(f"/v1/plans/{plan}/grids", files={"file": (name, content)}, data=data)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(client: httpx.Client) -> None:
    plan = open_plan(client, "dry run")
    answer = upload(client, plan, halves())
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["applied"], report["rows"], report["saved"], report["errors"]) == (False, 2, 2, 0)
    assert report["file"] == "halves.geojson"
    assert report["columns"]["code"] == "code"
    assert client.get(f"/v1/plans/{plan}").json()["grid_count"] == 0


def test_from_a_file_to_a_release(client: httpx.Client) -> None:
    plan = open_plan(client, "halves")
    assert upload(client, plan, halves(), dry_run="false").json()["applied"] is True
    assert client.get(f"/v1/plans/{plan}").json()["grid_count"] == 2
    unchecked = client.post(f"/v1/plans/{plan}/publish", json={"effective_from": "2026-09-01"})
    assert unchecked.status_code == 409
    assert unchecked.json()["type"] == "urn:wangge:problem:check-failed"
    checked = client.post(f"/v1/plans/{plan}/check")
    assert checked.status_code == 201, checked.text
    assert checked.json()["errors"] == 0, checked.json()["findings"]
    assert client.get(checked.headers["location"]).json()["plan_id"] == plan
    published = client.post(f"/v1/plans/{plan}/publish", json={"effective_from": "2026-09-01"})
    assert published.status_code == 201, published.text
    release = published.json()
    assert client.get(published.headers["location"]).json() == release
    assert (release["number"], release["published_by"]) == (3, "staff")
    there = client.get("/v1/locate", params={"lon": 118.18, "lat": 31.05, "at": "2026-09-01"}).json()
    assert there["answers"]["code"] == EAST_HALF
    again = client.post(f"/v1/plans/{plan}/publish", json={"effective_from": "2026-10-01"})
    assert again.status_code == 409
    assert upload(client, plan, halves(), dry_run="false").status_code == 409


def test_findings_come_as_layers_with_what_was_checked_while_it_stands(
    client: httpx.Client, tmp_path: Path
) -> None:
    plan = open_plan(client, "layers")
    upload(client, plan, halves(gap=0.01), dry_run="false")
    address = f"{client.post(f'/v1/plans/{plan}/check').headers['location']}/findings?f=gpkg"
    path = tmp_path / "findings.gpkg"
    answer = client.get(address)
    path.write_bytes(answer.content)
    assert answer.headers["content-disposition"].endswith('.gpkg"')
    assert "gap" in set(geopandas.read_file(path, layer="findings_polygons")["kind"])
    assert EAST_HALF in set(geopandas.read_file(path, layer="grids")["code"])
    tag = {"If-None-Match": answer.headers["etag"]}
    assert client.get(address, headers=tag).status_code == 304
    upload(client, plan, halves(), dry_run="false")
    changed = client.get(address, headers=tag)
    assert changed.status_code == 200
    path.write_bytes(changed.content)
    assert "grids" not in dict(pyogrio.list_layers(path))
    assert client.get(address.replace("gpkg", "shp")).status_code == 400


def test_a_gap_that_is_meant_is_remembered_by_checks_of_every_kind(client: httpx.Client) -> None:
    plan = open_plan(client, "a lake")
    upload(client, plan, halves(gap=0.02), dry_run="false")
    address = f"/v1/plans/{plan}/check"
    (gap,) = [found for found in client.post(address).json()["findings"] if found["kind"] == "gap"]
    once = client.post(address, json={"intended": [gap["lasting_id"]]}).json()["counts"]
    assert (once.get("gap"), once["intended_hole"]) == (None, 1)
    assert client.post(address).json()["counts"]["gap"] == 1
    body = {"lasting_id": gap["lasting_id"][:12], "reason": "云溪湖"}
    marked = client.post("/v1/intended-holes", json=body)
    assert marked.status_code == 201, marked.text
    hole = marked.json()
    assert (hole["lasting_id"], hole["marked_by"]) == (gap["lasting_id"], "staff")
    assert client.get(marked.headers["location"]).json() == {"holes": [hole]}
    assert client.post("/v1/intended-holes", json=body).status_code == 409
    checked = client.post(address).json()
    assert checked["counts"]["intended_hole"] == 1
    log = f"/v1/checks/{checked['id']}/findings?f=sarif&kind=intended_hole"
    told = client.get(log)
    (accepted,) = told.json()["runs"][0]["results"][0]["suppressions"]
    assert accepted == {"kind": "external", "status": "accepted", "justification": "云溪湖"}
    assert client.get(log, headers={"If-None-Match": told.headers["etag"]}).status_code == 304
    later = client.post(address, headers={"Prefer": "respond-async"}).headers["location"]
    while (job := client.get(later).json())["state"] in {"queued", "running"}:
        time.sleep(0.2)
    assert client.get(job["result"]).json()["counts"]["intended_hole"] == 1
    upload(client, plan, halves(gap=0.03), dry_run="false")
    assert client.post(address).json()["counts"]["gap"] == 1  # another outline is another gap
    assert client.delete(f"/v1/intended-holes/{hole['lasting_id']}").status_code == 204
    assert client.get("/v1/intended-holes").json() == {"holes": []}
    untold = client.get(log, headers={"If-None-Match": told.headers["etag"]})
    assert "justification" not in untold.json()["runs"][0]["results"][0]["suppressions"][0]
    assert client.delete(f"/v1/intended-holes/{hole['lasting_id']}").status_code == 404
    unknown = client.post("/v1/intended-holes", json={"lasting_id": "0" * 32, "reason": "x"})
    assert unknown.status_code == 404


def test_findings_come_with_places_and_sentences(client: httpx.Client) -> None:
    plan = open_plan(client, "a gap")
    assert upload(client, plan, halves(gap=0.01), dry_run="false").status_code == 200
    check = client.post(f"/v1/plans/{plan}/check").json()
    assert check["errors"] >= 1
    gap = next(finding for finding in check["findings"] if finding["kind"] == "gap")
    assert gap["sentence_zh"]
    assert gap["sentence_en"]
    answer = client.get(f"/v1/checks/{check['id']}/findings", params={"kind": "gap"})
    assert answer.headers["content-type"] == "application/geo+json"
    (feature,) = answer.json()["features"]
    assert feature["id"] == gap["number"]
    assert feature["geometry"]["type"] == "Polygon"
    assert feature["properties"]["sentence_en"] == gap["sentence_en"]
    assert feature["properties"]["area_m2"] == pytest.approx(954.5 * 11_087, rel=0.01)
    assert client.get(f"/v1/checks/{check['id']}/findings?kind=invalid").json()["features"] == []
    log = client.get(f"/v1/checks/{check['id']}/findings", params={"f": "sarif", "severity": "error"})
    assert log.headers["content-type"] == "application/sarif+json"
    assert len(log.json()["runs"][0]["results"]) == check["errors"]
    body = {"effective_from": "2027-01-01"}
    assert client.post(f"/v1/plans/{plan}/publish", json=body).status_code == 409
    page = client.get("/maps/findings", params={"check": check["id"]})
    assert page.status_code == 200
    accepted = client.post(f"/v1/plans/{plan}/publish", json=body | {"accept_reason": "the lake"})
    assert accepted.status_code == 201
    assert accepted.json()["accept_reason"] == "the lake"


def test_rows_with_errors_are_told_by_row_and_refused(client: httpx.Client) -> None:
    plan = open_plan(client, "errors")
    content = geojson(
        grid(WEST_HALF, "natural", "East", 118.11, 31.0, 118.15, 31.1),
        grid("", "natural", "No code", 118.15, 31.0, 118.2, 31.1),
    )
    report = upload(client, plan, content).json()
    assert report["errors"] == 1
    errors = [problem for problem in report["problems"] if problem["severity"] == "error"]
    assert [(problem["row"], problem["field"]) for problem in errors] == [(2, "code")]
    refused = upload(client, plan, content, dry_run="false")
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["row"], error["field"]) == (2, "code")
    assert client.get(f"/v1/plans/{plan}").json()["grid_count"] == 0
    assert upload(client, plan, content, dry_run="false", skip_bad_rows="true").json()["saved"] == 1


def test_columns_can_be_mapped(client: httpx.Client) -> None:
    plan = open_plan(client, "mapped")
    document = orjson.loads(halves())
    for feature in document["features"]:
        feature["properties"]["OA11CD"] = feature["properties"].pop("code")
    answer = upload(client, plan, orjson.dumps(document), column=["code=OA11CD", "name=name"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["columns"]["code"] == "OA11CD"
    assert upload(client, plan, orjson.dumps(document), column="OA11CD").status_code == 422


def test_areas_are_imported_from_geopackage_and_zipped_shapefile(
    client: httpx.Client, tmp_path: Path
) -> None:
    plan = open_plan(client, "areas")
    streets = areas().iloc[[1]].drop(columns=["attributes", "level"])
    streets.to_file(tmp_path / "streets.gpkg", driver="GPKG")
    streets = streets.rename(columns={"parent_code": "parent"})
    streets.to_file(tmp_path / "streets.shp", driver="ESRI Shapefile", encoding="utf-8")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("streets.[sdpc]*"):
            archive.write(part, part.name)
    for name, content in (
        ("streets.gpkg", (tmp_path / "streets.gpkg").read_bytes()),
        ("streets.zip", packed.getvalue()),
    ):
        answer = client.post(
            f"/v1/plans/{plan}/areas", files={"file": (name, content)}, data={"level": "street"}
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["saved"] == 1


BAD_UPLOADS = [
    (b"", {}, 422),
    (b"{}", {}, 422),
    (b"<OGRVRTDataSource></OGRVRTDataSource>", {"file_name": "a.geojson"}, 422),
    (b"PK\x03\x04nonsense", {"file_name": "a.zip"}, 422),
    (halves(), {"crs": "mars"}, 422),
    (halves(), {"crs": "EPSG:4549"}, 422),
    (halves(), {"kind": "square"}, 422),
    (halves(), {"colour": "red"}, 422),
    (halves(), {"layer": "a\0b"}, 422),
    (halves(), {"kind": "special"}, 422),
    (halves(), {"file_name": "../../x\0y.geojson"}, 200),
]


@pytest.mark.parametrize(("content", "fields", "status"), BAD_UPLOADS)
def test_bad_uploads_are_refused(
    client: httpx.Client, content: bytes, fields: dict[str, Any], status: int
) -> None:
    plan = client.get("/v1/plans").json()["plans"][0]["id"]
    answer = upload(client, plan, content, **fields)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "wangge-upload" not in answer.text


def test_an_unknown_plan_is_not_found(client: httpx.Client) -> None:
    assert client.get("/v1/plans/999").status_code == 404
    assert client.post("/v1/plans/999/check").status_code == 404
    assert upload(client, 999, halves()).status_code == 404
    body = {"effective_from": "2028-01-01"}
    assert client.post("/v1/plans/999/publish", json=body).status_code == 404
    assert client.get("/v1/checks/999").status_code == 404
    assert client.get("/v1/checks/999/findings").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"effective_from": "soon"},
        {"effective_from": "9999-01-01"},
        {"effective_from": "2027-02-30"},
        {"effective_from": 20270101},
        {"effective_from": "2027-01-01", "accept_reason": ""},
        {"effective_from": "2027-01-01", "by": "me"},
    ],
)
def test_a_bad_publication_is_told_the_field(client: httpx.Client, body: dict[str, Any]) -> None:
    answer = client.post("/v1/plans/1/publish", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"]


def test_a_plan_needs_a_title(client: httpx.Client) -> None:
    assert client.post("/v1/plans", json={"title": ""}).status_code == 422
    answer = client.post("/v1/plans", json={"title": "x", "color": "red"})
    assert answer.json()["errors"][0]["remedy"] == "allowed: title, unit_code"
