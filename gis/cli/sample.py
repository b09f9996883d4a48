"""`wangge sample`: the invented sample district."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gis.cli.edge import acting_user, command_transaction, err, out, print_table
from gis.sample.life.events import COUNT
from gis.settings import Settings
from gis.store.people import count_people
from gis.store.releases import list_releases
from gis.workflows.load_sample import SampleRequest, load_sample
from gis.workflows.make_sample import SEED, TOTAL_STEPS, make_sample

app = typer.Typer(help="The invented sample district.", no_args_is_help=True)


@app.command("make")
def make(
    seed: Annotated[
        int, typer.Option(min=0, help="Which district; the same seed gives the same bytes.")
    ] = SEED,
    out: Annotated[Path, typer.Option(help="Folder to write the GeoJSON files to.")] = Path(
        "data/boundaries"
    ),
    defects: Annotated[
        bool, typer.Option("--defects", help="Also write grids with known defects, and where these are.")
    ] = False,
) -> None:
    """Invent a district of 10 streets, 201 communities and some 1 900 grids, and write it as GeoJSON."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("", total=TOTAL_STEPS + 2 * defects)

        def tell(step: str) -> None:
            # told before a step begins, so the first one finishes nothing
            progress.update(task, description=step, advance=int(progress.tasks[task].description != ""))

        made = make_sample(out, seed=seed, defects=defects, on_progress=tell)
    print_table(
        ("file", "features", "kB"),
        [(str(path), n, path.stat().st_size // 1024) for path, n in made.rows.items()],
    )


@app.command("load")
def load(
    folder: Annotated[Path, typer.Option(help="Folder with the files `make` wrote.")] = Path(
        "data/boundaries"
    ),
    events: Annotated[int, typer.Option(min=0, help="How many events of the last year.")] = COUNT,
) -> None:
    """Load the sample district into an empty database; one that holds a district stays as it is."""
    settings = Settings()
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    with command_transaction(settings) as session:
        if list_releases(session):
            out.print("The database holds a district already; nothing was changed.")
            return
        with err.status("sample district") as status:
            request = SampleRequest(folder, today, events, status.update)
            release = load_sample(session, request, settings, acting_user())
        counts = count_people(session)
    out.print(
        f"The sample district is published as release {release.number}: {release.area_count:,} areas, "
        f"{release.grid_count:,} grids, {counts['buildings']:,} buildings, {counts['workers']:,} workers, "
        f"{events:,} events."
    )
