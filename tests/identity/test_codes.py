"""One-time codes: each good once, clocks a little off, nothing older than what was used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from gis.identity.codes import STEP_S, matching_step, new_recovery_codes, new_seed

NOW = datetime(2026, 5, 1, 12, 0, 10, tzinfo=UTC)
SEED = new_seed()


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SEED, interval=STEP_S).at(moment)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_one_step_off_is_forgiven(steps: int) -> None:
    found = matching_step(SEED, code_at(NOW + timedelta(seconds=steps * STEP_S)), NOW, 0)
    assert found == int(NOW.timestamp()) // STEP_S + steps


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_clock_two_steps_off_is_not(steps: int) -> None:
    assert matching_step(SEED, code_at(NOW + timedelta(seconds=steps * STEP_S)), NOW, 0) is None


def test_a_code_is_good_once_and_none_before_it_is_any_more() -> None:
    used = matching_step(SEED, code_at(NOW), NOW, 0)
    assert used is not None
    assert matching_step(SEED, code_at(NOW), NOW, used) is None
    assert matching_step(SEED, code_at(NOW - timedelta(seconds=STEP_S)), NOW, used) is None
    assert matching_step(SEED, code_at(NOW + timedelta(seconds=STEP_S)), NOW, used) == used + 1


def test_recovery_codes_are_ten_and_all_different() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == len(codes) == 10
