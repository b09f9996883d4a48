"""The map pages in a real browser: from a file, under a strict policy, with hostile texts, by key."""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from districts import make_changes, make_district, make_events, make_frame

from gis.gridding.serving.groups import groups_of
from gis.gridding.serving.served import measure_served
from gis.maps import (
    Measure,
    draw_changes,
    draw_choropleth,
    draw_events,
    draw_findings,
    draw_grids,
    draw_heat_time,
    draw_served,
)
from gis.maps.assets import WEB
from gis.nouns import Finding, FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any, TypeAlias

    from playwright.sync_api import Page, Route

    from gis.maps import MapPage

    Opens: TypeAlias = Callable[..., AbstractContextManager[Any]]
    Files: TypeAlias = dict[str, str]

pytestmark = pytest.mark.browser

GRIDS, AREAS = make_district(12)
NATURAL = GRIDS[GRIDS["kind"] == "natural"]
EVENTS = make_events(GRIDS, 1500)
FRAME = make_frame()
AXE = WEB.parent.parent / "node_modules/axe-core/axe.min.js"

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'"
)


def make_findings() -> list[Finding]:
    centre = NATURAL.geometry.iloc[70].representative_point()
    sliver = shapely.box(centre.x, centre.y, centre.x + 0.002, centre.y + 0.00002)
    codes = NATURAL["code"].tolist()
    return [
        Finding(FindingKind.GAP, Severity.ERROR, (codes[70], codes[71]), sliver, 420.5, 2.2),
        Finding(
            FindingKind.OVERLAP, Severity.WARNING, (codes[3], codes[4]), sliver.buffer(0.001), 9000.0, 90.0
        ),
        Finding(FindingKind.DUPLICATE_CODE, Severity.ERROR, (codes[9],), None),
    ]


STREETS = AREAS[AREAS["level"] == "street"].reset_index(drop=True)
GAPPY = GRIDS.drop(index=[30, 31, 70])
SERVED = measure_served(STREETS, GAPPY, None, groups_of(GAPPY))


def make_pages() -> dict[str, MapPage]:
    counts = EVENTS["natural_code"].value_counts().reindex(NATURAL["code"]).fillna(0).astype(int)
    measure = Measure.PER_1000_HOUSEHOLDS
    return {
        "grids": draw_grids(GRIDS, AREAS, frame=FRAME),
        "findings": draw_findings(make_findings(), GRIDS, AREAS, frame=FRAME),
        "changes": draw_changes(make_changes(GRIDS), GRIDS, GRIDS, AREAS, frame=FRAME),
        "events": draw_events(EVENTS, GRIDS, AREAS, frame=FRAME),
        "choropleth": draw_choropleth(
            counts.set_axis(NATURAL["id"]), NATURAL, AREAS, measure=measure, frame=FRAME
        ),
        "heat_time": draw_heat_time(EVENTS, AREAS, frame=FRAME),
        "served": draw_served(SERVED, groups_of(GAPPY), STREETS, AREAS, frame=FRAME),
    }


