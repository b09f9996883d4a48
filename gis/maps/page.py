"""A finished map: numbers for folium, texts for the island; as HTML, a file or a picture."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import InputError
from gis.maps.assets import WEB
from gis.maps.encode import UNIT
from gis.maps.island import insert_texts
from gis.maps.picture import picture_of

if TYPE_CHECKING:
    from gis.maps.encode import Numbers, Origin, Texts
    from gis.maps.frame import Assets, MapFrame


@dataclass(frozen=True, slots=True)
class MapPage:
    """One map page, made by the `draw_...` functions.

    Attributes:
        kind: Which page: grids, findings, changes, repair, events, choropleth or heat_time.
        numbers: Whole numbers only; they go through folium.
        texts: Codes, names, event texts; they never meet a template.
        frame: Title, subtitle, language.
        has_heat: Whether the page has folium's heat layer.
    """

    kind: str
    numbers: Numbers
    texts: Texts
    frame: MapFrame
    has_heat: bool = False

    def html(self, assets: Assets = "linked", *, nonce: str | None = None) -> str:
        """Return the page.

        Args:
            assets: `linked` for the service, which has them under `/static`; `inlined` for a file that opens
                anywhere and asks for nothing.
            nonce: Put on every script before any text enters the page, so that the service can send
                ``script-src 'self' 'nonce-...'``.

        Raises:
            OutsideAddressError: If a folium element names an address outside this service.
            SetupError: If the vendored assets are missing.
        """
        # folium takes half a second to import, and most commands that can draw are not asked to
        from gis.maps.figure import OfflineFigure, draw_shell  # noqa: PLC0415 - for those that draw alone

        figure = OfflineFigure(self.kind, language=self.frame.language, assets=assets, nonce=nonce)
        figure.add_child(draw_shell(self.kind, self.numbers, has_heat=self.has_heat))
        texts = {"words": words(), "frame": frame_texts(self.frame), **self.texts}
        return insert_texts(figure.render(), texts, nonce=nonce)

    def write(self, path: str | Path) -> Path:
        """Write a self-contained `.html`, or a `.png` picture of it, and return the path.

        Raises:
            InputError: If the file's name ends in neither.
            SetupError: If a picture is wanted and there is no Chromium.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in {".html", ".png"}:
            raise InputError(f"A map is written to a .html or .png file, not to {path.name}.", field="path")
        page = self.html("inlined")
        path.write_bytes(picture_of(page) if suffix == ".png" else page.encode("utf-8"))
        return path

    def _repr_html_(self) -> str:
        """Show the page in a notebook, in a frame of its own."""
        return (
            f'<iframe srcdoc="{escape(self.html("inlined"))}" width="100%" height="640" '
            'style="border:1px solid #d7dee6;border-radius:8px" title="map"></iframe>'
        )


def frame_texts(frame: MapFrame) -> Texts:
    """Return what the page's script shows around the map."""
    return {
        "district": frame.district,
        "release": frame.release,
        "oldRelease": frame.old_release,
        "effectiveFrom": frame.effective_from.isoformat() if frame.effective_from else None,
        "period": [moment.isoformat() for moment in frame.period] if frame.period else None,
        "language": frame.language,
        "timeZone": frame.time_zone,
        "tileUrl": frame.tile_url or None,
    }


def place_numbers(origin: Origin, box: tuple[float, float, float, float] | None) -> Numbers:
    """Return where the page's coordinates count from and what it shows first, in lon/lat degrees."""
    return {"unit": UNIT, "origin": list(origin), "box": list(box) if box else None}


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """Return the one dictionary of our own texts, Chinese and English."""
    found: dict[str, dict[str, str]] = json.loads((WEB / "words.json").read_text("utf-8"))
    return found
