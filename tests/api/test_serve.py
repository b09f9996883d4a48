from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from gis.settings import Settings

SERVE = (sys.executable, "-m", "gis.cli.main", "serve")


def environment(settings: Settings) -> dict[str, str]:
    return os.environ | {"WANGGE_DATABASE_URL": settings.database_url or "", "WANGGE_LOG_FORMAT": "json"}


def test_serve_says_where_it_is_and_stops_in_order(settings: Settings) -> None:
    with subprocess.Popen(
        [*SERVE, "--port", "0"],
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdout is not None
        line = service.stdout.readline()
        found = re.fullmatch(r"start page +(http://127\.0\.0\.1:\d+/)\n", line)
        assert found, line
        answer = httpx.get(f"{found[1]}live", timeout=30)
        assert answer.json()["status"] == "live"
        assert "server" not in answer.headers
        service.send_signal(signal.SIGINT)
        rest, log = service.communicate(timeout=60)
    assert service.returncode == 0, log
    assert f"{found[1]}docs" in rest
    assert '"message":"GET /live 200' in log
    assert "Traceback" not in log


def test_a_port_in_use_is_said_so(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [*SERVE, "--port", port],
            env=environment(settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 6
    assert "Choose another with --port" in done.stderr
