"""Seal the audit log, and export the heads of its chain to a file outside the database."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gis.files.guarded.heads import appending
from gis.store.audit.seal import list_heads, seal_entries

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gis.identity.chain import Head

log = logging.getLogger("gis.audit")


def seal_log(open_transaction: Callable[[], AbstractContextManager[Session]], path: Path) -> Head | None:
    """Seal all entries that are visible, and export the heads that this machine's file lacks.

    1. A head is exported only after its batch is committed, so the file never knows of more than the
       database. If the process dies between, the next one exports it.
    2. Each process exports to the file of its own machine, also the heads of batches others sealed.

    Args:
        open_transaction: Opens a transaction of its own.
        path: The file of exported heads.

    Returns:
        The newest head that was exported; None if there was nothing new.
    """
    is_more = True
    while is_more:
        with open_transaction() as session:
            is_more = seal_entries(session) is not None
    with appending(path) as exported:
        with open_transaction() as session:
            heads = list_heads(session, after=exported.newest())
        if not heads:
            return None
        exported.append(heads)
    newest = heads[-1]
    log.info("audit log sealed up to number %s, head %s", newest.last, newest.head.hex())
    return newest
