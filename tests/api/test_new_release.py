"""A release published under load: every process answers from it at once, and never from a mixture."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import people
import pytest
from commands import WANGGE, environment

from gis.store.session import make_engine, transaction
from tests.api.conftest import EAST, WEST, grid, publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from gis.settings import Settings

SERVE = (*WANGGE, "serve", "--port", "0", "--workers", "2")
# Between the two positions of the line; the answer tells which release was looked into.
POINT = (118.105, 31.01)
WANTED = {1: "East", 2: "West", 3: "East"}
FAR_AWAY = date.today() + timedelta(days=400)  # noqa: DTZ011 - a day that is not today in any zone


def halves(middle: float) -> list[dict[str, Any]]:
    return [
        grid(WEST, "natural", "West", 118.0, 31.0, middle, 31.1),
        grid(EAST, "natural", "East", middle, 31.0, 118.2, 31.1),
    ]


def publish_line(engine: Engine, middle: float, day: date) -> float:
    """Publish a release with the line there; returns the moment it was committed."""
    with transaction(engine) as session:
        publish(session, f"line at {middle}", halves(middle), day, first=middle == 118.1)
    return time.monotonic()


NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)


@dataclass
class Hammer:
    """Asks on fresh connections, so that every worker is met, until told to stop."""

    address: str
    headers: dict[str, str]
    seen: list[tuple[float, int, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_over: bool = False

    def ask_one(self) -> None:
        with httpx.Client(headers=self.headers, limits=NO_KEEPALIVE, timeout=30) as client:
            while not self.is_over:
                asked = time.monotonic()
                answer = client.get(
                    f"{self.address}v1/locate", params=dict(zip(("lon", "lat"), POINT, strict=True))
                )
                self.note(asked, answer, lambda body: body["answers"]["name"])

    def ask_many(self) -> None:
        with httpx.Client(headers=self.headers, limits=NO_KEEPALIVE, timeout=30) as client:
            while not self.is_over:
                asked = time.monotonic()
                body = {"crs": "wgs84", "points": [POINT, POINT]}
                answer = client.post(f"{self.address}v1/locate", json=body)
                self.note(asked, answer, lambda body: body["grids"][str(body["answers"][1])]["name"])

    def note(self, asked: float, answer: httpx.Response, name_of: Any) -> None:
        if answer.status_code != 200:
            self.wrong.append(answer.text)
            return
        body = answer.json()
        self.seen.append((asked, body["release"]["number"], name_of(body)))


@dataclass
class Service:
    """A service of two workers."""

    address: str
    headers: dict[str, str]
    process: subprocess.Popen[bytes]
    home: Path

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [
            pid for pid in map(int, children) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]

    def mapped(self, pid: int) -> set[str]:
        lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
        return {line.rsplit("/", 1)[1] for line in lines if line.endswith(".index")}


@pytest.fixture
def service(settings: Settings, tmp_path: Path) -> Iterator[Service]:
    engine = make_engine(settings)
    publish_line(engine, 118.1, date(2001, 1, 1))
    engine.dispose()
    headers = people.bearer(people.token_for(settings, "staff"))
    said, log = tmp_path / "said", tmp_path / "log"
    home = tmp_path / "home"
    with said.open("wb") as out, log.open("wb") as err:
        process = subprocess.Popen(
            SERVE, env=environment(settings, WANGGE_HOME=str(home)), stdout=out, stderr=err
        )
    try:
        address = wait_for(lambda: said.read_text().split()[2] if said.stat().st_size else None)
        wait_for(lambda: answers(address))
        wait_for(lambda: log.read_text().count("Application startup complete") == 2)
        yield Service(address, headers, process, home)
        process.terminate()
        assert process.wait(timeout=60) == 0, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()


def wait_for(found: Any) -> Any:
    for _ in range(600):
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError("waited too long")


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}live").status_code == 200
    except httpx.TransportError:
        return False


def test_a_release_published_under_load_is_answered_from_at_once(
    service: Service, settings: Settings
) -> None:
    hammer = Hammer(service.address, service.headers)
    threads = [threading.Thread(target=hammer.ask_one) for _ in range(3)]
    threads.append(threading.Thread(target=hammer.ask_many))
    engine = make_engine(settings)
    for thread in threads:
        thread.start()
    try:
        time.sleep(1.5)
        first_half = len(hammer.seen)
        began = time.monotonic()
        committed = publish_line(engine, 118.11, date(2001, 1, 2))
        time.sleep(1.5)
        # one that takes effect later changes no answer of today
        publish_line(engine, 118.1, FAR_AWAY)
        time.sleep(1)
    finally:
        hammer.is_over = True
        for thread in threads:
            thread.join()
        engine.dispose()
    assert hammer.wrong == []
    assert first_half > 10
    assert {(number, name) for _, number, name in hammer.seen} == {(1, "East"), (2, "West")}
    assert {number for asked, number, _ in hammer.seen if asked < began - 1} == {1}
    after = [number for asked, number, _ in hammer.seen if asked > committed]
    assert len(after) > 10
    assert set(after) == {2}
    address = f"{service.address}v1/locate?lon={POINT[0]}&lat={POINT[1]}&at={FAR_AWAY}"
    answer = httpx.get(address, headers=service.headers).json()
    assert (answer["release"]["number"], answer["answers"]["name"]) == (3, "East")


def test_workers_share_one_file_an_index(service: Service) -> None:
    address = f"{service.address}v1/locate?lon={POINT[0]}&lat={POINT[1]}"
    workers = service.workers()
    assert len(workers) == 2

    def all_have_mapped() -> bool:
        assert httpx.get(address, headers=service.headers).status_code == 200
        return all(service.mapped(pid) for pid in workers)

    wait_for(all_have_mapped)
    (kept,) = (service.home / "indexes").glob("*.index")
    assert [service.mapped(pid) for pid in workers] == [{kept.name}] * 2
    # gone under the service: it goes on with what it has mapped
    kept.unlink()
    assert httpx.get(address, headers=service.headers).json()["answers"]["name"] == WANTED[1]
