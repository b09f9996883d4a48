from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from gis.api.routes.locate import LocatedOut
from gis.nouns import GridKind
from gis.store.plans import create_plan, get_plan, list_plans, save_plan_grids
from gis.store.session import transaction
from tests.api.conftest import EAST, PLANNER, WEST, frame, grid

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from tests.api.conftest import District

pytestmark = pytest.mark.usefixtures("district")
NEW = "320199001001009"


@pytest.fixture(scope="module")
def plan_id(app: FastAPI, district: District) -> int:
    with transaction(app.state.engine) as session:
        return create_plan(session, "Line moved", PLANNER).id


def put(app: FastAPI, plan_id: int, *rows: dict[str, Any]) -> int:
    """Put grids into the plan; return its change number."""
    with transaction(app.state.engine) as session:
        save_plan_grids(session, plan_id, frame(list(rows)))
        return get_plan(session, plan_id).change_number


def ask(client: httpx.Client, plan_id: int, lon: float, lat: float = 31.01) -> dict[str, Any]:
    answer = client.get("/v1/locate", params={"lon": lon, "lat": lat, "plan": plan_id})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    LocatedOut.model_validate(body)
    return body


def test_a_plan_answers_as_it_would_be_published_and_its_release_as_before(
    client: httpx.Client, app: FastAPI, plan_id: int, district: District
) -> None:
    assert ask(client, plan_id, 118.115)["answers"]["name"] == "East"
    for middle, name in ((118.12, "West"), (118.112, "East"), (118.13, "West")):
        number = put(
            app,
            plan_id,
            grid(WEST, "natural", "West", 118.0, 31.0, middle, 31.1),
            grid(EAST, "natural", "East", middle, 31.0, 118.2, 31.1),
        )
        body = ask(client, plan_id, 118.115)
        assert body["answers"]["name"] == name
        assert body["answers"]["id"] == district.ids[WEST if name == "West" else EAST]
        assert body["plan"] == {"id": plan_id, "title": "Line moved", "change_number": number}
        assert body["as_of"] is None
        assert body["release"]["number"] == 2
    released = client.get("/v1/locate", params={"lon": 118.115, "lat": 31.01, "release": 2}).json()
    assert (released["answers"]["name"], released["plan"]) == ("East", None)


def test_answers_belong_to_the_change_number_they_name(
    client: httpx.Client, app: FastAPI, plan_id: int
) -> None:
    names: dict[int, str] = {}
    told: list[tuple[int, str]] = []
    is_over = Event()

    def watch() -> None:
        while not is_over.is_set():
            body = ask(client, plan_id, 118.115)
            told.append((body["plan"]["change_number"], body["answers"]["name"]))

    with ThreadPoolExecutor(3) as pool:
        watching = [pool.submit(watch) for _ in range(3)]
        for middle, name in ((118.12, "West"), (118.112, "East")) * 8:
            line = (
                grid(WEST, "natural", "West", 118.0, 31.0, middle, 31.1),
                grid(EAST, "natural", "East", middle, 31.0, 118.2, 31.1),
            )
            names[put(app, plan_id, *line)] = name
            answers = len(told)
            # not all threads have asked since: the next change comes while one looks up
            while len(told) < answers + 2 and not any(thread.done() for thread in watching):
                time.sleep(0.001)
        is_over.set()
        for thread in watching:
            thread.result()
    told = [one for one in told if one[0] in names]
    assert len(set(told)) > len(names) / 2
    assert all(names[number] == name for number, name in told)


def test_a_grid_that_only_the_plan_has_has_no_id_yet(
    client: httpx.Client, app: FastAPI, plan_id: int
) -> None:
    put(app, plan_id, grid(NEW, "dedicated", "New park", 118.15, 31.0, 118.16, 31.02))
    body = ask(client, plan_id, 118.155)
    assert body["answers"] == {
        "level": None,
        "kind": GridKind.DEDICATED.value,
        "id": None,
        "code": NEW,
        "name": "New park",
    }
    assert [(one["code"], one["id"] is None) for one in body["candidates"]] == [(EAST, False), (NEW, True)]


@pytest.mark.parametrize(
    ("more", "field"), [({"at": "2026-08-01"}, "plan"), ({"release": 1}, "plan"), ({"duty": True}, "duty")]
)
def test_what_a_plan_does_not_have_is_refused(
    client: httpx.Client, plan_id: int, more: dict[str, Any], field: str
) -> None:
    answer = client.get("/v1/locate", params={"lon": 118.1, "lat": 31.01, "plan": plan_id} | more)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_plan_that_is_not_there_or_is_published(client: httpx.Client, app: FastAPI, plan_id: int) -> None:
    assert client.get("/v1/locate?lon=118&lat=31&plan=999").status_code == 404
    assert client.get("/v1/locate?lon=118&lat=31&plan=0").status_code == 400
    with transaction(app.state.engine) as session:
        first = list_plans(session)[-1].id
    answer = client.get(f"/v1/locate?lon=118&lat=31&plan={first}")
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"Plan {first} is published; ask for release 1, which it became."
