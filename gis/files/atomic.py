"""Replace a file in one step, so that a reader or a crash never sees half of it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a new name beside `path` to write to; it takes the place of `path` when the block ends well.

    Args:
        path: The file to make or to replace; its folder must exist.

    Yields:
        A path in the same folder with the same suffix, which does not exist yet.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        draft = Path(folder) / f"draft{path.suffix}"
        yield draft
        # durable before it is visible: a power cut leaves the old file or the new one
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