PAGES = make_pages()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of the self-contained pages."""
    folder = tmp_path_factory.mktemp("pages")
    return {kind: page.write(folder / f"{kind}.html").as_uri() for kind, page in PAGES.items()}


@pytest.mark.parametrize(
    ("size", "theme"), [((1400, 800), "light"), ((390, 844), "dark")], ids=["desk", "phone"]
)
@pytest.mark.parametrize("kind", PAGES)
def test_a_file_asks_for_nothing_and_fits(
    watched_page: Opens, files: Files, kind: str, size: tuple[int, int], theme: str
) -> None:
    with watched_page(size=size, theme=theme) as watched:
        watched.open(files[kind])
        assert "江宁区" in watched.page.title()
        assert watched.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert watched.page.evaluate(PAINTED) > 20


PAINTED = """() => {
  const seen = new Set();
  for (const canvas of document.querySelectorAll(".folium-map canvas")) {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 0; i < data.length; i += 4 * 97) {
      if (data[i + 3]) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    }
  }
  return seen.size;
}"""


@pytest.mark.parametrize("kind", PAGES)
def test_the_language_changes_without_a_reload(watched_page: Opens, files: Files, kind: str) -> None:
    with watched_page() as watched:
        watched.open(files[kind])
        page = watched.page
        page.evaluate("window.stays = true")
        assert page.locator("h2:has-text('图例')").count() == 1
        page.click("#language")
        assert page.locator("h2:has-text('Legend')").count() == 1
        assert page.evaluate("document.documentElement.lang") == "en"
        assert "Release 3 · in force from 1 Jan 2026" in page.inner_text("#subtitle")
        panels = page.inner_text("#controls") + page.inner_text("#facts h2 >> nth=0", timeout=500)
        ours = re.sub("|".join(map(re.escape, EVENTS["category"].unique())), "", panels)
        assert not re.search(r"[\u4e00-\u9fff]", ours)
        page.click("#language")
        assert "第 3 期发布" in page.inner_text("#subtitle")
        assert page.evaluate("window.stays")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing(watched_page: Opens, files: Files, kind: str, theme: str) -> None:
    with watched_page(theme=theme) as watched:
        watched.open(files[kind])
        # rows are alike, and judging each takes most of the time
        watched.page.evaluate(
            "document.querySelectorAll('.items li:nth-child(n+9)').forEach(row => row.remove())"
        )
        watched.page.add_script_tag(path=AXE)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
        result = watched.page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
        assert [(one["id"], one["nodes"][0]["html"]) for one in result["violations"]] == []


def test_pointing_at_a_grid_shows_its_texts_and_a_click_its_card(watched_page: Opens, files: Files) -> None:
    grid = NATURAL.iloc[50]
    place = grid.geometry.representative_point()
    with watched_page() as watched:
        watched.open(files["grids"])
        page = watched.page
        page.mouse.move(*watched.point_of(place.x, place.y))
        tip = page.inner_text(".tip.shown")
        assert grid["name"] in tip
        assert grid["code"] in tip
        assert f"{grid['households']}" in tip
        page.mouse.click(*watched.point_of(place.x, place.y))
        card = page.inner_text("#card")
        assert grid["code"] in card
        assert "社区" in card


def test_search_by_keyboard(watched_page: Opens, files: Files) -> None:
    grid = NATURAL.iloc[87]
    with watched_page() as watched:
        watched.open(files["grids"])
        page = watched.page
        page.focus("#search")
        page.keyboard.type(grid["code"])
        assert "找到 1 个网格" in page.inner_text("#facts")
        page.keyboard.press("Enter")
        assert grid["name"] in page.inner_text("#card")
        place = grid.geometry.representative_point()
        x, y = watched.point_of(place.x, place.y)
        assert 292 < x < 1056
        assert 58 < y < 800
        page.fill("#search", "第88")
        page.keyboard.press("ArrowDown")
        assert "第88网格" in page.evaluate("document.activeElement.innerText")


def test_layers_can_be_switched_off(watched_page: Opens, files: Files) -> None:
    grid = NATURAL.iloc[50]
    place = grid.geometry.representative_point()
    with watched_page() as watched:
        watched.open(files["grids"])
        page = watched.page
        page.click('[data-key="natural"]')
        assert page.get_attribute('[data-key="natural"]', "aria-pressed") == "false"
        page.mouse.move(*watched.point_of(place.x, place.y))
        assert page.locator(".tip.shown").count() == 0


def test_a_click_on_a_finding_goes_there(watched_page: Opens, files: Files) -> None:
    with watched_page() as watched:
        watched.open(files["findings"])
        page = watched.page
        rows = page.locator("#facts .items button")
        assert [row.split("\n")[0] for row in rows.all_inner_texts()] == ["空隙", "编码重复 · 无位置", "重叠"]
        assert "421 m²" in rows.nth(0).inner_text()
        assert "宽 2.20 m" in rows.nth(0).inner_text()
        rows.nth(0).click()
        page.wait_for_timeout(200)
        assert rows.nth(0).get_attribute("aria-current") == "true"
        west, _, east, _ = make_findings()[0].geometry.bounds
        lat = make_findings()[0].geometry.centroid.y
        left, right = watched.point_of(west, lat)[0], watched.point_of(east, lat)[0]
        assert 292 < left < right < 1056
        assert right - left > 200
        page.click('[data-key="gap"]')
        assert len(rows.all()) == 2


def test_no_findings_is_said(watched_page: Opens, tmp_path: Path) -> None:
    path = draw_findings([], GRIDS, AREAS, frame=FRAME).write(tmp_path / "none.html")
    with watched_page() as watched:
        watched.open(path.as_uri())
        assert "没有发现问题" in watched.page.inner_text("#facts")


def test_heat_and_counts_exclude_each_other(watched_page: Opens, files: Files) -> None:
    def pressed(page: Page) -> list[str]:
        return page.eval_on_selector_all(
            '[data-key^="layer:"][aria-pressed="true"]', "all => all.map(one => one.dataset.key)"
        )

    with watched_page() as watched:
        watched.open(files["events"])
        page = watched.page
        assert pressed(page) == ["layer:heat", "layer:points"]
        assert page.locator(".leaflet-heatmap-layer").count() == 1
        page.click('[data-key="layer:grids"]')
        assert pressed(page) == ["layer:grids", "layer:points"]
        assert page.locator(".leaflet-heatmap-layer").count() == 0
        page.click('[data-key="layer:heat"]')
        assert pressed(page) == ["layer:heat", "layer:points"]


def test_filters_count_and_a_point_tells_its_event(watched_page: Opens, files: Files) -> None:
    with watched_page() as watched:
        watched.open(files["events"])
        page = watched.page
        assert page.inner_text(".figures dd >> nth=0") == "1,500"
        categories = sorted(EVENTS["category"].unique())
        gone = (EVENTS["category"] == categories[0]).sum()
        page.click('[data-key="category:0"]')
        assert page.inner_text(".figures dd >> nth=0") == f"{1500 - gone:,}"
        page.click("#facts .items button >> nth=0")
        page.wait_for_timeout(200)
        kept = EVENTS[EVENTS["category"] != categories[0]]
        newest = kept.sort_values("reported_at", kind="stable").iloc[-1]
        page.mouse.move(*watched.point_of(newest["lon"], newest["lat"]))
        tip = page.inner_text(".tip.shown")
        assert newest["text"] in tip
        assert newest["category"] in tip


def test_the_measure_changes_the_order(watched_page: Opens, files: Files) -> None:
    counts = EVENTS["natural_code"].value_counts()
    with watched_page() as watched:
        watched.open(files["choropleth"])
        page = watched.page
        page.click('[data-key="count"]')
        assert page.inner_text("#facts .items .value >> nth=0") == str(counts.max())
        rate = (NATURAL["code"].map(counts).fillna(0) / NATURAL["households"] * 1000).max()
        page.click('[data-key="per_1000_households"]')
        assert float(page.inner_text("#facts .items .value >> nth=0")) == pytest.approx(rate, abs=0.051)
        classes = page.locator(".legend li .n").all_inner_texts()
        assert sum(int(number.replace(",", "")) for number in classes) == len(NATURAL)


def test_what_is_served_worst_comes_first_and_what_is_left_can_be_pointed_at(
    watched_page: Opens, files: Files
) -> None:
    natural = SERVED.rows[SERVED.rows["kind"] == "natural"]
    lacking = natural[natural["share"] < 1].sort_values("share")
    with watched_page() as watched:
        watched.open(files["served"])
        page = watched.page
        heads = page.locator("#facts .items .head").all_inner_texts()
        assert heads[: len(lacking)] == lacking["name"].tolist()
        shares = page.locator("#facts .items .value").all_inner_texts()
        assert [share == "100.00 %" for share in shares] == [False] * len(lacking) + [True] * (
            len(natural) - len(lacking)
        )
        place = NATURAL.geometry.iloc[70].representative_point()
        page.mouse.move(*watched.point_of(place.x, place.y))
        tip = page.inner_text(".tip.shown")
        assert "未覆盖" in tip
        assert "宽" in tip
        page.click('[data-key="group:1"]')
        assert page.inner_text("#facts .items .value >> nth=0") != shares[0]
        assert page.locator('[data-key="households"]').is_disabled()
        classes = page.locator(".legend li .n").all_inner_texts()
        assert sum(int(number) for number in classes[:-1]) == len(STREETS)


def test_the_film_plays_and_obeys_keys(watched_page: Opens, files: Files) -> None:
    with watched_page() as watched:
        watched.open(files["heat_time"])
        page = watched.page
        page.fill("#picture", "0")
        first = page.inner_text("#moment")
        page.click("#play")
        assert page.get_attribute("#play", "aria-pressed") == "true"
        page.wait_for_timeout(900)
        page.click("#play")
        reached = int(page.input_value("#picture"))
        assert reached >= 1
        assert page.inner_text("#moment") != first
        page.wait_for_timeout(400)
        assert int(page.input_value("#picture")) == reached
        page.focus("#picture")
        page.keyboard.press("ArrowRight")
        assert int(page.input_value("#picture")) == reached + 1
        assert page.get_attribute("#picture", "aria-valuetext") == page.inner_text("#moment")
        page.keyboard.press("Space")
        assert page.get_attribute("#play", "aria-pressed") == "true"


def test_one_scale_for_all_pictures(watched_page: Opens, tmp_path: Path) -> None:
    """A day with five events is fainter than a day with two hundred at the same place."""
    few, many = EVENTS.iloc[:5].copy(), EVENTS.iloc[:200].copy()
    for part, moment in ((few, "2026-03-01T04:00Z"), (many, "2026-03-02T04:00Z")):
        part["lon"], part["lat"], part["reported_at"] = 118.9, 31.95, pd.Timestamp(moment)
    path = draw_heat_time(pd.concat([few, many]), AREAS, frame=FRAME).write(tmp_path / "film.html")
    with watched_page() as watched:
        watched.open(path.as_uri())
        page = watched.page
        covers = []
        for picture in ("0", "1"):
            page.fill("#picture", picture)
            page.wait_for_timeout(150)
            covers.append(page.evaluate(DARKEST))
        assert 0 < covers[0] < covers[1] / 2


DARKEST = """() => {
  const canvas = document.querySelector(".leaflet-heatmap-layer");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let most = 0;
  for (let i = 3; i < data.length; i += 4) most = Math.max(most, data[i]);
  return most;
}"""


# ---- served, and as a picture


@pytest.mark.parametrize("kind", PAGES)
def test_a_linked_page_works_under_a_strict_policy(watched_page: Opens, kind: str) -> None:
    origin = "http://wangge.test"
    html = PAGES[kind].html("linked", nonce="bm9uY2U")

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(origin)
        if path == "/maps":
            policy = {"Content-Security-Policy": POLICY.format(nonce="bm9uY2U")}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=policy)
        else:
            route.fulfill(path=WEB / path.removeprefix("/static/"))

    with watched_page(origins=(origin,)) as watched:
        watched.page.route("**/*", answer)
        watched.open(f"{origin}/maps")
        assert watched.page.evaluate(PAINTED) > 20


def test_a_picture_is_a_picture(tmp_path: Path) -> None:
    content = PAGES["choropleth"].write(tmp_path / "map.png").read_bytes()
    width, height, depth, colour = struct.unpack(">IIBB", content[16:26])
    assert (width, height, depth) == (3200, 2000, 8)
    data, position = b"", 8
    while position < len(content):
        length, kind = struct.unpack(">I4s", content[position : position + 8])
        data += content[position + 8 : position + 8 + length] if kind == b"IDAT" else b""
        position += length + 12
    channels = {2: 3, 6: 4}[colour]
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * channels)
    assert len(np.unique(rows[::7, 1:])) > 200
    assert len(content) > 100_000
