"""The relay of the audit log: a thread of each service process seals what has come."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gis.api.jobs.rounds import Rounds
from gis.files.guarded.heads import heads_file
from gis.store.session import make_engine, transaction
from gis.workflows.auditing.seal_log import seal_log

if TYPE_CHECKING:
    from gis.settings import Settings

ROUND_S = 1.0
"""So long an entry waits at the most until it is sealed."""


class Sealer:
    """Seals the audit log together with the sealers of all other processes.

    Args:
        settings: Say which database, and where the heads are kept.
    """

    def __init__(self, settings: Settings) -> None:
        # sealing must not wait for a connection while requests hold all of theirs
        self._engine = make_engine(settings.model_copy(update={"pool_size": 1}))
        self._path = heads_file(settings.home, self._engine.url.database or "")
        self._rounds = Rounds("audit", ROUND_S, self._seal)

    def start(self) -> None:
        """Begin to seal."""
        self._rounds.start()

    def stop(self) -> None:
        """Seal what is left, and end."""
        self._rounds.stop()
        with suppress(SQLAlchemyError, OSError):
            self._seal()
        self._engine.dispose()

    def _seal(self) -> None:
        seal_log(partial(transaction, self._engine), self._path)
