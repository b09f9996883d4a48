from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import EncodingError, FileFormatError
from gis.files.encodings import Text, choose_encoding, codec_named, decoded
from gis.files.layers import ReadLimits, open_layer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ["滨江路社区", "东山街道", "秣陵街道"]
CODES = [b"001", b"002", b"003"]


def rows_in(encoding: str) -> list[list[bytes]]:
    return [[code, name.encode(encoding)] for code, name in zip(CODES, NAMES, strict=True)]


FIELDS = [(b"code", 8), (b"name", 40)]


EVIDENCE = [
    # written in, language byte, .cpg, then what is chosen and why
    ("utf-8", 0x4D, "UTF-8", "utf-8", "the .cpg file"),
    ("gbk", 0, "GBK", "gb18030", "the .cpg file"),
    ("gbk", 0, "936", "gb18030", "the .cpg file"),
    ("big5", 0x4D, "Big5", "cp950", "the .cpg file"),
    ("gbk", 0x4D, None, "gb18030", "the language byte 0x4d of the .dbf"),
    ("utf-8", 0, None, "utf-8", "every text is strict UTF-8"),
    ("utf-8", 0x57, None, "utf-8", "every text is strict UTF-8"),
    ("gbk", 0, None, "gb18030", "every text is strict GB 18030, not UTF-8"),
    ("gbk", 0x57, None, "gb18030", "every text is strict GB 18030, not UTF-8"),
]


@pytest.mark.parametrize("case", EVIDENCE)
def test_the_order_of_evidence_is_fixed(
    write_shapefile: Callable[..., Path], limits: ReadLimits, case: tuple[str, int, str | None, str, str]
) -> None:
    written, language, cpg, *expected = case
    names = NAMES if written != "big5" else ["濱江路社區", "東山街道", "秣陵街道"]
    rows = [[code, name.encode(written)] for code, name in zip(CODES, names, strict=True)]
    with open_layer(write_shapefile(FIELDS, rows, language, cpg), limits=limits) as layer:
        frame = pd.concat(layer.batches())
    assert [layer.encoding, layer.encoding_evidence] == expected
    assert frame["name"].tolist() == names
    assert frame["code"].tolist() == ["001", "002", "003"]
    assert layer.sample_rows[0] == {"code": "001", "name": names[0]}


def test_japanese_text_without_a_clue_is_asked_about_although_it_is_valid_chinese(
    write_shapefile: Callable[..., Path], limits: ReadLimits
) -> None:
    names = ["鳥取県鳥取市", "米子市", "倉吉市"]
    path = write_shapefile(FIELDS, [[b"1", name.encode("cp932")] for name in names])
    assert all(name.encode("cp932").decode("gb18030") for name in names)  # the trap: nothing fails
    with pytest.raises(EncodingError, match="shift_jis: row 1 鳥取県鳥取市; row 2 米子市") as caught:
        open_layer(path, limits=limits)
    assert caught.value.field == "encoding"
    with open_layer(path, limits=limits, encoding="Shift-JIS") as layer:
        assert next(layer.batches())["name"].tolist() == names
        assert layer.encoding_evidence == "stated by the caller"
    path.with_suffix(".cpg").write_text("SHIFT_JIS")
    with open_layer(path, limits=limits) as layer:
        assert layer.encoding == "cp932"


def test_a_declared_encoding_that_a_row_contradicts_names_the_row(
    write_shapefile: Callable[..., Path], limits: ReadLimits
) -> None:
    rows = rows_in("utf-8")
    rows[1][1] = NAMES[1].encode("gbk")
    with pytest.raises(EncodingError, match=r"utf-8 \(the .cpg file\), but name in row 2 is not") as caught:
        open_layer(write_shapefile(FIELDS, rows, cpg="UTF-8"), limits=limits)
    assert (caught.value.field, caught.value.row) == ("name", 2)


@pytest.mark.parametrize("written", ["gbk", "utf-8"])
def test_a_western_page_that_reads_chinese_as_garbage_is_asked_about(
    write_shapefile: Callable[..., Path], limits: ReadLimits, written: str
) -> None:
    path = write_shapefile(FIELDS, rows_in(written), language=0x03)
    with pytest.raises(EncodingError, match=r"cp1252 .*[Aa]s (utf-8|gb18030): row 1 滨江路社区"):
        open_layer(path, limits=limits)
    with open_layer(path, limits=limits, encoding=written) as layer:
        assert next(layer.batches())["name"].tolist() == NAMES


def test_western_text_in_a_western_page_is_fine(
    write_shapefile: Callable[..., Path], limits: ReadLimits
) -> None:
    names = ["Vélez Sarsfield", "San Cristóbal Sud", "Peña"]
    path = write_shapefile(FIELDS, [[b"1", name.encode("cp1252")] for name in names], language=0x03)
    with open_layer(path, limits=limits) as layer:
        assert next(layer.batches())["name"].tolist() == names


