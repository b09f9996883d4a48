"""Codes, names and kinds of many grids or areas as flat arrays, found by lasting id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import StrEnum

    import pandas as pd
    from numpy.typing import NDArray

    from gis.gridding.coverage.outlines import Integers

NONE = -1


@dataclass(frozen=True, slots=True)
class Labels:
    """What grids or areas are called, lowest id first.

    Attributes:
        kinds: The possible kinds or levels.
        ids: Lasting ids, ascending, shape (n,).
        kind_numbers: Which of `kinds` each is, shape (n,).
        codes, names: UTF-8 bytes one after another.
        code_ends, name_ends: Where each text ends in them, shape (n,).
    """

    kinds: tuple[StrEnum, ...]
    ids: Integers
    kind_numbers: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    code_ends: Integers
    names: NDArray[np.uint8]
    name_ends: Integers

    @classmethod
    def of(cls, frame: pd.DataFrame, column: str, kinds: type[StrEnum]) -> Labels:
        """Take the labels of a frame with the columns id (ascending), code, name and that of the kinds."""
        numbers = {kind.value: number for number, kind in enumerate(kinds)}
        codes, code_ends = _packed(frame["code"])
        names, name_ends = _packed(frame["name"])
        return cls(
            kinds=tuple(kinds),
            ids=frame["id"].to_numpy(dtype=np.int64),
            kind_numbers=np.array([numbers[kind] for kind in frame[column]], dtype=np.uint8),
            codes=codes,
            code_ends=code_ends,
            names=names,
            name_ends=name_ends,
        )

    def __len__(self) -> int:
        """Count the grids or areas."""
        return len(self.ids)

    def position(self, lasting_id: int) -> int:
        """Return where an id stands.

        Raises:
            KeyError: It is none of these.
        """
        place = int(np.searchsorted(self.ids, lasting_id))
        if place == len(self.ids) or self.ids[place] != lasting_id:
            raise KeyError(lasting_id)
        return place

    def positions(self, lasting_ids: Integers) -> Integers:
        """Return where ids stand; -1 for those that are none of these."""
        if not len(self.ids):
            return np.full(len(lasting_ids), NONE)
        place = np.minimum(np.searchsorted(self.ids, lasting_ids), len(self.ids) - 1)
        return np.where(self.ids[place] == lasting_ids, place, NONE)

    def code(self, position: int) -> str:
        """Return the code at a position."""
        return _text(self.codes, self.code_ends, position)

    def name(self, position: int) -> str:
        """Return the name at a position."""
        return _text(self.names, self.name_ends, position)

    def kind(self, position: int) -> StrEnum:
        """Return the kind or level at a position."""
        found: StrEnum = self.kinds[int(self.kind_numbers[position])]
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, for a file."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "kinds"}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], kinds: type[StrEnum]) -> Labels:
        """Take the arrays of `arrays` back, without a copy."""
        return cls(kinds=tuple(kinds), **arrays)


@dataclass(frozen=True, slots=True)
class ChangedLabels(Labels):
    """Labels of an index that is changed: what was there before, and behind it what was put since, in place.

    `ids` and the texts are those before; positions from `len(ids)` on are in `put_since`.

    Attributes:
        put_since: Code, name and kind of everything put since, in that order.
        position_of: Where an id that was put stands now.
    """

    put_since: list[tuple[str, str, StrEnum]]
    position_of: dict[int, int]

    @classmethod
    def over(cls, before: Labels) -> ChangedLabels:
        """Start from labels, which stay as they are."""
        return cls(**before.arrays(), kinds=before.kinds, put_since=[], position_of={})

    def put(self, lasting_ids: Iterable[int], labels: Iterable[tuple[str, str, StrEnum]]) -> int:
        """Label ids (code, name, kind) from now on, in place; return the position of the first."""
        first = len(self.ids) + len(self.put_since)
        self.put_since.extend(labels)
        self.position_of.update((lasting_id, first + i) for i, lasting_id in enumerate(lasting_ids))
        return first

    def position(self, lasting_id: int) -> int:
        """Return where an id stands, or raise KeyError."""
        place = self.position_of.get(lasting_id)
        return Labels.position(self, lasting_id) if place is None else place

    def positions(self, lasting_ids: Integers) -> Integers:
        """Return where ids stand; -1 for those that are none of these."""
        found = Labels.positions(self, lasting_ids)
        different, which = np.unique(lasting_ids, return_inverse=True)
        put = np.array([self.position_of.get(one, NONE) for one in different.tolist()], dtype=np.int64)[which]
        return np.where(put == NONE, found, put)

    def code(self, position: int) -> str:
        """Return the code at a position."""
        since = position - len(self.ids)
        return Labels.code(self, position) if since < 0 else self.put_since[since][0]

    def name(self, position: int) -> str:
        """Return the name at a position."""
        since = position - len(self.ids)
        return Labels.name(self, position) if since < 0 else self.put_since[since][1]

    def kind(self, position: int) -> StrEnum:
        """Return the kind at a position."""
        since = position - len(self.ids)
        return Labels.kind(self, position) if since < 0 else self.put_since[since][2]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Refuse: an index that is changed is kept in no file."""
        raise TypeError("the labels of a plan's draft are kept in no file")


def _packed(texts: Iterable[str]) -> tuple[NDArray[np.uint8], Integers]:
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), ends


def _text(packed: NDArray[np.uint8], ends: Integers, position: int) -> str:
    start = ends[position - 1] if position else 0
    return packed[start : ends[position]].tobytes().decode()
