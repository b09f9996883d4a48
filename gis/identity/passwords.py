"""Passwords: what speaks against one."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from zxcvbn import zxcvbn

from gis.identity.profiles import RULES, PasswordProfile

if TYPE_CHECKING:
    from collections.abc import Sequence


MOST_CHARACTERS = 128
# The estimate of an attacker's guesses, as a power of ten: what falls in an hour on one machine is refused.
LEAST_GUESSES_LOG10 = 8
# What the estimate looks at; the rest of a long password only adds to it, and costs time.
ESTIMATED = 64


def password_problems(password: str, profile: PasswordProfile, known: Sequence[str] = ()) -> list[str]:
    """Return what speaks against a password, as sentences that say how to mend it; empty: nothing does.

    1. Neither too short nor too long, counted in characters.
    2. Of as many kinds of characters as the profile wants.
    3. Not guessed early: neither among the known lists, nor a pattern, nor made of what is known of its user.

    Args:
        password: As it was typed.
        profile: Whose rules hold.
        known: What an attacker would try first: log-in name, name, unit.
    """
    rules = RULES[profile]
    problems = []
    if len(password) < rules.least:  # 1
        problems.append(f"take at least {rules.least} characters")
    if len(password) > MOST_CHARACTERS:
        return [f"take at most {MOST_CHARACTERS} characters"]
    if len({kind_of(character) for character in password}) < rules.kinds:  # 2
        problems.append(f"use {rules.kinds} of: small letters, capitals, figures, other characters")
    if not problems and is_guessable(password, known):  # 3
        problems.append("it is guessed too early; take several words that have nothing to do with each other")
    return problems


def is_guessable(password: str, known: Sequence[str] = ()) -> bool:
    """Whether an attacker who knows the lists and the user finds it soon."""
    words = [word for word in known if word]
    guesses: float = float(zxcvbn(password[:ESTIMATED], user_inputs=words)["guesses_log10"])
    return guesses < LEAST_GUESSES_LOG10


def kind_of(character: str) -> str:
    """Return which of the four kinds a character is."""
    category = unicodedata.category(character)
    return {"Ll": "small", "Lu": "capital", "Nd": "figure"}.get(category, "other")
