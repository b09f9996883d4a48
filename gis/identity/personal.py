"""Personal data that is kept encrypted: of whom, which facts, and how each is shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gis.identity.masks import mask_identity, mask_name, mask_phone


class Subject(StrEnum):
    """Whose data it is: who reported an event, or a grid worker."""

    EVENT = "event"
    WORKER = "worker"


class Fact(StrEnum):
    """A fact about a person."""

    NAME = "name"
    PHONE = "phone"
    ID_NUMBER = "id_number"


MASKS = {Fact.NAME: mask_name, Fact.PHONE: mask_phone, Fact.ID_NUMBER: mask_identity}
SEARCHED = frozenset({Fact.PHONE, Fact.ID_NUMBER})
"""Facts a person can be found by."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person; None where nothing is."""

    name: str | None = None
    phone: str | None = None
    id_number: str | None = None

    def facts(self) -> dict[Fact, str]:
        """Return the facts that are known."""
        known = {fact: getattr(self, fact.value) for fact in Fact}
        return {fact: value for fact, value in known.items() if value is not None}

    def masked(self) -> Person:
        """Return the person as shown to those who need not know who it is."""
        return Person(**{fact.value: MASKS[fact](value) for fact, value in self.facts().items()})
