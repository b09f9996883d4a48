"""No parameter, path or header makes the service open a file or an address that the caller names."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
import pytest
from canaries import watched_address, watched_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("district")

SMALL = "1"
VALUES = (
    "{file}",
    "..{file}",
    "/../../../../../../../..{file}",
    "file://{file}",
    "+init={file}:a",
    "+proj=longlat +nadgrids=@{file}",
    "EPSG:4326 +nadgrids={file}",
    "http://{address}/a",
    "//{address}/a",
    "urn:ogc:def:crs:http://{address}/a",
    "/vsicurl/http://{address}/a",
    "http://{address}@127.0.0.1/",
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    file = tmp_path / "canary"
    file.write_text("<a> +proj=longlat +datum=WGS84 +no_defs <>\n")
    return file


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    document = orjson.loads(app.state.openapi)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def takes_text(parameter: dict[str, Any]) -> bool:
    schemas = [parameter["schema"], *parameter["schema"].get("anyOf", ())]
    return any(schema.get("type") in {"string", "array"} for schema in schemas)


def requests_with(value: str, app: FastAPI) -> Iterator[tuple[str, str, dict[str, str], dict[str, str]]]:
    """Yield method, path, query and headers: every text an operation takes, one at a time."""
    for path, method, operation in operations(app):
        parameters = operation.get("parameters", ())
        needed = {p["name"]: SMALL for p in parameters if p["in"] == "query" and p.get("required")}
        for parameter in parameters:
            if not takes_text(parameter):
                continue
            name, place = parameter["name"], parameter["in"]
            filled = path
            for other in parameters:
                if other["in"] == "path":
                    chosen = quote(value, safe="") if other is parameter else SMALL
                    filled = filled.replace("{" + other["name"] + "}", chosen)
            query = needed | ({name: value} if place == "query" else {})
            yield method, filled, query, {name: value} if place == "header" else {}


@pytest.mark.parametrize("value", VALUES)
def test_no_parameter_is_opened(client: httpx.Client, app: FastAPI, canary: Path, value: str) -> None:
    asked = 0
    with watched_file(canary) as was_opened, watched_address() as (address, was_called):
        value = value.format(file=canary, address=address)
        for method, path, query, headers in requests_with(value, app):
            answer = client.request(method, path, params=query, headers=headers)
            assert answer.status_code < 500, (method, path, query, answer.text)
            assert "datum=WGS84" not in answer.text
            asked += 1
        bodies: list[tuple[str, dict[str, Any]]] = [
            ("/v1/locate", {"crs": value, "points": [[118.0, 31.0]]}),
            ("/v1/plans/1/repair", {"barriers": {"crs": value, "lines": [[[0, 0], [1, 1]]]}}),
            ("/v1/plans/1/check", {"profile": value}),
            ("/v1/releases/1/check", {"profile": value}),
        ]
        for path, body in bodies:
            assert client.post(path, json=body).status_code in {400, 404, 409, 422}, (path, body)
        assert not was_opened()
        assert not was_called()
    assert asked > 30


PATHS = (
    "/static/../settings.py",
    "/static/..%2fsettings.py",
    "/static/%2e%2e/settings.py",
    "/static/%2e%2e%2f%2e%2e%2fpyproject.toml",
    "/static/vendor/../../settings.py",
    "/static/map/..%5c..%5csettings.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/file:%2f%2f/etc/passwd",
    "/static/.%00/settings.py",
    "/static/words.json%00.txt",
    "/static/words.json/",
    "/static/%c0%ae%c0%ae/settings.py",
    "/../../etc/passwd",
    "//etc/passwd",
    "/v1/grids/by-code/..%2f..%2fetc%2fpasswd",
)


def ask(port: int, target: str, *headers: str) -> str:
    """Send a request exactly as written; return the whole answer."""
    lines = [f"GET {target} HTTP/1.1", "Connection: close", *(headers or ("Host: a",)), "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer.decode("utf-8", "replace")


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leaves_its_folder(client: httpx.Client, path: str) -> None:
    answer = ask(client.base_url.port or 0, path)
    assert answer.split(" ")[1] in {"400", "404"}, answer
    assert "BaseSettings" not in answer
    assert "root:" not in answer


def test_a_file_that_is_there_is_served(client: httpx.Client) -> None:
    assert ask(client.base_url.port or 0, "/static/words.json").startswith("HTTP/1.1 200 ")


HOSTS = ("Host: evil.invalid", "Host: a\r\nX-Forwarded-Host: evil.invalid", "Host: evil.invalid:80@a")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "target",
    ["/", "/maps/heat?from=2026-01-01", "/v1/grids?limit=1", "/v1/events?limit=1", "/openapi.json", "/docs"],
)
def test_no_link_is_made_of_what_the_caller_calls_us(
    client: httpx.Client, token: str, host: str, target: str
) -> None:
    answer = ask(client.base_url.port or 0, target, host, f"Authorization: Bearer {token}")
    assert answer.split(" ")[1] in {"200", "307", "400"}, answer
    assert "evil.invalid" not in answer


def test_the_service_is_no_proxy(client: httpx.Client) -> None:
    with watched_address() as (address, was_called):
        answer = ask(client.base_url.port or 0, f"http://{address}/live")
        ask(client.base_url.port or 0, f"{address}")
        assert "evil" not in answer
        assert not was_called()
