from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from gis.api.app import ROUTERS

if TYPE_CHECKING:
    import httpx

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for child in value.values() for found in references(child)]
    if isinstance(value, list):
        return [found for child in value for found in references(child)]
    return []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = references(document)
    assert found
    for reference in found:
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node


def test_operations_are_told_apart_and_described(document: dict[str, Any]) -> None:
    found = operations(document)
    assert document["openapi"].startswith("3.1")
    assert len({operation["operationId"] for _, _, operation in found}) == len(found) > 30
    for path, method, operation in found:
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        assert "default" in operation["responses"], (path, method)
        assert "422" not in operation["responses"], (path, method)


def test_every_route_is_described(document: dict[str, Any]) -> None:
    served = {route.path for router in ROUTERS for route in router.routes if route.include_in_schema}
    assert served == set(document["paths"])


def test_every_json_body_has_an_example_that_fits(document: dict[str, Any]) -> None:
    bodies = [
        (path, method, operation["requestBody"]["content"])
        for path, method, operation in operations(document)
        if "requestBody" in operation
    ]
    assert len(bodies) == 25
    models = {
        (route.path, method.lower()): route.body_field.field_info.annotation
        for router in ROUTERS
        for route in router.routes
        if route.body_field is not None
        for method in route.methods
    }
    for path, method, content in bodies:
        if "application/json" in content:
            (name,) = references(content)
            example = document["components"]["schemas"][name.rsplit("/", 1)[1]]["example"]
            TypeAdapter(models[path, method.lower()]).validate_python(example)
        else:
            assert list(content) == ["multipart/form-data"]


def test_every_answer_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, _, operation in operations(document):
        for status in ("200", "201"):
            content = operation["responses"].get(status, {}).get("content", {})
            for kind, described in content.items():
                if kind in {"application/json", "application/geo+json"}:
                    # a list is shown by the example of what it holds
                    names = [reference.rsplit("/", 1)[1] for reference in references(described["schema"])]
                    inner = [one for name in names for one in references(schemas[name])]
                    names += [reference.rsplit("/", 1)[1] for reference in inner]
                    assert "example" in described or any("example" in schemas[name] for name in names), path


def test_the_documentation_page_comes_from_here(client: httpx.Client) -> None:
    page = client.get("/docs").text
    assert "https://" not in page
    assert "http://" not in page
    for file in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert client.get(f"/static/vendor/swagger-ui/{file}").status_code == 200
