"""Nothing in the project can hand text to folium, to a template, or to the browser as markup."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from gis.maps.assets import WEB

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = WEB.parent
PYTHON = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(path for path in WEB.rglob("*.js") if "vendor" not in path.parts)

# each of these renders the text it is given as a template
TEXT_CARRIERS = {
    "Choropleth",
    "ClickForMarker",
    "ClickForLatLng",
    "DivIcon",
    "FeatureGroup",
    "GeoJson",
    "GeoJsonPopup",
    "GeoJsonTooltip",
    "Html",
    "IFrame",
    "Icon",
    "JsCode",
    "LayerControl",
    "Markup",
    "Popup",
    "Tooltip",
    "TopoJson",
}
LIBRARIES = ("folium", "branca", "jinja2", "markupsafe")
MARKUP = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment|"
    r"bindPopup|bindTooltip|setContent|divIcon)\b|\beval\(|\bnew Function\b|javascript:|setTimeout\(\s*[\"'`]"
)


def offences(source: str) -> list[str]:
    """What a Python file does that could put text into a template."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES:
            found += [alias.name for alias in node.names if alias.name in TEXT_CARRIERS]
        if isinstance(node, ast.Attribute) and node.attr in TEXT_CARRIERS | {"from_string"}:
            found.append(node.attr)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            is_constant = all(isinstance(argument, ast.Constant) for argument in node.args)
            if node.func.id == "Template" and not is_constant:
                found.append("Template")
            if node.func.id == "Element" and (node.args or node.keywords):
                found.append("Element")
    return found


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_hands_text_to_a_template(path: Path) -> None:
    assert offences(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_from_text(path: Path) -> None:
    assert MARKUP.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from folium import Popup",
        "from folium.features import DivIcon",
        "import folium\nfolium.Tooltip(text)",
        "import folium\nfolium.GeoJson(frame)",
        "from branca.element import Element\nElement(text)",
        "from jinja2 import Template\nTemplate(text)",
        "environment.from_string(text)",
    ],
)
def test_what_is_planted_in_python_is_found(planted: str) -> None:
    assert offences(planted)


@pytest.mark.parametrize(
    "planted",
    ["a.innerHTML = text", "layer.bindPopup(text)", "eval(text)", "new Function(text)", 'setTimeout("text")'],
)
def test_what_is_planted_in_a_script_is_found(planted: str) -> None:
    assert MARKUP.search(planted)


def test_the_start_page_has_nothing_inline() -> None:
    page = (WEB / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    assert not re.search(r"https?://", page)


def test_the_shell_is_given_values_of_ours_only() -> None:
    shell = (PACKAGE / "maps/shell.html").read_text("utf-8")
    assert set(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", shell)) == {
        "{{ 'zh-CN' if this.language == 'zh' else 'en' }}",
        "{{ this.kind }}",
        "{{ this.header.render(**kwargs) }}",
        "{{ this.html.render(**kwargs) }}",
        "{{ this.script.render(**kwargs) }}",
        "{% if this.is_served %}",
        "{% endif %}",
    }
