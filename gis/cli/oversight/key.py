"""`wangge key`: the keys personal data is encrypted under."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table, progress_bar
from gis.files.guarded.key_file import make_keys, read_keys
from gis.settings import Settings
from gis.store.privacy.values import count_by_key
from gis.store.session import make_engine, transaction
from gis.workflows.privacy.keys import key_file, rotate_key

app = typer.Typer(help="The keys personal data is encrypted under.", no_args_is_help=True)


@app.command()
def make() -> None:
    """Make the key file; refused if there is one. Keep a copy of it apart from backups of the database."""
    path = key_file(Settings())
    key_id = make_keys(path)
    out.print(
        f"Made {path} with the key {key_id}. Keep a copy apart from backups of the database.", markup=False
    )


@app.command()
def show() -> None:
    """Say which keys there are, and how many values are stored under each; never the keys themselves."""
    settings = Settings()
    path = key_file(settings)
    keys = list(read_keys(path))
    with command_transaction(settings) as session:
        counts = count_by_key(session)
    out.print(f"Keys in {path}, the newest last:", markup=False)
    rows = [(key_id, counts.get(key_id, 0), "") for key_id in keys]
    rows += [
        (key_id, number, "MISSING in the file") for key_id, number in counts.items() if key_id not in keys
    ]
    print_table(("key", "values", ""), rows)


@app.command()
def rotate(
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without it, only say what.")] = False,
) -> None:
    """Add a new key and encrypt all personal data under it; old keys stay in the file, for backups."""
    settings = Settings()
    engine = make_engine(settings)
    try:
        with transaction(engine) as session:
            total = sum(count_by_key(session).values())
        if not apply:
            keys = len(read_keys(key_file(settings)))
            out.print(f"{total:,} values would be encrypted under a new key, beside {keys} old ones.")
            out.print("Dry run: nothing was changed; add --apply.")
            return
        with progress_bar("values", total) as advance:
            key_id, count = rotate_key(partial(transaction, engine), settings, acting_user(), advance)
    finally:
        engine.dispose()
    out.print(f"{count:,} values are encrypted under the new key {key_id}. Copy the key file now.")
