"""`wangge grid compare`: what became of the grids between two states."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.cli.edge import command_transaction, err, out, print_table, progress_bar
from gis.cli.importing import PROBLEMS_SHOWN, column_map
from gis.errors import InputError
from gis.files.geojson import write_layer
from gis.files.spreadsheet import write_csv
from gis.gridding.changes.change import ChangeKind
from gis.gridding.checks.tolerance import Tolerance
from gis.nouns import Plan
from gis.settings import Settings
from gis.store.events import EventFilter
from gis.workflows.comparing.affected import affected_frame
from gis.workflows.comparing.compare_states import compare_plan, compare_releases
from gis.workflows.comparing.draw_changes import write_changes_map
from gis.workflows.comparing.read_state import StateFile, compare_files
from gis.workflows.comparing.tables import changes_frame, flat

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from gis.workflows.comparing.compare_states import ComparedStates

CHANGES_SHOWN = 30
FILES, RELEASES = 2, 2


class Language(StrEnum):
    """Language of the sentences."""

    EN = "en"
    ZH = "zh"


def compare(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[OLD NEW]", help="Two files: GeoJSON, GeoPackage, Shapefile, FlatGeobuf."),
    ] = None,
    old: Annotated[int | None, typer.Option("--from", help="The earlier release.")] = None,
    new: Annotated[int | None, typer.Option("--to", help="The later release.")] = None,
    plan: Annotated[int | None, typer.Option(help="This plan, against its base release.")] = None,
    min_width: Annotated[float | None, typer.Option(help="Narrower ground did not pass, metres.")] = None,
    min_area: Annotated[float | None, typer.Option(help="Smaller ground did not pass, m².")] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="Column of the files, as name=TITLE.")
    ] = None,
    code_column: Annotated[str | None, typer.Option(help="The files' column of codes.")] = None,
    crs: Annotated[
        str | None,
        typer.Option(help="Of files that declare none: wgs84, cgcs2000, gcj02, bd09 or EPSG:n."),
    ] = None,
    old_crs: Annotated[str | None, typer.Option(help="Of OLD, whatever it declares.")] = None,
    new_crs: Annotated[str | None, typer.Option(help="Of NEW, whatever it declares.")] = None,
    old_layer: Annotated[str | None, typer.Option(help="Layer of OLD, if it has several.")] = None,
    new_layer: Annotated[str | None, typer.Option(help="Layer of NEW, if it has several.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text, as gb18030.")] = None,
    lang: Annotated[Language, typer.Option(help="Language of the sentences.")] = Language.EN,
    map: Annotated[Path | None, typer.Option(help="Also draw the changes into this .html or .png.")] = None,
    json: Annotated[Path | None, typer.Option(help="Also write the changes as GeoJSON.")] = None,
    output: Annotated[Path | None, typer.Option("--out", help="Also write them as CSV.")] = None,
) -> None:
    """Say what became of the grids between two releases, in a plan, or between two files."""
    settings = Settings()
    require_one(files or [], (old, new), plan)
    tolerance = Tolerance(
        settings.min_width_m if min_width is None else min_width,
        settings.min_area_m2 if min_area is None else min_area,
    )
    if files:
        columns = column_map([*(column or ()), *(() if code_column is None else (f"code={code_column}",))])
        states = (
            StateFile(files[0], old_crs, columns, old_layer, encoding, crs),
            StateFile(files[1], new_crs, columns, new_layer, encoding, crs),
        )
        with progress_bar("compare") as advance:
            found = compare_files(states, settings, tolerance, advance)
        frame, title = changes_frame(found), f"{files[0].name} to {files[1].name}"
    else:
        with command_transaction(settings) as session, err.status("compare"):
            pair = (
                compare_plan(session, plan, settings, tolerance)
                if plan is not None
                else compare_releases(session, old or 0, new or 0, settings, tolerance)
            )
            found = pair.states
            frame = affected_frame(session, found, settings, EventFilter())
        name = f"plan {pair.new.id}" if isinstance(pair.new, Plan) else f"release {pair.new.number}"
        title = f"Release {pair.old.number} to {name}"
    write(frame, json, output)
    if map is not None:
        write_changes_map(found, frame, map, settings, lang.value)
    print_changes(found, frame, title, lang)


def require_one(files: list[Path], releases: tuple[int | None, int | None], plan: int | None) -> None:
    """Raise InputError unless exactly one pair of states is asked for."""
    asked = [bool(files), releases != (None, None), plan is not None]
    given = [number for number in releases if number is not None]
    if sum(asked) != 1 or (files and len(files) != FILES) or (given and len(given) != RELEASES):
        raise InputError("give two releases (--from N --to N), or a plan (--plan N), or two files (OLD NEW)")


def write(frame: GeoDataFrame, json: Path | None, output: Path | None) -> None:
    """Write the changes into the files asked for."""
    if json is not None:
        write_layer(frame, json, id_column="id")
    if output is not None:
        write_csv(flat(frame), output)


def print_changes(found: ComparedStates, frame: GeoDataFrame, title: str, language: Language) -> None:
    """Print the counts by kind and the largest changes."""
    counts = found.counts()
    out.print(f"{title}: {len(found.old):,} grids to {len(found.new):,}, {len(frame):,} changes.")
    if found.problems:
        print_table(
            ("row", "severity", "problem"),
            ((p.row, p.severity.value, p.message) for p in found.problems[:PROBLEMS_SHOWN]),
        )
    if not len(found.old) and not len(found.new):
        out.print("Neither state has any grids.")
        return
    print_table(("kind", "changes"), ((kind.value, counts[kind]) for kind in ChangeKind if counts[kind]))
    if frame.empty:
        out.print("Nothing changed, within the tolerance.")
        return
    more = [name for name in ("events", "workers") if name in frame]
    shown = frame.head(CHANGES_SHOWN)
    names = ["kind", "moved_m2", *more, language.value]
    print_table(
        ("kind", "moved m²", *more, "what"), shown[names].astype(object).itertuples(index=False, name=None)
    )
    if len(frame) > len(shown):
        rest = len(frame) - len(shown)
        out.print(f"... and {rest:,} more; --out FILE.csv, --json FILE or --map FILE shows all.")
