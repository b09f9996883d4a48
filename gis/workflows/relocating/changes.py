"""What another release changes for events: how many moved, between which grids."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.store.places import Places, StoredEvents

SINGLE = ("natural", "dedicated", "community", "street", "district")


@dataclass(slots=True)
class Changes:
    """What a release changes for events.

    Attributes:
        counts: events = unchanged + moved + located + lost + otherwise; of the moved, other_community and
            other_street; without_point, which are in no grid of any release.
        moves: Events by (old grid, new grid).
    """

    counts: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add(self, other: Changes) -> None:
        """Take the changes of further events."""
        self.counts.update(other.counts)
        self.moves.update(other.moves)

    def kept(self) -> dict[str, Any]:
        """Return them as JSON keeps them."""
        return {"counts": dict(self.counts), "moves": [[*move, n] for move, n in self.moves.items()]}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Changes:
        """Return what `kept` kept."""
        moves = {(old, new): n for old, new, n in kept.get("moves", ())}
        return cls(Counter(kept.get("counts", {})), Counter(moves))


def compare(events: StoredEvents, places: Places) -> Changes:
    """Count what places in a release change against the chains the events were given when they arrived."""
    old, new = events.answers, places.answers
    here, there = old >= 0, new >= 0
    is_same = old == new
    is_alike = is_same & ~differing_specials(events, places)
    for name in SINGLE:
        is_alike &= events.chains[name] == getattr(places, name)
    moved = here & there & ~is_same
    masks = {
        "events": np.ones(len(events), dtype=bool),
        "without_point": np.isnan(events.lon),
        "unchanged": is_alike,
        "moved": moved,
        "other_community": moved & (events.chains["community"] != places.community),
        "other_street": moved & (events.chains["street"] != places.street),
        "located": ~here & there,
        "lost": here & ~there,
        "otherwise": is_same & ~is_alike,
    }
    counts = {name: int(mask.sum()) for name, mask in masks.items()}
    pairs, numbers = np.unique(np.stack((old[moved], new[moved])), axis=1, return_counts=True)
    moves = {(int(a), int(b)): int(n) for a, b, n in zip(*pairs, numbers, strict=True)}
    return Changes(Counter(counts), Counter(moves))


def differing_specials(events: StoredEvents, places: Places) -> NDArray[np.bool_]:
    """Return which events lie in other special grids than they did."""
    old, new = np.diff(events.special_offsets), np.diff(places.special_offsets)
    differing: NDArray[np.bool_] = old != new
    comparable = np.flatnonzero(~differing)
    event = np.repeat(comparable, new[comparable])  # as many before as now, so that both line up
    before = events.special[np.repeat(~differing, old)]
    now = places.special[np.repeat(~differing, new)]
    differing[event[before != now]] = True
    return differing
