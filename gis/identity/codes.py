"""One-time codes of a phone app (RFC 6238), and what helps when the phone is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyotp
import segno

from gis.identity.secrets import new_one_time_secret

if TYPE_CHECKING:
    from datetime import datetime

STEP_S: Final = 30
# A phone's clock may be a little off: the step before and the one after count too.
NEIGHBOURS: Final = (-1, 0, 1)
RECOVERY_CODES: Final = 10
ISSUER: Final = "Wangge"


def new_seed() -> str:
    """Return a secret for the app and the server to compute codes from."""
    return pyotp.random_base32()


def matching_step(seed: str, code: str, now: datetime, last_step: int) -> int | None:
    """Return the time step a code belongs to, None if to none near now, or to one not after the last used.

    A code is good once: whoever has looked over the shoulder comes too late.
    """
    current = int(now.timestamp()) // STEP_S
    app = pyotp.TOTP(seed, interval=STEP_S)
    for step in (current + neighbour for neighbour in NEIGHBOURS):
        if step > last_step and pyotp.utils.strings_equal(app.generate_otp(step), code):
            return step
    return None


def address_of(seed: str, login: str) -> str:
    """Return the address by which an app learns the seed (`otpauth://`)."""
    return pyotp.TOTP(seed, interval=STEP_S).provisioning_uri(name=login, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """Return a QR code of an address as SVG, black on white."""
    made: str = segno.make(address, error="m").svg_inline(scale=4, border=4, light="#fff")
    return made


def new_recovery_codes() -> list[str]:
    """Return codes to write down, each good once instead of the phone."""
    return [new_one_time_secret() for _ in range(RECOVERY_CODES)]
