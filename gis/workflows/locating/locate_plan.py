"""Locate a point as if a plan were published: the index of each draft follows the plan's changes."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
import shapely

from gis.errors import ConflictError
from gis.gridding.drafting.draft_index import DraftIndex, no_grids
from gis.gridding.locate import GridIndex
from gis.gridding.located import FIRST_NEW_ID, LAST_NEW_ID
from gis.nouns import PlanStatus
from gis.store.plans import (
    find_release_of,
    get_plan,
    list_plan_areas,
    list_plan_changes,
    mark_plan_areas,
)
from gis.store.releases import get_release

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas
    from sqlalchemy.orm import Session

    from gis.gridding.located import Located
    from gis.nouns import Plan, Release
    from gis.workflows.locate_point import ReleaseIndexes

    NewGrid: TypeAlias = tuple[str, int]

# Each holds a copy of the tables of the kinds of grids that the plan changes.
PLANS_KEPT = 8
# Changes leave unused room behind; an index that has taken in more than this, and than the plan has grids, is
# begun anew.
CHANGES_KEPT = 1000
AS_RELEASED = b"as released"


@dataclass(frozen=True, slots=True)
class LocatedInPlan:
    """Where a point would belong.

    Attributes:
        plan: The plan in the state that answers; its `change_number` names it.
        base: The release the plan was made over.
        located: The answer. Ids from `FIRST_NEW_ID` on are of grids and areas that only the plan has.
        index: Gives codes and names of all ids.
    """

    plan: Plan
    base: Release | None
    located: Located
    index: GridIndex


@dataclass(slots=True)
class Draft:
    """The index of a plan and what it was made of.

    Attributes:
        index: None before the plan was read, and after a change that went wrong.
        change_number: Which state of the plan the index shows.
        areas: What tells the plan's own areas, as they were, from every other state of them.
        rows: The version, and the id in the index, of each grid row of the plan, by its own id.
        contents: By id in the index what the plan says of a grid, as a digest; None: it retires it.
        new: The ids of grids that only the plan has.
        changes: How many changes the index has taken in since it was begun.
        lock: Held by who looks up or changes.
    """

    index: DraftIndex | None = None
    change_number: int = -1
    areas: str | None = None
    rows: dict[int, tuple[str, int]] = field(default_factory=dict)
    contents: dict[int, bytes | None] = field(default_factory=dict)
    new: dict[NewGrid, int] = field(default_factory=dict)
    changes: int = 0
    lock: Lock = field(default_factory=Lock)


class PlanIndexes:
    """The indexes of the plans asked for last, in this process; safe to share between threads.

    When a plan has changed, what it says of each grid is held against what its index was made of, and only
    grids of which it says something else are changed there. The index is begun anew, from that of the base
    release, when areas change, and when a plan takes back what it said of a grid of the base release.

    A plan is read as it is committed: who changes one does not ask for it in the same transaction.

    Args:
        indexes: Where the indexes of the base releases are kept.
    """

    def __init__(self, indexes: ReleaseIndexes) -> None:
        self._indexes = indexes
        self._kept: OrderedDict[int, Draft] = OrderedDict()
        self._lock = Lock()

    def locate(
        self, session: Session, plan_id: int, point: tuple[float, float], accuracy_m: float
    ) -> LocatedInPlan:
        """Return where a point would belong if the plan were published over its base release.

        Args:
            session: The open transaction.
            plan_id: A draft.
            point: Longitude and latitude in degrees, EPSG:4490.
            accuracy_m: How far the point may be off; grids within it are candidates.

        Raises:
            NotFoundError: There is no such plan.
            ConflictError: It is published; its release answers.
        """
        plan = require_draft(session, plan_id)
        draft = self._draft(plan_id)
        with draft.lock:
            while draft.index is None or draft.change_number != plan.change_number:
                self._follow(session, plan, draft)
                # what was read after this number may be of a later one
                plan = require_draft(session, plan_id)
            index = draft.index.index
            located = index.locate(*point, accuracy_m=accuracy_m)
        return LocatedInPlan(plan, find_base(session, plan), located, index)

    def _draft(self, plan_id: int) -> Draft:
        with self._lock:
            draft = self._kept.setdefault(plan_id, Draft())
            self._kept.move_to_end(plan_id)
            while len(self._kept) > PLANS_KEPT:
                self._kept.popitem(last=False)
            return draft

    def _follow(self, session: Session, plan: Plan, draft: Draft) -> None:
        """Bring a draft's index to the plan as it is now."""
        areas = mark_plan_areas(session, plan.id)
        index, draft.index = draft.index, None
        is_full = draft.changes > max(CHANGES_KEPT, len(draft.contents))
        if index is None or areas != draft.areas or is_full or not follow_grids(session, plan, draft, index):
            index = self._begun(session, plan, areas)
            draft.areas, draft.rows, draft.contents, draft.new = areas, {}, {}, {}
            follow_grids(session, plan, draft, index)
            draft.changes = 0
        draft.index, draft.change_number = index, plan.change_number

    def _begun(self, session: Session, plan: Plan, areas: str | None) -> DraftIndex:
        """Return the base release's index with the plan's areas."""
        base = find_base(session, plan)
        if base is None:
            return DraftIndex(GridIndex.build(no_grids(), areas_with_ids(session, plan)))
        index = self._indexes.of(session, base).index
        return DraftIndex(index, None if areas is None else areas_with_ids(session, plan))


