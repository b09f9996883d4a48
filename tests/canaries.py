"""A file and an address on this machine that notice when somebody opens them, whoever it is and however."""

from __future__ import annotations

import ctypes
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

IN_OPEN = 0x20
LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def watched_file(path: Path) -> Iterator[Callable[[], bool]]:
    """Watch a file; what is handed out tells whether anything opened it since the last time it was asked."""
    queue = LIBC.inotify_init1(os.O_NONBLOCK)
    assert queue >= 0
    assert LIBC.inotify_add_watch(queue, os.fsencode(path), IN_OPEN) >= 0

    def was_opened() -> bool:
        try:
            return bool(os.read(queue, 1 << 16))
        except BlockingIOError:
            return False

    try:
        yield was_opened
    finally:
        os.close(queue)


@contextmanager
def watched_address() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Listen on a free port; hands out `127.0.0.1:port`, and what tells whether anybody has connected."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)

        def was_called() -> bool:
            try:
                listening.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield f"127.0.0.1:{listening.getsockname()[1]}", was_called
