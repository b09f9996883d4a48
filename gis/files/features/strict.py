"""Parse JSON strictly: no NaN, no lone surrogate, no repeated key; errors name the feature."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from gis.errors import FileFormatError

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def parse_strict(raw: bytes, what: str, row: int | None = None) -> Any:  # noqa: ANN401 - any JSON value
    """Parse one JSON value.

    Args:
        raw: UTF-8 text.
        what: What the text is, for the message ("feature 7").
        row: The feature's number, if it is one.

    Raises:
        FileFormatError: The text is not strict JSON.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise FileFormatError(
            f"{what} is not valid JSON: {error.msg} (at byte {error.pos} of it). NaN, Infinity, "
            "half characters and text that is not UTF-8 are no JSON either; export the file again",
            row=row,
        ) from None
    # every key has a colon, so equal counts mean that the parser dropped no key
    keys = _keys_in(value)
    if raw.count(b":") != keys and _STRING.sub(b"", raw).count(b":") != keys:
        # numbers stay text: only names matter here, and Python refuses to parse very long integers
        json.loads(
            raw, object_pairs_hook=lambda pairs: _distinct(pairs, what, row), parse_int=str, parse_float=str
        )
    return value


def _keys_in(value: Any) -> int:  # noqa: ANN401 - any JSON value
    """Count the keys of all objects in a value, except below `coordinates`, which is long and has none."""
    if isinstance(value, dict):
        inside = (
            item for key, item in value.items() if key != "coordinates" and isinstance(item, dict | list)
        )
        return len(value) + sum(map(_keys_in, inside))
    return sum(_keys_in(item) for item in value if isinstance(item, dict | list))


def _distinct(pairs: list[tuple[str, Any]], what: str, row: int | None) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise FileFormatError(
            f"{what} has the key {repeated[:80]!r} more than once; only one of the values can be meant, "
            "remove the others",
            row=row,
            field=repeated[:80],
        )
    return result
