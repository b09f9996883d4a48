"""Hostile files sent to the service: a clear 4xx in bounded time, nothing opened, nothing left behind."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import stat
import struct
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import httpx
import people
import pytest
import shapely
from canaries import watched_address, watched_file

from gis.api.app import create_app
from gis.files.geopackage import write_gpkg
from tests.api.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

SECONDS = 4
ANSWER_WITHIN_S = SECONDS + 12  # the machine may be busy
LONGEST_NAME, HEADER = 80, 1_000
SQUARE = [[118.0, 31.0], [118.1, 31.0], [118.1, 31.1], [118.0, 31.0]]
CANARY = "@canary@"
ADDRESS = "@address@"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the service under test puts its temporary files."""
    folder = tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(folder))
        yield folder


@pytest.fixture(scope="module")
def tight(module_settings: Settings, token: str, scratch: Path) -> Iterator[httpx.Client]:
    limits = {
        "import_seconds": SECONDS,
        "import_memory_mb": 900,
        "max_unpacked_mb": 20,
        "max_vertices": 1_000,
    }
    app = create_app(module_settings.model_copy(update=limits))
    headers = people.bearer(token)
    with serving(app) as address, httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def plan(tight: httpx.Client) -> int:
    return int(tight.post("/v1/plans", json={"title": "hostile"}).json()["id"])


def feature(geometry: Any, code: str = "320199001001901") -> bytes:
    properties = {"code": code, "kind": "natural", "name": "x"}
    rows = [{"type": "Feature", "properties": properties, "geometry": geometry}]
    return json.dumps({"type": "FeatureCollection", "features": rows}).encode()


PLAIN = feature({"type": "Polygon", "coordinates": [SQUARE]})


def polygon(*rings: Any) -> bytes:
    return feature({"type": "Polygon", "coordinates": rings})


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return raw.getvalue()


def link_to(target: str) -> bytes:
    info = zipfile.ZipInfo("grids.geojson")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((info, target.encode()))


def flagged_encrypted() -> bytes:
    data = bytearray(zipped(("a.geojson", PLAIN)))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def with_wrong_sum() -> bytes:
    data = bytearray(zipped(("a.geojson", PLAIN)))
    for head, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.index(head) + at] ^= 0xFF
    return bytes(data)


def nested(depth: int) -> bytes:
    data = PLAIN
    for level in range(depth):
        data = zipped((f"{level}.geojson", data))
    return data


def twice() -> bytes:
    return zipped(("aaaa.geojson", PLAIN), ("bbbb.geojson", b"{}")).replace(b"bbbb.geojson", b"aaaa.geojson")


def package(*statements: str) -> bytes:
    """Return a GeoPackage with one grid, changed by statements behind its format's back."""
    frame = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shapely.box(118, 31, 118.1, 31.1)], crs=4490)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        write_gpkg(frame, path, "grids")
        database = sqlite3.connect(path)
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.close()
        return path.read_bytes()


def viewed(query: str) -> bytes:
    """Return a GeoPackage whose only layer is a view."""
    return package(
        "DELETE FROM gpkg_contents",
        "DELETE FROM gpkg_geometry_columns",
        f"CREATE VIEW seen AS {query}",
        "INSERT INTO gpkg_contents(table_name, data_type, srs_id) VALUES ('seen', 'features', 4490)",
        "INSERT INTO gpkg_geometry_columns VALUES ('seen', 'geom', 'MULTIPOLYGON', 4490, 0, 0)",
    )


def shapefile(count: int, shp: bytes) -> bytes:
    """Return a Shapefile whose `.dbf` claims so many rows."""
    field = b"code\0\0\0\0\0\0\0C" + bytes(4) + bytes([10]) + bytes(15)
    dbf = (
        struct.pack("<BBBBIHH", 3, 126, 1, 1, count, 65, 11) + bytes(20) + field + b"\r" + b" 1         " * 2
    )
    return zipped(("a.shp", shp), ("a.shx", shp[:100]), ("a.dbf", dbf))


