"""Jobs of a service of two processes: progress, order, cancelling, and what happens when something dies.

A job that checks is held up, where it stores its findings, by locking the table they go to.
"""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import people
import pytest
from commands import Service, layer, served
from shapely import box
from sqlalchemy import text

from gis.api.routes.jobs import MOST_OPEN
from gis.nouns import Actor
from gis.store.jobs.queue import JobState, get_job, save_job
from gis.store.jobs.running import lose_jobs
from gis.store.plans import lock_draft
from gis.store.session import make_engine, transaction
from tests.api.conftest import EAST, grid
from tests.api.test_plans import geojson, open_plan, upload
from tests.api.test_repairs import change_number, places, plan_with_gap, repair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

ASYNC = {"Prefer": "wait=5, respond-async"}
FAR_AWAY = {"crs": "cgcs2000", "lines": [[[117.0, 30.0], [117.1, 30.0]]]}


@pytest.fixture(scope="module")
def own_engine(module_settings: Settings) -> Iterator[Engine]:
    engine = make_engine(module_settings)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def service(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with served(module_settings, folder, "--workers", "2", WANGGE_MAX_SYNC_GRIDS="9") as running:
        yield running


@pytest.fixture(scope="module")
def both(service: Service) -> Iterator[httpx.Client]:
    """Ask whichever process takes the connection."""
    with client_of(service) as client:
        yield client


@contextmanager
def client_of(service: Service) -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_keepalive_connections=0)
    transport = httpx.HTTPTransport(retries=8, limits=limits)
    with httpx.Client(
        base_url=service.address, headers=people.bearer(service.token), transport=transport, timeout=60
    ) as client:
        yield client


@contextmanager
def held_up(engine: Engine, table: str = "grid_check") -> Iterator[None]:
    """Let no check, or no answer, be stored inside the block."""
    with transaction(engine) as session:
        session.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
        yield


def until(found: Callable[[], Any], what: str) -> Any:
    for _ in range(400):
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not in time: {what}")


def ask(client: httpx.Client, release: int = 1) -> int:
    answer = client.post(f"/v1/releases/{release}/check", headers=ASYNC)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    return int(answer.json()["id"])


def job(client: httpx.Client, job_id: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").json()
    return found


def wait_for(client: httpx.Client, job_id: int, state: str, progress: float = 0.0) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        seen = job(client, job_id)
        return seen if seen["state"] == state and seen["progress"] >= progress else None

    return until(found, f"job {job_id} {state}, which is {job(client, job_id)}")  # type: ignore[no-any-return]  # a job


def add_three(client: httpx.Client, plan: int, folder: Path) -> None:
    """Put so many grids into a plan that with its base release it is large."""
    cells = {EAST[:-1] + digit: box(118, 31, 118.01, 31.01) for digit in "789"}
    further = Path(layer(folder / "grids.geojson", **cells))
    uploaded = upload(client, plan, further.read_bytes(), kind="natural", dry_run="false")
    assert uploaded.json()["applied"] is True


def waiting_for_locks(engine: Engine) -> int:
    with transaction(engine) as session:
        count = session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        )
    return int(count or 0)


def process_of(service: Service, job_id: int) -> int:
    found = re.search(rf"job {job_id} \(check\) begins in process (\d+)", service.log.read_text())
    assert found is not None
    return int(found[1])


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_job_tells_how_far_it_is_and_leads_to_its_result(both: httpx.Client, own_engine: Engine) -> None:
    with held_up(own_engine):
        number = ask(both)
        seen = wait_for(both, number, "running", 0.9)
        assert seen["step"]["en"] == "Storing the findings"
        assert (seen["kind"], seen["parameters"], seen["result"]) == ("check", {"release": 1}, None)
        refused = both.get(f"/v1/jobs/{number}/results")
        assert refused.status_code == 409
        assert "it is running" in refused.json()["detail"]
        assert both.get(f"/v1/jobs/{number}").headers["retry-after"] == "1"
        listed = both.get("/v1/jobs", params={"state": "running"}).json()["jobs"]
        assert [one["id"] for one in listed] == [number]
    done = wait_for(both, number, "done")
    assert (done["progress"], done["problem"]) == (1.0, None)
    assert done["started_at"] < done["ended_at"]
    led = both.get(f"/v1/jobs/{number}/results", follow_redirects=True)
    assert led.url.path == done["result"]
    assert (led.json()["release"], led.json()["by"]) == (1, done["created_by"])
    assert "retry-after" not in both.get(f"/v1/jobs/{number}").headers
    assert both.delete(f"/v1/jobs/{number}").status_code == 409


