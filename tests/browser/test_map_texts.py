"""Ten thousand hostile texts on every map: each is shown as written, none is run, none breaks a page."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

import folium
import pandas as pd
import pytest
from districts import make_changes, make_district, make_events, make_frame, make_repair
from hostile_texts import hostile_texts, kept, shown

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
    draw_repair,
    draw_served,
)
from gis.nouns import Finding, FindingKind, Severity
from tests.browser.conftest import CANARY, require_harmless, touch_everything

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any, TypeAlias

    import geopandas

    from gis.maps import MapPage

    Opens: TypeAlias = Callable[..., AbstractContextManager[Any]]

pytestmark = pytest.mark.browser

PLAIN_GRIDS, PLAIN_AREAS = make_district(12)
EVENTS = make_events(PLAIN_GRIDS, 5_000)
TEXTS = hostile_texts(10_000)
STREETS = PLAIN_AREAS["level"] == "street"


class Supply:
    """Hands out one text after another, each once."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def take(self, count: int) -> list[str]:
        start = len(self.given)
        taken = [TEXTS[(start + at) % len(TEXTS)] for at in range(count)]
        self.given += taken
        return taken

    def into(self, frame: Any, *columns: str) -> Any:
        """Return a frame with columns of such texts, and codes that are still told apart."""
        return frame.assign(
            **{
                column: [f"{text}#{at}" for at, text in enumerate(self.take(len(frame)))]
                if column == "code"
                else self.take(len(frame))
                for column in columns
            }
        )


