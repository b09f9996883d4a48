"""`wangge locate`: which grid a point belongs to, and who answers there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gis.cli.edge import command_transaction, out, print_table
from gis.gridding.crs import parse_system, to_stored
from gis.settings import Settings
from gis.store.people import list_duties
from gis.workflows.locate_point import ReleaseIndexes, locate_point, require_release
from gis.workflows.report_events import USUAL_ACCURACY_M

if TYPE_CHECKING:
    from gis.gridding.located import Located
    from gis.workflows.locate_point import ReleaseIndex


def locate(
    x: Annotated[float, typer.Argument(help="Longitude, or easting in metres.")],
    y: Annotated[float, typer.Argument(help="Latitude, or northing in metres.")],
    crs: Annotated[str, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")],
    accuracy: Annotated[float, typer.Option(min=0, help="How far the point may be off, metres.")] = (
        USUAL_ACCURACY_M
    ),
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="On which day; else today.")
    ] = None,
    release: Annotated[int | None, typer.Option(help="In this release, whatever the day.")] = None,
) -> None:
    """Say which grids and areas a point belongs to, on which day, and who answers."""
    settings = Settings()
    day = (at or datetime.now(ZoneInfo(settings.time_zone))).date()
    lon, lat = (float(value[0]) for value in to_stored([x], [y], parse_system(crs)))
    with command_transaction(settings) as session:
        indexes = ReleaseIndexes(settings)
        chosen = require_release(session, number=release, day=day)
        located = locate_point(session, indexes, (lon, lat), chosen, accuracy)
        answers = located.chain.answers
        duties = None if answers is None else list_duties(session, answers, day)
        print_chain(located, indexes.of(session, chosen))
    out.print(f"Release {chosen.number}, in force from {chosen.effective_from}; point {lon:.7f} {lat:.7f}.")
    if duties is not None and len(duties):
        out.print(
            "On duty: " + ", ".join(f"{row.worker} ({row.role}, {row.unit})" for row in duties.itertuples())
        )


def print_chain(located: Located, index: ReleaseIndex) -> None:
    """Print the chain, or the nearest grid of a point outside."""
    chain = located.chain
    grids = [
        ("natural", chain.natural),
        ("dedicated", chain.dedicated),
        *(("special", i) for i in chain.special),
    ]
    areas = [("community", chain.community), ("street", chain.street), ("district", chain.district)]
    rows = [
        (level, frame.loc[lasting_id, "code"], frame.loc[lasting_id, "name"])
        for members, frame in ((grids, index.grids), (areas, index.areas))
        for level, lasting_id in members
        if lasting_id is not None
    ]
    print_table(("level", "code", "name"), rows)
    if located.nearest is not None:
        nearest = located.nearest
        out.print(
            f"In no grid. The nearest is {nearest.code} ({nearest.name}), {nearest.distance_m:,.1f} m away."
        )
    if located.near_boundary:
        out.print("Near a boundary; these grids are within the accuracy:")
        print_table(("code", "name", "metres"), ((c.code, c.name, c.distance_m) for c in located.candidates))
