"""Give up on clients that send or read too slowly; a server without this waits for them for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from gis.api.problems import MEDIA_TYPE, Problem, problem_body

if TYPE_CHECKING:
    import asyncio

# Who sends or reads at this pace on average is never given up: a telephone at the edge of its network.
LEAST_BYTES_PER_S = 1_000
TICK_S = 0.5
# Connections that have not asked yet are no requests, and the server's own limit does not see them.
CONNECTIONS_PER_REQUEST = 2

TOO_SLOW = Problem(408, "too-slow", "Request Timeout")
REMEDY = "The request did not arrive in time; send it again, faster or in parts."


class Patience:
    """How long a client may still keep us waiting; used up by time, filled up again by bytes.

    Args:
        seconds: What it is at first, and at most.
    """

    def __init__(self, seconds: float) -> None:
        self._most = seconds
        self.left = seconds

    def wait(self) -> None:
        """Use up one tick."""
        self.left -= TICK_S

    def pay(self, count: int) -> None:
        """Take bytes that came or went."""
        self.left = min(self._most, self.left + count / LEAST_BYTES_PER_S)

    def renew(self) -> None:
        """Begin anew."""
        self.left = self._most


class TimedProtocol(H11Protocol):
    """HTTP/1.1 that ends a connection whose client is too slow.

    1. The head of a request arrives whole within the seconds the service allows, counted from its first
       byte, or from the connection's beginning.
    2. Its body may lag so many seconds behind `LEAST_BYTES_PER_S`; while this side reads nothing, because
       it is still busy with what came before, no time is counted.
    3. So may the client in taking the answer.

    What came too slowly is answered 408; a client that does not read is cut off. The seconds are
    `slow_client_seconds` of the state the application yields when it starts.
    """

    state: ClassVar[str] = "slow_client_seconds"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the parent
        """Begin to watch."""
        super().connection_made(transport)
        seconds: float = self.app_state[self.state]
        self._sending, self._reading = Patience(seconds), Patience(seconds)
        self._phase: Any = h11.IDLE
        self._head_began = True
        self._unread = 0
        self._timer = self.loop.call_later(TICK_S, self._tick)
        if (
            self.limit_concurrency
            and len(self.connections) > CONNECTIONS_PER_REQUEST * self.limit_concurrency
        ):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch no longer."""
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; those of a body buy time."""
        super().data_received(data)
        self._head_began = self.conn.their_state is h11.IDLE
        if self.conn.their_state is h11.SEND_BODY:
            self._sending.pay(len(data))

    def _tick(self) -> None:
        self._timer = self.loop.call_later(TICK_S, self._tick)
        phase = self.conn.their_state
        if phase is not self._phase:
            self._phase = phase
            self._sending.renew()
        if self._keeps_us_waiting():
            self._sending.wait()
        unread = self.transport.get_write_buffer_size()
        if unread:
            self._reading.wait()
            self._reading.pay(max(0, self._unread - unread))
        else:
            self._reading.renew()
        self._unread = unread
        if self._reading.left <= 0:
            self.logger.warning("Cut off a client that did not read its answer.")
            self.transport.abort()
        elif self._sending.left <= 0:
            self.logger.warning("Gave up on a request that came too slowly.")
            self._answer_too_slow()

    def _keeps_us_waiting(self) -> bool:
        """Whether the next thing to happen is that the client sends something."""
        if self._phase is h11.IDLE:
            return self._head_began
        return self._phase is h11.SEND_BODY and not self.flow.read_paused

    def _answer_too_slow(self) -> None:
        """Answer 408 if nothing was answered yet, tell the application that nobody is there, and close."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
            for event in (
                h11.Response(status_code=TOO_SLOW.status, headers=headers, reason=TOO_SLOW.title.encode()),
                h11.Data(data=orjson.dumps(problem_body(TOO_SLOW, REMEDY))),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
