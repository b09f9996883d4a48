"""The connection beside the pool: an attempt that was given up disturbs nothing that came after it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from gis.store.session import SideConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

SLOW_S, GIVE_UP_S = 0.2, 0.4
EVERY_S = 0.005


@contextmanager
def detour(url: URL) -> Iterator[tuple[URL, threading.Event]]:
    """Lead to a server over a port whose first connection gets through when the event is set."""
    opened = threading.Event()
    made: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def lead_on() -> None:
            for number in range(2):
                near, _ = listening.accept()
                threading.Thread(target=join, args=(near, number), daemon=True).start()

        def join(near: socket.socket, number: int) -> None:
            if number == 0:
                opened.wait()
            far = connected(url)
            made.extend((near, far))
            threading.Thread(target=pass_on, args=(far, near), daemon=True).start()
            pass_on(near, far)

        accepting = threading.Thread(target=lead_on)
        accepting.start()
        yield url.set(host="127.0.0.1", port=listening.getsockname()[1], query={}), opened
        opened.set()
        accepting.join()
    for one in made:
        one.close()


def connected(url: URL) -> socket.socket:
    host = str(url.query.get("host", url.host))
    if host.startswith("/"):
        far = socket.socket(socket.AF_UNIX)
        far.connect(f"{host}/.s.PGSQL.{url.query.get('port', url.port or 5432)}")
        return far
    return socket.create_connection((host, url.port or 5432))


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side has closed


async def longest_pause(side: SideConnection) -> float:
    """Ask, and return the longest time in which the event loop did nothing else meanwhile."""
    turns = [time.perf_counter()]

    async def turn() -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            turns.append(time.perf_counter())

    turning = asyncio.create_task(turn())
    await side.first_row()
    turning.cancel()
    turns.append(time.perf_counter())
    return max(later - earlier for earlier, later in pairwise(turns))


def test_a_connection_that_came_too_late_does_not_hold_up_the_loop(
    server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gis.store.session.POOL_TIMEOUT_S", GIVE_UP_S)
    with detour(server.url) as (url, opened):
        engine = create_engine(url)
        side = SideConnection(engine, f"SELECT pg_sleep({SLOW_S})")

        async def ask() -> float:
            with pytest.raises(TimeoutError):
                await side.first_row()
            await side.first_row()
            opened.set()
            # the thread of the first attempt ends with its connection
            await asyncio.get_running_loop().shutdown_default_executor()
            return await longest_pause(side)

        pause = asyncio.run(ask())
        side.close()
        engine.dispose()
    assert pause < SLOW_S / 2
