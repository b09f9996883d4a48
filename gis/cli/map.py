"""`wangge map`: draw what is stored into one self-contained HTML file or a PNG."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from gis.cli.edge import acting_user, command_transaction, out
from gis.maps.choropleth import Measure
from gis.maps.heat_time import Step
from gis.settings import Settings
from gis.store.events import EventFilter
from gis.workflows.auditing.exports import record_map
from gis.workflows.draw_map import CountedBy, MapKind, MapRequest, draw_map

app = typer.Typer(help="Maps as one self-contained HTML file or a PNG picture.", no_args_is_help=True)


class Language(StrEnum):
    """Language the page opens in; the reader can switch."""

    ZH = "zh"
    EN = "en"


Output = Annotated[Path, typer.Option("--output", "-o", help="The .html or .png file to write.")]
OfRelease = Annotated[int | None, typer.Option(help="Release number; else the one in force today.")]
Since = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the events.")
]
Until = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last of the events.")
]
Opens = Annotated[Language, typer.Option("--lang", help="Language the page opens in.")]


@app.command()
def grids(output: Output, release: OfRelease = None, lang: Opens = Language.ZH) -> None:
    """Grids by kind, with codes and outlines."""
    write(MapRequest(MapKind.GRIDS, release=release, language=lang.value), output)


@app.command()
def findings(
    output: Output,
    check: Annotated[int | None, typer.Option(help="Check number; else the newest.")] = None,
    lang: Opens = Language.ZH,
) -> None:
    """Findings of a check, by kind and severity."""
    write(MapRequest(MapKind.FINDINGS, check=check, language=lang.value), output)


@app.command()
def events(
    output: Output,
    since: Since = None,
    until: Until = None,
    release: OfRelease = None,
    lang: Opens = Language.ZH,
) -> None:
    """Events as points and as a heat map."""
    wanted = period(since, until)
    write(MapRequest(MapKind.EVENTS, release=release, wanted=wanted, language=lang.value), output)


@app.command()
def choropleth(
    output: Output,
    by: Annotated[CountedBy, typer.Option(help="Shapes to colour.")] = CountedBy.GRID,
    measure: Annotated[Measure, typer.Option(help="What the colours stand for.")] = Measure.COUNT,
    since: Since = None,
    until: Until = None,
    release: OfRelease = None,
    lang: Opens = Language.ZH,
) -> None:
    """Grids, communities or streets coloured by their events."""
    request = MapRequest(
        MapKind.CHOROPLETH,
        release=release,
        wanted=period(since, until),
        counted_by=by,
        measure=measure,
        language=lang.value,
    )
    write(request, output)


@app.command("heat-time")
def heat_time(
    output: Output,
    step: Annotated[Step, typer.Option(help="Length of one picture.")] = Step.WEEK,
    since: Since = None,
    until: Until = None,
    lang: Opens = Language.ZH,
) -> None:
    """Heat of events, step by step."""
    wanted = period(since, until)
    write(MapRequest(MapKind.HEAT_TIME, wanted=wanted, step=step, language=lang.value), output)


def period(since: datetime | None, until: datetime | None) -> EventFilter:
    """Return the filter for days of the district's time zone."""
    zone = ZoneInfo(Settings().time_zone)
    return EventFilter(
        since=since and since.replace(tzinfo=zone),
        until=until and until.replace(tzinfo=zone),
    )


def write(request: MapRequest, output: Path) -> None:
    """Draw the map and say how large the file is."""
    settings = Settings()
    with command_transaction(settings) as session:
        page = draw_map(session, request, settings)
        page.write(output)
        record_map(session, acting_user(), request, output.suffix.removeprefix(".").lower())
    out.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")
