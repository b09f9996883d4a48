"""What knowing who asks costs on one located point and one reported event, with and without, in turns."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import uvicorn
from sqlalchemy import text

from benchmarks.coverages import make_coverage, make_points
from benchmarks.locate_http import DATABASE, START_S, port_of, publish_release, serving, sign_in
from benchmarks.measured import environment_of, own_home
from gis.api.app import create_app
from gis.api.doorkeeper import Known
from gis.identity.accounts import SessionKind, SignedIn
from gis.identity.roles import Right, Role
from gis.nouns import EVERYTHING
from gis.settings import Settings
from gis.store.cluster import get_cluster
from gis.store.identity.sessions import CHANGE
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import HTTPConnection

GRIDS = 200


@dataclass(frozen=True)
class NobodyAsked:
    """Stands where the doorkeeper does, and takes everybody for one user without looking."""

    known: Known

    def remembered(self, _request: HTTPConnection) -> Known:
        """Return that user."""
        return self.known

    async def recognise(self, _request: HTTPConnection) -> Known:
        """Return that user."""
        return self.known

    def close(self) -> None:
        """Do nothing."""


def serve_without() -> None:
    """Serve as `wangge serve` does, but ask nobody who they are."""
    settings = Settings()
    engine = make_engine(settings)
    with transaction(engine) as session:
        change = session.scalar(text(CHANGE))
    far = datetime.now(UTC) + timedelta(days=1)
    nobody = SignedIn(1, "benchmark", "", 1, SessionKind.BROWSER, far, far, frozenset(), (), change or 0)
    app = create_app(settings)
    app.state.doorkeeper = NobodyAsked(Known(nobody, dict.fromkeys(Right, EVERYTHING)))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, ws="none")
    server = uvicorn.Server(config)
    sockets = [config.bind_socket()]
    # as `wangge serve` does: else each answer waits for the other side's delayed acknowledgement
    sockets[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/", flush=True)
    server.run(sockets)


@contextmanager
def serving_without(settings: Settings) -> Iterator[int]:
    """Run `serve_without` in a process of its own and give its port."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "said")
        with said.open("w") as out:
            service = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.identity", "without"],
                env=os.environ | environment_of(settings),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            try:
                yield port_of(said)
            finally:
                service.send_signal(signal.SIGINT)
                service.wait(timeout=START_S)


@dataclass(frozen=True)
class Caller:
    """Asks one service over one connection."""

    connection: http.client.HTTPConnection
    token: str
    source: str

    def locate(self, lon: float, lat: float) -> int:
        """Locate a point; return the nanoseconds it took."""
        return self._ask("GET", f"/v1/locate?lon={lon}&lat={lat}", None)

    def report(self, number: int, lon: float, lat: float) -> int:
        """Report an event; return the nanoseconds it took."""
        body = {
            "source": self.source,
            "source_id": str(number),
            "x": lon,
            "y": lat,
            "crs": "wgs84",
            "reported_at": "2026-05-01T08:30:00+08:00",
            "category": "benchmark",
            "text": "benchmark",
        }
        return self._ask("POST", "/v1/events", json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> int:
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        started = time.perf_counter_ns()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        taken = time.perf_counter_ns() - started
        if answer.status not in {http.client.OK, http.client.CREATED}:
            raise SystemExit(f"{method} {path} answered {answer.status}: {content[:300]!r}")
        return taken


def identity_cost(pairs: int = 1500) -> dict[str, float]:
    """Return the medians with and without identity in microseconds, and their ratios."""
    settings = Settings(database_name=DATABASE)
    if settings.database_url:
        raise SystemExit("unset WANGGE_DATABASE_URL: this makes a database, of the private cluster only")
    cluster = get_cluster(settings)
    cluster.start()
    cluster.drop_database(DATABASE)
    try:
        polygons = make_coverage(GRIDS, 1)
        publish_release(settings, polygons)
        token = sign_in(settings, Role.DISTRICT_OPERATOR)
        points = list(zip(*make_points(polygons, pairs, 1, clustered=True), strict=True))
        with own_home(settings) as own, serving(own) as asked, serving_without(own) as unasked:
            callers = [
                Caller(http.client.HTTPConnection("127.0.0.1", port, timeout=START_S), token, source)
                for port, source in ((asked, "with"), (unasked, "without"))
            ]
            for point in points[:100]:
                for caller in callers:
                    caller.locate(*point)
            located = [[caller.locate(*point) for caller in callers] for point in points]
            reported = [
                [caller.report(number, *point) for caller in callers] for number, point in enumerate(points)
            ]
    finally:
        cluster.drop_database(DATABASE)
    figures = {}
    for name, taken in (("locate", located), ("report", reported)):
        known, unknown = np.median(taken, axis=0) / 1000
        figures[f"{name}_us"] = round(float(known), 1)
        figures[f"{name}_without_us"] = round(float(unknown), 1)
        figures[f"{name}_ratio"] = round(float(known / unknown), 3)
    return figures


if __name__ == "__main__":
    if sys.argv[1:] == ["without"]:
        serve_without()
    else:
        print(json.dumps(identity_cost()))
