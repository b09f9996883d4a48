"""Which grids are looked at together: a kind, a task of special grids, or all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.nouns import GridKind

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ALL = "all"


@dataclass(frozen=True, slots=True)
class Group:
    """Grids that are looked at together.

    Attributes:
        kind: natural, dedicated, special, or "all" for everything at once.
        task: Of special grids; else "".
    """

    kind: str
    task: str = ""

    def holds(self, grids: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell which grids are of the group, by the columns kind and task."""
        if self.kind == ALL:
            return np.ones(len(grids), dtype=bool)
        is_kind: NDArray[np.bool_] = np.asarray(grids["kind"].astype(str) == self.kind)
        if self.kind != GridKind.SPECIAL:
            return is_kind
        is_task: NDArray[np.bool_] = np.asarray(grids["task"].fillna("").astype(str) == self.task)
        return is_kind & is_task


def groups_of(grids: pd.DataFrame) -> list[Group]:
    """List natural and dedicated grids, each task of special ones there is, and all together."""
    special = grids.loc[grids["kind"].astype(str) == GridKind.SPECIAL, "task"]
    tasks = sorted(special.fillna("").astype(str).unique())
    return [
        Group(GridKind.NATURAL.value),
        Group(GridKind.DEDICATED.value),
        *(Group(GridKind.SPECIAL.value, task) for task in tasks),
        Group(ALL),
    ]
