"""What a service process does again and again beside its requests, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gis.errors import WanggeError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("gis.api.jobs")


class Rounds:
    """Calls a function every so often until it is stopped; what fails is tried again in the next round.

    Args:
        name: Of what is done, for the log.
        every_s: Seconds between the end of a round and the next one.
        go_round: What is done.
    """

    def __init__(self, name: str, every_s: float, go_round: Callable[[], None]) -> None:
        self._name = name
        self._every_s = every_s
        self._go_round = go_round
        self._is_well = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further round, and wait for the end of the one that runs."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._go_round()
            except (SQLAlchemyError, WanggeError, OSError) as error:
                # the database may come back; once is enough to say so
                if self._is_well:
                    log.warning("%s wait: %s", self._name, " ".join(str(error).split())[:300])
                self._is_well = False
            else:
                self._is_well = True
