"""Around every request: an id, a log line and a count for each request, and an answer if all else fails."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from gis.api.problems import answer_problem
from gis.identity.masks import HIDDEN
from gis.logs import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gis.api.edge.metrics import Metrics

log = logging.getLogger("gis.api.requests")

# What a caller may choose as an id: nothing that could forge a line of the log, or be a number or a token of
# somebody. Hexadecimal as tracing programs make it, a UUID, a W3C traceparent, or a word with a number.
SANE_ID = re.compile(
    r"[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|[a-z]{1,20}[._:-]?[0-9]{0,6}"
)
# A part of an address that may stand in the log: an id or a word of ours.
SANE_PART = re.compile(r"[0-9]{1,9}|[a-z_-]{1,30}")


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
        method = scope["method"]
        started = time.perf_counter()
        try:
            with self.metrics.in_progress.track_inprogress():
                await self.app(scope, receive, answer.send)
        except Exception as error:
            if answer.status:
                path = shown_path(scope)
                # the head is out, so the only honest sign left is a connection that breaks off
                log.exception("%s %s broke off", method, path)
                raise
            await answer_problem(Request(scope), error)(scope, receive, answer.send)
        finally:
            seconds = time.perf_counter() - started
            self.metrics.observe(scope, method, answer.status, seconds)
            log.info(
                "%s %s %s %.1f ms %s B", method, shown_path(scope), answer.status, 1000 * seconds, answer.size
            )


def shown_path(scope: Scope) -> str:
    """Return the address without what people may have written into it."""
    route = getattr(scope.get("route"), "path", None)
    if route is None:
        return "(no such address)"
    parts = {
        name: str(value) if SANE_PART.fullmatch(str(value)) else HIDDEN
        for name, value in scope.get("path_params", {}).items()
    }
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: parts.get(found[1], HIDDEN), route)


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