def test_what_is_large_is_done_by_a_job_unasked(both: httpx.Client, tmp_path: Path) -> None:
    small = both.post("/v1/releases/1/check")
    assert (small.status_code, small.json()["release"]) == (201, 1)
    # the four grids of its base release count once, and its own once more
    plan = both.post("/v1/plans", json={"title": "large"}).json()["id"]
    assert both.post(f"/v1/plans/{plan}/check").status_code == 201
    add_three(both, plan, tmp_path)
    answer = both.post(f"/v1/plans/{plan}/check", json={"profile": "full", "min_width_m": 0.5})
    assert answer.status_code == 202
    number = answer.json()["id"]
    assert answer.json()["parameters"] == {"plan_id": plan, "profile": "full", "min_width_m": 0.5}
    assert both.get(wait_for(both, number, "done")["result"]).json()["min_width_m"] == 0.5


def test_a_cancelled_job_ends_at_once_and_leaves_nothing(both: httpx.Client, own_engine: Engine) -> None:
    before = both.post("/v1/releases/1/check").json()["id"]
    with held_up(own_engine):
        number = ask(both)
        wait_for(both, number, "running", 0.9)
        until(lambda: waiting_for_locks(own_engine) == 1, "the job waits")
        cancelled = both.delete(f"/v1/jobs/{number}")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        assert both.delete(f"/v1/jobs/{number}").status_code == 200
        until(lambda: waiting_for_locks(own_engine) == 0, "its process has ended")
    assert both.get(f"/v1/jobs/{number}/results").status_code == 409
    with transaction(own_engine) as session:
        later = session.scalar(text("SELECT count(*) FROM grid_check WHERE id > :before"), {"before": before})
    assert later == 0


def test_a_repair_by_a_job_is_answered_as_one_at_once(both: httpx.Client, own_engine: Engine) -> None:
    plan = plan_with_gap(both, "repaired by a job")
    before = change_number(both, plan)
    at_once = repair(both, plan, barriers=FAR_AWAY)
    assert len(places(at_once.json())) == 1
    with held_up(own_engine, "job_answer"):
        answer = both.post(f"/v1/plans/{plan}/repair", json={"barriers": FAR_AWAY}, headers=ASYNC)
        assert answer.status_code == 202
        number = answer.json()["id"]
        seen = wait_for(both, number, "running", 0.95)
        assert seen["step"]["en"] == "Writing what was repaired"
        # what is drawn on a map is too long for a list of jobs
        assert (seen["kind"], seen["parameters"]) == ("repair", {"plan_id": plan, "dry_run": True})
        assert both.get(f"/v1/jobs/{number}/answer").status_code == 404
        # who only looks keeps nobody from the plan
        cells = geojson(grid(EAST, "natural", "East", 118.12, 31.0, 118.2, 31.1))
        assert upload(both, plan, cells).status_code == 200
    assert wait_for(both, number, "done")["result"] == f"/v1/jobs/{number}/answer"
    led = both.get(f"/v1/jobs/{number}/results", follow_redirects=True)
    assert led.headers["content-type"] == "application/geo+json"
    assert led.headers["cache-control"].startswith("private")
    assert led.content == at_once.content
    assert change_number(both, plan) == before
    with transaction(own_engine) as session:
        kept = session.scalar(text("SELECT count(*) FROM grid_check WHERE plan_id = :plan"), {"plan": plan})
    assert kept == 0

    answer = both.post(f"/v1/plans/{plan}/repair", json={"dry_run": False}, headers=ASYNC)
    done = wait_for(both, answer.json()["id"], "done")
    applied = both.get(done["result"]).json()
    assert (applied["applied"], applied["features"]) == (True, at_once.json()["features"])
    assert change_number(both, plan) == before + 1
    assert repair(both, plan).json()["features"] == []


