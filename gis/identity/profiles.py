"""Profiles of passwords: whose rules hold. Two of them contradict each other, so a district chooses.

`asvs` follows OWASP ASVS 5 (long, nothing guessable, no composition, no rotation); `mlps` follows the Chinese
classified protection (GB/T 22239: composition, rotation, history).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class PasswordProfile(StrEnum):
    """Whose rules hold."""

    ASVS = "asvs"
    MLPS = "mlps"


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """The rules of a profile.

    Attributes:
        least: Fewest characters.
        kinds: Fewest of: small letters, capitals, figures, others.
        best_after: After so long a new one is asked for; None: never.
        remembered: So many earlier ones may not come again.
    """

    least: int
    kinds: int
    best_after: timedelta | None
    remembered: int


RULES: Final[Mapping[PasswordProfile, PasswordRules]] = {
    PasswordProfile.ASVS: PasswordRules(least=12, kinds=1, best_after=None, remembered=0),
    PasswordProfile.MLPS: PasswordRules(least=8, kinds=3, best_after=timedelta(days=90), remembered=5),
}
