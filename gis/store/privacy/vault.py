"""Encrypt personal data at rest: AES-256-GCM, and a keyed index to find numbers again.

1. The keys come from outside the database; whoever has the database alone reads nothing.
2. Of each key two are derived (HKDF-SHA256): one encrypts, one makes the index.
3. A value is bound to its table, fact and row: moved elsewhere, it does not decrypt.
4. New values take the newest key; a value is stored with the id of its key, so that keys can change.
5. The index is HMAC-SHA256 over the normalised number: equal numbers are found, and without the key none can
   be tried out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gis.errors import SetupError
from gis.identity.masks import normal_number

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES, NONCE_BYTES = 32, 12


class Vault:
    """Encrypts and decrypts under a set of keys.

    Args:
        keys: Keys of 32 bytes by their ids; the last one is the newest.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(_derived(key, b"encrypt")) for key_id, key in keys.items()}
        self._index_keys = {key_id: _derived(key, b"index") for key_id, key in keys.items()}
        self.newest: str = list(keys)[-1]

    def encrypt(self, text: str, place: str) -> bytes:
        """Return a text encrypted under the newest key and bound to a place."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[self.newest].encrypt(nonce, text.encode(), place.encode())

    def decrypt(self, value: bytes, place: str, key_id: str) -> str:
        """Return the text of a value.

        Raises:
            SetupError: Its key is not here, or the value was changed or stood elsewhere.
        """
        if key_id not in self._ciphers:
            raise SetupError(
                f"Personal data was encrypted under the key {key_id}, which the key file does not hold; "
                "put it back from where keys are kept."
            )
        try:
            plain = self._ciphers[key_id].decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], place.encode())
        except InvalidTag:
            raise SetupError(
                f"The personal data at {place} does not decrypt under the key {key_id}: it was changed or "
                "moved in the database, or the key file holds another key of this id."
            ) from None
        return plain.decode()

    def index(self, number: str) -> bytes:
        """Return what a number is found by, under the newest key."""
        return self._index(number, self.newest)

    def indexes(self, number: str) -> list[bytes]:
        """Return what a number may be found by, under any key."""
        return [self._index(number, key_id) for key_id in self._index_keys]

    def _index(self, number: str, key_id: str) -> bytes:
        return hmac.digest(self._index_keys[key_id], normal_number(number).encode(), hashlib.sha256)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"wangge personal data: " + purpose).derive(key)
