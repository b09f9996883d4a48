"""Secrets: tokens of 256 bits that are stored as their hash, and slow hashes of passwords (argon2id)."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first choice; 45 ms and 19 MiB each. The library's usual cost takes ten times as long.
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# More at once would take the processor from everything else.
AT_ONCE: Final = 2
_turns = BoundedSemaphore(AT_ONCE)

# Verified against when there is no such user, so that it takes as long as if there were.
NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$J+L6k2TilfDWJIULtYFIDQ$IuRt1/laNQ16KnAqnCYOS5rGyZccmQjkoNhlmgPO5GU"
)

TOKEN_BYTES = 32
# Letters and figures that nobody takes for one another when a secret is read out or typed.
PLAIN: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def new_token() -> str:
    """Return a secret that nobody guesses, in characters that fit into a header and a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_one_time_secret() -> str:
    """Return a secret to hand over by voice or paper: five groups of four, 98 bits."""
    return "-".join("".join(secrets.choice(PLAIN) for _ in range(4)) for _ in range(5))


def token_hash(token: str) -> bytes:
    """Return what is stored of a token: it is long and random, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def hash_password(password: str) -> str:
    """Return what is stored of a password."""
    with _turns:
        return HASHER.hash(normalised(password))


def is_password(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one; takes as long if nothing is stored."""
    with _turns:
        try:
            return HASHER.verify(stored or NOBODY, normalised(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether a hash was made at another cost than today's, and should be made anew at the next log-in."""
    return HASHER.check_needs_rehash(stored)


def normalised(password: str) -> str:
    """Return a password as every keyboard and system would send it."""
    return unicodedata.normalize("NFKC", password)
