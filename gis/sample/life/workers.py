"""Units, grid workers and who answers for which grid from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gis.nouns import GridKind
from gis.sample.land.ground import stream
from gis.sample.life.catalogue import CATALOGUE
from gis.sample.names import DISTRICT, people

if TYPE_CHECKING:
    from gis.sample.district import SampleDistrict

YEAR = timedelta(days=365)
_SECOND, _CHANGES = (
    0.35,
    0.12,
)  # shares of natural grids with a second worker, and of duties that change hands


class UnitLevel(StrEnum):
    """What a unit is."""

    DISTRICT_CENTRE = "district_centre"
    STREET_CENTRE = "street_centre"
    DEPARTMENT = "department"


class DutyRole(StrEnum):
    """What a worker is in a grid."""

    LEADER = "leader"  # 网格长
    MEMBER = "member"  # 网格员


@dataclass(frozen=True)
class Workforce:
    """Who works where.

    Attributes:
        units: code, name, name_en, level (`UnitLevel`), parent_code, area_code.
        workers: id, name, unit_code.
        duties: worker_id, grid_code, role (`DutyRole`), valid_from, valid_to (the last day; None: still).
    """

    units: pd.DataFrame
    workers: pd.DataFrame
    duties: pd.DataFrame


def make_workers(district: SampleDistrict, until: date, seed: int) -> Workforce:
    """Staff every natural and dedicated grid for the year that ends at a date.

    Each grid has a leader, some a second worker; about one duty in eight passes to somebody else during
    the year, who begins the day after the first one ends. The leader of the last day bears the name in
    the grid's `leader`.

    Args:
        district: Gives the grids and their leaders.
        until: The day after the last one.
        seed: Draws names and changes.
    """
    rng = stream(seed, "workers")
    grids = district.grids[district.grids["kind"] != GridKind.SPECIAL.value]
    codes, leaders = grids["code"].to_numpy(), grids["leader"].to_numpy()
    second = rng.random(len(codes)) < _SECOND
    posts = pd.DataFrame(
        {
            "grid_code": np.concatenate([codes, codes[second]]),
            "role": [DutyRole.LEADER.value] * len(codes) + [DutyRole.MEMBER.value] * int(second.sum()),
            "name": np.concatenate([leaders, np.array(people(rng, int(second.sum())), dtype=object)]),
            "valid_from": [until - YEAR] * (len(codes) + int(second.sum())),
        }
    )
    changed = np.flatnonzero(rng.random(len(posts)) < _CHANGES)
    days = rng.integers(20, YEAR.days - 20, len(changed)).tolist()
    earlier = posts.iloc[changed].assign(
        name=people(rng, len(changed)),
        valid_to=[until - YEAR + timedelta(days=day) for day in days],
    )
    posts["valid_to"] = None
    begin = posts["valid_from"].to_list()
    for place, last in zip(changed.tolist(), earlier["valid_to"], strict=True):
        begin[place] = last + timedelta(days=1)
    posts["valid_from"] = begin
    duties = pd.concat([posts, earlier]).sort_values(
        ["grid_code", "role", "valid_from"], ignore_index=True, kind="stable"
    )
    duties.insert(0, "worker_id", [f"W{number:05d}" for number in range(1, len(duties) + 1)])
    units = _units(district)
    workers = pd.DataFrame(
        {
            "id": duties["worker_id"],
            "name": duties["name"],
            "unit_code": [f"{code[:9]}-C" for code in duties["grid_code"]],
        }
    )
    return Workforce(units, workers, duties[["worker_id", "grid_code", "role", "valid_from", "valid_to"]])


def _units(district: SampleDistrict) -> pd.DataFrame:
    """Return the district centre, a centre for each street, and the departments of the catalogue."""
    home = str(district.district["code"].iloc[0])
    name, name_en = DISTRICT
    rows: list[tuple[str, str, str, str, str | None, str]] = [
        (f"{home}-C", f"{name}网格化指挥中心", f"{name_en} Command Centre", "district_centre", None, home)
    ]
    rows += [
        (f"{code}-C", f"{street}网格化服务管理中心", f"{en} Grid Centre", "street_centre", f"{home}-C", code)
        for code, street, en in zip(*(district.streets[c] for c in ("code", "name", "name_en")), strict=True)
    ]
    departments: dict[str, str] = {}
    for small in CATALOGUE:
        departments.setdefault(small.department, small.big_en)
    rows += [
        (f"{home}-D{n:02d}", name + department, f"Department: {big}", "department", f"{home}-C", home)
        for n, (department, big) in enumerate(departments.items(), start=1)
    ]
    return pd.DataFrame(rows, columns=["code", "name", "name_en", "level", "parent_code", "area_code"])
