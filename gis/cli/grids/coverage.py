"""`wangge grid coverage`: how much of each area the grids of each kind serve, and what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.cli.edge import command_transaction, err, out, print_table
from gis.errors import InputError
from gis.files.geojson import write_layer
from gis.files.spreadsheet import write_csv
from gis.nouns import AreaLevel
from gis.settings import Settings
from gis.store.plans import get_plan
from gis.workflows.assigning.coverage import (
    AreaCoverage,
    CoverageRequest,
    Looked,
    measure_coverage,
    subject_name,
)
from gis.workflows.draw_map import coverage_page, release_of

if TYPE_CHECKING:
    import pandas as pd

    from gis.gridding.serving.groups import Group

ROWS_SHOWN = 30
READ_WHOLE_M2 = 100


@dataclass(frozen=True, slots=True)
class Words:
    """What the table says in one language."""

    head: str
    areas: tuple[str, ...]
    counted: tuple[str, ...]
    kinds: tuple[str, ...]
    together: str
    whole: str
    more: str
    elsewhere: str
    no_buildings: str
    left_out: str
    hint: str


WORDS = {
    "en": Words(
        head="{subject}: {n:,} areas of the level {level}.",
        areas=("code", "name", "served", "left m²", "places", "widest m"),
        counted=("households", "buildings"),
        kinds=("grids of", "grids", "served", "served wholly", "worst served"),
        together="all together",
        whole="{whole:,} of {n:,} are served wholly by {group} grids.",
        more="... and {n:,} more; --out FILE.csv has all of them.",
        elsewhere="{n:,} buildings lie in none of these areas and are not counted.",
        no_buildings="No buildings are stored, so households and buildings are not counted.",
        left_out="Left out, because the outline cannot be used: {names}",
        hint="--kind KIND lists the areas; --map FILE draws them with what is not covered.",
    ),
    "zh": Words(
        head="{subject}：{level} 级区划 {n:,} 个。",
        areas=("编码", "名称", "覆盖率", "未覆盖 m²", "处", "最宽 m"),
        counted=("户数覆盖", "建筑覆盖"),
        kinds=("类型", "网格数", "覆盖率", "完全覆盖", "覆盖率最低"),
        together="全部",
        whole="{n:,} 个区划中 {whole:,} 个由{group} 网格完全覆盖。",
        more="……另有 {n:,} 行，--out FILE.csv 写出全部。",
        elsewhere="{n:,} 栋建筑不在这些区划内，未计入。",
        no_buildings="没有建筑数据，未计算户数和建筑的覆盖率。",
        left_out="图形无法使用，未计入：{names}",
        hint="--kind KIND 列出各区划；--map FILE 绘制未覆盖的地块。",
    ),
}
KINDS_ZH = {"natural": "自然", "dedicated": "专属", "special": "专项"}


class Language(StrEnum):
    """Language of the table and the map."""

    EN = "en"
    ZH = "zh"


def coverage(
    release: Annotated[int | None, typer.Option(help="Which release; else the one in force today.")] = None,
    plan: Annotated[int | None, typer.Option(help="This plan as it would be published.")] = None,
    level: Annotated[AreaLevel, typer.Option(help="Level of the areas.")] = AreaLevel.STREET,
    kind: Annotated[
        Looked | None, typer.Option(help="List the areas for these grids; else sum up each kind and task.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the table and the map.")] = Language.EN,
    map: Annotated[
        Path | None, typer.Option(help="Also draw the shares and what is left into this file.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Also write what is left as GeoJSON.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write all rows into this CSV file.")] = None,
) -> None:
    """Say how much of each area the grids of each kind serve, worst served first, and what is left."""
    if release is not None and plan is not None:
        raise InputError("give either --release or --plan, not both", field="plan")
    settings = Settings()
    with command_transaction(settings) as session, err.status("coverage"):
        subject = release_of(session, release, settings) if plan is None else get_plan(session, plan)
        found = measure_coverage(session, CoverageRequest(subject, level, kind))
        if map is not None:
            coverage_page(found, settings, lang.value).write(map)
    if json is not None:
        write_layer(found.served.remainder, json)
    if out is not None:
        write_csv(found.served.rows, out)
    print_coverage(found, lang)


def print_coverage(found: AreaCoverage, language: Language) -> None:
    """Print the areas of one kind of grids, or the sums of every kind."""
    served, request, words = found.served, found.request, WORDS[language.value]
    count = len(served.rows) // len(found.groups)
    name = subject_name(request.subject)
    out.print(words.head.format(subject=name, level=request.level.value, n=count))
    if request.kind is None:
        print_kinds(found, language)
    else:
        for group in found.groups:
            print_areas(rows_of(served.rows, group), group, language)
    if served.rows["buildings"].isna().all():
        out.print(words.no_buildings)
    if served.elsewhere:
        out.print(words.elsewhere.format(n=served.elsewhere))
    if served.left_out:
        out.print(words.left_out.format(names=", ".join(served.left_out[:ROWS_SHOWN])))


def print_areas(rows: pd.DataFrame, group: Group, language: Language) -> None:
    """Print areas, worst served first; those served wholly only as a number."""
    words = WORDS[language.value]
    whole = int((rows["share"] == 1).sum())
    out.print(words.whole.format(whole=whole, n=len(rows), group=group_name(group, language)))
    lacking = rows[rows["share"] < 1].sort_values(["share", "uncovered_m2"], ascending=[True, False])
    if lacking.empty:
        return
    columns = ["code", "name", "share", "uncovered_m2", "parts", "widest_m"]
    shown = lacking.head(ROWS_SHOWN)
    cells = shown[columns].astype(object)
    cells["share"] = [percent(share) for share in shown["share"]]
    cells["uncovered_m2"] = [round(area) if area >= READ_WHOLE_M2 else area for area in shown["uncovered_m2"]]
    heads = words.areas
    if rows["buildings"].notna().any():
        heads += words.counted
        for name in ("households_share", "buildings_share"):
            cells[name] = [percent(share) for share in shown[name]]
    print_table(heads, cells.itertuples(index=False))
    if len(lacking) > ROWS_SHOWN:
        out.print(words.more.format(n=len(lacking) - ROWS_SHOWN))


def print_kinds(found: AreaCoverage, language: Language) -> None:
    """Print each kind and task in one line, with the area that is served worst."""
    words, rows = WORDS[language.value], found.served.rows
    counted = rows["buildings"].notna().any()
    lines = []
    for group in found.groups:
        own = rows_of(rows, group)
        lacking = own[own["share"] < 1].sort_values("share", kind="stable").head(1)
        name, share = lacking["name"].tolist(), lacking["share"].tolist()
        line = [
            group_name(group, language),
            found.grid_counts[group],
            percent(share_of(own, "served_m2", "area_m2")),
            f"{int((own['share'] == 1).sum()):,} / {len(own):,}",
            f"{name[0]} {percent(share[0])}" if name else "",
        ]
        if counted:
            line[3:3] = [
                percent(share_of(own, f"{noun}_served", noun)) for noun in ("households", "buildings")
            ]
        lines.append(line)
    heads = (*words.kinds[:3], *(words.counted if counted else ()), *words.kinds[3:])
    print_table(heads, lines)
    out.print(words.hint)


def rows_of(rows: pd.DataFrame, group: Group) -> pd.DataFrame:
    """Return the rows of a group."""
    return rows[(rows["kind"] == group.kind) & (rows["task"] == group.task)]


def share_of(rows: pd.DataFrame, part: str, whole: str) -> float:
    """Return what is served of all areas together; NaN of nothing."""
    total = rows[whole].sum()
    return float(rows[part].sum() / total) if total > 0 else math.nan


def group_name(group: Group, language: Language) -> str:
    """Return what grids of a group are called."""
    if group.kind == Looked.ALL:
        return WORDS[language.value].together
    kind = KINDS_ZH[group.kind] if language is Language.ZH else group.kind
    return f"{kind} {group.task}".rstrip()


def percent(share: float) -> str:
    """Return a share in per cent, rounded down: 100 is said only of what is served wholly."""
    return "" if math.isnan(share) else f"{math.floor(share * 10_000) / 100:.2f} %"
