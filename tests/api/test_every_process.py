"""What takes a right away acts with the very next request in every process of the service."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import commands
import httpx
import people
import pytest

from gis.identity.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.settings import Settings

STARTED = re.compile(r"Started server process \[(\d+)\]")
WORKERS = 2


class Processes:
    """A service of several processes, each of which is asked for itself."""

    def __init__(self, address: str, pids: list[int]) -> None:
        self.address = address
        self.pids = pids

    def statuses(self, token: str, path: str = "v1/me") -> list[int]:
        """Ask every process over a connection of its own: the others are held still meanwhile."""
        return [self.ask(pid, token, path) for pid in self.pids]

    def ask(self, pid: int, token: str, path: str) -> int:
        with held_still([other for other in self.pids if other != pid]):
            return httpx.get(self.address + path, headers=people.bearer(token), timeout=30).status_code


@contextmanager
def held_still(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def processes(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    folder = tmp_path_factory.mktemp("served")
    with commands.served(module_settings, folder, "--workers", str(WORKERS)) as service:
        for _ in range(300):
            pids = [int(pid) for pid in STARTED.findall(service.log.read_text())]
            if len(pids) == WORKERS:
                break
            time.sleep(0.2)
        assert len(pids) == WORKERS, service.log.read_text()
        yield Processes(service.address, pids)


def test_signing_out_acts_in_every_process(processes: Processes, module_settings: Settings) -> None:
    token = people.token_for(module_settings, "leaving", [Role.GRID_WORKER])
    assert processes.statuses(token) == [200] * WORKERS
    assert httpx.delete(f"{processes.address}v1/sessions/current", headers=people.bearer(token)).is_success
    assert processes.statuses(token) == [401] * WORKERS


def test_disabling_acts_in_every_process(processes: Processes, module_settings: Settings) -> None:
    token = people.token_for(module_settings, "dismissed", [Role.GRID_WORKER])
    assert processes.statuses(token) == [200] * WORKERS
    commands.run(module_settings, "user", "disable", "dismissed", "--apply")
    assert processes.statuses(token) == [401] * WORKERS


def test_a_role_taken_away_is_gone_in_every_process(processes: Processes, module_settings: Settings) -> None:
    token = people.token_for(module_settings, "moving", [Role.GRID_WORKER, Role.AUDITOR])
    audit = "v1/audit"
    assert processes.statuses(token, audit) == [200] * WORKERS
    commands.run(module_settings, "user", "revoke", "moving", "auditor", "--apply")
    assert processes.statuses(token, audit) == [403] * WORKERS
    assert processes.statuses(token) == [200] * WORKERS