def repeated(frame: geopandas.GeoDataFrame, count: int) -> geopandas.GeoDataFrame:
    rows = pd.concat([frame] * (count // len(frame) + 1), ignore_index=True)[:count]
    return frame.__class__(rows, geometry="geometry", crs=frame.crs)


def hostile_pages() -> tuple[dict[str, MapPage], dict[str, list[str]]]:
    """Return every kind of map with hostile texts in every place, and the texts of each."""
    supply = Supply()
    pages: dict[str, MapPage] = {}
    texts: dict[str, list[str]] = {}

    def draw(kind: str, drawer: Callable[[Any, Any, Any], MapPage]) -> None:
        before = len(supply.given)
        grids = supply.into(PLAIN_GRIDS, "code", "name").assign(
            task=[None if task is None else supply.take(1)[0] for task in PLAIN_GRIDS["task"]]
        )
        areas = supply.into(PLAIN_AREAS, "name")
        frame = make_frame(district=supply.take(1)[0])
        pages[kind] = drawer(grids, areas, frame)
        texts[kind] = supply.given[before:]

    def events_of(grids: Any, count: int) -> pd.DataFrame:
        names = dict(zip(PLAIN_GRIDS["code"], grids["code"], strict=True))
        categories, sources = supply.take(60), supply.take(40)
        return EVENTS[:count].assign(
            text=supply.take(count),
            category=[categories[row % 60] for row in range(count)],
            source=[sources[row % 40] for row in range(count)],
            natural_code=EVENTS["natural_code"][:count].map(names),
        )

    def findings(grids: Any, areas: Any, frame: Any) -> MapPage:
        kinds = list(FindingKind)
        found = [
            Finding(
                kinds[at % len(kinds)],
                Severity.ERROR,
                (text,),
                grids.geometry.iloc[at % 90] if at % 2 else None,
            )
            for at, text in enumerate(supply.take(600))
        ]
        sentences = {"zh": supply.take(600), "en": supply.take(600)}
        return draw_findings(found, grids, areas, frame=frame, sentences=sentences)

    def choropleth(grids: Any, areas: Any, frame: Any) -> MapPage:
        natural = grids[grids["kind"] == "natural"]
        counts = pd.Series(range(len(natural)), index=natural["id"])
        return draw_choropleth(counts, natural, areas, measure=Measure.COUNT, frame=frame)

    def served(grids: Any, areas: Any, frame: Any) -> MapPage:
        gappy = grids.drop(index=[30, 31, 70])
        streets = areas[STREETS].reset_index(drop=True)
        groups = groups_of(gappy)
        return draw_served(measure_served(streets, gappy, None, groups), groups, streets, areas, frame=frame)

    def changes(grids: Any, areas: Any, frame: Any) -> MapPage:
        rows = supply.into(repeated(make_changes(grids), 300), "zh", "en")
        return draw_changes(rows, grids, grids, areas, frame=frame)

    def repair(grids: Any, areas: Any, frame: Any) -> MapPage:
        places, after, before = make_repair(grids[grids["kind"] == "natural"])
        rows = supply.into(repeated(places, 300), "sentence_zh", "sentence_en")
        return draw_repair(rows, after, before, areas, frame=frame)

    draw("events", lambda g, a, f: draw_events(events_of(g, 5_000), g, a, frame=f))
    draw("grids", lambda g, a, f: draw_grids(g, a, frame=f))
    draw("findings", findings)
    draw("heat_time", lambda g, a, f: draw_heat_time(events_of(g, 1_500), a, frame=f))
    draw("choropleth", choropleth)
    draw("served", served)
    draw("changes", changes)
    draw("repair", repair)
    assert len(supply.given) >= len(TEXTS)
    return pages, texts


PAGES, GIVEN = hostile_pages()


# a page of areas alone carries their names and nothing else
LEAST_CARRIED = 40


def strings_in(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [text for one in inner for text in strings_in(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("kind", PAGES)
def test_hostile_texts_are_shown_and_nothing_runs(watched_page: Opens, tmp_path: Path, kind: str) -> None:
    with watched_page() as watched:
        page = watched.page
        page.add_init_script(CANARY)
        watched.open(PAGES[kind].write(tmp_path / f"{kind}.html").as_uri())
        touch_everything(page)
        require_harmless(page)
        carried = json.loads(page.evaluate("document.getElementById('texts').textContent"))
        assert shown(page.inner_text("h1")).startswith(shown(carried["frame"]["district"]))
    strings = {text.rpartition("#")[0] or text for text in strings_in(carried)} | set(strings_in(carried))
    assert len({kept(text) for text in GIVEN[kind]} & strings) >= LEAST_CARRIED


def test_every_hostile_text_of_an_event_is_read_as_it_was_written(
    watched_page: Opens, tmp_path: Path
) -> None:
    texts = [text for text in hostile_texts(300) if len(text) < 200][:200]
    events = EVENTS.iloc[:200].sort_values("reported_at", kind="stable").assign(text=texts)
    path = draw_events(events, PLAIN_GRIDS, PLAIN_AREAS, frame=make_frame()).write(tmp_path / "events.html")
    with watched_page() as watched:
        watched.open(path.as_uri())
        subs = watched.page.locator("#facts .items .sub").all_text_contents()
        assert [shown(text) for text in subs] == [shown(text) for text in reversed(texts)]


def test_every_sentence_of_a_finding_is_read_as_it_was_written(watched_page: Opens, tmp_path: Path) -> None:
    texts = hostile_texts(200)
    found = [Finding(FindingKind.BAD_CODE, Severity.ERROR, (text,), None) for text in texts]
    drawn = draw_findings(
        found, PLAIN_GRIDS, PLAIN_AREAS, frame=make_frame(), sentences={"zh": texts, "en": texts}
    )
    with watched_page() as watched:
        watched.open(drawn.write(tmp_path / "findings.html").as_uri())
        heads = watched.page.locator("#facts .items .sub bdi").all_text_contents()
        assert [shown(text) for text in heads] == [shown(text) for text in texts]


STUBS = """
const anything = new Proxy(function () {}, {
  get: (target, name) => (typeof name === "symbol" ? undefined : anything),
  apply: () => anything, construct: () => anything,
});
window.L = window.$ = window.jQuery = anything;
"""


def test_the_control_runs_texts_that_are_only_escaped(browser: Any, tmp_path: Path) -> None:
    """The naive way, `html.escape` in a folium popup: some texts stop the server, some run in the page."""
    scripts, failed, evaluated = [], 0, 0
    for text in TEXTS[:120]:
        naive = folium.Map()
        folium.Marker([31.9, 118.8], popup=folium.Popup(escape(kept(text)))).add_to(naive)
        try:
            page = naive.get_root().render()
        except Exception:  # noqa: BLE001 - whatever the template engine raises
            failed += 1
            continue
        evaluated += "{{7*7}}" in text and "{{7*7}}" not in page
        scripts.append(page[page.rindex("<script>") :].partition("</html>")[0])
    path = tmp_path / "naive.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{''.join(scripts)}", "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(CANARY + STUBS)
    page.goto(path.as_uri())
    hits = page.evaluate("window.__hits")
    context.close()
    print(f"\nplain escaping: {failed} pages failed, {evaluated} evaluated, {hits} run, of 120")  # noqa: T201 - the control's figure
    assert failed > 0
    assert evaluated > 0
    assert hits > 0
