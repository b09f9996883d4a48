"""What surrounds a map: whose it is, which release, which period, in which language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gis.errors import InputError

if TYPE_CHECKING:
    from datetime import date, datetime

Language = Literal["zh", "en"]
Assets = Literal["linked", "inlined"]

_SHIFTED_TILES = re.compile(r"autonavi|amap\.|gaode|gtimg|map\.qq|bdimg|map\.baidu", re.IGNORECASE)
_LON_LAT_MATRIX = re.compile(r"\b(vec|cva|img|cia|ter|cta)_c\b|tilematrixset=c\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MapFrame:
    """The title, subtitle, language and limits of a map page.

    Attributes:
        district: Name of the district; shown in the title.
        release: Number of the release the grids are of; None for a plan or for files.
        effective_from: The day that release takes effect.
        period: First and last moment of the events shown, with a time zone.
        language: Language the page opens in; the reader can switch.
        time_zone: The district's time zone, for days, hours and what is printed.
        tile_url: Background tiles as an XYZ template in web Mercator; None or empty: own outlines only.
        max_grids: A page with more grids than this is refused.
        old_release: Number of the release it is compared with, where a map is about two.

    Raises:
        InputError: If the language or time zone is unknown, or the tiles cannot lie under CGCS2000 grids.
    """

    district: str = ""
    release: int | None = None
    effective_from: date | None = None
    period: tuple[datetime, datetime] | None = None
    language: Language = "zh"
    time_zone: str = "Asia/Shanghai"
    tile_url: str | None = None
    max_grids: int = 5000
    old_release: int | None = None

    def __post_init__(self) -> None:
        """Check language, time zone, period and tiles."""
        if self.language not in ("zh", "en"):
            raise InputError(f"Language {self.language!r} is not zh or en.", field="language")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InputError(
                f"Time zone {self.time_zone!r} is unknown; write it as Asia/Shanghai.", field="time_zone"
            ) from error
        if self.period is not None and any(moment.tzinfo is None for moment in self.period):
            raise InputError("The period's first and last moment need a time zone.", field="period")
        if self.tile_url:
            require_tile_url(self.tile_url)

    @property
    def tile_origin(self) -> str | None:
        """Origin to allow as `img-src` in the page's content security policy; None without outside tiles."""
        if not self.tile_url:
            return None
        parts = urlsplit(self.tile_url)
        host = re.sub(r"^\{s\}\.", "*.", parts.netloc)
        return f"{parts.scheme}://{host}" if parts.netloc else None


def require_tile_url(url: str) -> None:
    """Refuse a tile template that is not XYZ in web Mercator, or whose tiles are shifted.

    Raises:
        InputError: With the remedy.
    """
    if not re.match(r"(https?://[^/]+)?/", url) or any(part not in url for part in ("{z}", "{x}", "{y}")):
        raise InputError(
            f"Tile address {url!r} must start with http://, https:// or / and hold {{z}}, {{x}} and {{y}}.",
            field="tile_url",
        )
    if _SHIFTED_TILES.search(url):
        raise InputError(
            "These tiles are drawn in GCJ-02 or BD-09, 500 m or more off the grids; use Tianditu or the "
            "district's own tiles.",
            field="tile_url",
        )
    if _LON_LAT_MATRIX.search(url):
        raise InputError(
            "These tiles use the longitude/latitude matrix (_c); use the web Mercator ones (_w).",
            field="tile_url",
        )
