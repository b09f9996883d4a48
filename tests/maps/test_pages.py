"""What the five pages take, refuse and carry."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from districts import make_district, make_events, make_frame, make_repair

from gis.errors import InputError
from gis.gridding.changes.change import ChangeKind
from gis.gridding.repairing.repaired import Deed, Trouble
from gis.gridding.serving.groups import Group
from gis.gridding.serving.served import measure_served
from gis.identity.actions import Action
from gis.maps import (
    MapFrame,
    Measure,
    Step,
    draw_choropleth,
    draw_events,
    draw_findings,
    draw_grids,
    draw_heat_time,
    draw_repair,
    draw_served,
)
from gis.maps.assets import WEB
from gis.maps.events import MAX_EVENTS, MAX_TEXT
from gis.maps.heat_time import step_columns
from gis.maps.page import words
from gis.nouns import Finding, FindingKind, Grade, GridKind, Severity, Source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GRIDS, AREAS = make_district(6)
NATURAL = GRIDS[GRIDS["kind"] == "natural"]
EVENTS = make_events(GRIDS, 500)
FRAME = make_frame()
NOTHING = geopandas.GeoDataFrame(
    {name: [] for name in ("id", "code", "name", "level", "kind", "task", "parent_code", "community_code")},
    geometry=[],
    crs="EPSG:4490",
)


def test_both_languages_have_all_words() -> None:
    dictionary = words()
    assert dictionary["zh"].keys() == dictionary["en"].keys()
    for group, values in (
        ("source", Source),
        ("finding", FindingKind),
        ("severity", Severity),
        ("change", ChangeKind),
    ):
        assert {f"{group}_{value}" for value in values} <= dictionary["zh"].keys()
    assert {*GridKind, *Grade} <= dictionary["en"].keys()


def test_the_same_placeholders_stand_in_both_languages() -> None:
    dictionary = words()
    for key, text in dictionary["zh"].items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(
            re.findall(r"\{\w+\}", dictionary["en"][key])
        ), key


def said_in(sources: Iterable[Path]) -> set[str]:
    """Return the words that scripts and pages ask for by name."""
    said = set()
    for source in sources:
        text = source.read_text("utf-8")
        said |= set(re.findall(r"\bsay\(\"(\w+)\"", text))
        said |= set(re.findall(r"\b(?:word|label): \"(\w+)\"", text))
        said |= set(re.findall(r"data-word(?:-label)?=\"(\w+)\"", text))
    return said


def test_every_word_a_script_says_is_in_the_dictionary() -> None:
    said = said_in([*(WEB / "map").glob("*.js"), WEB.parent / "maps/shell.html"])
    assert len(said) > 80
    assert said <= words()["zh"].keys()


def test_pages_of_people_have_words_of_their_own_beside() -> None:
    own = json.loads((WEB / "identity/words.json").read_text("utf-8"))
    assert own["zh"].keys() == own["en"].keys()
    said = said_in([*(WEB / "identity").glob("*.js"), *WEB.glob("*.html"), WEB / "start.js"])
    assert len(said) > 80
    assert said <= words()["zh"].keys() | own["zh"].keys()


def test_the_page_of_the_log_offers_and_words_every_action() -> None:
    own = json.loads((WEB / "identity/words.json").read_text("utf-8"))
    needed = {f"{start}_{action.value}" for action in Action for start in ("action", "act")}
    assert needed <= own["zh"].keys()
    offered = (WEB / "identity/audit.js").read_text("utf-8").partition("ACTIONS = [")[2].partition("]")[0]
    assert set(re.findall(r'"([^"]+)"', offered)) == {action.value for action in Action}


def test_events_are_counted_drawn_and_cut() -> None:
    events = EVENTS.copy()
    events.loc[:9, "lon"] = np.nan
    events.loc[20, "text"] = "长" * 500
    page = draw_events(events, GRIDS, AREAS, frame=FRAME)
    columns = page.numbers["events"]
    assert len(columns["x"]) == 490
    assert columns["unlocated"] == 10
    assert max(len(text) for text in page.texts["events"]["text"]) == MAX_TEXT
    seconds = columns["t0"] + np.cumsum(columns["t"])
    assert (np.diff(seconds) >= 0).all()
    assert seconds[-1] == int(events.loc[10:, "reported_at"].max().timestamp())
    codes = NATURAL["code"].to_numpy()
    located = events[10:].sort_values("reported_at", kind="stable")
    drawn = [codes[position] if position >= 0 else None for position in columns["grid"]]
    assert drawn == [code if isinstance(code, str) else None for code in located["natural_code"]]


def test_too_many_events_are_refused_with_the_remedy() -> None:
    many = pd.DataFrame(
        {"lon": np.zeros(MAX_EVENTS + 1), "lat": 0.0, "reported_at": pd.Timestamp("2026-01-01", tz="UTC")}
    )
    with pytest.raises(InputError, match="shorter period"):
        draw_heat_time(many, AREAS, frame=FRAME)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="lat"):
        draw_events(EVENTS.drop(columns="lat"), GRIDS, AREAS, frame=FRAME)


def test_nothing_at_all_is_a_page_too() -> None:
    no_events = EVENTS[:0]
    for page in (
        draw_grids(NOTHING, NOTHING, frame=FRAME),
        draw_findings([], NOTHING, NOTHING, frame=FRAME),
        draw_repair(
            *make_repair(NATURAL[:3])[:1], NOTHING, NOTHING.geometry.to_numpy(), NOTHING, frame=FRAME
        ),
        draw_events(no_events, NOTHING, NOTHING, frame=FRAME),
        draw_choropleth(pd.Series([], dtype=int), NOTHING, NOTHING, frame=FRAME),
        draw_heat_time(no_events, NOTHING, frame=FRAME),
        draw_served(
            measure_served(NOTHING, NOTHING, None, [Group("all")]),
            [Group("all")],
            NOTHING,
            NOTHING,
            frame=FRAME,
        ),
    ):
        assert "wangge.start(" in page.html("linked")


def test_no_gap_is_rounded_away_from_a_share() -> None:
    street = AREAS[AREAS["level"] == "street"].iloc[[0]].reset_index(drop=True)
    slot = street.geometry[0].representative_point().buffer(3e-6, quad_segs=1)
    cover = geopandas.GeoDataFrame(
        {"code": ["1"], "kind": ["natural"], "task": [None]},
        geometry=[street.geometry[0].difference(slot)],
        crs="EPSG:4490",
    )
    served = measure_served(street, cover, None, [Group("natural")])
    page = draw_served(served, [Group("natural")], street, AREAS, frame=FRAME)
    (some, whole) = page.numbers["groups"][0]["area"]
    assert 0 < whole[0] - some[0] < 100
    assert page.numbers["groups"][0]["households"] == [[None], [None]]
    assert page.numbers["rest"]["area"] == page.numbers["rest"]["group"] == [0]


def test_counts_find_their_shapes_by_id() -> None:
    counts = pd.Series({int(NATURAL["id"].iloc[3]): 7, 10**9: 99})
    page = draw_choropleth(counts, NATURAL, AREAS, measure=Measure.PER_KM2, frame=FRAME)
    counted = page.numbers["counted"]
    assert counted["count"] == [7 if row == 3 else 0 for row in range(len(NATURAL))]
    assert counted["area_m2"][0] == pytest.approx(NATURAL.to_crs(4549).area.iloc[0], rel=6e-4)
    assert page.numbers["measure"] == 2


def test_a_measure_without_its_column_is_refused() -> None:
    streets = AREAS[AREAS["level"] == "street"]
    with pytest.raises(InputError, match="households"):
        draw_choropleth(
            pd.Series(dtype=int), streets, AREAS, measure=Measure.PER_1000_HOUSEHOLDS, frame=FRAME
        )


def test_too_many_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="at most 5"):
        draw_choropleth(pd.Series(dtype=int), NATURAL, AREAS, frame=make_frame(max_grids=5))


def test_a_repair_is_drawn_with_what_changed_and_kinds_by_number() -> None:
    places, after, before = make_repair(NATURAL)
    page = draw_repair(places, after, before, AREAS, frame=FRAME)
    assert page.numbers["changed"] == [0]
    assert len(page.numbers["before"]["rings"]) == len(page.numbers["after"]["rings"]) == 1
    assert page.numbers["places"]["left"] == [1, 0, 0]
    words_of = [*Deed, *Trouble]
    assert [words_of[kind] for kind in page.numbers["places"]["kind"]] == ["overlap", "filled", "matched"]
    assert page.texts["places"]["sentences"]["en"][0] == "An overlap is left."
    script = (WEB / "map/page_repair.js").read_text("utf-8")
    listed = re.findall(r'"(\w+)"', script.split("const KINDS = [")[1].split("]")[0])
    assert listed == [kind.value for kind in words_of]
    assert {f"repair_{kind}" for kind in listed} <= words()["zh"].keys()
    with pytest.raises(InputError, match="places are too many"):
        draw_repair(pd.concat([places] * 7_000), after, before, AREAS, frame=FRAME)


def test_findings_are_sorted_with_their_sentences() -> None:
    place = shapely.box(118.8, 31.9, 118.81, 31.91)
    findings = [
        Finding(FindingKind.MULTI_PART, Severity.WARNING, ("a",), place, 10.0, 0.5),
        Finding(FindingKind.DUPLICATE_CODE, Severity.ERROR, ("b", "c"), None),
        Finding(FindingKind.GAP, Severity.ERROR, (), place, 2.5, 0.125),
    ]
    page = draw_findings(findings, GRIDS, AREAS, frame=FRAME, sentences={"en": ["first", "second", "third"]})
    assert page.texts["findings"]["sentences"] == {"en": ["third", "second", "first"]}
    columns = page.numbers["findings"]
    assert columns["severity"] == [0, 0, 1]
    assert columns["area_dm2"] == [250, 0, 1000]
    assert columns["width_mm"] == [125, 0, 500]
    assert columns["shapes"]["label"][1] is None
    with pytest.raises(InputError, match="one for each"):
        draw_findings(findings, GRIDS, AREAS, frame=FRAME, sentences={"zh": ["only one"]})


def steps_of(moments: list[str], step: Step, zone: str = "Asia/Shanghai") -> tuple[list[str], list[int]]:
    events = pd.DataFrame({"reported_at": pd.to_datetime(moments, utc=True)})
    starts, first = step_columns(events, step, zone)
    return [datetime.fromtimestamp(start, UTC).isoformat()[:16] for start in starts.tolist()], first.tolist()


def test_days_are_those_of_the_district() -> None:
    # 16:00 UTC is midnight in Nanjing
    starts, first = steps_of(["2026-03-01T15:59Z", "2026-03-01T16:00Z", "2026-03-03T20:00Z"], Step.DAY)
    assert starts == [
        "2026-02-28T16:00",
        "2026-03-01T16:00",
        "2026-03-02T16:00",
        "2026-03-03T16:00",
        "2026-03-04T16:00",
    ]
    assert first == [0, 1, 2, 2, 3]


def test_weeks_begin_on_monday() -> None:
    # 2026-03-01 is a Sunday
    starts, first = steps_of(["2026-03-01T04:00Z", "2026-03-02T04:00Z"], Step.WEEK)
    assert starts == ["2026-02-22T16:00", "2026-03-01T16:00", "2026-03-08T16:00"]
    assert first == [0, 1, 2]


def test_a_day_on_which_clocks_change_is_one_step() -> None:
    starts, _ = steps_of(["2026-03-28T12:00Z", "2026-03-30T12:00Z"], Step.DAY, "Europe/London")
    assert starts == ["2026-03-28T00:00", "2026-03-29T00:00", "2026-03-29T23:00", "2026-03-30T23:00"]


@pytest.mark.parametrize("step", Step)
def test_every_event_is_in_exactly_one_step(step: Step) -> None:
    page = draw_heat_time(EVENTS, AREAS, step=step, frame=FRAME)
    film = page.numbers["film"]
    assert film["first"][0] == 0
    assert film["first"][-1] == len(EVENTS)
    assert (np.diff(film["first"]) >= 0).all()


def test_too_many_steps_are_refused() -> None:
    with pytest.raises(InputError, match="longer step"):
        steps_of(["2020-01-01T00:00Z", "2026-01-01T00:00Z"], Step.HOUR)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"language": "de"}, "zh or en"),
        ({"time_zone": "Mars/Base"}, "Asia/Shanghai"),
        ({"period": (datetime(2026, 1, 1), datetime(2026, 2, 1))}, "time zone"),  # noqa: DTZ001 - the fault
        ({"tile_url": "tiles/{z}/{x}/{y}.png"}, "start with"),
        ({"tile_url": "https://tiles.example/{z}/{x}.png"}, "{y}"),
        ({"tile_url": "https://webrd01.is.autonavi.com/{x}{y}{z}"}, "GCJ-02"),
        ({"tile_url": "https://t0.tianditu.gov.cn/vec_c/wmts?{x}{y}{z}"}, "_w"),
    ],
)
def test_a_frame_that_cannot_be_is_refused(change: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=re.escape(named)):
        make_frame(**change)


def test_the_origin_of_tiles() -> None:
    assert MapFrame(tile_url="https://{s}.tiles.example/{z}/{x}/{y}").tile_origin == "https://*.tiles.example"
    assert (
        MapFrame(tile_url="http://tiles.example:8080/{z}/{x}/{y}").tile_origin == "http://tiles.example:8080"
    )
    assert MapFrame(tile_url="/tiles/{z}/{x}/{y}").tile_origin is None
    assert MapFrame().tile_origin is None


def test_a_page_writes_itself_and_shows_itself(tmp_path: Path) -> None:
    page = draw_grids(GRIDS, AREAS, frame=FRAME)
    path = page.write(tmp_path / "grids.HTML")
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert page._repr_html_().startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    with pytest.raises(InputError, match=r"\.html or \.png"):
        page.write(tmp_path / "grids.pdf")


def test_a_heavy_page_stays_light() -> None:
    grids, areas = make_district(45, points_on_edge=10)
    size = len(draw_grids(grids, areas, frame=FRAME).html("linked").encode())
    assert 2000 < len(grids) < 2100
    assert size < 2_100_000
