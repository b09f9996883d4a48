"""SQL too long to stand inside a function, one statement a file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def statement(name: str) -> TextClause:
    """Return the statement kept in `<name>.sql`."""
    return text(files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
