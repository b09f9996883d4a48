"""Replace a file in one step, so that a reader or a crash never sees half of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a new name to write to; what is there takes the place of `path` when the block ends well.

    1. A file is replaced, a link's target and not the link.
    2. A device or a pipe, like /dev/null and /dev/stdout, is written to: it must never become a file.

    Args:
        path: The file to make or to replace.

    Yields:
        A path with the same suffix, which does not exist yet.

    Raises:
        InputError: The folder does not exist.
    """
    is_stream = path.exists() and not path.is_file()
    target = path if is_stream else path.resolve()
    beside = None if is_stream else target.parent
    if beside is not None and not beside.is_dir():
        raise InputError(
            f"there is no folder {beside} to write {target.name} into; make it first", field="out"
        )
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=beside) as folder:
        draft = Path(folder) / f"draft{path.suffix}"
        yield draft
        with draft.open("rb") as written:
            if is_stream:
                with target.open("wb") as out:
                    shutil.copyfileobj(written, out)
                return
            # durable before it is visible: a power cut leaves the old file or the new one
            os.fsync(written.fileno())
        draft.replace(target)
