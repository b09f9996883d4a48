from __future__ import annotations

import logging
import multiprocessing
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gis.errors import FileFormatError
from gis.files.index_file import (
    FORMAT,
    IndexFolder,
    open_index_file,
    write_index_file,
)

if TYPE_CHECKING:
    from pathlib import Path

FACTS = {"release": 3, "sha256": "5f2a" * 16}


def arrays() -> dict[str, np.ndarray[Any, Any]]:
    random = np.random.default_rng(7)
    return {
        "ids": np.arange(1, 901, dtype=np.int64),
        "edges": random.random((40_000, 2)),
        "names": np.frombuffer("第一网格".encode(), dtype=np.uint8),
        "flags": np.array([True, False, True]),
        "nothing": np.empty((0, 4), dtype=np.float32),
        "one": np.array(5.5),
        "codes": random.integers(0, 9, 70_001, dtype=np.uint16),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "release.index"
    write_index_file(path, arrays(), FACTS)
    return path


def test_what_is_written_is_read(path: Path) -> None:
    found = open_index_file(path, expects=FACTS, is_verified=True)
    assert list(found) == list(arrays())
    for name, array in arrays().items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        address = found[name].__array_interface__["data"][0]
        assert address % (4096 if array.nbytes > 1 << 16 else 64) == 0, name
    with pytest.raises(ValueError, match="read-only"):
        found["ids"][0] = 2


def test_the_same_arrays_are_the_same_bytes(path: Path, tmp_path: Path) -> None:
    write_index_file(tmp_path / "again", arrays(), FACTS)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_no_arrays_are_a_file_too(tmp_path: Path) -> None:
    write_index_file(tmp_path / "none", {}, {})
    assert open_index_file(tmp_path / "none", expects={}, is_verified=True) == {}
    only_empty = {"nothing": np.empty(0)}
    write_index_file(tmp_path / "empty", only_empty, {})
    assert open_index_file(tmp_path / "empty", expects={}, is_verified=True)["nothing"].shape == (0,)


def test_every_byte_counts(path: Path) -> None:
    good = path.read_bytes()
    # the whole head and description, and every 97th byte of padding and arrays
    for at in [*range(700), *range(700, len(good), 9_973), len(good) - 1]:
        bad = bytearray(good)
        bad[at] ^= 0x20
        path.write_bytes(bad)
        with pytest.raises(FileFormatError):
            open_index_file(path, expects=FACTS, is_verified=True)


def test_a_file_cut_short_or_lengthened_is_refused_without_hashing(path: Path) -> None:
    good = path.read_bytes()
    for length in [0, 1, 40, 47, 48, 100, 600, 4_096, 5_000, len(good) // 2, len(good) - 1]:
        path.write_bytes(good[:length])
        with pytest.raises(FileFormatError):
            open_index_file(path, expects=FACTS)
    path.write_bytes(good + b"\0")
    with pytest.raises(FileFormatError, match=f"should have {len(good)}"):
        open_index_file(path, expects=FACTS)


def test_another_format_or_another_kind_of_file_is_named(path: Path) -> None:
    good = path.read_bytes()
    path.write_bytes(good[:8] + b"\x09" + good[9:])
    with pytest.raises(FileFormatError, match=f"format 9, this program writes {FORMAT}"):
        open_index_file(path, expects=FACTS)
    path.write_bytes(b"\x89PNG" + good[4:])
    with pytest.raises(FileFormatError, match="no index file"):
        open_index_file(path, expects=FACTS)


def test_another_release_is_refused(path: Path) -> None:
    with pytest.raises(FileFormatError, match="of release 3, not 4"):
        open_index_file(path, expects=FACTS | {"release": 4})
    with pytest.raises(FileFormatError, match="of sha256"):
        open_index_file(path, expects=FACTS | {"sha256": "0" * 64})


def test_only_numbers_are_kept(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="the array names holds"):
        write_index_file(tmp_path / "x", {"names": np.array(["a"], dtype=object)}, {})
    assert list(tmp_path.iterdir()) == []


def test_mapping_takes_less_than_a_millisecond(tmp_path: Path) -> None:
    large = {f"a{i}": np.arange(200_000, dtype=np.int64) for i in range(20)}
    write_index_file(tmp_path / "large", large, FACTS)
    open_index_file(tmp_path / "large", expects=FACTS)
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        open_index_file(tmp_path / "large", expects=FACTS)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.001


def write_often(path: Path, value: int) -> None:
    for _ in range(30):
        write_index_file(path, {"values": np.full(50_000, value)}, FACTS)


def test_two_writers_end_with_one_good_file_and_readers_never_see_half(tmp_path: Path) -> None:
    path = tmp_path / "contested.index"
    write_index_file(path, {"values": np.full(50_000, 1)}, FACTS)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_often, args=(path, value)) for value in (1, 2)]
    for writer in writers:
        writer.start()
    reads = 0
    while any(writer.is_alive() for writer in writers):
        values = open_index_file(path, expects=FACTS, is_verified=True)["values"]
        assert set(np.unique(values).tolist()) in ({1}, {2})
        reads += 1
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert reads > 1
    assert [one.name for one in tmp_path.iterdir()] == ["contested.index"]


