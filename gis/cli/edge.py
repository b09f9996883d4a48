"""What every command stands on: the acting user, one transaction, tables and progress on the terminal."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from gis.nouns import Actor
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.orm import Session

    from gis.settings import Settings
    from gis.workflows.checking.steps import Advance

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False)


def acting_user() -> Actor:
    """Return the user of this terminal, by a name that no account can have."""
    return Actor(f"cli:{getpass.getuser()}")


@contextmanager
def command_transaction(settings: Settings) -> Iterator[Session]:
    """Open the command's one transaction on the configured database."""
    engine = make_engine(settings)
    try:
        with transaction(engine) as session:
            yield session
    finally:
        engine.dispose()


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print rows under column heads; numbers to the right."""
    table = Table(box=None, pad_edge=False)
    listed = [list(row) for row in rows]
    for number, column in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[number], int | float) for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        # as text: brackets and colons of a cell are neither markup nor pictures
        table.add_row(*(Text("" if cell is None else shown(cell)) for cell in row))
    out.print(table)


def shown(cell: object) -> str:
    """Return a cell as text, with figures people can read."""
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


@contextmanager
def progress_bar(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while a command works; the yielded function says how much was done."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.advance(task, done)


@contextmanager
def step_bar() -> Iterator[Advance]:
    """Show a bar on standard error while a workflow tells how far it is, and at what."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda share, step: progress.update(task, completed=share, description=step["en"])
