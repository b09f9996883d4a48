"""`wangge serve`: the web service on this machine."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from gis.cli.edge import out
from gis.errors import SetupError
from gis.logs import configure_logs
from gis.settings import Settings
from gis.store.cluster import database_url

if TYPE_CHECKING:
    from fastapi import FastAPI

# Connections open at once; further ones are answered 503 before they cost anything.
MOST_CONNECTIONS = 400
# What is being answered when the service is stopped has so long to end.
GRACE_S = 20
KEEP_ALIVE_S = 30
# A worker process that says nothing for so long is replaced; building a large index keeps one busy a while.
SILENT_S = 120

PAGES = (
    ("start page", "/"),
    ("grids", "/maps/grids"),
    ("findings", "/maps/findings"),
    ("events", "/maps/events"),
    ("API", "/docs"),
)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; else WANGGE_HOST, 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0: a free one; else WANGGE_PORT, 8000.")
    ] = None,
    proxy: Annotated[
        str,
        typer.Option(help="Addresses of the reverse proxy whose X-Forwarded headers are believed."),
    ] = "127.0.0.1",
    most_connections: Annotated[
        int, typer.Option(min=1, help="Connections open at once; more are answered 503.")
    ] = MOST_CONNECTIONS,
    workers: Annotated[
        int,
        typer.Option(min=1, max=64, help="Processes that answer; each has its own connections and metrics."),
    ] = 1,
) -> None:
    """Serve the pages and the API until interrupted; put a reverse proxy with HTTPS before.

    Browsers send the cookie of a session over HTTPS only, or to this machine itself. Clients that send or
    read too slowly are given up (WANGGE_SLOW_CLIENT_SECONDS).
    """
    settings = Settings()
    configure_logs(settings.log_format, settings.log_level)
    database_url(settings)  # starts the private server here, once, and says so if that cannot be done
    config = uvicorn.Config(
        "gis.cli.serve:worker_app",
        factory=True,
        workers=workers,
        timeout_worker_healthcheck=SILENT_S,
        host=host or settings.host,
        port=settings.port if port is None else port,
        log_config=None,
        access_log=False,  # the service writes its own line, with the request's id
        server_header=False,
        http="gis.api.edge.slow_clients:TimedProtocol",
        ws="none",
        proxy_headers=True,
        forwarded_allow_ips=proxy,
        limit_concurrency=most_connections,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    try:
        listening = config.bind_socket()
    except SystemExit:
        # uvicorn has logged why; port in use is the usual reason
        raise SetupError(
            f"Nothing can listen on {config.host}:{config.port}; is it in use? Choose another with --port."
        ) from None
    # asyncio sets this only on sockets it made itself; without it every answer waits 40 ms for an
    # acknowledgement between head and body
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    base = f"http://{shown_host(config.host)}:{listening.getsockname()[1]}"
    for name, path in PAGES:
        out.print(f"{name:<12}{base}{path}", markup=False)
    # uvicorn ends in order and then raises what interrupted it
    with suppress(KeyboardInterrupt):
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listening])
        else:
            Multiprocess(config, sockets=[listening]).run()


def worker_app() -> FastAPI:
    """Return the service as one process answers with it."""
    from gis.api.app import create_app  # noqa: PLC0415 - a second that no other command should wait

    settings = Settings()
    configure_logs(settings.log_format, settings.log_level)
    return create_app(settings)


def shown_host(host: str) -> str:
    """Return a host as a browser on this machine takes it."""
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
