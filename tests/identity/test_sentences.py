"""What is refused to people is said in both languages on their pages."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

import pytest

from gis.maps.assets import WEB

if TYPE_CHECKING:
    from collections.abc import Iterator

GIS = WEB.parent
PLACES = ("workflows/identity", "store/identity", "identity", "api/routes/identity", "api/doorkeeper.py")
REFUSALS = {"InputError", "ConflictError", "NotFoundError", "HTTPException"}
# the pages lead to the door instead, meet the provider at its own address, or have nothing to do with plans
ELSEWHERE = ("Sign in first", "signed in no longer", "dentity provider", "The command line", "Plan ")
TABLE = re.findall(r'\[/(.+)/, "(\w+)"\]', (WEB / "identity/api.js").read_text("utf-8"))


def refusals() -> Iterator[str]:
    """Yield every sentence that is raised there, with 7 for what it is filled with."""
    for place in PLACES:
        path = GIS / place
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                call = node.exc if isinstance(node, ast.Raise) else None
                if isinstance(call, ast.Call) and ast.unparse(call.func) in REFUSALS:
                    yield from filter(None, map(said_by, call.args))


def said_by(argument: ast.expr) -> str | None:
    """Return a text that stands in the code."""
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in argument.values)
    is_text = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    return str(argument.value) if is_text else None


SENTENCES = [text for text in refusals() if not any(part in text for part in ELSEWHERE)]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_refusal_is_known_to_the_pages(sentence: str) -> None:
    assert [key for pattern, key in TABLE if re.search(pattern, sentence)], "api.js has no pattern for it"


def test_every_pattern_has_words() -> None:
    assert len(SENTENCES) > 20
    words = json.loads((WEB / "identity/words.json").read_text("utf-8"))
    for _, key in TABLE:
        assert f"said_{key}" in words["zh"]
        assert f"said_{key}" in words["en"]
