"""What locating one point costs over HTTP, against an empty route of the same service."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely

from benchmarks.coverages import make_coverage, make_points
from benchmarks.measured import environment_of, own_home
from gis.identity.accounts import SessionKind
from gis.identity.roles import Role
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.checks import save_check
from gis.store.cluster import get_cluster
from gis.store.identity.grants import save_grant
from gis.store.identity.users import get_account, save_user
from gis.store.migrate import upgrade_to_head
from gis.store.plans import create_plan, get_plan, save_plan_areas, save_plan_grids
from gis.store.releases import publish_plan
from gis.store.session import make_engine, transaction
from gis.workflows.identity.begin import Device, begin_session
from gis.workflows.identity.manage_units import root_or_new

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "wangge_benchmark_http"
ACTOR = Actor("benchmark")
GRIDS = 200
CODES = {"district": "320199", "street": "320199001", "community": "320199001001"}
EMPTY = "/live"
START_S = 60


def http_ratio(pairs: int = 3000) -> dict[str, float]:
    """Serve a small release and ask it in turns for a point and for nothing, over one connection.

    Returns:
        Medians in microseconds (`http_locate_us`, `http_empty_us`) and how many empty routes one locate
        costs (`http_ratio`).
    """
    settings = Settings(database_name=DATABASE)
    if settings.database_url:
        raise SystemExit("unset WANGGE_DATABASE_URL: this makes a database, of the private cluster only")
    cluster = get_cluster(settings)
    cluster.start()
    cluster.drop_database(DATABASE)
    try:
        polygons = make_coverage(GRIDS, 1)
        publish_release(settings, polygons)
        lon, lat = make_points(polygons, pairs, 1, clustered=True)
        token = sign_in(settings, Role.GRID_WORKER)
        with own_home(settings) as own, serving(own) as port:
            located, empty = time_in_turns(
                port, token, [f"/v1/locate?lon={x}&lat={y}" for x, y in zip(lon, lat, strict=True)]
            )
    finally:
        cluster.drop_database(DATABASE)
    return {
        "http_locate_us": round(located, 1),
        "http_empty_us": round(empty, 1),
        "http_ratio": round(located / empty, 3),
    }


def publish_release(settings: Settings, polygons: np.ndarray) -> None:
    """Publish natural grids within one community, in force since the first day of 2026."""
    engine = make_engine(settings)
    upgrade_to_head(engine)
    land = shapely.coverage_union_all(polygons)
    areas = geopandas.GeoDataFrame(
        {
            "level": list(CODES),
            "code": list(CODES.values()),
            "name": list(CODES),
            "parent_code": [None, CODES["district"], CODES["street"]],
            "attributes": [{} for _ in CODES],
        },
        geometry=[land] * len(CODES),
        crs="EPSG:4490",
    )
    numbers = [f"{number:03}" for number in range(1, len(polygons) + 1)]
    grids = geopandas.GeoDataFrame(
        {
            "code": [CODES["community"] + number for number in numbers],
            "kind": "natural",
            "name": numbers,
            "task": None,
            "community_code": CODES["community"],
            "households": 400,
            "attributes": [{} for _ in numbers],
        },
        geometry=polygons,
        crs="EPSG:4490",
    )
    with transaction(engine) as session:
        plan = create_plan(session, "benchmark", ACTOR)
        save_plan_areas(session, plan.id, areas)
        save_plan_grids(session, plan.id, grids)
        plan = get_plan(session, plan.id)
        check = save_check(session, plan, [], (settings.min_width_m, settings.min_area_m2), ACTOR)
        publish_plan(session, plan, check, date(2026, 1, 1), ACTOR, None)
    engine.dispose()


@contextmanager
def serving(settings: Settings) -> Iterator[int]:
    """Run `wangge serve` on a free port and give the port; the service is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "said")
        with said.open("w") as out:
            service = subprocess.Popen(
                [sys.executable, "-m", "gis.cli.main", "serve", "--port", "0"],
                env=os.environ | environment_of(settings),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            try:
                yield port_of(said)
            finally:
                service.send_signal(signal.SIGINT)
                service.wait(timeout=START_S)


def port_of(said: Path) -> int:
    """Wait until the service says where it is and answers there."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said.read_text())
        if found:
            try:
                ask(http.client.HTTPConnection("127.0.0.1", int(found[1])), EMPTY)
            except ConnectionError:
                pass
            else:
                return int(found[1])
        time.sleep(0.1)
    raise SystemExit(f"wangge serve did not start in {START_S} s:\n{said.read_text()}")


def sign_in(settings: Settings, *roles: Role) -> str:
    """Begin a session of somebody with these roles on everything, and return its token."""
    engine, now = make_engine(settings), datetime.now(UTC)
    with transaction(engine) as session:
        unit = root_or_new(session, settings, ACTOR)
        user_id = save_user(session, "benchmark", "benchmark", unit.id, ACTOR)
        for role in roles:
            save_grant(session, user_id, role, unit.id, (date(2026, 1, 1), None), ACTOR)
        device = Device(SessionKind.BROWSER, "127.0.0.1")
        begun = begin_session(session, get_account(session, user_id), device, settings, now)
    engine.dispose()
    return begun.token


def ask(connection: http.client.HTTPConnection, path: str, token: str = "") -> int:
    """Ask and read the whole answer; return the nanoseconds it took."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    started = time.perf_counter_ns()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    taken = time.perf_counter_ns() - started
    if answer.status != http.client.OK:
        raise SystemExit(f"GET {path} answered {answer.status}: {content[:300]!r}")
    return taken


def time_in_turns(port: int, token: str, paths: list[str]) -> tuple[float, float]:
    """Return the medians of these paths and of the empty route, in microseconds, asked in turns."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
    for path in paths[:100]:  # the index of the release is built, connections are opened
        ask(connection, path, token)
        ask(connection, EMPTY)
    taken = [(ask(connection, path, token), ask(connection, EMPTY)) for path in paths]
    connection.close()
    located, empty = np.median(taken, axis=0) / 1000
    return float(located), float(empty)


if __name__ == "__main__":
    print(json.dumps(http_ratio()))
