"""Write entries of the audit log for other programs: NDJSON or CSV."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson
import pandas as pd

from gis.errors import InputError
from gis.files.atomic import replaced
from gis.files.spreadsheet import csv_pieces
from gis.identity.actions import Action
from gis.store.audit.entries import AuditEntry, AuditFilter, stream_entries
from gis.store.audit.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gis.nouns import Actor


def write_entries(
    session: Session,
    wanted: AuditFilter,
    path: Path,
    actor: Actor,
    on_progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write all wanted entries, oldest first, into a file that replaces `path`, and record that.

    Args:
        session: The open transaction.
        wanted: Which entries.
        path: Ends in .ndjson or .csv.
        actor: Who exports.
        on_progress: Told how many entries were written.

    Returns:
        How many there were.

    Raises:
        InputError: The file's name ends otherwise.
    """
    forms = {".ndjson": ndjson_pieces, ".csv": csv_of}
    if path.suffix not in forms:
        raise InputError(f"a file's name ends in .ndjson or .csv, not {path.suffix!r}", field="out")
    count = 0

    def counted() -> Iterator[list[AuditEntry]]:
        nonlocal count
        for part in stream_entries(session, wanted):
            count += len(part)
            on_progress(len(part))
            yield part

    with replaced(path) as draft, draft.open("wb") as out:
        out.writelines(forms[path.suffix](counted()))
    record(session, actor, Action.AUDIT_EXPORT, detail={"entries": count})
    return count


def ndjson_pieces(parts: Iterable[Sequence[AuditEntry]]) -> Iterator[bytes]:
    """Yield entries as JSON, one a line."""
    option = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    for part in parts:
        yield b"".join(orjson.dumps(entry, option=option) for entry in part)


def csv_of(parts: Iterable[Sequence[AuditEntry]]) -> Iterator[bytes]:
    """Yield entries as one CSV file; the detail is JSON in a cell."""
    names = list(AuditEntry.__dataclass_fields__)
    # the first, empty frame gives the heads also where there are no entries
    yield from csv_pieces([pd.DataFrame(columns=names)])
    for part in parts:
        rows = [
            asdict(entry) | {"at": entry.at.isoformat(), "detail": orjson.dumps(entry.detail).decode()}
            for entry in part
        ]
        # text, so that no number that may be missing becomes a fraction
        frame = pd.DataFrame(rows, columns=names, dtype=object)
        yield b"".join(list(csv_pieces([frame]))[1:])
