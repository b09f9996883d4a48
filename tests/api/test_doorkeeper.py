"""Recognising a token while the database cannot be asked for a moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import people
from sqlalchemy import text
from starlette.requests import Request

from gis.api.doorkeeper import Doorkeeper
from gis.store.session import make_engine

if TYPE_CHECKING:
    import pytest

    from gis.api.doorkeeper import Known
    from gis.settings import Settings

GIVE_UP_S = 0.6


def request_of(token: str) -> Request:
    headers = [(name.lower().encode(), value.encode()) for name, value in people.bearer(token).items()]
    return Request({"type": "http", "headers": headers})


def test_one_whose_question_failed_does_not_fail_another(
    module_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gis.store.session.POOL_TIMEOUT_S", GIVE_UP_S)
    request = request_of(people.token_for(module_settings, "staff"))
    engine = make_engine(module_settings)
    keeper = Doorkeeper(module_settings)

    async def ask() -> Known:
        await keeper.recognise(request)
        with engine.begin() as holding:
            holding.execute(text("LOCK TABLE identity_change IN ACCESS EXCLUSIVE MODE"))
            earlier = asyncio.create_task(keeper.recognise(request))
            await asyncio.sleep(GIVE_UP_S / 2)
            later = asyncio.create_task(keeper.recognise(request))
            # the earlier one gives up and forgets the token; what it reads anew is not to come in between
            while keeper.remembered(request) is not None:  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.01)
            earlier.cancel()
        return await later

    known = asyncio.run(ask())
    keeper.close()
    engine.dispose()
    assert known.signed_in.login == "staff"
