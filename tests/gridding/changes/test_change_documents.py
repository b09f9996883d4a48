"""The page that defines the kinds of change shows and says what a comparison finds."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from gis.gridding.changes.change import ChangeKind
from gis.maps.page import words

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "comparing.md").read_text(encoding="utf-8")
SPEC = importlib.util.spec_from_file_location("changes_pictures", DOCS / "pictures/changes.py")
assert SPEC is not None
assert SPEC.loader is not None
PICTURES = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(PICTURES)


def test_the_page_has_a_section_for_every_kind_in_order() -> None:
    named = {kind.value: words()["zh"][f"change_{kind}"] for kind in ChangeKind}
    assert dict(re.findall(r"^### `(\w+)` (.+)$", PAGE, re.MULTILINE)) == named
    assert re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE) == [kind.value for kind in ChangeKind]


@pytest.mark.parametrize("kind", ChangeKind)
def test_the_picture_shows_what_is_found(kind: ChangeKind) -> None:
    expected = [] if kind is ChangeKind.UNCHANGED else [kind]
    assert [change.kind for change in PICTURES.changes_of(kind)] == expected
    assert f"](pictures/changes/{kind}.svg)" in PAGE
    assert (PICTURES.FOLDER / f"{kind}.svg").read_text(encoding="utf-8") == PICTURES.picture(kind)
