"""The one door through which text of files and people enters a page: a JSON data island.

folium renders every text it is given as a Jinja template, twice, on this machine; `html.escape` does not
help, because braces are no HTML. So no such text ever enters a folium or branca object or a template. It is
inserted here, after all rendering, as inert JSON; the page's own script puts it in place with `textContent`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "<!--texts-->"
"""Where the shell leaves room for the island."""

_DANGEROUS = "<>&{}$`'\u2028\u2029"
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in _DANGEROUS}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def escape_json(value: object) -> str:
    r"""Return JSON in which no string means anything to HTML, a template engine or a script.

    1. NUL and lone surrogates are dropped: no file or database can keep them.
    2. Inside strings, ``< > & { } $ ` ' " \`` and U+2028/2029 are written as ``\uXXXX``.
    3. The result parses back to the same value.

    >>> print(escape_json(["{{7*7}}</script>"]))
    ["\u007b\u007b7*7\u007d\u007d\u003c/script\u003e"]

    Args:
        value: Mappings, lists, strings, finite numbers, booleans and None.

    Raises:
        ValueError: If the value holds NaN or infinity.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _STRING.sub(_escape_string, _LONE_SURROGATE.sub("", text))


def _escape_string(found: re.Match[str]) -> str:
    """Escape one JSON string; backslashes first, so that the remaining ones all begin an escape."""
    inner = found[0][1:-1].replace("\\\\", "\\u005c").replace('\\"', "\\u0022").replace("\\u0000", "")
    return f'"{inner.translate(_ESCAPES)}"'


def insert_texts(shell: str, texts: Mapping[str, object], *, nonce: str | None = None) -> str:
    """Return the rendered page with its texts put in place of `MARK`, as the very last step.

    Args:
        shell: The rendered page; nothing in it comes from files or people.
        texts: What the page's script will show.
        nonce: Value of the island's `nonce` attribute, if the page is sent with a nonce policy.

    Raises:
        ValueError: If the shell does not hold the mark exactly once.
    """
    before, mark, after = shell.partition(MARK)
    if not mark or MARK in after:
        raise ValueError(f"The shell of a map page holds {MARK} exactly once.")
    attribute = f' nonce="{nonce}"' if nonce else ""
    return (
        f'{before}<script type="application/json" id="texts"{attribute}>{escape_json(texts)}</script>{after}'
    )
