from __future__ import annotations

import gzip
import io
import tracemalloc
from typing import TYPE_CHECKING, BinaryIO, cast

import pandas as pd
import pytest

from gis.errors import EncodingError, FileFormatError, InputError
from gis.files.layers import ReadLimits
from gis.files.tables import iter_csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def stream(text: str, encoding: str = "utf-8") -> BinaryIO:
    return io.BytesIO(text.encode(encoding))


def test_every_cell_stays_text_and_rows_are_numbered() -> None:
    table = iter_csv(stream('code,name,n\n0012,"滨江, 一",1.50\n,"a ""b""\nc",\n\n7,x,1e3\n'), batch=2)
    frames = list(table)
    assert [frame.index.tolist() for frame in frames] == [[1, 2], [4]]
    assert pd.concat(frames)["code"].tolist() == ["0012", "", "7"]
    assert pd.concat(frames)["name"].tolist() == ["滨江, 一", 'a "b"\nc', "x"]
    assert pd.concat(frames)["n"].tolist() == ["1.50", "", "1e3"]
    assert (table.fields, table.delimiter, table.encoding, table.problems) == (
        ["code", "name", "n"],
        ",",
        "utf-8",
        [],
    )
    assert len(list(table)) == 2  # again from the start


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_cuts_most(delimiter: str) -> None:
    table = iter_csv(stream(f'a{delimiter}"b,;c"{delimiter}c\n1{delimiter}2{delimiter}3\n'))
    assert (table.delimiter, table.fields) == (delimiter, ["a", "b,;c", "c"])


def test_one_column_and_no_rows_are_fine() -> None:
    assert [frame["a"].tolist() for frame in iter_csv(stream("a\n1\n2"))] == [["1", "2"]]
    assert list(iter_csv(stream("a,b\n"))) == []


@pytest.mark.parametrize(
    ("raw", "stated", "encoding", "evidence"),
    [
        ("编码\n滨江".encode(), None, "utf-8", "every text is strict UTF-8"),
        ("编码\n滨江".encode("utf-8-sig"), None, "utf-8", "a byte order mark"),
        ("编码\n滨江".encode("gbk"), None, "gb18030", "every text is strict GB 18030, not UTF-8"),
        ("编码\n滨江".encode("gbk"), "GBK", "gb18030", "stated by the caller"),
        (b"code\n1", None, "utf-8", "every text is ASCII"),
    ],
)
def test_the_encoding_is_found_in_a_fixed_order(
    tmp_path: Path, raw: bytes, stated: str | None, encoding: str, evidence: str
) -> None:
    for path, data in ((tmp_path / "a.csv", raw), (tmp_path / "a.csv.gz", gzip.compress(raw))):
        path.write_bytes(data)
        table = iter_csv(path, encoding=stated)
        (frame,) = table
        assert (table.encoding, table.encoding_evidence) == (encoding, evidence)
        assert (table.fields, frame.iloc[0].tolist()) in ((["编码"], ["滨江"]), (["code"], ["1"]))


def test_an_open_or_wrong_encoding_names_the_row() -> None:
    with pytest.raises(EncodingError, match=r"As gb18030: row 1 .* as shift_jis: row 1 鳥取"):
        iter_csv(stream("name\n鳥取県", "cp932"))
    with pytest.raises(EncodingError, match=r"utf-8 \(stated by the caller\), but row 2 is not") as caught:
        list(iter_csv(stream("name\n1\n滨江", "gbk"), encoding="utf-8"))
    assert caught.value.row == 2
    with pytest.raises(EncodingError, match="UTF-16"):
        iter_csv(stream("name\n1", "utf-16"))


def test_ragged_rows_and_broken_quotes_are_problems_and_left_out() -> None:
    table = iter_csv(stream('a,b\n1,2\n1\n1,2,3\n"x"y,2\n3,4\n5,"6'))
    assert [frame.index.tolist() for frame in table] == [[1, 5]]
    assert [(problem.row, problem.message.split(";")[0]) for problem in table.problems] == [
        (2, "the row has 1 cells, the header 2"),
        (3, "the row has 3 cells, the header 2"),
        (4, "the row cannot be read (',' expected after '\"')"),
        (6, "the row cannot be read (unexpected end of data)"),
    ]


def test_nul_is_a_problem() -> None:
    table = iter_csv(stream("a,b\n1,x\0y\n"))
    assert next(iter(table))["b"].tolist() == ["xy"]
    assert [(problem.row, problem.field) for problem in table.problems] == [(1, "b")]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", FileFormatError, "no header"),
        ("\n1,2\n", FileFormatError, "no header"),
        (" , \n1,2", FileFormatError, "no header"),
        ('"a,b', FileFormatError, "no header"),
        ("a,b,a\n1,2,3", InputError, "several columns called a"),
        (",".join("abc" * 1_000) + "\n", FileFormatError, "3000 columns"),
        ("a\n" + "x" * 1_100_000, FileFormatError, "row 1 is longer than 1 MB"),
    ],
)
def test_what_is_no_table_is_refused(text: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        list(iter_csv(stream(text)))


def test_a_column_without_a_name_gets_one() -> None:
    assert iter_csv(stream(" a ,,c\n1,2,3")).fields == ["a", "column 2", "c"]


def test_damaged_or_unfolding_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    data = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FileFormatError, match="damaged gzip"):
        list(iter_csv(path))
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match="has more than 0 MB of text"):
        list(iter_csv(path, limits=ReadLimits(max_unpacked_bytes=100_000)))
    with pytest.raises(InputError, match="there is no file"):
        iter_csv(tmp_path / "none.csv")


class Pipe(io.RawIOBase):
    """A stream that cannot be rewound and makes its bytes as it goes."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def readable(self) -> bool:
        return True

    def readinto(self, target: bytearray) -> int:  # type: ignore[override]  # as io.BufferedReader calls it
        line = next(self._lines, b"")
        target[: len(line)] = line
        return len(line)


def test_a_stream_that_cannot_be_rewound_is_read_as_often_as_wanted() -> None:
    table = iter_csv(cast("BinaryIO", Pipe(iter([b"a,b\n", b"1,2\n"]))))
    assert [frame["b"].tolist() for frame in table] == [["2"]]
    assert [frame["b"].tolist() for frame in table] == [["2"]]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        path.write_text("code,name\n" + "0123456789,abcdefghij\n" * rows)
        tracemalloc.start()
        total = sum(len(frame) for frame in iter_csv(path, batch=500))
        (_, most), _ = tracemalloc.get_traced_memory(), tracemalloc.stop()
        assert total == rows
        return most

    assert peak(40_000) < peak(4_000) * 1.5
