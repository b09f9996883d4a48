"""The root of the command line, and the one table from exceptions to exit codes."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gis import __version__
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

if TYPE_CHECKING:
    from collections.abc import Sequence

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

# undefined table, undefined column (SQLSTATE)
OLD_SCHEMA = {"42P01", "42703"}

NOUNS = (
    *("area", "grid", "plan", "release", "event", "map", "sample", "database"),
    *("user", "unit", "audit", "privacy", "key"),
)
VERBS = ("locate", "serve", "doctor")
# nouns whose modules stand in a folder of their own
FOLDERS = dict.fromkeys(("user", "unit"), "identity.")
FOLDERS |= dict.fromkeys(("audit", "privacy", "key"), "oversight.")


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """Return the commands; where the first argument names one, that one alone.

    Each noun stands in the module of its name. Loading all of them takes a second that nobody who has
    typed the noun should wait for.
    """
    root = typer.Typer(
        name="wangge",
        help="Grid management for a city district: import, check, publish and locate grids, map events.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    root.callback()(lambda: None)  # keeps a single noun a noun
    known = (*NOUNS, *VERBS)
    for name in arguments[:1] if arguments and arguments[0] in known else known:
        module = import_module(f"gis.cli.{FOLDERS.get(name, '')}{name}")
        if name in NOUNS:
            root.add_typer(module.app, name=name)
        else:
            root.command(name)(getattr(module, name))
    root.command("version")(version)
    return root


def version() -> None:
    """Print the version."""
    typer.echo(f"wangge {__version__}")


def main() -> None:
    """Run the command line; refuse with a sentence and an exit code, never with a traceback."""
    settings = Settings()
    configure_logs(settings.log_format, "warning" if settings.log_level == "info" else settings.log_level)
    try:
        command_line(sys.argv[1:])()
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
    if getattr(cause, "pgcode", None) in OLD_SCHEMA:
        return "The database's schema is not the one this version needs: run `wangge database upgrade`."
    return f"The database refused or cannot be reached: {str(cause).strip().splitlines()[0]}"


if __name__ == "__main__":
    main()
