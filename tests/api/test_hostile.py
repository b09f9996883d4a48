"""Whatever is sent, the answer is a problem that says what to mend, and never a 5xx."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from gis.api.wire.strict import MOST_NESTED, read_json

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("district")

POSTS = ("/v1/events", "/v1/events/batch", "/v1/locate", "/v1/plans", "/v1/plans/1/publish")
JSON = {"Content-Type": "application/json"}
VALID = {
    "source": "s",
    "source_id": "1",
    "x": 118.0,
    "y": 31.0,
    "crs": "wgs84",
    "reported_at": "2026-03-01T12:00:00Z",
    "category": "c",
}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"x": NaN}', "not valid JSON"),
        (b'{"x": Infinity}', "not valid JSON"),
        (b'{"x": 1e999}', "infinity"),
        (b'{"x": "\\ud800"}', "surrogate"),
        (b'{"x": "\xff"}', "UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "'c' stands twice"),
        (b'{"a": "x\\u0000y"}', "NUL"),
        (b'{"x\\u0000y": 1}', "NUL"),
        (b'[["\\u0000"]]', "NUL"),
        (b"[" * 33 + b"]" * 33, "nested more than 32"),
        (b"[" * 100_000, "depth"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "depth"),
        (b'[{"a": ":", "b": 1}, {"\\u0061": 1, "a": 2}]', "'a' stands twice"),
    ],
)
def test_loose_json_is_refused_with_the_reason(body: bytes, said: str) -> None:
    with pytest.raises(HTTPException) as found:
        read_json(body)
    assert found.value.status_code == 400
    assert said in found.value.detail


def test_nobody_makes_us_read_without_saying_who_it_is(client: httpx.Client, app: FastAPI) -> None:
    def ask(path: str, kind: str) -> int:
        answers: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            raise AssertionError("the body is read")

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)

        headers = [(b"content-type", kind.encode()), (b"content-length", b"60000000")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "headers": headers,
        }
        scope |= {
            "query_string": b"",
            "scheme": "http",
            "client": ("192.0.2.1", 1),
            "server": None,
            "state": {},
        }
        asyncio.run(app(scope, receive, send))  # type: ignore[arg-type] # plain dictionaries
        return int(answers[0]["status"])

    assert ask("/v1/events/batch", "application/json") == 401
    assert ask("/v1/plans/1/grids", "multipart/form-data; boundary=x") == 401
    assert client.post("/v1/sessions", json={"login": "a" * 20_000, "password": "b"}).status_code == 413


def test_json_of_very_many_parts_is_refused_before_it_is_read() -> None:
    with pytest.raises(HTTPException) as found:
        read_json(b"[" + b"[]," * 500_000 + b"[]]")
    assert found.value.status_code == 413


@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(st.text(max_size=5), lambda inner: st.dictionaries(st.text(max_size=3), inner), max_leaves=9)
)
def test_texts_never_look_like_names(value: Any) -> None:
    plain = json.dumps(value)
    if "\\u0000" not in plain and "\\ud" not in plain:
        assert read_json(plain.encode()) == value


def test_strict_json_is_read_as_it_stands() -> None:
    nested: Any = 1
    for _ in range(MOST_NESTED):
        nested = [nested]
    tricky = {'a": 1, "a': ':"\\', "b\\": [{"a": "::"}, {"a": '"a":"a"'}]}
    for value in (nested, tricky, {"a": [1, 2.5, None, True, "一"], "b": {"a": 1}}, "\\u0000", 7):
        assert read_json(orjson.dumps(value)) == value


@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"0", b'{"x": NaN}', b'{"a":1,"a":1}', b"\xff"]
)
def test_hostile_bodies_are_refused(client: httpx.Client, address: str, body: bytes) -> None:
    answer = client.post(address, content=body, headers=JSON)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_that_is_not_json_is_told_so(client: httpx.Client, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = client.post("/v1/plans", content=b'{"title": "x"}', headers=headers)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=x", "application/json", "text/plain"],
)
def test_a_damaged_upload_is_refused(client: httpx.Client, content_type: str) -> None:
    for body in (
        b"",
        b"--x\r\n",
        b"\xff" * 100,
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n',
    ):
        answer = client.post("/v1/plans/1/grids", content=body, headers={"Content-Type": content_type})
        assert answer.status_code in {400, 415, 422}
        assert answer.headers["content-type"] == "application/problem+json"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["wgs84", "EPSG:4549", "2026-03-01T12:00:00Z", "9999-12-31T23:59:59-23:59", "\x00", "😀"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
changes = st.dictionaries(
    st.sampled_from([*VALID, "grade", "text", "accuracy_m", "attributes", "points", "at", "release", "title"])
    | st.text(max_size=6),
    values,
    max_size=4,
)

quick = examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(
    st.sampled_from(POSTS),
    st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")),
)
def test_no_bytes_are_answered_with_5xx(client: httpx.Client, address: str, body: bytes) -> None:
    assert client.post(address, content=body, headers=JSON).status_code < 500


@quick
@given(st.sampled_from(POSTS), changes)
def test_no_json_is_answered_with_5xx(client: httpx.Client, address: str, change: dict[str, Any]) -> None:
    body: Any = VALID | change
    if address.endswith("batch"):
        body = {"events": [body]}
    content = json.dumps(body).encode()  # the standard library writes NaN and lone surrogates
    answer = client.post(address, content=content, headers=JSON)
    assert answer.status_code < 500, content
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


GETS = (
    "/v1/locate",
    "/v1/grids",
    "/v1/grids/1",
    "/v1/areas",
    "/v1/events",
    "/v1/events/unlocated",
    "/v1/releases/current",
    "/v1/checks/1/findings",
    "/maps/choropleth",
)
names = st.sampled_from(
    [
        "lon",
        "lat",
        "crs",
        "accuracy",
        "at",
        "release",
        "bbox",
        "since",
        "cursor",
        "limit",
        "area",
        "grid",
        "kind",
        "from",
    ]
)
words = st.text(max_size=12) | st.integers().map(str) | st.floats().map(str) | st.dates().map(str)


@quick
@given(st.sampled_from(GETS), st.dictionaries(names, words, max_size=4))
def test_no_parameters_are_answered_with_5xx(
    client: httpx.Client, address: str, parameters: dict[str, str]
) -> None:
    sent = {name: text.encode("utf-8", "replace") for name, text in parameters.items()}
    assert client.get(address, params=sent).status_code < 500


@quick
@given(st.text(max_size=30))
def test_no_address_is_answered_with_5xx(client: httpx.Client, rest: str) -> None:
    for start in ("/v1/grids/by-code/", "/v1/grids/", "/v1/", "/static/", "/"):
        address = start + quote(rest.encode("utf-8", "replace"), safe="")
        assert client.get(address).status_code < 500


@pytest.mark.parametrize("rest", ["publish", "repair"])
def test_a_number_larger_than_any_lock_is_answered(client: httpx.Client, rest: str) -> None:
    body = {"effective_from": "2026-09-01"} if rest == "publish" else {}
    answer = client.post(f"/v1/plans/{2**63 - 1}/{rest}", json=body)
    assert answer.status_code == 404, answer.text
