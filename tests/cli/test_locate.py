"""`wangge locate` as its user types it: a point, a file, and what it refuses."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest
from commands import Done, environment, run

from gis.store.plans import create_plan, save_plan_grids
from gis.store.session import make_engine, transaction
from tests.api.conftest import EAST, PLANNER, WEST, frame, grid, publish

if TYPE_CHECKING:
    from pathlib import Path

    from gis.settings import Settings


@pytest.fixture(scope="module")
def published(module_settings: Settings) -> Settings:
    engine = make_engine(module_settings)
    for middle, day in ((118.1, date(2026, 1, 1)), (118.11, date(2026, 7, 1))):
        rows = [
            grid(WEST, "natural", "West", 118.0, 31.0, middle, 31.1),
            grid(EAST, "natural", "East", middle, 31.0, 118.2, 31.1),
        ]
        with transaction(engine) as session:
            publish(session, "line", rows, day, first=middle == 118.1)
    engine.dispose()
    return module_settings


def locate(settings: Settings, *arguments: str, code: int = 0) -> Done:
    return run(settings, "locate", *arguments, code=code)


def test_a_point_near_a_boundary_and_one_outside(published: Settings) -> None:
    said = locate(published, "118.0999", "31.01", "--crs", "wgs84", "--release", "1").stdout.decode()
    assert WEST in said
    assert "Near a boundary" in said
    assert EAST in said
    said = locate(published, "117.999", "31.01", "--crs", "wgs84", "--at", "2026-02-01").stdout.decode()
    assert f"In no grid. The nearest is {WEST} (West), 95.5 m away, 90° clockwise from north." in said
    assert "Release 1" in said


def test_a_plan_answers_as_if_it_were_published(published: Settings) -> None:
    engine = make_engine(published)
    with transaction(engine) as session:
        plan = create_plan(session, "Line [moved]", PLANNER).id
        save_plan_grids(session, plan, frame([grid(WEST, "natural", "West", 118.0, 31.0, 118.12, 31.1)]))
    engine.dispose()
    said = locate(published, "118.1199", "31.01", "--crs", "wgs84", "--plan", str(plan)).stdout.decode()
    assert WEST in said
    assert f"Plan {plan} (Line [moved]), change 1, over release 2; point 118.1199000 31.0100000." in said


def test_a_file_goes_to_a_file_or_to_standard_output(published: Settings, tmp_path: Path) -> None:
    points, result = tmp_path / "points.csv", tmp_path / "located.csv"
    points.write_text("n,lon,lat\n1,118.105,31.01\n2,117,31\n3,,\n")
    said = locate(published, str(points), "--crs", "wgs84", "--release", "1", "--out", str(result))
    assert said.stdout == b""
    summary = said.stderr.decode()
    for words in ("3 rows", "1 located", "1 in no grid", "1 without usable coordinates", str(result)):
        assert words in summary
    rows = list(csv.DictReader(io.StringIO(result.read_text("utf-8-sig"))))
    assert [row["natural_code"] for row in rows] == [EAST, "", ""]
    assert [row["release"] for row in rows] == ["1", "1", "1"]
    streamed = locate(published, str(points), "--crs", "wgs84", "--at", "2026-07-01").stdout
    assert [row["natural_code"] for row in csv.DictReader(io.StringIO(streamed.decode("utf-8-sig")))] == [
        WEST,
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("118", "--crs", "wgs84"), 2, "there is no file 118; give two numbers, or one file"),
        (("/", "--crs", "wgs84"), 2, "/ is a folder; give two numbers, or one file"),
        (("118", "x", "--crs", "wgs84"), 2, "'x' is no number"),
        (("118", "31", "--crs", "wgs84", "--out", "x.csv"), 2, "out: --out goes with a file"),
        (("118", "31", "--crs", "wgs84", "--out", "-"), 2, "out: --out goes with a file"),
        (("118", "31", "--crs", "wgs84", "--column", "x=E"), 2, "column: --column goes with a file"),
        (("118", "31", "--crs", "wgs84", "--encoding", "gbk"), 2, "encoding: --encoding goes with a file"),
        (
            ("118", "31", "--crs", "wgs84", "--accuracy", "10000.1"),
            2,
            "accuracy: give the accuracy in metres",
        ),
        (("118", "31", "--crs", "wgs84", "--accuracy", "-1"), 2, "accuracy: give the accuracy in metres"),
        (("118", "31", "--crs", "wgs84", "--accuracy", "nan"), 2, "from 0 to 10000"),
        (("points.csv", "--crs", "wgs84", "--accuracy", "inf"), 2, "from 0 to 10000"),
        (("31.9", "118.8", "--crs", "wgs84"), 2, "give east before north"),
        (("nan", "31.9", "--crs", "wgs84"), 2, "cannot be in wgs84"),
        (("118", "31"), 2, "crs: name the system of the point"),
        (("1", "2", "3", "--crs", "wgs84"), 2, "give two numbers, or one file"),
        (("118", "31", "--crs", "wgs84", "--release", "9"), 3, "There is no release 9"),
        (("118", "31", "--crs", "wgs84", "--release", "1", "--at", "2026-01-01"), 2, "not both"),
        (("118", "31", "--crs", "wgs84", "--plan", "1", "--release", "1"), 2, "plan: give either --plan"),
        (("118", "31", "--crs", "wgs84", "--plan", "1", "--at", "2026-01-01"), 2, "plan: give either --plan"),
        (("points.csv", "--plan", "1"), 2, "plan: a plan is asked for one point"),
        (("118", "31", "--crs", "wgs84", "--plan", "99"), 3, "There is no plan 99"),
        (("118", "31", "--crs", "wgs84", "--plan", "1"), 4, "Plan 1 is published; ask for release 1"),
        (("118", "31", "--crs", "wgs84", "--at", "2025-01-01"), 3, "No release was in force on 2025-01-01"),
    ],
)
def test_what_is_refused(published: Settings, arguments: tuple[str, ...], code: int, said: str) -> None:
    assert said in locate(published, *arguments, code=code).stderr.decode()


def test_a_result_is_there_only_when_it_is_whole(published: Settings, tmp_path: Path) -> None:
    points, result = tmp_path / "points.csv", tmp_path / "located.csv"
    points.write_bytes(b"lon,lat\n" + b"118.03,31.01\n" * 30_000 + b"118.03,\xff\xff\n")
    result.write_text("before")
    locate(published, str(points), "--crs", "wgs84", "--out", str(result), code=2)
    assert result.read_text() == "before"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["located.csv", "points.csv"]


def test_damaged_files_are_named_before_anything_is_written(published: Settings, tmp_path: Path) -> None:
    points, result = tmp_path / "points.csv.gz", tmp_path / "located.csv"
    whole = gzip.compress(b"lon,lat\n" + b"".join(b"118.%04d,31.01\n" % (i % 1999) for i in range(50_000)))
    middle = len(whole) // 2
    flipped = bytes([whole[middle] ^ 255])
    damages = (whole[:-9], whole[:middle], whole[:middle] + flipped + whole[middle + 1 :], whole + b"rest")
    for damaged in damages:
        points.write_bytes(damaged)
        done = locate(published, str(points), "--crs", "wgs84", "--out", str(result), code=2)
        assert "points.csv.gz holds damaged gzip data" in done.stderr.decode()
        assert "get it again" in done.stderr.decode()
    assert locate(published, str(points), "--crs", "wgs84", code=2).stdout == b""
    assert [one.name for one in tmp_path.iterdir()] == ["points.csv.gz"]


def test_a_file_is_not_written_over_by_its_answers(published: Settings, tmp_path: Path) -> None:
    points, link, hard = (tmp_path / name for name in ("points.csv", "link.csv", "hard.csv"))
    points.write_text("lon,lat\n118.03,31.01\n")
    link.symlink_to(points)
    hard.hardlink_to(points)
    for result in (points, link, hard):
        done = locate(published, str(points), "--crs", "wgs84", "--out", str(result), code=2)
        assert "out: that is the file itself" in done.stderr.decode()
    assert points.read_text() == "lon,lat\n118.03,31.01\n"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",,\n31.01,118.03,\n1,2,", 0),  # no place, no place on earth, no grid there
        ("118.03,x,", 4),
        ("118.03,31.01,10001", 4),
        ("118.03,31.01", 4),
    ],
)
def test_the_exit_code_tells_that_rows_could_not_be_read(
    published: Settings, tmp_path: Path, row: str, code: int
) -> None:
    points, result = tmp_path / "points.csv", tmp_path / "located.csv"
    points.write_text(f"lon,lat,accuracy\n{row}\n118.03,31.01,5\n")
    locate(published, str(points), "--crs", "wgs84", "--out", str(result), code=code)
    rows = list(csv.DictReader(io.StringIO(result.read_text("utf-8-sig"))))
    assert rows[-1]["natural_code"] == WEST


def test_the_help_says_how_to_write_a_negative_number(published: Settings) -> None:
    assert "Before a negative number write --" in " ".join(
        locate(published, "--help").stdout.decode().split()
    )
    said = locate(published, "--crs", "wgs84", "--", "-2.9", "53.4").stdout.decode()
    assert "point -2.9000000 53.4000000" in said


PEAK = """
import resource, runpy, sys
sys.argv = ["wangge", *sys.argv[1:]]
try:
    runpy.run_module("gis.cli.main", run_name="__main__")
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def peak_kb(settings: Settings, points: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "locate", str(points), "--crs", "wgs84", "--out", "/dev/null"],
        env=environment(settings),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stderr.split()[-1])


def test_memory_does_not_grow_with_the_file(published: Settings, tmp_path: Path) -> None:
    peaks = []
    for thousands in (60, 300):
        points = tmp_path / "points.csv"
        with points.open("w") as out:
            out.write("n,lon,lat,text\n")
            out.writelines(
                f"{i},118.{i % 1999:04},31.0{i % 97:02},some words of a report\n"
                for i in range(thousands * 1000)
            )
        peaks.append(peak_kb(published, points))
    assert peaks[1] < peaks[0] * 1.05