def shp_head(words: int) -> bytes:
    return struct.pack(">IIIIIII", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<II8d", 1000, 5, *[0.0] * 8)


VRT = (
    f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{CANARY}</SrcDataSource>'
    f'</OGRVRTLayer><OGRVRTLayer name="y"><SrcDataSource>http://{ADDRESS}/a.geojson</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
).encode()
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(10))
    + f'<!ENTITY x SYSTEM "file://{CANARY}"><!ENTITY y SYSTEM "http://{ADDRESS}/">]>'
    "<gml:FeatureCollection>&k;&x;&y;</gml:FeatureCollection>"
).encode()
LINES = b"code,kind,geometry\n=cmd|'/C calc'!A0,natural,POLYGON((0 0,1 0,1 1,0 0))\n"
COUNTING = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, x'00' AS geom FROM n"
)
FROM_GRIDS = f"SELECT fid, geom, {{}}('{CANARY}') AS code FROM grids"  # noqa: S608 - ours
TWO = "(SELECT 1 AS i UNION SELECT 2) t"
PAIRS = (
    f"SELECT 1 AS fid, x'00' AS geom FROM {', '.join(f'{TWO}{at}' for at in range(40))} "  # noqa: S608 - ours
    f"WHERE {' + '.join(f't{at}.i' for at in range(40))} < 0"
)
DEEP: Any = 1
for _ in range(60):
    DEEP = [DEEP]

FILES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "a bomb": lambda: zipped(("a.geojson", b" " * 30_000_000)),
    "too much in all": lambda: zipped(*((f"{at}.geojson", os.urandom(9_000) * 100) for at in range(25))),
    "3 000 members": lambda: zipped(*((f"{at}.txt", b"") for at in range(3_000))),
    "a zip in a zip": lambda: nested(2),
    "a zip ten deep": lambda: nested(10),
    "a name above": lambda: zipped(("../../a.geojson", PLAIN)),
    "a name from the root": lambda: zipped((f"/{CANARY}.geojson", PLAIN)),
    "a name with backslashes": lambda: zipped(("..\\..\\a.geojson", PLAIN)),
    "a name with a drive": lambda: zipped(("C:\\a.geojson", PLAIN)),
    "a name with NUL": lambda: zipped(("aXb.geojson", PLAIN)).replace(b"aXb", b"a\0b"),
    "a name of 5 000": lambda: zipped(("x" * 5_000 + ".geojson", PLAIN)),
    "a link": lambda: link_to(CANARY),
    "one name twice": twice,
    "a wrong sum": with_wrong_sum,
    "encrypted": flagged_encrypted,
    "half a zip": lambda: zipped(("a.geojson", PLAIN * 50))[:-40],
    "no GeoPackage": lambda: b"SQLite format 3\0" + bytes(84),
    "a view without end": lambda: viewed(COUNTING),
    "a view that counts for ever": lambda: viewed(PAIRS),
    "a view that loads": lambda: viewed(FROM_GRIDS.format("load_extension")),
    "a view that reads": lambda: viewed(FROM_GRIDS.format("readfile")),
    "a huge value": lambda: viewed("SELECT fid, geom, zeroblob(999999999) AS code FROM grids"),
    "a huge text": lambda: viewed("SELECT fid, geom, hex(zeroblob(400000000)) AS code FROM grids"),
    "VRT": lambda: VRT,
    "GML with entities": lambda: LAUGHS,
    "VRT in a zip": lambda: zipped(("a.geojson", VRT)),
    "an address": f"/vsicurl/http://{ADDRESS}/a.geojson".encode,
    "a service": f"WFS:http://{ADDRESS}/".encode,
    "an address as JSON": lambda: json.dumps({"type": "Topology", "url": f"http://{ADDRESS}/"}).encode(),
    "an ESRI answer": lambda: b'{"geometryType":"esriGeometryPolygon","features":[]}',
    "four thousand million rows": lambda: shapefile(0xFFFFFFFF, shp_head(50)),
    "an endless .shp": lambda: shapefile(2, shp_head(0x7FFFFFFF)),
    "a .shp alone": lambda: shp_head(50),
    "lines with formulas": lambda: LINES,
    "NaN": lambda: PLAIN.replace(b"118.1", b"NaN"),
    "Infinity": lambda: PLAIN.replace(b"118.1", b"1e999"),
    "depth": lambda: feature({"type": "Polygon", "coordinates": DEEP}),
    "half a character": lambda: PLAIN.replace(b'"x"', b'"\\ud800"'),
    "a name twice": lambda: PLAIN.replace(b'"kind"', b'"code"'),
    "2 000 vertices": lambda: polygon([[118 + at / 1e5, 31.0] for at in range(2_000)] + [[118.0, 31.0]]),
    "a system that is a file": lambda: PLAIN.replace(
        b'"features"',
        f'"crs":{{"type":"name","properties":{{"name":"+init={CANARY}:a"}}}},"type2":"","features"'.encode(),
    ).replace(b"118.1", b"NaN"),
}
ENDINGS = {b"PK": "zip", b"SQ": "gpkg", b"\0\0": "shp"}


