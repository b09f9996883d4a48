"""`wangge user`: who signs in and what they may do; the first administrator is made here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table
from gis.errors import InputError
from gis.identity.roles import Role
from gis.settings import Settings
from gis.store.identity.grants import list_grants
from gis.store.identity.users import get_user_named, list_users
from gis.workflows.identity.demo import DemoAccount, make_demo
from gis.workflows.identity.manage_units import root_or_new
from gis.workflows.identity.manage_users import (
    NewUser,
    Wanted,
    add_user,
    disable_user,
    enable_user,
    give_secret,
    grant_role,
    take_role,
)

app = typer.Typer(help="Users, and what they may do.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="Log-in name.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; else only say what would be done.")]
Unit = Annotated[str | None, typer.Option(help="Code of the unit; else the root.")]
DRY = "Nothing was changed; add --apply to do it."


@app.command("list")
def list_() -> None:
    """List the users and their roles."""
    with command_transaction(Settings()) as session:
        users = list_users(session, acting_user())
        roles = {user.id: list_grants(session, user.id) for user in users}
    if not users:
        out.print("No users yet. `wangge user add LOGIN --name NAME --role security_administrator --apply`")
        return
    print_table(
        ("user", "name", "unit", "roles", "state"),
        (
            (
                user.login,
                user.name,
                user.unit_code,
                ", ".join(f"{grant.role} on {grant.unit_code}" for grant in roles[user.id]),
                state_of(user.disabled_at, has_password=user.has_password),
            )
            for user in users
        ),
    )


def state_of(disabled_at: datetime | None, *, has_password: bool) -> str:
    """Return in a word or two whether a user can sign in."""
    if disabled_at is not None:
        return f"disabled {disabled_at:%Y-%m-%d}"
    return "active" if has_password else "waits for the first password"


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[list[Role] | None, typer.Option(help="Role on the unit; repeat it.")] = None,
    unit: Unit = None,
    apply: Apply = False,
) -> None:
    """Add a user, and say the one-time secret that sets the first password."""
    settings = Settings()
    actor, now = acting_user(), datetime.now(UTC)
    with command_transaction(settings) as session:
        code = unit or root_or_new(session, settings, actor).code
        user, secret = add_user(session, NewUser(login, name, code), actor, now)
        for one in role or ():
            grant_role(session, user.id, Wanted(one, code, today(settings)), actor)
        if not apply:
            session.rollback()
    out.print(f"User {user.login} ({user.name}), {user.unit}: {', '.join(role or ()) or 'no role'}.")
    out.print(secret_sentence(secret) if apply else DRY)


@app.command()
def secret(login: Login, apply: Apply = False) -> None:
    """Give a user another one-time secret; password, codes and sessions end."""
    with command_transaction(Settings()) as session:
        user = get_user_named(session, login, acting_user())
        made = give_secret(session, user.id, acting_user(), datetime.now(UTC))
        if not apply:
            session.rollback()
    out.print(secret_sentence(made) if apply else DRY)


def secret_sentence(secret: str) -> str:
    """Return how a secret is used."""
    return f"One-time secret, good for three days: {secret}\nThe first password is set with it at /login."


@app.command()
def grant(
    login: Login,
    role: Annotated[Role, typer.Argument(help="What the user is to be.")],
    unit: Unit = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; else today.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last.")
    ] = None,
    apply: Apply = False,
) -> None:
    """Give a user a role on a branch of the hierarchy."""
    settings = Settings()
    with command_transaction(settings) as session:
        user = get_user_named(session, login, acting_user())
        code = unit or root_or_new(session, settings, acting_user()).code
        first = since.date() if since else today(settings)
        wanted = Wanted(role, code, first, until.date() if until else None)
        grant_role(session, user.id, wanted, acting_user())
        if not apply:
            session.rollback()
    out.print(f"{user.login} is {role} on {code} from {first}." if apply else DRY)


@app.command()
def revoke(
    login: Login,
    role: Annotated[Role, typer.Argument(help="What it is to be no more.")],
    unit: Unit = None,
    apply: Apply = False,
) -> None:
    """Take a role away from a user, on one unit or wherever it was given."""
    with command_transaction(Settings()) as session:
        user = get_user_named(session, login, acting_user())
        grants = [
            one for one in list_grants(session, user.id) if one.role is role and unit in {None, one.unit_code}
        ]
        if not grants:
            raise InputError(f"{user.login} has no such role; `wangge user list` shows them.", field="role")
        for one in grants:
            take_role(session, user.id, one.id, acting_user())
        if not apply:
            session.rollback()
    out.print(f"{user.login} is no longer {role}." if apply else DRY)


@app.command()
def disable(login: Login, apply: Apply = False) -> None:
    """Let a user in no more, at once."""
    with command_transaction(Settings()) as session:
        user = get_user_named(session, login, acting_user())
        disable_user(session, user.id, acting_user(), datetime.now(UTC))
        if not apply:
            session.rollback()
    out.print(f"{user.login} is disabled, and all sessions have ended." if apply else DRY)


@app.command()
def enable(login: Login, apply: Apply = False) -> None:
    """Let a user in again, and unlock one who has failed too often."""
    with command_transaction(Settings()) as session:
        user = get_user_named(session, login, acting_user())
        enable_user(session, user.id, acting_user())
        if not apply:
            session.rollback()
    out.print(f"{user.login} may sign in." if apply else DRY)


@app.command()
def demo() -> None:
    """Make one account of each role on the sample district, and say them; never on another district."""
    settings = Settings()
    with command_transaction(settings) as session:
        accounts = make_demo(session, settings, acting_user(), datetime.now(UTC))
    if not accounts:
        out.print("This is not the sample district: no demo accounts. `wangge user add` lets people in.")
        return
    out.print("Demo accounts of the sample district, at /login:")
    print_table(("user", "password", "role", "unit"), map(demo_row, accounts))


def demo_row(account: DemoAccount) -> tuple[str, str, str, str]:
    """Return an account as a row."""
    return account.login, account.password or "(own)", account.role.value, account.unit_code


def today(settings: Settings) -> date:
    """Return the district's day."""
    return datetime.now(ZoneInfo(settings.time_zone)).date()
