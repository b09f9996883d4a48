"""`wangge grid repair`: repair the natural grids of a plan so that they partition their communities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.cli.edge import acting_user, command_transaction, out, print_table, step_bar
from gis.cli.grids.check import Language, read_ids
from gis.files.geojson import write_layer
from gis.gridding.checks.layer import SNAP_M
from gis.gridding.repairing.rules import GapRule
from gis.settings import Settings
from gis.store.session import hold_still
from gis.workflows.draw_map import write_repair_map
from gis.workflows.repairing.barriers import BarrierFile
from gis.workflows.repairing.repair_grids import (
    USUAL_GAP_WIDTH_M,
    Keeper,
    RepairedPlan,
    RepairRequest,
    repair_plan,
    try_repair,
)
from gis.workflows.repairing.told import areas_of, places_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

PLACES_SHOWN = 30
GRIDS_SHOWN = 20


def repair(
    plan: Annotated[int | None, typer.Option(help="Repair this plan; else the open one.")] = None,
    snap: Annotated[float, typer.Option(help="Nearer together is the same, metres.")] = SNAP_M,
    max_gap_width: Annotated[float, typer.Option(help="Wider gaps are left, metres.")] = USUAL_GAP_WIDTH_M,
    gaps: Annotated[
        GapRule, typer.Option(help="Who gets a gap: the longest edge along it, or the best shape.")
    ] = GapRule.LONGEST_EDGE,
    overlaps: Annotated[
        Keeper, typer.Option(help="Who keeps an overlap; middle halves it.")
    ] = Keeper.LONGEST_EDGE,
    keep_codes: Annotated[
        list[str] | None, typer.Option(help="Code of a grid that must stay as it is; may be repeated.")
    ] = None,
    intended: Annotated[
        Path | None, typer.Option(help="File with the ids of gaps that are meant, one a line.")
    ] = None,
    barriers: Annotated[
        Path | None, typer.Option(help="File of lines, as roads and rivers, that no gap is filled across.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option(help="System of the barriers; else as the file declares.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of the barriers, where there are several.")] = None,
    buildings: Annotated[bool, typer.Option(help="Fill no gap so that a stored building is cut.")] = True,
    border: Annotated[bool, typer.Option(help="Fill gaps along the outline of a community, too.")] = True,
    trim: Annotated[bool, typer.Option(help="Take from grids what lies outside their community.")] = True,
    stray_below: Annotated[
        float, typer.Option(help="Give smaller parts of a grid, m², to a neighbour; 0: none.")
    ] = 0.0,
    reason: Annotated[str | None, typer.Option(help="Why; kept with what is done to the plan.")] = None,
    lang: Annotated[Language, typer.Option(help="Language of the sentences.")] = Language.EN,
    map: Annotated[Path | None, typer.Option(help="Draw before and after into this .html or .png.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write all places as GeoJSON.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Save; without it, only report.")] = False,
) -> None:
    """Repair natural grids so that they partition their communities. Exit code 4 if something was left."""
    settings = Settings()
    request = RepairRequest(
        plan_id=plan,
        reason=reason,
        snap_m=snap,
        max_gap_width_m=max_gap_width,
        gaps=gaps,
        overlaps=overlaps,
        keep_codes=tuple(keep_codes or ()),
        intended=frozenset(() if intended is None else read_ids(intended)),
        barrier_file=None if barriers is None else BarrierFile(barriers, crs, layer),
        respect_buildings=buildings,
        fill_border=border,
        trim_outside=trim,
        stray_below_m2=stray_below,
    )
    with command_transaction(settings) as session, step_bar() as advance:
        if apply:
            done = repair_plan(session, request, settings, acting_user(), advance)
        else:
            hold_still(session)
            done = try_repair(session, request, settings, advance)
        places = places_of(done)
        # before anything is saved: what cannot be written saves nothing
        if map is not None:
            write_repair_map(done, places, map, settings, lang.value)
        if json is not None:
            write_layer(places, json, id_column="id")
    print_repair(done, places, lang, applied=apply)
    if not done.is_whole:
        raise typer.Exit(4)


def print_repair(done: RepairedPlan, places: GeoDataFrame, language: Language, *, applied: bool) -> None:
    """Print what was changed and left, worst first, the areas of grids, and the checks before and after."""
    areas = areas_of(done)
    is_left = (places["what"] == "left").to_numpy()
    out.print(
        f"Plan {done.plan.id}: {len(areas):,} of {len(done.before.grids):,} grids changed in "
        f"{int((~is_left).sum()):,} places, {int(is_left.sum()):,} places left."
    )
    sentences = places[f"sentence_{language.value}"]
    for title, rows in (("left", is_left), ("changed", ~is_left)):
        shown = places[rows].assign(sentence=sentences[rows]).head(PLACES_SHOWN)
        if len(shown):
            columns = shown[["kind", "area_m2", "sentence"]].itertuples(index=False)
            print_table((title, "area m²", "what"), columns)
        if rows.sum() > len(shown):
            out.print(f"... and {int(rows.sum()) - len(shown):,} more; --json FILE or --map FILE shows all.")
    if len(areas):
        print_table(
            ("grid", "before m²", "after m²", "moved m²"), areas.head(GRIDS_SHOWN).itertuples(index=False)
        )
    if len(areas) > GRIDS_SHOWN:
        out.print(f"... and {len(areas) - GRIDS_SHOWN:,} more grids.")
    print_counts(done)
    if not len(areas):
        return
    saved = (
        f"Saved as change {done.plan.change_number} of plan {done.plan.id}; `wangge plan undo "
        f"{done.plan.id}` takes it back."
    )
    out.print(saved if applied else "Dry run: nothing was changed; add --apply.")


def print_counts(done: RepairedPlan) -> None:
    """Print how many findings there were, and are now."""
    counts = done.counts()
    if counts:
        print_table(("findings", "before", "after"), ((kind.value, *both) for kind, both in counts.items()))
    else:
        out.print("The check finds nothing, before and after.")
    if done.remaining:
        out.print(f"The check still finds {len(done.remaining):,} places; `wangge grid check` lists them.")
