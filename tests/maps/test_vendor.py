"""Filling the vendor folder."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from gis.errors import SetupError
from gis.maps.assets import WEB
from gis.maps.vendor import clean_asset, fill_vendor, main, missing_assets

if TYPE_CHECKING:
    from pathlib import Path

ROOT = WEB.parent.parent
NODE_MODULES = ROOT / "node_modules"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_filling_twice_gives_the_same_and_removes_what_is_no_longer_named(tmp_path: Path) -> None:
    written = fill_vendor(NODE_MODULES, tmp_path / "vendor")
    first = contents(tmp_path / "vendor")
    (tmp_path / "vendor/old.js").write_text("left over")
    fill_vendor(NODE_MODULES, tmp_path / "vendor")
    assert contents(tmp_path / "vendor") == first
    assert len(written) == len(first)
    assert missing_assets(tmp_path / "vendor") == []


def test_each_package_has_its_licence_and_no_source_map(tmp_path: Path) -> None:
    fill_vendor(NODE_MODULES, tmp_path)
    for package in ("leaflet", "swagger-ui", "folium"):
        assert b"opyright" in (tmp_path / package / "LICENSE").read_bytes() or package == "swagger-ui"
    assert all(
        b"sourceMappingURL" not in data
        for name, data in contents(tmp_path).items()
        if name.endswith(("js", "css"))
    )


def test_without_node_modules_it_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SetupError, match="npm ci --ignore-scripts"):
        fill_vendor(tmp_path, tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()
    assert missing_assets(tmp_path / "vendor")
    assert main([str(tmp_path)]) == 1
    assert "npm ci" in capsys.readouterr().err


@pytest.mark.parametrize(
    "css",
    [
        "a{src:url(//host/f)}",
        "a{src:url( 'https://host/f')}",
        '@import "http://host/x.css";',
        "@import url(//host/x)",
    ],
)
def test_a_style_that_fetches_from_elsewhere_is_refused(css: str) -> None:
    with pytest.raises(SetupError, match="host"):
        clean_asset(css.encode(), name="a.css")


def test_a_style_with_its_own_files_is_kept() -> None:
    css = b"a{src:url(data:,x) url(images/b.png)}\n/*# sourceMappingURL=a.css.map */\n"
    assert clean_asset(css, name="a.css") == b"a{src:url(data:,x) url(images/b.png)}\n"
    assert clean_asset(b"\xff//# sourceMappingURL=x", name="a.png") == b"\xff//# sourceMappingURL=x"


def test_the_lock_file_names_no_host() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    # pages that ask for money are never fetched
    told = [{key: of for key, of in one.items() if key != "funding"} for one in packages.values()]
    assert not re.search(r"https?://|\"resolved\"", json.dumps(told))
    assert set(json.loads((ROOT / "package.json").read_text())["dependencies"]) == {
        "leaflet",
        "swagger-ui-dist",
    }
