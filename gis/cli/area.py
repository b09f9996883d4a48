"""`wangge area`: administrative areas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, progress_bar
from gis.cli.importing import column_map, print_report
from gis.nouns import AreaLevel
from gis.settings import Settings
from gis.workflows.draw_map import write_plan_map
from gis.workflows.import_areas import import_areas
from gis.workflows.import_layer import ImportRequest, require_clean

app = typer.Typer(help="Administrative areas: district, streets, communities.", no_args_is_help=True)


@app.callback()
def areas() -> None:
    """Administrative areas: district, streets, communities."""


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, (zipped) Shapefile or FlatGeobuf.")],
    level: Annotated[AreaLevel, typer.Option(help="Level of every area in the file.")],
    crs: Annotated[
        str | None, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; else as the file declares.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="Column mapping, as code=MSOA11CD.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of a file that has several.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text, as gb18030.")] = None,
    plan: Annotated[int | None, typer.Option(help="Which plan; else the open one, or a new one.")] = None,
    skip_bad_rows: Annotated[bool, typer.Option(help="Leave rows with errors out.")] = False,
    map: Annotated[
        Path | None, typer.Option(help="Also draw the plan as it would be into this file.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Save; without it, only report.")] = False,
) -> None:
    """Import areas of one level into a plan. Import the district first, then streets, then communities."""
    settings = Settings()
    request = ImportRequest(path, crs, column_map(column or ()), layer, encoding, plan)
    with command_transaction(settings) as session, progress_bar(path.name) as advance:
        report = import_areas(session, level, request, settings, acting_user(), advance)
        if map is not None:
            write_plan_map(session, report.plan_id, map, settings)
        if not apply:
            session.rollback()
        else:
            require_clean(report, skip_bad_rows=skip_bad_rows)
    print_report(report, applied=apply)
