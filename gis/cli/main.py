"""The root of the command line, and the one table from exceptions to exit codes."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gis import __version__
from gis.cli import (
    area,
    database,
    doctor,
    event,
    grid,
    locate,
    plan,
    release,
    sample,
    serve,
)
from gis.cli import map as maps
from gis.errors import (
    ConflictError,
    DatabaseUnavailableError,
    InputError,
    NotFoundError,
    SetupError,
    WanggeError,
)
from gis.logs import configure_logs
from gis.settings import Settings

EXIT_CODES: dict[type[Exception], int] = {
    InputError: 2,
    NotFoundError: 3,
    ConflictError: 4,
    DatabaseUnavailableError: 5,
    PoolTimeoutError: 5,
    DBAPIError: 5,
    SetupError: 6,
    WanggeError: 1,
}

app = typer.Typer(
    name="wangge",
    help="Grid management for a city district: import, check, publish and locate grids, map events.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(area.app, name="area")
app.add_typer(grid.app, name="grid")
app.add_typer(plan.app, name="plan")
app.add_typer(release.app, name="release")
app.add_typer(event.app, name="event")
app.add_typer(maps.app, name="map")
app.add_typer(sample.app, name="sample")
app.add_typer(database.app, name="database")
app.command("locate")(locate.locate)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(f"wangge {__version__}")


def main() -> None:
    """Run the command line; refuse with a sentence and an exit code, never with a traceback."""
    settings = Settings()
    configure_logs(settings.log_format, "warning" if settings.log_level == "info" else settings.log_level)
    try:
        app()
    except tuple(EXIT_CODES) as error:
        Console(stderr=True, highlight=False).print(sentence(error), style="red", markup=False)
        sys.exit(next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind)))


def sentence(error: Exception) -> str:
    """Return what went wrong, where in the input, as one line."""
    if isinstance(error, InputError):
        row = "" if error.row is None else f"row {error.row}: "
        field = "" if error.field is None else f"{error.field}: "
        return f"{row}{field}{error}"
    if isinstance(error, WanggeError):
        return str(error)
    cause = getattr(error, "orig", None) or error
    return f"The database refused or cannot be reached: {str(cause).strip().splitlines()[0]}"
