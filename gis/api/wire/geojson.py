"""GeoJSON answers: features from a frame, links and counts beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from gis.files.geojson import to_geojson_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame
    from starlette.requests import Request

MEDIA_TYPE = "application/geo+json"

EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": 17,
            "properties": {"kind": "natural", "code": "320115001001017", "name": "17"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[118.83, 31.95], [118.84, 31.95], [118.84, 31.96], [118.83, 31.96], [118.83, 31.95]]
                ],
            },
        }
    ],
    "numberReturned": 1,
    "links": [{"rel": "self", "href": "/v1/grids"}],
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "GeoJSON feature collection (RFC 7946).",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {"type": "object"}},
        "numberReturned": {"type": "integer"},
        "numberMatched": {"type": "integer"},
        "links": {"type": "array", "items": {"type": "object"}},
    },
}

CONTENT: dict[str, Any] = {"schema": SCHEMA, "example": EXAMPLE}

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Features", "content": {MEDIA_TYPE: CONTENT}}
}
"""What routes that return `answer_features` declare."""


def answer_features(frame: GeoDataFrame, members: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Return a frame (EPSG:4490, column `id`) as a feature collection with further members."""
    return answer_collection(to_geojson_bytes(frame, id_column="id"), len(frame), members, headers)


def answer_feature(frame: GeoDataFrame, members: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Return a frame of one row as one feature with further members."""
    collection = orjson.loads(to_geojson_bytes(frame, id_column="id"))
    body = orjson.dumps(collection["features"][0] | dict(members), option=orjson.OPT_UTC_Z)
    return Response(body, headers=dict(headers), media_type=MEDIA_TYPE)


def answer_collection(
    collection: bytes, count: int, members: Mapping[str, Any], headers: Mapping[str, str]
) -> Response:
    """Return a feature collection with further members put behind its features."""
    body = with_members(collection, count, members)
    return Response(body, headers=dict(headers), media_type=MEDIA_TYPE)


def with_members(collection: bytes, count: int, members: Mapping[str, Any]) -> bytes:
    """Return a feature collection with its count and further members put behind its features."""
    beside = orjson.dumps({"numberReturned": count, **members}, option=orjson.OPT_UTC_Z)
    # both are JSON objects: the one's end and the other's beginning become a comma
    return collection.rstrip()[:-1] + b"," + beside[1:]


def feature_line(identity: int, lon: float | None, lat: float | None, properties: Mapping[str, Any]) -> bytes:
    """Return one point feature; without coordinates its geometry is null."""
    point = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
    return orjson.dumps(
        {"type": "Feature", "id": identity, "properties": properties, "geometry": point},
        option=orjson.OPT_UTC_Z,
    )


def links(request: Request, **following: object) -> list[dict[str, str]]:
    """Return the link to this answer, and to the next page if parameters for it are given.

    They begin with the path: behind a proxy the service does not know its own name.
    """
    made = [("self", request.url)]
    if following:
        made.append(("next", request.url.include_query_params(**following)))
    return [
        {"rel": rel, "type": MEDIA_TYPE, "href": f"{url.path}?{url.query}" if url.query else url.path}
        for rel, url in made
    ]
