"""The largest request body, enforced while it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Middleware: refuses a body that says it is too large, and one that turns out to be.

    Args:
        app: What answers; it must let HTTPException pass.
        most_mb: Most megabytes (10^6 bytes).
    """

    def __init__(self, app: ASGIApp, most_mb: int) -> None:
        self.app = app
        self.most_mb = most_mb

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        remedy = (
            f"The body is larger than {self.most_mb} MB; send it in parts, or let the operator raise "
            "WANGGE_MAX_BODY_MB."
        )
        await self.app(scope, limited(receive, Headers(scope=scope), self.most_mb * 1_000_000, remedy), send)


def limited(receive: Receive, headers: Headers, most: int, remedy: str) -> Receive:
    """Return what receives a body of so many bytes at most, and raises HTTPException 413 for more."""
    declared = headers.get("content-length", "")
    seen = 0
    # what is still coming is not read, so the connection cannot be used again
    too_large = HTTPException(413, remedy, headers={"Connection": "close"})

    async def receive_limited() -> Message:
        nonlocal seen
        if declared.isdecimal() and int(declared[:20]) > most:
            raise too_large
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise too_large
        return message

    return receive_limited
