"""The release a request asks for: by number, by day, or the one in force today."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from gis.api.wire.caching import ASK_AGAIN, FOR_EVER
from gis.api.wire.parameters import OfDay, OfRelease, ParameterError
from gis.nouns import Release
from gis.settings import Settings
from gis.workflows.locate_point import Calendar, list_calendar


class ReleaseNamed(BaseModel):
    """The release an answer is of."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    effective_from: date
    sha256: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks about.

    Attributes:
        release: The release that answers.
        day: The day asked about; for a release asked for by number, its first.
        is_named: Whether the request named the release, so that the answer can never change.
    """

    release: Release
    day: date
    is_named: bool

    @property
    def keep(self) -> str:
        """How long the answer may be kept."""
        return FOR_EVER if self.is_named else ASK_AGAIN

    @property
    def named(self) -> ReleaseNamed:
        """The release as answers name it."""
        return ReleaseNamed.model_validate(self.release)


def today(settings: Settings) -> date:
    """Return today's date in the district."""
    return datetime.now(ZoneInfo(settings.time_zone)).date()


def find_asked(session: Session, settings: Settings, at: date | None, release: int | None) -> Asked:
    """Return the release asked for.

    Raises:
        ParameterError: Both a day and a release are given.
        NotFoundError: There is no such release, or none was in force on that day.
    """
    return asked_of(list_calendar(session), settings, at, release)


def asked_of(calendar: Calendar, settings: Settings, at: date | None, release: int | None) -> Asked:
    """Return the release asked for, of all there are; errors as `find_asked`."""
    if at is not None and release is not None:
        raise ParameterError("give either the day `at` or the number `release`, not both", field="at")
    day = at or today(settings)
    found = calendar.require(number=release, day=day)
    return Asked(found, day if release is None else found.effective_from, release is not None)


@dataclass(frozen=True, slots=True)
class Question:
    """Which release a request's parameters ask for; finding it takes one statement."""

    at: date | None
    release: int | None

    def release_in(self, session: Session, settings: Settings) -> Asked:
        """Return the release asked for; errors as `find_asked`."""
        return find_asked(session, settings, self.at, self.release)


async def read_question(at: OfDay = None, release: OfRelease = None) -> Question:
    """Return a request's question, without a thread or a connection yet."""
    return Question(at, release)


AskedRelease = Annotated[Question, Depends(read_question)]
