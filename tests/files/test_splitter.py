from __future__ import annotations

import io

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import FileFormatError
from gis.files.features.splitter import HEAD, split_features
from gis.files.layers import ReadLimits

LIMITS = ReadLimits()

_texts = st.text(st.sampled_from('{}[]":,\\ 0a网\n"features"'), max_size=8)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=12,
)
_objects = st.dictionaries(_texts, _values, max_size=4)


def pieces(raw: bytes, piece: int = HEAD) -> tuple[list[bytes], bytes]:
    split = split_features(io.BytesIO(raw), LIMITS, piece=piece)
    return [raw[start:end] for start, end in zip(split.starts, split.ends, strict=True)], bytes(
        split.skeleton
    )


def test_features_of_a_collection_by_hand() -> None:
    raw = b'{"type":"FeatureCollection","a":{"b":1},"features": [{"x":"}]\\"{"},\n{"y":[{}]}],"z":{"q":[{}]}}'
    found, skeleton = pieces(raw)
    assert found == [b'{"x":"}]\\"{"}', b'{"y":[{}]}']
    assert skeleton == b'{"type":"FeatureCollection","a":{"b":1},"features": [0,\n0],"z":{"q":[{}]}}'


def test_features_one_a_line_by_hand() -> None:
    assert pieces(b'\x1e{"a":1}\n\x1e{"b":{"features":[{}]}}\n') == (
        [b'{"a":1}', b'{"b":{"features":[{}]}}'],
        b"\x1e0\n\x1e0\n",
    )


@given(st.lists(_objects, max_size=5), _objects, _objects, st.sampled_from([None, orjson.OPT_INDENT_2]))
def test_every_collection_is_split_as_a_parser_sees_it(
    features: list[object], before: dict[str, object], after: dict[str, object], option: int | None
) -> None:
    root = {**before, "features": features, **{f"z{name}": value for name, value in after.items()}}
    found, skeleton = pieces(orjson.dumps(root, option=option))
    assert [orjson.loads(piece) for piece in found] == features
    assert orjson.loads(skeleton) == {**root, "features": [0] * len(features)}


@given(st.lists(_objects, min_size=1, max_size=5))
def test_every_sequence_is_split_line_by_line(features: list[object]) -> None:
    raw = b"\n".join(map(orjson.dumps, features))
    if b'{"features":[' not in raw.replace(b" ", b""):
        assert [orjson.loads(piece) for piece in pieces(raw)[0]] == features


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 1 << 20])
def test_the_size_of_the_pieces_does_not_matter(piece: int) -> None:
    features: list[object] = [{"long": "x" * HEAD}]
    features += [{"name": '\\"{[]}\\\\', "n": [[{}], at]} for at in range(40)]
    raw = orjson.dumps({"type": "FeatureCollection", "features": features})
    found, skeleton = pieces(raw, piece)
    assert [orjson.loads(text) for text in found] == features
    assert orjson.loads(skeleton)["features"] == [0] * len(features)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"features":[{"a":1}', "cut short"),
        (b'{"features":[{"a":"b}]}', "cut short"),
        (b'{"features":[{"a":1}]}]', "never opened"),
        (b'{"features":[[1},{]]}', "do not match"),
        (b'{"features":[' + b"[" * 40, "deep"),
        (b'{"features":[{"a":' + b'{"a":' * 40, "feature 1 is nested"),
    ],
)
def test_brackets_that_make_no_sense_are_named(raw: bytes, said: str) -> None:
    with pytest.raises(FileFormatError, match=said):
        pieces(raw)


def test_more_features_than_the_limit_are_refused() -> None:
    with pytest.raises(FileFormatError, match="more than 2 features"):
        split_features(io.BytesIO(b'{"features":[{},{},{}]}'), ReadLimits(max_features=2))
