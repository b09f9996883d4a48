"""The one door for text: what goes in comes out in the browser, and means nothing on the way."""

from __future__ import annotations

import json
import re
from html import escape

import folium
import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gis.maps.island import MARK, escape_json, insert_texts

DANGEROUS = set("<>&$`'\u2028\u2029")
texts = st.text(st.characters(), max_size=40)
values = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def without_the_unkeepable(value: object) -> object:
    if isinstance(value, str):
        return re.sub("[\x00\ud800-\udfff]", "", value)
    if isinstance(value, list):
        return [without_the_unkeepable(inner) for inner in value]
    if isinstance(value, dict):
        return {without_the_unkeepable(key): without_the_unkeepable(inner) for key, inner in value.items()}
    return value


@given(values)
@example("\\u0000")
@example("\\\\u0000\x00")
@example('\\"</script>\\')
@example("\ud83d\ude00 {{7*7}} ${alert(1)}")
def test_the_text_comes_back_as_it_was(value: object) -> None:
    assert json.loads(escape_json(value)) == without_the_unkeepable(value)


@given(st.lists(texts))
@example(["{{7*7}}", "{%raw%}", "{#", "${x}", "`", "\\", "'", '"', "\u2028"])
def test_no_string_holds_a_character_that_means_something(value: list[str]) -> None:
    encoded = escape_json(value)
    inside = "".join(found[1:-1] for found in re.findall(r'"[^"]*"', encoded))
    assert not DANGEROUS & set(encoded)
    assert not set('{}"') & set(inside)
    assert re.fullmatch(r"(?:[^\\]|\\u[0-9a-f]{4}|\\[bfnrt])*", inside)


@given(st.lists(texts))
@example(["{{7*7}}", "{%", "{{ cycler.__init__ }}"])
def test_a_template_engine_finds_nothing_to_do(value: list[str]) -> None:
    encoded = escape_json(value)
    assert jinja2.Template(encoded, keep_trailing_newline=True).render() == encoded


def test_the_naive_way_runs_the_text() -> None:
    """The control: what every folium tutorial does, with `html.escape` on top."""

    def shown(text: str) -> str:
        naive = folium.Map()
        folium.Marker([31.9, 118.8], tooltip=folium.Tooltip(escape(text))).add_to(naive)
        return str(naive.get_root().render())

    assert "49" in shown("before {{ 7*7 }} after")
    assert "7*7" not in shown("before {{ 7*7 }} after")
    with pytest.raises(jinja2.TemplateSyntaxError):
        shown("a lone {{ brace")


def test_numbers_that_json_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        escape_json([float("nan")])


def test_texts_go_where_the_mark_is_with_the_nonce() -> None:
    page = insert_texts(f"<body>{MARK}</body>", {"text": MARK}, nonce="abc")
    island = '<script type="application/json" id="texts" nonce="abc">'
    assert page.startswith(f"<body>{island}")
    assert page.count("<script") == 1
    assert json.loads(page.split(">", 2)[2].split("</script>")[0]) == {"text": MARK}


@pytest.mark.parametrize("shell", ["<body></body>", f"{MARK}{MARK}"])
def test_a_shell_without_exactly_one_mark_is_refused(shell: str) -> None:
    with pytest.raises(ValueError, match="exactly once"):
        insert_texts(shell, {})
