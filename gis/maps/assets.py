"""Where the page's scripts and styles are: every address folium may name, and the local file instead."""

from __future__ import annotations

import base64
import mimetypes
import re
from pathlib import Path

from gis.errors import SetupError

WEB = Path(__file__).parent.parent / "web"
"""Folder the service serves as `/static`."""

LOCAL = "wangge:"
"""Prefix of a link to a file of ours, relative to `WEB`."""

_VENDORED = (
    # every address a map of ours makes folium name; a new plugin has to be added here and in vendor.py
    (re.compile(r"/leaflet@[\d.]+/dist/leaflet\.js$"), "vendor/leaflet/leaflet.js"),
    (re.compile(r"/leaflet@[\d.]+/dist/leaflet\.css$"), "vendor/leaflet/leaflet.css"),
    (re.compile(r"/templates/leaflet_heat\.min\.js$"), "vendor/folium/leaflet_heat.min.js"),
)
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


class OutsideAddressError(SetupError):
    """A page would ask an address outside this service."""


def local_path(address: str) -> str:
    """Return the path below `WEB` of the asset that stands for an address.

    Raises:
        OutsideAddressError: If no asset stands for it.
    """
    if address.startswith(LOCAL):
        return address.removeprefix(LOCAL)
    for pattern, path in _VENDORED:
        if pattern.search(address):
            return path
    raise OutsideAddressError(
        f"The map asks for {address}, which is not among the local assets: leave that plugin out, or add its "
        "files to package.json, gis/maps/vendor.py and gis/maps/assets.py."
    )


def asset_tag(path: str, *, inline: bool, nonce: str | None) -> str:
    """Return the `<script>`, `<link>` or `<style>` element for an asset.

    Args:
        path: Path below `WEB`.
        inline: Put the file's content into the page instead of a link to `/static/...`.
        nonce: Value of the `nonce` attribute of scripts.

    Raises:
        SetupError: If the file is missing.
    """
    file = WEB / path
    if not file.is_file():
        raise SetupError(
            f"{file} is missing: run `npm ci --ignore-scripts` and `python -m gis.maps.vendor` in the "
            "project's folder (`make setup` does both)."
        )
    attribute = f' nonce="{nonce}"' if nonce else ""
    if path.endswith(".css"):
        link = f'<link rel="stylesheet" href="/static/{path}">'
        return f"<style>\n{inline_css(file)}</style>" if inline else link
    if inline:
        return f"<script{attribute}>\n{_inline_script(file)}</script>"
    return f'<script src="/static/{path}"{attribute}></script>'


def _inline_script(file: Path) -> str:
    """Return a script that cannot end its own element."""
    return file.read_text("utf-8").replace("</script", "<\\/script").replace("<!--", "<\\!--")


def inline_css(file: Path) -> str:
    """Return a style sheet whose `url(...)` and `@import` files are part of it."""

    def embed(found: re.Match[str]) -> str:
        target = found[1]
        if target.startswith(("data:", "#")):
            return found[0]
        picture = file.parent / target
        kind = mimetypes.guess_type(picture.name)[0] or "application/octet-stream"
        return f"url(data:{kind};base64,{base64.b64encode(picture.read_bytes()).decode()})"

    return _CSS_URL.sub(embed, file.read_text("utf-8"))
