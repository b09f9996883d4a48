from __future__ import annotations

import io
import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from gis.errors import FileFormatError, InputError
from gis.files.layers import ReadLimits, open_layer

if TYPE_CHECKING:
    from pathlib import Path


def pack(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


def test_a_shapefile_in_a_nested_folder_is_found_and_cleaned_up(
    layer_files: dict[str, Path], limits: ReadLimits
) -> None:
    with zipfile.ZipFile(layer_files["zip"], "a") as packed:
        packed.writestr("__MACOSX/资料/._grids.shp", b"x")
        packed.writestr("资料/readme.txt", b"x")
    with open_layer(layer_files["zip"], limits=limits) as layer:
        (frame,) = layer.batches()
        folder = layer._unpacked.peek()[2][0]  # type: ignore[union-attr]  # noqa: SLF001 - where it was unpacked
        assert folder.exists()
    assert not folder.exists()
    assert (layer.name, layer.format, layer.encoding) == ("资料/grids.shp", "shapefile", "utf-8")
    assert frame["name"].tolist() == ["滨江一", "滨江二", "滨江三"]


def test_several_layers_are_named_and_chosen_by_any_clear_name(
    tmp_path: Path, layer_files: dict[str, Path], limits: ReadLimits
) -> None:
    data = {kind: path.read_bytes() for kind, path in layer_files.items()}
    path = pack(
        tmp_path / "all.zip",
        {"a/x.geojson": data["geojson"], "b/x.gpkg": data["gpkg"], "y.fgb": data["flatgeobuf"]},
    )
    with pytest.raises(
        InputError, match=r"several layers; choose one with `layer`: a/x.geojson, b/x.gpkg, y.fgb"
    ):
        open_layer(path, limits=limits)
    with pytest.raises(InputError, match="no single layer 'x'"):
        open_layer(path, limits=limits, layer="x")
    for wanted, kind in {
        "a/x.geojson": "geojson",
        "x.gpkg": "gpkg",
        "b/x.gpkg|grids": "gpkg",
        "y": "flatgeobuf",
    }.items():
        with open_layer(path, limits=limits, layer=wanted) as layer:
            assert (layer.format, len(next(layer.batches()))) == (kind, 3)
            assert layer.layers == ["a/x.geojson", "b/x.gpkg", "y.fgb"]


@pytest.mark.parametrize(
    "name",
    ["../x.geojson", "a/../../x.geojson", "/etc/x.geojson", "..\\x.geojson", "C:\\x.geojson", "C:x.geojson"],
)
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, limits: ReadLimits, name: str) -> None:
    with pytest.raises(FileFormatError, match="leaves its folder"):
        open_layer(pack(tmp_path / "a.zip", {name: b"{}"}), limits=limits)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "a.zip"]


def test_links_and_devices_are_refused(tmp_path: Path, limits: ReadLimits) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO):
        info = zipfile.ZipInfo("grids.geojson")
        info.create_system = 3
        info.external_attr = (kind | 0o777) << 16
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
            packed.writestr(info, "/etc/passwd")
        with pytest.raises(FileFormatError, match="link or device"):
            open_layer(tmp_path / "a.zip", limits=limits)


def test_bombs_are_refused_before_they_unfold(tmp_path: Path) -> None:
    bomb = pack(tmp_path / "ratio.zip", {"a.geojson": b" " * 30_000_000})
    with pytest.raises(FileFormatError, match="over 200 times"):
        open_layer(bomb, limits=ReadLimits())
    wide = pack(tmp_path / "wide.zip", {f"{at}.geojson": b" " * 1_000_000 for at in range(20)})
    with pytest.raises(FileFormatError, match=r"unfolds to 19 MB, the limit is 9 MB"):
        open_layer(wide, limits=ReadLimits(max_unpacked_bytes=10_000_000))
    many = pack(tmp_path / "many.zip", {f"{at}.txt": b"" for at in range(50)})
    with pytest.raises(FileFormatError, match="more than 20 members"):
        open_layer(many, limits=ReadLimits(max_members=20))


def test_a_size_that_lies_is_found_while_unpacking(tmp_path: Path, limits: ReadLimits) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.geojson", b" " * 100_000)
    data = bytearray(raw.getvalue())
    directory = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, 10)
    struct.pack_into("<I", data, 22, 10)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(FileFormatError, match=r"damaged zip|more than the zip says"):
        open_layer(tmp_path / "a.zip", limits=limits)


def test_a_directory_that_lies_about_its_size_is_refused_unread(tmp_path: Path, limits: ReadLimits) -> None:
    data = bytearray(pack(tmp_path / "a.zip", {"a.geojson": b"{}"}).read_bytes())
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<I", data, end + 12, 0x7FFFFFFF)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(FileFormatError, match="members"):
        open_layer(tmp_path / "a.zip", limits=limits)
    struct.pack_into("<H", data, end + 10, 0xFFFF)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(FileFormatError, match="Zip64"):
        open_layer(tmp_path / "a.zip", limits=limits)


def test_an_encrypted_member_a_zip_in_a_zip_and_nothing_useful_are_refused(
    tmp_path: Path, limits: ReadLimits
) -> None:
    data = bytearray(pack(tmp_path / "a.zip", {"a.geojson": b"{}"}).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(FileFormatError, match="encrypted"):
        open_layer(tmp_path / "a.zip", limits=limits)
    inner = pack(tmp_path / "inner.zip", {"a.geojson": b"{}"}).read_bytes()
    with pytest.raises(FileFormatError, match="zip in a zip"):
        open_layer(pack(tmp_path / "outer.zip", {"inner.zip": inner}), limits=limits)
    with pytest.raises(FileFormatError, match=r"the zip holds a.kml; give GeoJSON"):
        open_layer(pack(tmp_path / "kml.zip", {"a.kml": b"<kml/>"}), limits=limits)


def test_names_of_chinese_windows_are_read(
    tmp_path: Path, layer_files: dict[str, Path], limits: ReadLimits
) -> None:
    placeholder = "aaaa/bbbbbb.geojson"
    raw = pack(tmp_path / "a.zip", {placeholder: layer_files["geojson"].read_bytes()}).read_bytes()
    renamed = raw.replace(b"aaaa", "网格".encode("gbk")).replace(b"bbbbbb", "江宁区".encode("gbk"))
    (tmp_path / "a.zip").write_bytes(renamed)
    with open_layer(tmp_path / "a.zip", limits=limits) as layer:
        assert layer.name == "网格/江宁区.geojson"