def test_a_cancelled_repair_leaves_the_plan_as_it_was(both: httpx.Client, own_engine: Engine) -> None:
    plan = plan_with_gap(both, "cancelled")
    before = change_number(both, plan)
    with held_up(own_engine, "job_answer"):
        answer = both.post(f"/v1/plans/{plan}/repair", json={"dry_run": False}, headers=ASYNC)
        number = answer.json()["id"]
        wait_for(both, number, "running", 0.95)
        until(lambda: waiting_for_locks(own_engine) == 1, "the job waits")
        assert both.delete(f"/v1/jobs/{number}").json()["state"] == "cancelled"
        until(lambda: waiting_for_locks(own_engine) == 0, "its process has ended")
    refused = both.get(f"/v1/jobs/{number}/answer")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:wangge:problem:not-found")
    assert change_number(both, plan) == before
    assert len(places(repair(both, plan).json())) == 1


def test_a_large_repair_is_done_by_a_job_unasked_and_refused_before_it_is_one(
    both: httpx.Client, tmp_path: Path
) -> None:
    plan = open_plan(both, "large repair")
    add_three(both, plan, tmp_path)
    answer = repair(both, plan, keep_codes=["12"])
    assert answer.status_code == 202
    failed = wait_for(both, answer.json()["id"], "failed")
    assert "no grid 12 in plan" in failed["problem"]["detail"]
    mars = {"crs": "wgs84", "lines": [[[0, 0], [1e300, 1]]]}
    refused = both.post(f"/v1/plans/{plan}/repair", json={"barriers": mars}, headers=ASYNC)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "barriers")
    assert both.post("/v1/plans/1/repair", json={}, headers=ASYNC).status_code == 409
    assert both.post("/v1/plans/999999/repair", json={}, headers=ASYNC).status_code == 404


def test_a_job_whose_process_is_killed_has_failed(
    both: httpx.Client, own_engine: Engine, service: Service
) -> None:
    with held_up(own_engine):
        number = ask(both)
        wait_for(both, number, "running", 0.9)
        os.kill(process_of(service, number), signal.SIGKILL)
        failed = wait_for(both, number, "failed")
    assert failed["problem"]["type"] == "urn:wangge:problem:job-died"
    assert "code -9" in failed["problem"]["detail"]
    assert failed["ended_at"] is not None
    assert "code -9" in both.get(f"/v1/jobs/{number}/results").json()["detail"]
    wait_for(both, ask(both), "done")


def test_jobs_run_one_after_the_other_in_the_order_they_were_asked_for(
    both: httpx.Client, own_engine: Engine
) -> None:
    with held_up(own_engine):
        first, second, third = ask(both), ask(both, 2), ask(both)
        wait_for(both, first, "running", 0.9)
        assert [job(both, number)["state"] for number in (second, third)] == ["queued", "queued"]
        assert both.delete(f"/v1/jobs/{second}").json()["state"] == "cancelled"
    last = wait_for(both, third, "done")
    assert job(both, first)["ended_at"] <= last["started_at"]
    assert job(both, second)["started_at"] is None


def test_a_job_that_cannot_be_done_says_why(both: httpx.Client, own_engine: Engine) -> None:
    with transaction(own_engine) as session:
        number = save_job(session, "check", {"release": 99}, Actor(both.get("/v1/me").json()["login"])).id
    failed = wait_for(both, number, "failed")
    assert failed["problem"]["type"] == "urn:wangge:problem:not-found"
    assert (failed["problem"]["status"], failed["problem"]["request_id"]) == (404, f"job-{number}")
    assert both.get("/v1/jobs/999999").status_code == 404
    assert both.delete("/v1/jobs/999999").status_code == 404


