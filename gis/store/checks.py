"""Checks and their findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import shapely
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import insert, select

from gis.errors import NotFoundError
from gis.nouns import Actor, Check, Finding, FindingKind, Plan, Release, Severity
from gis.store.identity.visible import visible
from gis.store.tables import SRID, CheckRow, FindingRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def save_check(
    session: Session,
    subject: Plan | Release,
    findings: Sequence[Finding],
    tolerance: tuple[float, float],
    actor: Actor,
) -> Check:
    """Store one run of the check with all its findings.

    Args:
        session: The open transaction.
        subject: The plan, as it was when the check read it, or the release.
        findings: In the check's order.
        tolerance: Least width in metres and least area in square metres of a finding.
        actor: Who asked for it.

    Returns:
        The stored check, with its id.
    """
    counts = Counter(finding.kind for finding in findings)
    check_id = session.scalar(
        insert(CheckRow)
        .values(
            plan_id=subject.id if isinstance(subject, Plan) else None,
            change_number=subject.change_number if isinstance(subject, Plan) else None,
            release=subject.number if isinstance(subject, Release) else None,
            by=actor.name,
            min_width_m=tolerance[0],
            min_area_m2=tolerance[1],
            counts={kind.value: number for kind, number in sorted(counts.items())},
            errors=sum(finding.severity is Severity.ERROR for finding in findings),
        )
        .returning(CheckRow.id)
    )
    rows = [
        {
            "check_id": check_id,
            "number": number,
            "kind": finding.kind.value,
            "severity": finding.severity.value,
            "grids": list(finding.grids),
            "area_m2": finding.area_m2,
            "width_m": finding.width_m,
            "detail": finding.detail,
            "geom": None if finding.geometry is None else from_shape(finding.geometry, SRID),
        }
        for number, finding in enumerate(findings, start=1)
    ]
    if rows:
        session.execute(insert(FindingRow), rows)
    return get_check(session, check_id or 0)


def get_check(session: Session, check_id: int) -> Check:
    """Return a check, or raise NotFoundError."""
    row = session.get(CheckRow, check_id)
    if row is None:
        raise NotFoundError(f"There is no check {check_id}.")
    return check_from_row(row)


def find_newest_check(
    session: Session,
    *,
    plan_id: int | None = None,
    release: int | None = None,
    seen_by: Actor | None = None,
) -> Check | None:
    """Return the newest check of a plan, a release or anything; of those an actor sees, if one is given."""
    query = select(CheckRow).order_by(CheckRow.id.desc()).limit(1)
    if seen_by is not None:
        query = query.where(visible(CheckRow, seen_by))
    if plan_id is not None:
        query = query.where(CheckRow.plan_id == plan_id)
    if release is not None:
        query = query.where(CheckRow.release == release)
    row = session.scalar(query)
    return None if row is None else check_from_row(row)


def list_findings(session: Session, check_id: int) -> list[Finding]:
    """Return a check's findings in its order."""
    rows = session.scalars(
        select(FindingRow).where(FindingRow.check_id == check_id).order_by(FindingRow.number)
    )
    return [finding_from_row(row) for row in rows]


def list_newest_gaps(session: Session, checks: int, actor: Actor) -> list[Finding]:
    """Return the gaps, meant or not, that the newest checks an actor sees found; newest first."""
    newest = select(CheckRow.id).where(visible(CheckRow, actor)).order_by(CheckRow.id.desc()).limit(checks)
    kinds = (FindingKind.GAP, FindingKind.INTENDED_HOLE)
    rows = session.scalars(
        select(FindingRow)
        .where(FindingRow.check_id.in_(newest), FindingRow.kind.in_(kinds))
        .order_by(FindingRow.check_id.desc(), FindingRow.number)
    )
    return [finding_from_row(row) for row in rows]


def finding_from_row(row: FindingRow) -> Finding:
    """Return the finding a row holds."""
    return Finding(
        kind=FindingKind(row.kind),
        severity=Severity(row.severity),
        grids=tuple(row.grids),
        geometry=None if row.geom is None else shapely.set_srid(to_shape(row.geom), 0),
        area_m2=row.area_m2,
        width_m=row.width_m,
        detail=row.detail,
    )


def check_from_row(row: CheckRow) -> Check:
    """Return the check a row holds."""
    return Check(
        id=row.id,
        plan_id=row.plan_id,
        release=row.release,
        change_number=row.change_number,
        at=row.at,
        by=row.by,
        min_width_m=row.min_width_m,
        min_area_m2=row.min_area_m2,
        counts={FindingKind(kind): number for kind, number in row.counts.items()},
        errors=row.errors,
    )
