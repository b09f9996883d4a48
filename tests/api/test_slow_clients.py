"""Clients that send or read too slowly, with real sockets: given up in time; those at a fair pace are not."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest

from gis.api.app import create_app
from tests.api.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

PATIENCE_S = 1.5
MARGIN_S = 6.0
HEAD = b"POST /v1/locate HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
GET = b"GET /live HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def head(token: str) -> bytes:
    """Return the beginning of a request by somebody who may ask it."""
    return HEAD + f"Authorization: Bearer {token}\r\n".encode()


@pytest.fixture(scope="module")
def port(module_settings: Settings) -> Iterator[int]:
    patient = module_settings.model_copy(update={"slow_client_seconds": PATIENCE_S})
    with serving(create_app(patient)) as address:
        yield int(address.rsplit(":", 1)[1])


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S + MARGIN_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def rest_of(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


@pytest.mark.parametrize(
    "half",
    [b"", b"GET /live HT", b"GET /live HTTP/1.1\r\nHost: a\r\n", HEAD + b"Content-Length: 50\r\n\r\nlon,la"],
    ids=["nothing", "half a line", "half a head", "half a body"],
)
def test_half_a_request_is_given_up(port: int, head: bytes, half: bytes) -> None:
    started = time.monotonic()
    with connect(port) as connection:
        connection.sendall(half.replace(HEAD, head))
        answer = rest_of(connection)
    assert PATIENCE_S * 0.6 < time.monotonic() - started < PATIENCE_S + MARGIN_S
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
    assert b"faster or in parts" in answer


@pytest.mark.parametrize("start", [b"GET /live HTTP/1.1\r\nX-A: ", HEAD + b"Content-Length: 900\r\n\r\n"])
def test_a_byte_now_and_then_buys_no_time(port: int, head: bytes, start: bytes) -> None:
    started = time.monotonic()
    with connect(port) as connection:
        connection.sendall(start.replace(HEAD, head))
        with suppress(OSError):  # a reset or a broken pipe, whichever is noticed first
            while time.monotonic() - started < PATIENCE_S + MARGIN_S:
                connection.sendall(b"a")
                time.sleep(0.1)
    assert time.monotonic() - started < PATIENCE_S + MARGIN_S


def test_the_second_request_of_a_connection_is_watched_too(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(GET)
        received = b""
        while not received.endswith(b"}"):
            received += connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 200 ")
        time.sleep(PATIENCE_S + 1)  # longer than a request may take: nothing was begun
        connection.sendall(b"GET /li")
        assert rest_of(connection).startswith(b"HTTP/1.1 408 ")


def test_three_hundred_half_requests_are_gone_in_time_and_others_are_answered_meanwhile(
    port: int, head: bytes
) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(connect(port)) for _ in range(300)]
        for connection in held:
            connection.sendall(head)
        with connect(port) as other:
            other.sendall(GET)
            assert other.recv(65536).startswith(b"HTTP/1.1 200 ")
        started = time.monotonic()
        assert all(b" 408 " in rest_of(connection) for connection in held)
        assert time.monotonic() - started < PATIENCE_S + MARGIN_S


def test_a_slow_body_at_a_fair_pace_is_read_to_its_end(port: int, head: bytes) -> None:
    rows = b"118.05,31.05,wgs84\n" * 400
    body = b"lon,lat,crs\n" + rows
    started = time.monotonic()
    with connect(port) as connection:
        connection.sendall(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 300):
            connection.sendall(body[at : at + 300])
            time.sleep(0.1)
        answer = rest_of(connection)
    assert time.monotonic() - started > PATIENCE_S + 0.5
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_who_does_not_read_the_answer_is_cut_off(
    port: int, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    # more of an answer than any system keeps for a reader
    body = b"lon,lat,crs\n" + b"118.05,31.05,wgs84\n" * 100_000
    with connect(port) as connection:
        connection.sendall(head + b"Accept: application/x-ndjson\r\nContent-Length: %d\r\n\r\n" % len(body))
        connection.sendall(body)
        for _ in range(600):
            if "did not read its answer" in caplog.text:
                break
            time.sleep(0.05)
        answer = rest_of(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert not answer.endswith(b"0\r\n\r\n")  # how a whole answer in pieces ends


def test_who_hangs_up_in_the_middle_is_no_fault_of_ours(
    port: int, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with connect(port) as connection:
        connection.sendall(head + b"Content-Length: 50\r\n\r\nlon,la")
        time.sleep(0.3)
    for _ in range(200):
        if "/v1/locate 400" in caplog.text:
            break
        time.sleep(0.05)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert "/v1/locate 400" in caplog.text


def test_more_connections_than_allowed_are_answered_503_and_twice_as_many_closed(
    module_settings: Settings,
) -> None:
    with serving(create_app(module_settings), most_connections=6) as address, ExitStack() as stack:
        port = int(address.rsplit(":", 1)[1])
        held = [stack.enter_context(connect(port)) for _ in range(12)]
        with connect(port) as one_more, suppress(ConnectionResetError):
            assert one_more.recv(1) == b""
        held[0].sendall(GET)
        assert rest_of(held[0]).startswith(b"HTTP/1.1 503 ")