class Maker:
    """Makes arrays and counts how often it had to."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> dict[str, Any]:
        self.made += 1
        return arrays()


def test_a_folder_makes_each_file_once(tmp_path: Path) -> None:
    make = Maker()
    for folder in (IndexFolder(tmp_path / "indexes", 4), IndexFolder(tmp_path / "indexes", 4)):
        for _ in range(2):
            found = folder.fetch("3-5f2a", FACTS, make)
            np.testing.assert_array_equal(found["edges"], arrays()["edges"])
            assert not found["edges"].flags.owndata
    assert make.made == 1


def test_a_damaged_file_is_said_and_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make, folder = Maker(), IndexFolder(tmp_path, 4)
    folder.fetch("3", FACTS, make)
    kept = tmp_path / "3.index"
    content = bytearray(kept.read_bytes())
    content[-1] ^= 1
    # replaced, as whoever damages it in place would also change what others have mapped
    kept.unlink()
    kept.write_bytes(content)
    folder.fetch("3", FACTS, make)
    assert make.made == 2
    assert "the content of 3.index is not what was written" in caplog.text
    open_index_file(kept, expects=FACTS, is_verified=True)
    folder.fetch("3", FACTS | {"sha256": "other"}, make)
    assert make.made == 3


def test_the_least_recently_used_files_go_and_readers_keep_what_they_mapped(tmp_path: Path) -> None:
    make, folder = Maker(), IndexFolder(tmp_path, 2)
    first = folder.fetch("1", FACTS, make)
    other = IndexFolder(tmp_path, 2)
    other.fetch("2", FACTS, make)
    long_ago = time.time() - 100
    for name in ("1", "2"):
        os.utime(tmp_path / f"{name}.index", (long_ago, long_ago))
    other.fetch("3", FACTS, make)  # the other works with 2, nobody here with 1
    assert sorted(one.name for one in tmp_path.glob("*.index")) == ["2.index", "3.index"]
    np.testing.assert_array_equal(first["edges"], arrays()["edges"])


def test_drafts_of_killed_processes_go(tmp_path: Path) -> None:
    left, fresh = tmp_path / ".1.index.x7", tmp_path / ".2.index.x8"
    for draft in (left, fresh):
        draft.mkdir()
        (draft / "draft.index").write_bytes(b"half")
    os.utime(left, (0, 0))
    IndexFolder(tmp_path, 2).fetch("3", FACTS, Maker())
    assert not left.exists()
    assert fresh.exists()


def test_where_nothing_can_be_written_each_process_has_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # a file where the folder should be: no folder can be made, whoever tries
    blocked = tmp_path / "home"
    blocked.write_text("")
    make, folder = Maker(), IndexFolder(blocked / "indexes", 4)
    with caplog.at_level(logging.WARNING):
        for name in ("1", "2"):
            assert folder.fetch(name, FACTS, make)["one"] == 5.5
    assert make.made == 2
    assert len([line for line in caplog.messages if "Indexes cannot be kept" in line]) == 1


def test_none_kept_is_a_choice(tmp_path: Path) -> None:
    make, folder = Maker(), IndexFolder(tmp_path, 0)
    folder.fetch("1", FACTS, make)
    assert list(tmp_path.iterdir()) == []


def fetch_slowly(folder: Path, log: Path) -> None:
    def make() -> dict[str, Any]:
        with log.open("a") as made:
            made.write("made\n")
        time.sleep(0.5)
        return arrays()

    IndexFolder(folder, 4).fetch("3", FACTS, make)


def test_of_several_processes_one_makes_the_file(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    asking = [spawn.Process(target=fetch_slowly, args=(tmp_path / "indexes", log)) for _ in range(3)]
    for process in asking:
        process.start()
    for process in asking:
        process.join()
        assert process.exitcode == 0
    assert log.read_text() == "made\n"
