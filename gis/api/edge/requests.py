"""Around every request: an id, a log line and a count for each request, and an answer if all else fails."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from gis.api.problems import answer_problem
from gis.logs import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gis.api.edge.metrics import Metrics

log = logging.getLogger("gis.api.requests")

# What a caller may choose as an id: nothing that could forge a line of the log.
SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")


class Requests:
    """Middleware: request id in and out, one log line, one observation; no exception goes further out.

    Args:
        app: What answers.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        token = request_id.set(given if SANE_ID.fullmatch(given) else secrets.token_hex(8))
        try:
            await self._answer(scope, receive, send)
        finally:
            request_id.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(send)
        # read before the routes see it: answering HEAD as GET changes the scope
        method, path = scope["method"], quote(scope["path"], safe="/")
        started = time.perf_counter()
        try:
            with self.metrics.in_progress.track_inprogress():
                await self.app(scope, receive, answer.send)
        except Exception as error:
            if answer.status:
                # the head is out, so the only honest sign left is a connection that breaks off
                log.exception("%s %s broke off", method, path)
                raise
            await answer_problem(Request(scope), error)(scope, receive, answer.send)
        finally:
            seconds = time.perf_counter() - started
            self.metrics.observe(scope, method, answer.status, seconds)
            log.info("%s %s %s %.1f ms %s B", method, path, answer.status, 1000 * seconds, answer.size)


class Answer:
    """What is sent: remembers status and size, adds the request id."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.size = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: Any = message.setdefault("headers", [])
            MutableHeaders(raw=headers)["X-Request-Id"] = request_id.get()
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self._send(message)
