"""The folium side: a figure whose every link is local, a bare map, and the numbers drawn on it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import folium
from branca.element import Element, Figure, Link, MacroElement
from folium.plugins import HeatMap
from folium.template import Environment, Template
from jinja2 import PackageLoader

from gis.maps.assets import LOCAL, OutsideAddressError, asset_tag, local_path

if TYPE_CHECKING:
    import jinja2

    from gis.maps.encode import Numbers
    from gis.maps.frame import Assets, Language

_ADDRESS = re.compile(r"(?:https?:)?//[a-z0-9{][^\s\"'<>)]*", re.IGNORECASE)
_NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/1999/xhtml")
_ASSET_MARK = re.compile(r"<!--asset ([\w./-]+)-->")
_SCRIPT = re.compile(r"<script\b(?! nonce=)")
_NONCE = re.compile(r"[A-Za-z0-9+/_=-]+")

MAP_SCRIPTS = ("words", "plane", "layers", "points", "heat", "colours", "panel", "areas")
"""Scripts of every page, in order; each page has one more, of its own name, and `start` comes last."""

MAP_STYLES = ("panel", "furniture", "page")


class AssetLink(Element):
    """Leaves a mark where an asset's tag comes after rendering, so that no library text is rendered."""

    _template = Template("<!--asset {{ this.path }}-->")

    def __init__(self, path: str) -> None:
        super().__init__()
        self._name = "AssetLink"
        self.path = path


class OfflineFigure(Figure):
    """A page that asks no outside address.

    1. The children render; folium and its plugins name their addresses in the header.
    2. Every link is swapped for the local asset; an unknown one raises.
    3. The shell renders and is searched for addresses that came another way.
    4. Scripts get the nonce; assets are linked or inlined.

    No text of files or people may be in any child: folium renders texts as templates.
    """

    def __init__(self, kind: str, *, language: Language, assets: Assets, nonce: str | None = None) -> None:
        super().__init__()
        if nonce is not None and not _NONCE.fullmatch(nonce):
            raise ValueError("A nonce consists of base64 characters.")
        self.nonce = nonce
        self.kind = kind
        self.language = language
        self.is_served = assets == "linked"
        self._template = shell_template()

    def render(self, **kwargs: object) -> str:
        """Return the page without its texts.

        Raises:
            OutsideAddressError: If the page would name an address outside this service.
            SetupError: If an asset is missing.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        for name, element in list(self.header._children.items()):  # noqa: SLF001 - branca has no other way
            if isinstance(element, Link):
                self.header.add_child(AssetLink(local_path(element.url)), name=name)
        shell = self._template.render(this=self, kwargs=kwargs)
        require_no_address(shell)
        if self.nonce:
            shell = _SCRIPT.sub(f'<script nonce="{self.nonce}"', shell)
        is_inline = not self.is_served
        return _ASSET_MARK.sub(lambda mark: asset_tag(mark[1], inline=is_inline, nonce=self.nonce), shell)


@lru_cache(maxsize=1)
def shell_template() -> jinja2.Template:
    """Return the template of the page around the map; it is given values of ours only."""
    templates = Environment(loader=PackageLoader("gis.maps", ""))  # type: ignore[no-untyped-call]  # folium's
    return templates.get_template("shell.html")


def require_no_address(shell: str) -> None:
    """Refuse a rendered shell that names an address other than an XML namespace.

    Raises:
        OutsideAddressError: With the address.
    """
    for address in _ADDRESS.findall(shell):
        if not address.startswith(_NAMESPACES):
            raise OutsideAddressError(f"The rendered map names the outside address {address[:200]}.")


class DistrictMap(folium.Map):
    """folium's map with Leaflet alone: no tiles, no fonts, no jQuery, no prefix, zoom not forbidden."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {{ this.options|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(self, kind: str) -> None:
        super().__init__(
            tiles=None,
            zoom_control=False,
            attribution_control=False,  # the prefix would be a link to another site
            zoom_snap=0.1,
            zoom_delta=0.5,
            wheel_px_per_zoom_level=120,
        )
        self.options.pop("zoom", None)  # the script fits the map to the district
        self.options |= {"min_zoom": 4, "max_zoom": 20}  # folium hands these to tiles only
        scripts = (*MAP_SCRIPTS, f"page_{kind}", "start")
        self.default_js = [
            *(link for link in folium.Map.default_js if link[0] == "leaflet"),
            *((name, f"{LOCAL}map/{name}.js") for name in scripts),
        ]
        self.default_css = [
            *(link for link in folium.Map.default_css if link[0] == "leaflet_css"),
            ("tokens", f"{LOCAL}tokens.css"),
            *((f"{name}_css", f"{LOCAL}map/{name}.css") for name in MAP_STYLES),
        ]


class NumberColumns(MacroElement):
    """Starts the page's script with whole numbers only; texts come from the island by position."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        wangge.start({{ this._parent.get_name() }}, {{ this.heat_name }}, {{ this.numbers|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, numbers: Numbers, heat: HeatMap | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's
        self._name = "NumberColumns"
        self.numbers = numbers
        self.heat_name = heat.get_name() if heat is not None else "null"


def draw_shell(kind: str, numbers: Numbers, *, has_heat: bool) -> DistrictMap:
    """Return folium's map with its heat layer, if wanted, and the numbers to draw.

    The heat layer starts empty: the page's script gives it the events that pass the filters, on one scale
    for all moments, which folium's own list of points could not do.
    """
    district_map = DistrictMap(kind)
    heat = None
    if has_heat:
        heat = HeatMap([], show=False, radius=14, blur=18)  # type: ignore[no-untyped-call]  # folium's
        district_map.add_child(heat)
    district_map.add_child(NumberColumns(numbers, heat))
    return district_map