def test_nobody_fills_the_queue_for_all_others(both: httpx.Client, own_engine: Engine) -> None:
    with held_up(own_engine):
        asked = [both.post("/v1/releases/1/check", headers=ASYNC) for _ in range(MOST_OPEN + 1)]
        assert [answer.status_code for answer in asked] == [202] * MOST_OPEN + [409]
        for answer in asked[:-1]:
            both.delete(f"/v1/jobs/{answer.json()['id']}")


def test_who_waits_for_what_another_changes_is_told_so(both: httpx.Client, own_engine: Engine) -> None:
    plan = open_plan(both, "in use")
    with transaction(own_engine) as session:
        lock_draft(session, plan)
        answer = both.post(f"/v1/plans/{plan}/operations/1/undo")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:wangge:problem:collision")
    assert answer.headers["retry-after"] == "2"


def test_a_job_nobody_sees_to_is_lost(both: httpx.Client, own_engine: Engine) -> None:
    with transaction(own_engine) as session:
        number = save_job(session, "check", {"release": 1}, Actor(both.get("/v1/me").json()["login"])).id
        session.execute(
            text(
                "UPDATE job SET state = 'running', started_at = now(), seen_at = now() - interval '40 s'"
                " WHERE id = :number"
            ),
            {"number": number},
        )
    failed = wait_for(both, number, "failed")
    assert failed["problem"]["type"] == "urn:wangge:problem:job-lost"


def test_rules_that_do_not_exist_are_refused_at_once(both: httpx.Client) -> None:
    refused = both.post("/v1/releases/1/check", json={"profile": "nowhere"}, headers=ASYNC)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "profile"
    assert both.post("/v1/releases/99/check", headers=ASYNC).status_code == 404
    assert both.post("/v1/releases/1/check", json={"min_width_m": 0}).status_code == 422
    assert both.post("/v1/releases/1/check", json={"intended": ["x"]}).status_code == 422
    assert both.post("/v1/releases/1/check", content="profile=full").status_code == 415


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_job_outlives_the_service(
    settings: Settings, engine: Engine, tmp_path: Path, how: signal.Signals
) -> None:
    with held_up(engine):
        with served(settings, tmp_path) as service, client_of(service) as client:
            plan = client.post("/v1/plans", json={"title": "empty"}).json()["id"]
            number = client.post(f"/v1/plans/{plan}/check", headers=ASYNC).json()["id"]
            wait_for(client, number, "running", 0.9)
            pid = process_of(service, number)
            service.process.send_signal(how)
            service.process.wait(timeout=60)
        until(lambda: is_gone(pid), "the process of the job has ended")
        until(lambda: waiting_for_locks(engine) == 0, "so has its connection")
    with transaction(engine) as session:
        left = get_job(session, number)
    if how is signal.SIGTERM:
        assert left.state is JobState.FAILED
        assert left.problem is not None
        assert left.problem["type"] == "urn:wangge:problem:service-stopped"
    else:
        # whichever service sees next that nobody sees to it says so
        assert left.state is JobState.RUNNING
        with transaction(engine) as session:
            assert lose_jobs(session, 0.0, {"detail": "lost"}) == [number]
            assert get_job(session, number).state is JobState.FAILED


def test_a_job_has_a_limit_of_time(settings: Settings, tmp_path: Path) -> None:
    with served(settings, tmp_path, WANGGE_JOB_SECONDS="1") as service, client_of(service) as client:
        plan = client.post("/v1/plans", json={"title": "empty"}).json()["id"]
        number = client.post(f"/v1/plans/{plan}/check", headers=ASYNC).json()["id"]
        failed = wait_for(client, number, "failed")
        assert failed["problem"]["type"] == "urn:wangge:problem:too-slow"
        assert is_gone(process_of(service, number))
