"""A job acts with what its asker may do when its turn comes, and still at its end; it holds no account."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import people
import pytest
from sqlalchemy import text

from gis.api.jobs.child import do_job
from gis.identity.roles import Role
from gis.nouns import Actor
from gis.store.identity.users import change_account
from gis.store.jobs.queue import Job, JobState, get_job, save_job
from gis.store.jobs.running import take_job
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture
def own_engine(module_settings: Settings) -> Iterator[Engine]:
    engine = make_engine(module_settings)
    yield engine
    engine.dispose()


def asked_by(engine: Engine, login: str) -> tuple[int, int]:
    """Let a new planner ask for a check, which is taken; return the user and the job."""
    with transaction(engine) as session:
        user_id = people.make_user(session, login, [Role.DISTRICT_PLANNER])
        number = save_job(session, "check", {"release": 1}, Actor(login)).id
        take_job(session, 1)
    return user_id, number


def disable(engine: Engine, user_id: int) -> None:
    with transaction(engine) as session:
        session.execute(text("SET LOCAL lock_timeout = '1s'"))
        change_account(session, user_id, disabled_at=datetime.now(UTC))


def seen(engine: Engine, number: int) -> Job:
    with transaction(engine) as session:
        return get_job(session, number)


def require_refused(engine: Engine, number: int, login: str) -> None:
    ended = seen(engine, number)
    problem = ended.problem or {}
    assert (ended.state, problem["status"], login in problem["detail"]) == (JobState.FAILED, 403, True)


def test_who_was_disabled_before_the_turn_came(own_engine: Engine, module_settings: Settings) -> None:
    user_id, number = asked_by(own_engine, "was.planner")
    disable(own_engine, user_id)
    do_job(own_engine, module_settings, number)
    require_refused(own_engine, number, "was.planner")


def test_who_is_disabled_while_it_runs_is_out_at_once(own_engine: Engine, module_settings: Settings) -> None:
    user_id, number = asked_by(own_engine, "is.planner")
    with ThreadPoolExecutor(1) as pool:
        with transaction(own_engine) as session:
            # it stops where it stores what it found
            session.execute(text("LOCK TABLE grid_check IN EXCLUSIVE MODE"))
            work = pool.submit(do_job, own_engine, module_settings, number)
            while seen(own_engine, number).progress < 0.9:
                time.sleep(0.05)
            disable(own_engine, user_id)
        work.result()
    require_refused(own_engine, number, "is.planner")
