from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gis.api.routes.releases import ReleaseOut

if TYPE_CHECKING:
    import httpx

    from tests.api.conftest import District

pytestmark = pytest.mark.usefixtures("district")


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return [feature["properties"]["name"] for feature in answer.json()["features"]]


def test_grids_come_as_geojson_of_a_release(client: httpx.Client) -> None:
    answer = client.get("/v1/grids", params={"release": 1})
    assert names(answer) == ["West", "East", "Park", "River"]
    body = answer.json()
    assert (body["numberMatched"], body["numberReturned"], body["release"]["number"]) == (4, 4, 1)
    assert body["features"][0]["geometry"]["type"] == "MultiPolygon"
    # until when a version holds is not known yet when it is published, and this answer is kept for ever
    assert "valid_to" not in body["features"][0]["properties"]


def test_grids_can_be_narrowed(client: httpx.Client) -> None:
    def found(**parameters: Any) -> list[str]:
        return names(client.get("/v1/grids", params={"at": "2026-03-01"} | parameters))

    assert found(kind="special") == ["River"]
    assert found(bbox="118.15,31.0,118.16,31.01") == ["East"]
    assert found(area="320199001", kind="natural") == ["West", "East"]
    assert found(area="nowhere") == []


def test_pages_of_grids_lead_to_each_other(client: httpx.Client) -> None:
    answer = client.get("/v1/grids", params={"release": 1, "limit": 3})
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert links["self"] == "/v1/grids?release=1&limit=3"
    rest = client.get(links["next"])
    assert names(answer) + names(rest) == ["West", "East", "Park", "River"]
    assert [link["rel"] for link in rest.json()["links"]] == ["self"]


def test_one_grid_by_id_and_by_code(client: httpx.Client, district: District) -> None:
    code, grid_id = next(iter(district.ids.items()))
    by_id = client.get(f"/v1/grids/{grid_id}", params={"release": 1}).json()
    by_code = client.get(f"/v1/grids/by-code/{code}", params={"release": 1}).json()
    assert by_id == by_code
    assert (by_id["type"], by_id["id"], by_id["properties"]["name"]) == ("Feature", grid_id, "West")
    assert client.get("/v1/grids/by-code/none").status_code == 404
    assert client.get("/v1/grids/999999").status_code == 404
    assert client.get("/v1/grids/x").status_code == 400


def test_the_history_tells_every_version(client: httpx.Client, district: District) -> None:
    grid_id = next(iter(district.ids.values()))
    features = client.get(f"/v1/grids/{grid_id}/history").json()["features"]
    dates = [(f["properties"]["valid_from"], f["properties"]["valid_to"]) for f in features]
    assert dates == [("2026-01-01", "2026-07-01"), ("2026-07-01", None)]
    assert client.get("/v1/grids/999999/history").status_code == 404


def test_duty_is_that_of_the_day(client: httpx.Client, district: District) -> None:
    grid_id = next(iter(district.ids.values()))
    answer = client.get(f"/v1/grids/{grid_id}/duty", params={"at": "2026-03-01"})
    assert answer.headers["cache-control"] == "private, no-store"
    assert [duty["worker"] for duty in answer.json()["duties"]] == ["王敏"]
    assert client.get(f"/v1/grids/{grid_id}/duty", params={"at": "2025-12-31"}).json()["duties"] == []


def test_areas_come_by_level(client: httpx.Client) -> None:
    answer = client.get("/v1/areas", params={"level": "street"})
    assert names(answer) == ["云溪街道"]
    assert len(names(client.get("/v1/areas"))) == 3
    assert client.get("/v1/areas", params={"level": "planet"}).status_code == 400


def test_releases_are_listed_and_found_by_day(client: httpx.Client, district: District) -> None:
    listed = client.get("/v1/releases").json()["releases"]
    assert [release["number"] for release in listed] == [2, 1]
    assert ReleaseOut.model_validate(listed[1]).sha256 == district.first.sha256
    assert client.get("/v1/releases/current", params={"at": "2026-06-30"}).json() == listed[1]
    assert client.get("/v1/releases/current", params={"at": "2026-07-01"}).json() == listed[0]
    assert client.get("/v1/releases/2").json() == listed[0]
    assert client.get("/v1/releases/3").status_code == 404
    assert client.get("/v1/releases/current", params={"at": "2025-01-01"}).status_code == 404


IMMUTABLE = "private, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("address", "keep"),
    [
        ("/v1/grids?release=1", IMMUTABLE),
        ("/v1/grids?release=1&kind=natural", IMMUTABLE),
        ("/v1/grids", "private, no-cache"),
        ("/v1/grids?at=2026-03-01", "private, no-cache"),
        ("/v1/areas?release=2", IMMUTABLE),
        ("/v1/areas", "private, no-cache"),
        ("/v1/releases/1", IMMUTABLE),
        ("/v1/releases", "private, no-cache"),
        ("/v1/releases/current", "private, no-cache"),
        ("/v1/grids/by-code/320199001001001?release=1", IMMUTABLE),
    ],
)
def test_what_the_caller_has_is_not_sent_again(client: httpx.Client, address: str, keep: str) -> None:
    first = client.get(address)
    assert first.headers["cache-control"] == keep
    tag = first.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["cache-control"]) == (tag, keep)
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_tags_tell_releases_and_questions_apart(client: httpx.Client) -> None:
    addresses = (
        "/v1/grids",
        "/v1/grids?release=1",
        "/v1/grids?release=2",
        "/v1/grids?at=2026-03-01",
        "/v1/grids?at=2026-08-01",
        "/v1/areas?release=1",
    )
    tags = {client.get(address).headers["etag"] for address in addresses}
    assert len(tags) == len(addresses)
    # the same words, answered from another release from the first of July on
    words = [
        client.get(f"/v1/releases/current?at={day}").headers["etag"] for day in ("2026-06-30", "2026-07-01")
    ]
    assert words[0] != words[1]
