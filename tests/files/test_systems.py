from __future__ import annotations

import pytest

from gis.files.sources import Problems
from gis.files.systems import declared_system, geojson_system


@pytest.mark.parametrize(
    ("text", "system", "said"),
    [
        ("EPSG:4326", "wgs84", None),
        ("EPSG:4490", "cgcs2000", None),
        ("EPSG:4549", "EPSG:4549", None),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "wgs84", None),
        ("EPSG:999999", None, "without an EPSG code"),
        ('GEOGCS["' + "[" * 1_000, None, "without an EPSG code"),
        (" \0\n", None, "states no coordinate system"),
        (None, None, "states no coordinate system"),
        ("x" * 100_000, None, "too long"),
    ],
)
def test_a_declared_system_gets_its_canonical_name_or_a_note(
    text: str | None, system: str | None, said: str | None
) -> None:
    notes = Problems()
    assert declared_system(text, "the .prj file", notes) == system
    assert [said in note.message for note in notes.listed()] == ([True] if said else [])  # type: ignore[operator]  # never None there


def test_geojson_without_a_system_is_noted_as_wgs84_by_the_standard() -> None:
    notes = Problems()
    assert geojson_system(None, notes) is None
    assert "RFC 7946" in notes.listed()[0].message
