"""Rules of passwords, in both profiles."""

from __future__ import annotations

import pytest

from gis.identity.passwords import MOST_CHARACTERS, password_problems
from gis.identity.profiles import PasswordProfile

ASVS, MLPS = PasswordProfile.ASVS, PasswordProfile.MLPS
KNOWN = ("wang.min", "王敏", "yunxi")


@pytest.mark.parametrize(
    ("password", "profile"),
    [
        ("copper lantern ferry mule", ASVS),
        ("铜灯渡口骡子石榴木桥雨伞", ASVS),
        ("Tr7#vaq9", MLPS),
    ],
)
def test_good_ones_are_taken(password: str, profile: PasswordProfile) -> None:
    assert password_problems(password, profile, KNOWN) == []


@pytest.mark.parametrize(
    ("password", "profile", "why"),
    [
        ("kq7vz#mR2xp", ASVS, "at least 12"),  # eleven characters
        ("passwordpassword", ASVS, "guessed"),
        ("qwertyuiop123", ASVS, "guessed"),
        ("aaaaaaaaaaaaaaaa", ASVS, "guessed"),
        ("wang.minwang.min", ASVS, "guessed"),  # the own name twice
        ("yunxiyunxi2026", ASVS, "guessed"),  # the district and the year
        ("x" * (MOST_CHARACTERS + 1), ASVS, "at most 128"),
        ("Tr7#vaq", MLPS, "at least 8"),
        ("copperlantern", MLPS, "use 3 of"),  # small letters alone
        ("copper7lantern", MLPS, "use 3 of"),  # two kinds
        ("P@ssw0rd", MLPS, "guessed"),  # every kind there is, and in every list
    ],
)
def test_bad_ones_are_told_why(password: str, profile: PasswordProfile, why: str) -> None:
    assert any(why in problem for problem in password_problems(password, profile, KNOWN))