def find_base(session: Session, plan: Plan) -> Release | None:
    """Return the release a plan was made over."""
    return None if plan.base_release is None else get_release(session, plan.base_release)


def require_draft(session: Session, plan_id: int) -> Plan:
    """Return a plan that is no release yet."""
    plan = get_plan(session, plan_id)
    if plan.status is not PlanStatus.DRAFT:
        release = find_release_of(session, plan_id)
        raise ConflictError(f"Plan {plan_id} is published; ask for release {release}, which it became.")
    return plan


def follow_grids(session: Session, plan: Plan, draft: Draft, index: DraftIndex) -> bool:
    """Change the grids in an index of which the plan says something else than before.

    Returns:
        False if it has to be begun anew, because it lacks what the plan no longer replaces; it may then
        not be used any more.
    """
    seen = {row: version for row, (version, _) in draft.rows.items()}
    found = list_plan_changes(session, plan.id, seen)
    ids, new = name_grids(found, draft.new)
    named = found.assign(id=ids)
    live = named[~named["retired"].to_numpy(dtype=bool)]
    before = draft.contents
    contents: dict[int, bytes | None] = dict.fromkeys(named["id"][named["retired"]].tolist())
    for row, lasting_id, digest in zip(live["plan_grid_id"], live["id"], digests(live), strict=True):
        if digest is None and draft.rows[row][1] != lasting_id:
            return False
        contents[lasting_id] = before[lasting_id] if digest is None else digest
    if any(known < FIRST_NEW_ID and known not in contents for known in before):
        return False
    says_else = [contents[one] != before.get(one, unsaid(one)) for one in live["id"]]
    changed = live[np.array(says_else, dtype=bool)]
    gone = [one for one, said in contents.items() if said is None and before.get(one, b"") is not None]
    gone += [one for one in before if one not in contents]
    index.change(changed, gone)
    draft.rows = dict(
        zip(named["plan_grid_id"], zip(named["version"], named["id"], strict=True), strict=True)
    )
    draft.contents, draft.new = contents, new
    draft.changes += len(changed) + len(gone)
    return True


def digests(grids: geopandas.GeoDataFrame) -> list[bytes | None]:
    """Return a digest of all that an index holds of each grid; None for one whose row was seen before."""
    wkb = shapely.to_wkb(grids.geometry.to_numpy())
    words = zip(grids["kind"], grids["code"], grids["name"], grids["community_code"], strict=True)
    told = zip(grids["is_seen"], grids["is_as_released"], words, wkb, strict=True)
    return [
        None
        if is_seen
        else AS_RELEASED
        if is_as_released
        else hashlib.sha256(repr(said).encode() + shape).digest()
        for is_seen, is_as_released, said, shape in told
    ]


def unsaid(lasting_id: int) -> bytes | None:
    """Return what stands in an index for a grid of which the plan has said nothing."""
    return AS_RELEASED if lasting_id < FIRST_NEW_ID else None


def name_grids(
    grids: geopandas.GeoDataFrame, known: Mapping[NewGrid, int]
) -> tuple[list[int], dict[NewGrid, int]]:
    """Give every grid of a plan an id: that of its code in the base release, else one behind all others.

    Args:
        grids: As `list_plan_changes` gives them.
        known: Ids that grids only the plan has were given before; they keep them.

    Returns:
        The ids, in order, and those of grids that only the plan has. Of a code that a draft repeats the
        first has the id of the base release.
    """
    names: list[int | NewGrid] = []
    taken: set[int] = set()
    repeated: Counter[str] = Counter()
    for lasting_id, retired, code in zip(grids["id"], grids["retired"], grids["code"], strict=True):
        if lasting_id is not pd.NA and (retired or lasting_id not in taken):
            names.append(int(lasting_id))
            taken |= set() if retired else {int(lasting_id)}
        else:
            names.append((code, repeated[code]))
            repeated[code] += 1
    new = number_new([name for name in names if isinstance(name, tuple)], known)
    return [new[name] if isinstance(name, tuple) else name for name in names], new


def number_new(keys: Sequence[NewGrid], known: Mapping[NewGrid, int]) -> dict[NewGrid, int]:
    """Give new grids ids that ascend, as publishing will; known ones keep theirs while there is room between.

    Args:
        keys: New grids in the order in which publishing gives them ids.
        known: Ids of some of them, and of others.
    """
    fixed = [(place, known[key]) for place, key in enumerate(keys) if key in known]
    places, numbers = zip((-1, FIRST_NEW_ID - 1), *fixed, (len(keys), LAST_NEW_ID + 1), strict=True)
    spread = np.interp(np.arange(len(keys)), places, numbers).astype(np.int64)
    if fixed and (np.diff(spread, prepend=FIRST_NEW_ID - 1) < 1).any():  # no room is left between two
        return number_new(keys, {})
    return dict(zip(keys, spread.tolist(), strict=True))


def areas_with_ids(session: Session, plan: Plan) -> geopandas.GeoDataFrame:
    """Return all areas as the plan wants them; those only it has get ids in the order of publishing."""
    areas = list_plan_areas(session, plan.id).sort_values(["level", "code"], ignore_index=True)
    is_new = areas["id"].isna().to_numpy()
    ids = areas["id"].astype("Int64")
    ids[is_new] = FIRST_NEW_ID + np.arange(is_new.sum())
    return areas.assign(id=ids.astype(np.int64))
