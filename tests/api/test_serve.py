from __future__ import annotations

import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import httpx
from commands import WANGGE, address_in, environment

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings

SERVE = (*WANGGE, "serve")


def test_serve_says_where_it_is_and_stops_in_order(settings: Settings, tmp_path: Path) -> None:
    said, log = tmp_path / "said", tmp_path / "log"
    with said.open("w") as out, log.open("w") as err:
        service = subprocess.Popen(
            [*SERVE, "--port", "0"],
            env=environment(settings, WANGGE_LOG_FORMAT="json"),
            stdout=out,
            stderr=err,
        )
        try:
            address = address_in(said)
            # the address is said just before it is listened on
            with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=30) as client:
                answer = client.get(f"{address}live")
            assert answer.json()["status"] == "live"
            assert "server" not in answer.headers
            service.send_signal(signal.SIGINT)
            assert service.wait(timeout=60) == 0, log.read_text()
        finally:
            service.kill()
    assert f"{address}docs" in said.read_text()
    assert '"message":"GET /live 200' in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_port_in_use_is_said_so(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [*SERVE, "--port", port],
            env=environment(settings, WANGGE_LOG_FORMAT="json"),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 6
    assert "Choose another with --port" in done.stderr
