"""How QGIS shows the layers of a GeoPackage of findings: coloured by severity, without any setting by hand.

The styles stand in the table `layer_styles`, where QGIS looks for them when a layer is opened.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element as XmlElement
from xml.etree.ElementTree import SubElement, tostring

from gis.nouns import Severity

COLOURS = {Severity.ERROR: "200,30,45", Severity.WARNING: "230,130,0", Severity.INFO: "40,100,200"}
LABELS = {Severity.ERROR: "错误 error", Severity.WARNING: "警告 warning", Severity.INFO: "提示 note"}

POLYGON, LINE, POINT = "Polygon", "Line", "Point"

# of each kind of geometry: type of symbol, class of its layer, and the properties its colour goes to
_SYMBOLS = {
    POLYGON: ("fill", "SimpleFill", {"outline_width": "0.5"}, ("outline_color",), "color"),
    LINE: ("line", "SimpleLine", {"line_width": "0.8"}, ("line_color",), None),
    POINT: (
        "marker",
        "SimpleMarker",
        {"name": "circle", "size": "2.6", "outline_color": "255,255,255,255"},
        ("color",),
        None,
    ),
}


def by_severity(geometry: str) -> str:
    """Return the style of a layer of findings as QML.

    Args:
        geometry: Kind of the layer's geometry: `POLYGON`, `LINE` or `POINT`.
    """
    root, renderer = _renderer("categorizedSymbol", attr="severity")
    categories, symbols = SubElement(renderer, "categories"), SubElement(renderer, "symbols")
    for number, (severity, colour) in enumerate(COLOURS.items()):
        SubElement(
            categories,
            "category",
            {"symbol": str(number), "value": severity.value, "label": LABELS[severity], "render": "true"},
        )
        kind, layer, properties, full, light = _SYMBOLS[geometry]
        colours = dict.fromkeys(full, f"{colour},255")
        if light is not None:
            colours[light] = f"{colour},90"
        _symbol(symbols, str(number), kind, layer, properties | colours)
    return _document(root)


def outline(colour: str, width_mm: float) -> str:
    """Return the style of a layer of polygons drawn by their outlines alone, as QML.

    Args:
        colour: Red, green and blue, as `90,90,90`.
        width_mm: Width of the line on the map.
    """
    root, renderer = _renderer("singleSymbol")
    properties = {"outline_color": f"{colour},255", "outline_width": f"{width_mm:g}", "style": "no"}
    _symbol(SubElement(renderer, "symbols"), "0", "fill", "SimpleFill", properties)
    return _document(root)


def _renderer(kind: str, **further: str) -> tuple[XmlElement, XmlElement]:
    root = XmlElement("qgis", {"version": "3.28.0", "styleCategories": "Symbology"})
    return root, SubElement(root, "renderer-v2", {"type": kind, "symbollevels": "0", **further})


def _symbol(parent: XmlElement, name: str, kind: str, layer: str, properties: dict[str, str]) -> None:
    symbol = SubElement(parent, "symbol", {"type": kind, "name": name, "alpha": "1"})
    drawn = SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"})
    options = SubElement(drawn, "Option", {"type": "Map"})
    for key, value in properties.items():
        SubElement(options, "Option", {"type": "QString", "name": key, "value": value})
        # versions before 3.26 read this form alone
        SubElement(drawn, "prop", {"k": key, "v": value})


def _document(root: XmlElement) -> str:
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + tostring(root, encoding="unicode")