def filled(content: bytes, canary: Path, address: str) -> bytes:
    """Put the trap's real names in, where that leaves lengths alone."""
    if content[:2] in ENDINGS:
        return content
    return content.replace(CANARY.encode(), str(canary).encode()).replace(ADDRESS.encode(), address.encode())


def children() -> list[str]:
    listed = subprocess.run(
        ["ps", "-ww", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return [line for line in listed.stdout.splitlines() if "child.py" in line]


def send(client: httpx.Client, plan: int, content: bytes, name: str, **fields: str) -> httpx.Response:
    data = {"kind": "natural", "crs": "wgs84", "dry_run": "false"} | fields
    return client.post(f"/v1/plans/{plan}/grids", files={"file": (name, content)}, data=data)


@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_file_is_refused_with_the_reason(
    tight: httpx.Client, plan: int, scratch: Path, tmp_path: Path, kind: str
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("secret")
    content = FILES[kind]()
    started = time.monotonic()
    with watched_file(canary) as was_opened, watched_address() as (address, was_called):
        content = filled(content, canary, address)
        ending = ENDINGS.get(content[:2], "geojson")
        answer = send(tight, plan, content, f"grids.{ending}")
        assert not was_opened()
        assert not was_called()
    assert time.monotonic() - started < ANSWER_WITHIN_S
    assert answer.status_code in {400, 413, 422}, answer.text
    said = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert 20 < len(said["detail"]) < 2_000
    assert "secret" not in answer.text
    assert str(scratch) not in answer.text
    assert list(scratch.iterdir()) == []
    assert children() == []
    assert tight.get(f"/v1/plans/{plan}").json()["grid_count"] == 0


@pytest.mark.parametrize(
    "name",
    [
        "../../../canary.geojson",
        "/etc/passwd",
        "a\\..\\b.geojson",
        "x" * 5_000,
        ".geojson",
        "",
        "网格\u202e.json",
    ],
)
def test_the_name_of_an_upload_leads_nowhere(
    tight: httpx.Client, plan: int, scratch: Path, name: str
) -> None:
    answer = send(tight, plan, PLAIN, name or "-", dry_run="true")
    assert answer.status_code == 200 or len(name) > HEADER, answer.text
    file = answer.json().get("file", "")
    assert "/" not in file
    assert len(file) <= LONGEST_NAME
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("crs", "+init=@canary@:a"),
        ("crs", "http://@address@/crs"),
        ("layer", "../../@canary@"),
        ("layer", "/@canary@|x"),
        ("encoding", "../../canary"),
        ("encoding", "unicode_escape"),
        ("column", "code=../../canary"),
        ("task", "../../canary"),
    ],
)
def test_a_field_of_an_upload_opens_nothing(
    tight: httpx.Client, plan: int, tmp_path: Path, field: str, value: str
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("<a> +proj=longlat +datum=WGS84 <>\n")
    with watched_file(canary) as was_opened, watched_address() as (address, was_called):
        value = value.replace(CANARY, str(canary)).replace(ADDRESS, address)
        content = zipped(("a.geojson", PLAIN), ("b.geojson", PLAIN)) if field == "layer" else PLAIN
        answer = send(
            tight, plan, content, "grids.zip" if field == "layer" else "grids.json", **{field: value}
        )
        assert answer.status_code in {400, 404, 422} or field == "task", answer.text
        assert not was_opened()
        assert not was_called()


BOW_TIE = [[118.0, 31.0], [118.1, 31.1], [118.1, 31.0], [118.0, 31.1], [118.0, 31.0]]
ODD: dict[str, bytes] = {
    "1e308": polygon([[118.0, 31.0], [1e308, 31.0], [118.1, 31.1], [118.0, 31.0]]),
    "no rings": feature({"type": "Polygon", "coordinates": []}),
    "an empty ring": polygon([]),
    "none": feature(None),
    "a point": feature({"type": "Point", "coordinates": [118.0, 31.0]}),
    "an open ring": polygon(SQUARE[:3]),
    "three numbers": polygon([[118.0]]),
    "texts": polygon([["118", "31"]] * 4),
    "a line forth and back": polygon([[118.0, 31.0], [118.1, 31.0], [118.0, 31.0], [118.0, 31.0]]),
    "a bow tie": polygon(BOW_TIE),
    "a hole outside": polygon(SQUARE, [[119.0, 32.0], [119.1, 32.0], [119.1, 32.1], [119.0, 32.0]]),
    "self-crossings": polygon(
        [[118 + at * 79 % 900 / 1e4, 31 + at * 97 % 900 / 1e4] for at in range(900)] + SQUARE[:1]
    ),
    "1e-308": polygon([[118.0, 31.0], [118.0 + 1e-308, 31.0], [118.0, 31.0 + 1e-308], [118.0, 31.0]]),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_geometry_is_named_by_its_row_or_by_the_check(
    tight: httpx.Client, plan: int, scratch: Path, kind: str
) -> None:
    started = time.monotonic()
    answer = send(tight, plan, ODD[kind], "grids.geojson", dry_run="true")
    assert time.monotonic() - started < ANSWER_WITHIN_S
    assert answer.status_code in {200, 422}, answer.text
    report = answer.json()
    problems = report["problems"] if answer.status_code == 200 else report.get("errors", [{"row": 1}])
    assert problems, report
    assert problems[0].get("row") in {1, None}
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    "lines",
    ["[[[1e308,0],[0,1]]]", "[[[NaN,0],[0,1]]]", "[[]]", "[[[0,0]]]", "[[[0,0],[0,0]]]",
     "[[[0,0,0,0],[1,1]]]", "[[[1e400,0],[1,1]]]", "[" * 40 + "]" * 40, '[[["0","0"],["1","1"]]]'],
)  # fmt: skip
def test_odd_lines_in_a_body_are_refused_or_change_nothing(
    tight: httpx.Client, plan: int, lines: str
) -> None:
    body = '{"barriers": {"crs": "wgs84", "lines": ' + lines + "}}"
    answer = tight.post(
        f"/v1/plans/{plan}/repair", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {200, 400, 409, 422}, answer.text


def test_a_line_of_200_000_vertices_in_a_body_is_answered_in_time(tight: httpx.Client, plan: int) -> None:
    line = [[118 + at % 1000 / 1e4, 31 + at * 7919 % 1000 / 1e4] for at in range(200_000)]
    started = time.monotonic()
    answer = tight.post(f"/v1/plans/{plan}/repair", json={"barriers": {"crs": "wgs84", "lines": [line]}})
    assert time.monotonic() - started < ANSWER_WITHIN_S
    assert answer.status_code in {200, 400, 409, 413, 422}, answer.text
