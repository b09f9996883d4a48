"""A small published district and a client of the service over it, one a module."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas
import httpx
import pandas as pd
import people
import pytest
import releases
import shapely
import uvicorn
from shapely import Polygon, box

from gis.api.app import create_app
from gis.api.edge.slow_clients import TimedProtocol
from gis.store.grids import list_grids
from gis.store.people import save_workers
from gis.store.plans import create_plan, save_plan_areas, save_plan_grids
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from gis.nouns import Release
    from gis.settings import Settings

PLANNER = releases.PLANNER
DISTRICT, STREET, COMMUNITY = "320199", "320199001", "320199001001"
WEST, EAST, PARK, RIVER = (f"{COMMUNITY}{number:03}" for number in (1, 2, 3, 4))


@dataclass(frozen=True)
class District:
    """Two natural grids side by side, a park within the western one, a river strip over both.

    Release 1 holds all of them from 2026-01-01; release 2 moves the middle line a little to the east from
    2026-07-01.
    """

    first: Release
    second: Release
    ids: dict[str, int]


def cell(*edges: float) -> Polygon:
    """Return a box with a vertex every 0.01 degrees, so that neighbours share theirs."""
    made: Polygon = shapely.segmentize(box(*edges), 0.0101)  # a little more, for the sake of rounding
    return made


def frame(rows: list[dict[str, Any]]) -> geopandas.GeoDataFrame:
    made = geopandas.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4490")
    made["attributes"] = [{} for _ in rows]
    return made


def areas() -> geopandas.GeoDataFrame:
    square = cell(118.0, 31.0, 118.2, 31.1)
    return frame(
        [
            {
                "level": "district",
                "code": DISTRICT,
                "name": "云溪区",
                "parent_code": None,
                "geometry": square,
            },
            {
                "level": "street",
                "code": STREET,
                "name": "云溪街道",
                "parent_code": DISTRICT,
                "geometry": square,
            },
            {
                "level": "community",
                "code": COMMUNITY,
                "name": "云溪社区",
                "parent_code": STREET,
                "geometry": square,
            },
        ]
    )


def grid(code: str, kind: str, name: str, *edges: float, task: str | None = None) -> dict[str, Any]:
    return {
        "code": code,
        "kind": kind,
        "name": name,
        "task": task,
        "community_code": COMMUNITY,
        "households": 400,
        "geometry": cell(*edges),
    }


def publish(session: Session, title: str, rows: list[dict[str, Any]], day: date, *, first: bool) -> Release:
    plan = create_plan(session, title, PLANNER)
    if first:
        save_plan_areas(session, plan.id, areas())
    save_plan_grids(session, plan.id, frame(rows))
    return releases.publish(session, plan.id, day)


@pytest.fixture(scope="module")
def district(module_settings: Settings) -> District:
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        first = publish(
            session,
            "first",
            [
                grid(WEST, "natural", "West", 118.0, 31.0, 118.1, 31.1),
                grid(EAST, "natural", "East", 118.1, 31.0, 118.2, 31.1),
                grid(PARK, "dedicated", "Park", 118.02, 31.02, 118.04, 31.04),
                grid(RIVER, "special", "River", 118.0, 31.05, 118.2, 31.06, task="river"),
            ],
            date(2026, 1, 1),
            first=True,
        )
        second = publish(
            session,
            "second",
            [
                grid(WEST, "natural", "West", 118.0, 31.0, 118.11, 31.1),
                grid(EAST, "natural", "East", 118.11, 31.0, 118.2, 31.1),
            ],
            date(2026, 7, 1),
            first=False,
        )
        save_workers(
            session,
            pd.DataFrame([{"code": "U1", "name": "云溪街道中心", "parent_code": None, "area_code": STREET}]),
            pd.DataFrame([{"code": "W1", "name": "王敏", "unit_code": "U1"}]),
            pd.DataFrame(
                [
                    {
                        "worker_code": "W1",
                        "grid_code": WEST,
                        "role": "leader",
                        "valid_from": date(2026, 1, 1),
                        "valid_to": None,
                    }
                ]
            ),
        )
        ids = dict(zip(*(list_grids(session, 1)[name] for name in ("code", "id")), strict=True))
    engine.dispose()
    return District(first, second, {code: int(grid_id) for code, grid_id in ids.items()})


@pytest.fixture(scope="module")
def app(module_settings: Settings) -> FastAPI:
    return create_app(module_settings)


@pytest.fixture(scope="module")
def token(module_settings: Settings) -> str:
    """The token of somebody who may do whatever staff may, everywhere."""
    return people.token_for(module_settings, "staff")


@pytest.fixture(scope="module")
def client(app: FastAPI, token: str) -> Iterator[httpx.Client]:
    headers = people.bearer(token)
    with serving(app) as address, httpx.Client(base_url=address, headers=headers, timeout=30) as client:
        yield client


@contextmanager
def serving(app: FastAPI, most_connections: int | None = None) -> Iterator[str]:
    """Serve an application as in production, on a free port; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # as `wangge serve` does, and for the same reason
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            app, log_config=None, http=TimedProtocol, ws="none", limit_concurrency=most_connections
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
