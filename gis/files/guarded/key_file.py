"""The file of keys, outside the database: one a line, id and key in base64; the last one is the newest."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from typing import TYPE_CHECKING

from gis.errors import ConflictError, SetupError

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
KEY_BYTES, ID_BYTES = 32, 4


def read_keys(path: Path) -> dict[str, bytes]:
    """Return the keys by their ids, the newest one last.

    Raises:
        SetupError: There is no such file, it cannot be read, or a line holds no key.
    """
    try:
        lines = path.read_text(encoding="ascii").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"The keys of personal data cannot be read from {path}; put the file back from where keys are "
            "kept, or, if there never was one, make it: wangge key make"
        ) from error
    keys: dict[str, bytes] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key_id, _, text = line.strip().partition(" ")
        try:
            keys[key_id] = base64.b64decode(text, validate=True)
        except binascii.Error:
            keys[key_id] = b""
        if len(keys[key_id]) != KEY_BYTES:
            raise SetupError(
                f"Line {number} of {path} holds no key: an id and 32 bytes in base64 are wanted."
            )
    if not keys:
        raise SetupError(f"{path} holds no key; make one: wangge key make")
    return keys


def make_keys(path: Path) -> str:
    """Make a file with one new key, readable by its owner alone; return the key's id.

    Raises:
        ConflictError: There is one already; another process may have just made it.
    """
    key_id = _new_id()
    _write(path, {key_id: secrets.token_bytes(KEY_BYTES)}, is_new=True)
    return key_id


def add_key(path: Path) -> str:
    """Add a new key, which new values take from now on; return its id."""
    key_id = _new_id()
    _write(path, read_keys(path) | {key_id: secrets.token_bytes(KEY_BYTES)}, is_new=False)
    return key_id


def _new_id() -> str:
    return secrets.token_hex(ID_BYTES)


def _write(path: Path, keys: dict[str, bytes], *, is_new: bool) -> None:
    """Write the file whole under another name, and give it its own in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    draft = path.with_name(f".{path.name}.{_new_id()}")
    lines = "".join(f"{key_id} {base64.b64encode(key).decode()}\n" for key_id, key in keys.items())
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            # a link, unlike a renaming, never replaces what is there
            os.link(draft, path)
        else:
            draft.replace(path)
    except FileExistsError:
        raise ConflictError(f"There is a key file at {path} already; nothing was changed.") from None
    finally:
        draft.unlink(missing_ok=True)
