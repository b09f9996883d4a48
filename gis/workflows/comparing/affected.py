"""What changes of the grids touch besides: events in ground that passed, workers on duty for its grids."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gis.store.events import count_events_in
from gis.store.people import list_workers_on_duty
from gis.workflows.comparing.tables import changes_frame

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.settings import Settings
    from gis.store.events import EventFilter
    from gis.workflows.comparing.compare_states import ComparedStates


def affected_frame(
    session: Session, found: ComparedStates, settings: Settings, counted: EventFilter | None
) -> GeoDataFrame:
    """Return the changes as `changes_frame` does, with what each touches.

    Args:
        session: The open transaction.
        found: The changes.
        settings: Give the time zone.
        counted: Which events count; None: the column stays empty.

    Returns:
        Further columns events (stored ones in the ground that passed, whenever they were reported) and
        workers (on duty today for the grids of the change, as they were and as they are).
    """
    frame = changes_frame(found)
    places = frame.geometry.where(frame["moved_m2"] > 0, None)
    frame["events"] = None if counted is None else count_events_in(session, list(places), counted)
    # new grids of a plan have no lasting id yet
    known = [grids.dropna(subset="id") for grids in (found.old, found.new)]
    ids = [dict(zip(grids["code"], grids["id"].astype(int), strict=True)) for grids in known]
    named = [
        {side[code] for side, codes in zip(ids, both, strict=True) for code in codes if code in side}
        for both in zip(frame["old"], frame["new"], strict=True)
    ]
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    workers = list_workers_on_duty(session, sorted(set().union(*named)), today)
    frame["workers"] = [len(set().union(*(workers.get(id_, set()) for id_ in grids))) for grids in named]
    order = [name for name in frame.columns if name not in {"zh", "en", "geometry"}]
    return frame[[*order, "zh", "en", "geometry"]]
