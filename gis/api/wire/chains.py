"""Chains on the wire: the areas and grids a point belongs to, with codes and names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gis.gridding.located import FIRST_NEW_ID
from gis.nouns import AreaLevel, GridKind
from gis.store.releases import get_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from gis.nouns import Chain
    from gis.workflows.locate_point import ReleaseIndex, ReleaseIndexes

# Names are made when they are asked for; what they are made of is mapped memory.
RELEASES_KEPT = 64


class Link(BaseModel):
    """One area or grid of a chain."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"}}
    )

    level: AreaLevel | None = None
    kind: GridKind | None = None
    id: Annotated[int | None, Field(description="null: only a plan has it; publishing gives it its id.")]
    code: str
    name: str


def id_out(lasting_id: int) -> int | None:
    """Return a lasting id, None in the place of one that only a plan's index knows."""
    return lasting_id if lasting_id < FIRST_NEW_ID else None


class Links(Mapping[int, Link]):
    """The areas, or the grids, of a release by lasting id; each is made once, when it is asked for.

    Args:
        labels: Of an index: `ids`, and code, name and kind by position.
    """

    def __init__(self, labels: Any = None) -> None:  # noqa: ANN401 - the labels of grids and those of areas
        self._labels = labels
        self._made: dict[int, Link] = {}
        self._written: dict[int, orjson.Fragment] = {}

    def __getitem__(self, lasting_id: int) -> Link:
        """Return an area or grid, or raise KeyError."""
        link = self._made.get(lasting_id)
        if link is None:
            link = self._made[lasting_id] = self._make(lasting_id)
        return link

    def written(self, lasting_id: int) -> orjson.Fragment:
        """Return an area or grid as it stands in JSON."""
        fragment = self._written.get(lasting_id)
        if fragment is None:
            content = orjson.dumps(self[lasting_id].model_dump())
            fragment = self._written[lasting_id] = orjson.Fragment(content)
        return fragment

    def __iter__(self) -> Iterator[int]:
        """Give the ids, lowest first."""
        return iter(() if self._labels is None else self._labels.ids.tolist())

    def __len__(self) -> int:
        """Count them."""
        return 0 if self._labels is None else len(self._labels.ids)

    def _make(self, lasting_id: int) -> Link:
        if self._labels is None:
            raise KeyError(lasting_id)
        i = self._labels.position(lasting_id)
        if i < 0:
            raise KeyError(lasting_id)
        kind = self._labels.kind(i)
        return Link(
            level=kind if isinstance(kind, AreaLevel) else None,
            kind=kind if isinstance(kind, GridKind) else None,
            id=id_out(lasting_id),
            code=self._labels.code(i),
            name=self._labels.name(i),
        )


@dataclass(frozen=True, slots=True)
class Names:
    """Every area and grid of a release by its lasting id."""

    areas: Links
    grids: Links

    def chain(self, chain: Chain) -> list[Link]:
        """Return a chain widest area first, then the grids: natural, dedicated, special."""
        return [
            *(self.areas[known] for known in areas_of(chain)),
            *(self.grids[known] for known in grids_of(chain)),
        ]

    def answering(self, chain: Chain) -> Link | None:
        """Return the grid that answers for the place."""
        return None if chain.answers is None else self.grids[chain.answers]


def areas_of(chain: Chain) -> Iterator[int]:
    """Yield the areas of a chain, widest first."""
    return (known for known in (chain.district, chain.street, chain.community) if known is not None)


def grids_of(chain: Chain) -> Iterator[int]:
    """Yield the grids of a chain: natural, dedicated, special."""
    return (known for known in (chain.natural, chain.dedicated, *chain.special) if known is not None)


NOBODY = Names(Links(), Links())


class ReleaseNames:
    """The names of the releases asked for last; safe to share between threads."""

    def __init__(self, indexes: ReleaseIndexes) -> None:
        self._indexes = indexes
        self._kept: OrderedDict[int, tuple[str, Names]] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, release: int | None) -> Names:
        """Return the names in a release; of no release, none."""
        if release is None:
            return NOBODY
        with self._lock:
            if release in self._kept:
                self._kept.move_to_end(release)
                return self._kept[release][1]
        # outside the lock: mapping a release may take a while
        return self.within(self._indexes.of(session, get_release(session, release)))

    def within(self, index: ReleaseIndex) -> Names:
        """Return the names in the release of an index."""
        release = index.release
        with self._lock:
            kept = self._kept.get(release.number)
            if kept is None or kept[0] != release.sha256:
                names = Names(Links(index.index.area_labels), Links(index.index.grid_labels))
                kept = self._kept[release.number] = (release.sha256, names)
                while len(self._kept) > RELEASES_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(release.number)
            return kept[1]


async def get_names(request: Request) -> ReleaseNames:
    """Return where the releases' names are kept."""
    names: ReleaseNames = request.app.state.names
    return names


Named = Annotated[ReleaseNames, Depends(get_names)]
