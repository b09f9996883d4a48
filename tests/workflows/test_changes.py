from __future__ import annotations

import numpy as np

from gis.store.places import Places, StoredEvents
from gis.workflows.relocating.changes import Changes, compare

# by event: stays; moves within the community; moves to another street; is found; is lost; keeps its grid but
# not its special grid; likewise one of two; keeps its dedicated grid while the natural one below changes
OLD = {
    "natural": [1, 1, 1, -1, 4, 5, 5, 6],
    "dedicated": [-1, -1, -1, -1, -1, -1, -1, 9],
    "community": [11, 11, 11, 11, 12, 12, 12, 12],
    "street": [21, 21, 21, 21, 21, 21, 21, 21],
    "district": [31] * 8,
}
NEW = OLD | {
    "natural": [1, 2, 3, 3, -1, 5, 5, 7],
    "community": [11, 11, 13, 11, 12, 12, 12, 12],
    "street": [21, 21, 22, 21, 21, 21, 21, 21],
}
OLD_SPECIAL = [[], [70], [], [], [], [70], [70, 71], []]
NEW_SPECIAL = [[], [70], [], [71], [], [71], [70, 72], []]


def lists(special: list[list[int]]) -> dict[str, np.ndarray]:
    return {
        "special": np.array([grid for grids in special for grid in grids]),
        "special_offsets": np.cumsum([0, *map(len, special)]),
    }


def arrays(chains: dict[str, list[int]]) -> dict[str, np.ndarray]:
    return {name: np.array(ids) for name, ids in chains.items()}


def compared() -> Changes:
    at = np.array([118.0, 118.1, 118.2, 118.3, 118.4, 118.5, 118.6, np.nan])
    events = StoredEvents(np.arange(8), at, at, np.full(8, np.nan), chains=arrays(OLD), **lists(OLD_SPECIAL))
    places = Places(
        **arrays(NEW),
        **lists(NEW_SPECIAL),
        near_boundary=np.zeros(8, dtype=bool),
        nearest=np.full(8, -1),
        nearest_m=np.full(8, np.nan),
    )
    return compare(events, places)


def test_every_event_is_counted_once_by_what_became_of_it() -> None:
    changes = compared()
    assert dict(changes.counts) == {
        "events": 8,
        "without_point": 1,
        "unchanged": 1,
        "moved": 2,
        "other_community": 1,
        "other_street": 1,
        "located": 1,
        "lost": 1,
        "otherwise": 3,
    }
    assert dict(changes.moves) == {(1, 2): 1, (1, 3): 1}


def test_changes_add_up_and_are_kept_as_json() -> None:
    changes = compared()
    changes.add(compared())
    assert changes.counts["events"] == 16
    assert dict(changes.moves) == {(1, 2): 2, (1, 3): 2}
    assert Changes.of(changes.kept()) == changes
    assert Changes.of({}) == Changes()
