"""The folium side names no outside address, whatever is added to it, and gives every script the nonce."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import folium
import pytest
from districts import make_district, make_events, make_frame, make_repair
from folium.plugins import Fullscreen, HeatMap

from gis.errors import SetupError
from gis.maps import (
    MapPage,
    draw_choropleth,
    draw_events,
    draw_findings,
    draw_grids,
    draw_heat_time,
    draw_repair,
)
from gis.maps.assets import WEB, OutsideAddressError, asset_tag, inline_css, local_path
from gis.maps.figure import DistrictMap, OfflineFigure, require_no_address

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = r"https?://[^\s\"'<>\\)]+"


def addresses_of_libraries() -> set[str]:
    """Name spaces, and remarks to human readers, in the third-party files that are inlined."""
    files = [*(WEB / "vendor/leaflet").glob("leaflet.*"), *(WEB / "vendor/folium").glob("*.js")]
    return {address for file in files for address in re.findall(ADDRESS, file.read_text("utf-8"))}


def make_pages() -> dict[str, MapPage]:
    grids, areas = make_district(6)
    events, frame = make_events(grids, 300), make_frame()
    natural = grids[grids["kind"] == "natural"]
    counts = events["natural_code"].value_counts().reindex(natural["code"]).fillna(0).astype(int)
    return {
        "grids": draw_grids(grids, areas, frame=frame),
        "findings": draw_findings([], grids, areas, frame=frame),
        "repair": draw_repair(*make_repair(natural), areas, frame=frame),
        "events": draw_events(events, grids, areas, frame=frame),
        "choropleth": draw_choropleth(counts.set_axis(natural["id"]), natural, areas, frame=frame),
        "heat_time": draw_heat_time(events, areas, frame=frame),
    }


PAGES = make_pages()


@pytest.mark.parametrize("kind", PAGES)
def test_a_linked_page_names_no_address_but_its_own(kind: str) -> None:
    page = PAGES[kind].html("linked")
    assert set(re.findall(ADDRESS, page)) == set()
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert all(link.startswith(("/static/", "#", "data:,")) or link == "/" for link in links)


@pytest.mark.parametrize("kind", PAGES)
def test_an_inlined_page_links_to_nothing(kind: str) -> None:
    page = PAGES[kind].html("inlined")
    assert set(re.findall(ADDRESS, page)) <= addresses_of_libraries()
    markup = re.sub(r"<(script|style)\b[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert set(re.findall(r'(?:src|href)="([^"]+)"', markup)) == {"#facts", "data:,"}
    assert not re.search(r"url\((http|//)|@import", page)


@pytest.mark.parametrize("assets", ["linked", "inlined"])
@pytest.mark.parametrize("kind", PAGES)
def test_every_script_has_the_nonce(kind: str, assets: str) -> None:
    page = PAGES[kind].html(assets, nonce="bm9uY2U-_=")  # type: ignore[arg-type]  # from the parameters
    scripts = re.findall(r"<script\b[^>]*>", page)
    assert len(scripts) > 10
    assert all('nonce="bm9uY2U-_="' in script for script in scripts)


def test_without_a_nonce_there_is_none() -> None:
    assert "nonce" not in PAGES["grids"].html("linked")


@pytest.mark.parametrize("nonce", ['x"', "a b", "<", ""])
def test_a_nonce_that_is_none_is_refused(nonce: str) -> None:
    with pytest.raises(ValueError, match="nonce"):
        PAGES["grids"].html("linked", nonce=nonce)


@pytest.mark.parametrize("plugin", [Fullscreen(), folium.TileLayer("OpenStreetMap")])
def test_a_plugin_that_reaches_out_is_refused(plugin: folium.map.Layer) -> None:
    figure = OfflineFigure("grids", language="zh", assets="linked")
    figure.add_child(DistrictMap("grids").add_child(plugin))
    with pytest.raises(OutsideAddressError, match="https://"):
        figure.render()


def test_a_plugin_whose_files_are_here_is_not() -> None:
    figure = OfflineFigure("events", language="zh", assets="linked")
    figure.add_child(DistrictMap("events").add_child(HeatMap([[31.9, 118.8]])))
    assert "/static/vendor/folium/leaflet_heat.min.js" in figure.render()


def test_folium_itself_is_left_as_it_was() -> None:
    assert "https://cdn.jsdelivr.net" in folium.Map().get_root().render()


@pytest.mark.parametrize(
    "shell", ['<img src="//host/x.png">', "<a href='https://host'>", "url(http://host/f)", "x='//{s}.host/'"]
)
def test_an_address_written_into_a_template_is_found(shell: str) -> None:
    with pytest.raises(OutsideAddressError, match="host"):
        require_no_address(shell)


def test_an_unknown_address_says_what_to_do() -> None:
    with pytest.raises(OutsideAddressError, match=r"vendor\.py"):
        local_path("https://cdn.jsdelivr.net/npm/leaflet-unknown@1/x.js")


def test_a_missing_asset_says_what_to_run() -> None:
    with pytest.raises(SetupError, match="npm ci"):
        asset_tag("vendor/nothing.js", inline=False, nonce=None)


def test_pictures_of_an_inlined_style_are_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    (tmp_path / "a.css").write_text("a{background:url('a.png')}b{background:url(#mark)}")
    assert inline_css(tmp_path / "a.css") == (
        "a{background:url(data:image/png;base64,cGljdHVyZQ==)}b{background:url(#mark)}"
    )


def test_a_script_cannot_end_its_own_element(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.js").write_text('x = "</script><!-- ";')
    monkeypatch.setattr("gis.maps.assets.WEB", tmp_path)
    assert asset_tag("a.js", inline=True, nonce=None) == '<script>\nx = "<\\/script><\\!-- ";</script>'
