"""Chains on the wire: the areas and grids a point belongs to, with codes and names."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

from gis.nouns import AreaLevel, GridKind
from gis.store.releases import get_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from gis.nouns import Chain
    from gis.workflows.locate_point import ReleaseIndex, ReleaseIndexes

# A release's names weigh about 100 bytes a grid, its index a thousand times that.
RELEASES_KEPT = 64


class Link(BaseModel):
    """One area or grid of a chain."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"}}
    )

    level: AreaLevel | None = None
    kind: GridKind | None = None
    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """Every area and grid of a release by its lasting id."""

    areas: Mapping[int, Link]
    grids: Mapping[int, Link]

    def chain(self, chain: Chain) -> list[Link]:
        """Return a chain widest area first, then the grids: natural, dedicated, special."""
        areas = (chain.district, chain.street, chain.community)
        grids = (chain.natural, chain.dedicated, *chain.special)
        return [
            *(self.areas[known] for known in areas if known is not None),
            *(self.grids[known] for known in grids if known is not None),
        ]

    def answering(self, chain: Chain) -> Link | None:
        """Return the grid that answers for the place."""
        return None if chain.answers is None else self.grids[chain.answers]


NOBODY = Names({}, {})


class ReleaseNames:
    """The names of the releases asked for last; safe to share between threads."""

    def __init__(self, indexes: ReleaseIndexes) -> None:
        self._indexes = indexes
        self._kept: OrderedDict[int, Names] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, release: int | None) -> Names:
        """Return the names in a release; of no release, none."""
        if release is None:
            return NOBODY
        with self._lock:
            if release in self._kept:
                self._kept.move_to_end(release)
                return self._kept[release]
        # outside the lock: reading a release takes a while, and reading it twice does no harm
        names = names_in(self._indexes.of(session, get_release(session, release)))
        with self._lock:
            self._kept[release] = names
            while len(self._kept) > RELEASES_KEPT:
                self._kept.popitem(last=False)
        return names


def names_in(index: ReleaseIndex) -> Names:
    """Return the names of a release's areas and grids."""
    areas, grids = index.areas, index.grids
    return Names(
        areas={
            int(area_id): Link(level=AreaLevel(level), id=int(area_id), code=code, name=name)
            for area_id, level, code, name in zip(
                areas["id"], areas["level"], areas["code"], areas["name"], strict=True
            )
        },
        grids={
            int(grid_id): Link(kind=GridKind(kind), id=int(grid_id), code=code, name=name)
            for grid_id, kind, code, name in zip(
                grids["id"], grids["kind"], grids["code"], grids["name"], strict=True
            )
        },
    )


async def get_names(request: Request) -> ReleaseNames:
    """Return where the releases' names are kept."""
    names: ReleaseNames = request.app.state.names
    return names


Named = Annotated[ReleaseNames, Depends(get_names)]
