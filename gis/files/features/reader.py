"""Open a GeoJSON file: a feature collection, one feature, or one feature a line."""

from __future__ import annotations

import re
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import orjson

from gis.errors import FileFormatError
from gis.files.features.shapes import Shapes
from gis.files.features.splitter import Split, split_features
from gis.files.features.strict import parse_strict
from gis.files.sources import SAMPLE_ROWS, Layer, Problems, distinct_names, to_frame
from gis.files.systems import geojson_system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd

    from gis.files.sources import ReadLimits

BOM = b"\xef\xbb\xbf"
_BATCH_BYTES = 32 << 20
_LARGEST_FEATURE = 64 << 20
_LOOKED_AT = 1_000
_ID_FIELD = "feature_id"
_SEQUENCE = re.compile(rb"[\x1e \t\r\n0]*")


def open_geojson(path: Path, limits: ReadLimits, notes: Problems) -> Layer:
    """Open a GeoJSON file or a sequence of GeoJSON features.

    Args:
        path: The file.
        limits: Depth, features, vertices.
        notes: Takes notes on the file.

    Returns:
        The layer. Columns are those of the first 1 000 features; one that turns up later is in the batches
        it turns up in. A feature's own `id` is the column `feature_id`.

    Raises:
        FileFormatError: The file is not strict GeoJSON or goes beyond the limits.
    """
    with path.open("rb") as stream:
        skipped = len(BOM) if stream.read(len(BOM)) == BOM else 0
        stream.seek(skipped)
        split = split_features(stream, limits)
    _require_sane_sizes(split)
    source = _Source(path, split, skipped, limits)
    crs = _crs_member(split, source)
    looked_at = islice(source.ranges(_LOOKED_AT), 1)
    rows = [_properties(feature) for first, after in looked_at for feature in source.features(first, after)]
    fields = list(dict.fromkeys(chain.from_iterable(rows)))
    return Layer(
        path=path,
        name=path.stem,
        format="geojson" if split.in_collection or len(split.starts) == 1 else "geojsonseq",
        declared_crs=geojson_system(crs, notes),
        fields=distinct_names(fields, notes),
        feature_count=len(split.starts),
        encoding="utf-8",
        encoding_evidence="GeoJSON is UTF-8",
        layers=[path.stem],
        sample_rows=rows[:SAMPLE_ROWS],
        read=partial(_batches, source, fields),
        notes=notes,
    )


class _Source:
    """The features of an opened file, by number.

    Args:
        path: The file.
        split: Where its features are.
        skipped: Length of its byte order mark.
        limits: The limits it was opened under.
    """

    def __init__(self, path: Path, split: Split, skipped: int, limits: ReadLimits) -> None:
        self.limits = limits
        self._path = path
        self._split = split
        self._skipped = skipped

    def ranges(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of at most `size` features and about `_BATCH_BYTES`, first and after the last."""
        starts, ends = self._split.starts, self._split.ends
        first = 0
        while first < len(starts):
            after = min(first + size, len(starts))
            while after > first + 1 and ends[after - 1] - starts[first] > _BATCH_BYTES:
                after = first + (after - first) // 2
            yield first, after
            first = after

    def features(self, first: int, after: int) -> Iterator[dict[str, Any]]:
        """Parse the features of a range, one by one."""
        starts, ends = self._split.starts, self._split.ends
        with self._path.open("rb") as stream:
            stream.seek(starts[first] + self._skipped)
            raw = stream.read(ends[after - 1] - starts[first])
        origin = starts[first]
        for at in range(first, after):
            yield _feature(raw[starts[at] - origin : ends[at] - origin], row=at + 1)


def _batches(source: _Source, fields: list[str], size: int, problems: Problems) -> Iterator[gpd.GeoDataFrame]:
    for first, after in source.ranges(size):
        shapes = Shapes(first + 1, source.limits, problems)
        rows = []
        for feature in source.features(first, after):
            rows.append(_properties(feature))
            shapes.add(feature.get("geometry"))
        names = list(dict.fromkeys([*fields, *chain.from_iterable(rows)]))
        called = distinct_names(names, Problems())
        columns = {new: _column(rows, name) for new, name in zip(called, names, strict=True)}
        yield to_frame(columns, shapes.build(), first + 1, problems)


def _column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    values = [row.get(name) for row in rows]
    if set(map(type, values)) & {dict, list}:
        # a table has no nested values; as text nothing is lost
        return [orjson.dumps(v).decode() if isinstance(v, dict | list) else v for v in values]
    return values


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties") or {}
    if "id" in feature and _ID_FIELD not in properties:
        return {_ID_FIELD: feature["id"], **properties}
    return properties


def _feature(raw: bytes, row: int) -> dict[str, Any]:
    value: dict[str, Any] = parse_strict(raw, f"feature {row}", row)
    if value.get("type") != "Feature":
        raise FileFormatError(
            f'feature {row} has the type {str(value.get("type"))[:40]!r}; write {{"type": "Feature", '
            '"properties": ..., "geometry": ...}} around each geometry',
            row=row,
            field="type",
        )
    if not isinstance(value.get("properties"), dict | None):
        raise FileFormatError(
            f"`properties` of feature {row} must be an object or null", row=row, field="properties"
        )
    return value


def _crs_member(split: Split, source: _Source) -> Any:  # noqa: ANN401 - any JSON value
    """Check everything outside of the features and return the `crs` member."""
    skeleton = bytes(split.skeleton)
    if split.in_collection:
        root = parse_strict(skeleton, "the feature collection")
        if root.get("type") != "FeatureCollection":
            raise FileFormatError('the file must have "type": "FeatureCollection"', field="type")
        _require_only_features(root.get("features"), len(split.starts))
        return root.get("crs")
    if not split.starts or not _SEQUENCE.fullmatch(skeleton) or skeleton.count(b"0") != len(split.starts):
        raise FileFormatError(
            "the file is neither a GeoJSON feature collection nor one GeoJSON feature a line; "
            "something stands outside of the features, or the `features` member comes too late"
        )
    return next(source.features(0, 1)).get("crs")


def _require_only_features(members: Any, count: int) -> None:  # noqa: ANN401 - any JSON value
    """Require that `features` held objects only: in the skeleton each of them is a 0."""
    if not isinstance(members, list):
        raise FileFormatError("the `features` member must be a list", field="features")
    for position, member in enumerate(members):
        if member != 0 or len(members) != count:
            raise FileFormatError(
                f"a member of `features`, about number {position + 1}, is no object; remove it",
                row=position + 1,
                field="features",
            )


def _require_sane_sizes(split: Split) -> None:
    for row, (start, end) in enumerate(zip(split.starts, split.ends, strict=True), start=1):
        if end - start > _LARGEST_FEATURE:
            raise FileFormatError(
                f"feature {row} takes {(end - start) >> 20} MB; the limit is {_LARGEST_FEATURE >> 20} MB",
                row=row,
            )
