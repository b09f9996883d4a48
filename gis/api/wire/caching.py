"""Entity tags and how long an answer may be kept.

A release never changes, so an answer that names one may be kept for ever. What is current changes without
any write, on the day the next release takes effect, so those answers are asked for again each time and cost
only a 304.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from gis import __version__

if TYPE_CHECKING:
    from starlette.requests import Request

# in the browser of who asked; a cache between would hand it to people who have not signed in
FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
PRIVATE = "private, no-store"


def entity_tag(request: Request, *facts: object) -> str:
    """Return the weak tag of an answer made from these facts, this address and this version."""
    words = (__version__, request.url.path, request.url.query, *facts)
    return f'W/"{sha256(repr(words).encode()).hexdigest()[:32]}"'


def require_changed(request: Request, tag: str, keep: str) -> dict[str, str]:
    """Return the headers of an answer, or end with 304 if the caller has it already.

    Raises:
        HTTPException: 304, for `If-None-Match`.
    """
    headers = {"ETag": tag, "Cache-Control": keep}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or opaque(tag) in {opaque(part) for part in known.split(",")}:
        raise NotModified(headers)
    return headers


class NotModified(HTTPException):
    """The caller has this answer already."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__(304, headers=headers)


def opaque(tag: str) -> str:
    """Return a tag without its mark of weakness: If-None-Match compares weakly."""
    return tag.strip().removeprefix("W/")
