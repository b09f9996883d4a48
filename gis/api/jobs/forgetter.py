"""What is to be forgotten in time is forgotten by a thread of the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gis.api.jobs.rounds import Rounds
from gis.files.guarded.heads import heads_file
from gis.nouns import Actor
from gis.store.session import make_engine, transaction
from gis.workflows.privacy.retain import retain

if TYPE_CHECKING:
    from gis.settings import Settings

ROUND_S = 3_600.0
"""Often enough that a service which is restarted every day does it too; most rounds find nothing."""
SERVICE = Actor("service")


class Forgetter:
    """Deletes what is older than the settings allow.

    Args:
        settings: Give the periods.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = make_engine(settings.model_copy(update={"pool_size": 1}))
        self._rounds = Rounds("retention", ROUND_S, self.go_round)

    def start(self) -> None:
        """Begin; the first round is an hour away."""
        self._rounds.start()

    def stop(self) -> None:
        """End."""
        self._rounds.stop()
        self._engine.dispose()

    def go_round(self) -> None:
        """Forget what is due now."""
        path = heads_file(self._settings.home, self._engine.url.database or "")
        with transaction(self._engine) as session:
            retain(session, self._settings, SERVICE, datetime.now(UTC), path)
        # a connection that is used once an hour is not kept open
        self._engine.dispose()
