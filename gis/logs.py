"""Logging, configured once at the two roots (`gis.cli.main.main`, `gis.api.app.create_app`).

What people send does not belong into a log, and the code that logs keeps to that. Mobile and identity numbers
and e-mail addresses are masked in every line all the same.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson

from gis.identity.masks import mask_text

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the request being served; every log line inside it carries the id."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_text(record.getMessage()),
            "request_id": request_id.get() or None,
        }
        if record.exc_info:
            line["exception"] = mask_text(self.formatException(record.exc_info))
        return orjson.dumps({k: v for k, v in line.items() if v is not None}).decode()


class TextFormatter(logging.Formatter):
    """One plain line, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as time, level, request id and message."""
        record.request = f" [{request_id.get()}]" if request_id.get() else ""
        return mask_text(super().format(record))


def configure_logs(log_format: str, log_level: str) -> None:
    """Send all logs to standard error in one format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter()
        if log_format == "json"
        else TextFormatter("%(asctime)s %(levelname)-7s%(request)s %(message)s", "%H:%M:%S")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level.upper())