def test_names_and_texts_cut_inside_a_character_lose_the_half_only(
    write_shapefile: Callable[..., Path], limits: ReadLimits
) -> None:
    field = "网格员姓名".encode()  # fifteen bytes, ten are kept: three characters and a third of one
    path = write_shapefile([(field, 8)], [["东山街".encode()], ["东山".encode()]], cpg="UTF-8")
    with open_layer(path, limits=limits) as layer:
        assert layer.fields == ["网格员"]
        assert next(layer.batches())["网格员"].tolist() == ["东山", "东山"]
        assert [problem.message for problem in layer.problems if "cut" in problem.message]
    path = write_shapefile([(b"name", 9)], [["东山".encode() + b"\xe8"]], cpg="UTF-8")
    with pytest.raises(EncodingError, match="name in row 1"):  # not full, so not cut: it is broken
        open_layer(path, limits=limits)


def test_siblings_of_a_bare_shp_are_found_whatever_their_case(
    write_shapefile: Callable[..., Path], limits: ReadLimits, tmp_path: Path
) -> None:
    path = write_shapefile(FIELDS, rows_in("gbk"), 0x4D)
    folder = tmp_path / "资料.zip!"
    folder.mkdir()
    for part in (".shp", ".shx", ".dbf"):
        shutil.copyfile(path.with_suffix(part), folder / f"GRIDS{part.upper()}")
    with open_layer(folder / "GRIDS.SHP", limits=limits) as layer:
        assert layer.declared_crs is None
        assert layer.name == "GRIDS.SHP"
        assert next(layer.batches())["name"].tolist() == NAMES
    (folder / "GRIDS.DBF").unlink()
    with pytest.raises(FileFormatError, match=r"lacks \.dbf"):
        open_layer(folder / "GRIDS.SHP", limits=limits)
    with pytest.raises(FileFormatError, match=r"give the \.shp beside it"):
        open_layer(folder / "GRIDS.SHX", limits=limits)


PRJ = {
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,'
    '298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]': "cgcs2000",
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]': "wgs84",
    'PROJCS["CGCS2000_3_Degree_GK_CM_120E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]': "EPSG:4549",
    'LOCAL_CS["city grid",UNIT["metre",1]]': None,
    "not a system": None,
    "": None,
}


@pytest.mark.parametrize("text", PRJ, ids=lambda text: text[:20])
def test_the_prj_file_declares_the_system(
    write_shapefile: Callable[..., Path], limits: ReadLimits, text: str
) -> None:
    path = write_shapefile(FIELDS, rows_in("utf-8"))
    path.with_suffix(".prj").write_text(text)
    with open_layer(path, limits=limits) as layer:
        assert layer.declared_crs == PRJ[text]
        assert (layer.declared_crs is None) == any(
            "coordinate system" in note.message for note in layer.problems
        )


def test_more_rows_than_the_limit_are_refused_by_the_header(
    write_shapefile: Callable[..., Path], limits: ReadLimits
) -> None:
    path = write_shapefile(FIELDS, rows_in("utf-8"))
    with pytest.raises(FileFormatError, match="claims 3 rows, the limit is 2"):
        open_layer(path, limits=ReadLimits(max_features=2))


CODECS = {
    "GBK": "gb18030",
    "936": "gb18030",
    "ANSI 936": "gb18030",
    "UTF8": "utf-8",
    "65001": "utf-8",
    "Shift_JIS": "cp932",
    "sjis": "cp932",
    "ISO-8859-1": "iso8859-1",
    "88591": "iso8859-1",
    "OEM 866": "cp866",
}


@pytest.mark.parametrize(("written", "codec"), CODECS.items())
def test_names_of_encodings(written: str, codec: str) -> None:
    assert codec_named(written) == codec


@pytest.mark.parametrize(
    "name", ["", "klingon", "idna", "unicode_escape", "base64", "utf-16", "punycode", "zip"]
)
def test_what_is_no_character_set_is_refused(name: str) -> None:
    with pytest.raises(EncodingError, match="there is no encoding called"):
        codec_named(name)


@given(st.lists(st.text(st.characters(codec="gb2312"), min_size=1), min_size=1))
def test_any_everyday_chinese_text_is_read_back(texts: list[str]) -> None:
    raw = [Text(row, "name", text.encode("gb18030")) for row, text in enumerate(texts, start=1)]
    foreign = [text for text in raw if not text.raw.isascii()]
    try:
        codec, _ = choose_encoding(foreign)
    except EncodingError:
        pytest.fail("everyday Chinese must not be asked about")
    # a short text may be valid in both; UTF-8 comes first by the order
    if codec == "gb18030":
        assert [decoded(text.raw, codec) for text in raw] == texts
