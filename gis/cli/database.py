"""`wangge database status | start | stop | upgrade | reset`: the private server and the schema in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gis.errors import SetupError
from gis.files.guarded.heads import set_heads_aside
from gis.settings import Settings
from gis.store.cluster import ClusterState, get_cluster
from gis.store.migrate import migration_state, upgrade_to_head
from gis.store.session import make_engine

if TYPE_CHECKING:
    from gis.store.cluster import Cluster, ClusterStatus

app = typer.Typer(help="The private PostGIS server and the schema in it.", no_args_is_help=True)


@app.command()
def status() -> None:
    """Say where the database is, whether it runs, and how large it is; nothing is started."""
    settings = Settings()
    if settings.database_url is not None:
        typer.echo("The database is the one of WANGGE_DATABASE_URL; the private server is not used.")
        return
    _print_status(get_cluster(settings).status())


@app.command()
def start() -> None:
    """Start the private server, making it first if there is none; nothing happens if it runs."""
    _print_status(_own_cluster(Settings()).start())


@app.command()
def stop() -> None:
    """Stop the private server; nothing is lost, and the next command that needs it starts it again."""
    stopped = _own_cluster(Settings()).stop()
    typer.echo("Stopped." if stopped else "It was not running.")


@app.command()
def upgrade() -> None:
    """Bring the schema to the newest version, keeping all data."""
    engine = make_engine(Settings())
    try:
        before = migration_state(engine).current
        after = upgrade_to_head(engine).current
    finally:
        engine.dispose()
    typer.echo(
        f"The schema is up to date ({after})." if before == after else f"Upgraded from {before} to {after}."
    )


@app.command()
def reset(
    apply: Annotated[
        bool, typer.Option("--apply", help="Delete everything; without it, only say what.")
    ] = False,
) -> None:
    """Delete all data: drop the private server's database and make it anew, empty. A dry run by default."""
    settings = Settings()
    cluster = _own_cluster(settings)
    name = settings.database_name
    cluster.start()
    counts = cluster.contents(name) if cluster.has_database(name) else {}
    verb = "Deleting" if apply else "This would delete"
    typer.echo(f"{verb} the database {name} in {cluster.data} with {sum(counts.values()):,} rows:")
    for table, count in counts.items():
        typer.echo(f"  {count:>12,}  {table}")
    if not apply:
        typer.echo("Nothing was changed. To do it: wangge database reset --apply")
        return
    cluster.drop_database(name)
    if (aside := set_heads_aside(settings.home, name)) is not None:
        typer.echo(f"The heads of its audit log are kept as {aside}.")
    upgrade()


def _own_cluster(settings: Settings) -> Cluster:
    if settings.database_url is not None:
        raise SetupError(
            "The database of WANGGE_DATABASE_URL is not ours to start, stop or delete: use its own tools, or "
            "unset the variable to use the private server."
        )
    return get_cluster(settings)


def _print_status(status: ClusterStatus) -> None:
    typer.echo(f"PostgreSQL {status.version}, {status.state.value}, as the user {status.account}")
    if status.pid is not None:
        typer.echo(f"  process  {status.pid}")
    size = "" if status.size_bytes is None else f" ({status.size_bytes / 1e6:,.0f} MB)"
    typer.echo(f"  data     {status.data}{size}")
    typer.echo(f"  log      {status.log}")
    typer.echo(f"  socket   {status.socket}")
    if status.state is not ClusterState.RUNNING:
        typer.echo("Start it with: wangge database start")
    else:
        typer.echo(f"Look inside with: psql -h {status.socket} -U wangge wangge")
