"""Alembic's entry: runs the migrations on the connection `gis.store.migrate` passes in."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers

from gis.store.audit.tables import AuditEntryRow
from gis.store.checking.tables import IntendedHoleRow
from gis.store.identity.tables import UserRow
from gis.store.jobs.tables import JobRow
from gis.store.planning.tables import PlanOperationRow
from gis.store.privacy.tables import PersonalValueRow
from gis.store.tables import Base

# naming a row of each further page is what adds its tables
PAGES = (AuditEntryRow, IntendedHoleRow, JobRow, PersonalValueRow, PlanOperationRow, UserRow)
OWN_TABLES = {*Base.metadata.tables, *(row.__tablename__ for row in PAGES)}


def is_ours(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:  # noqa: FBT001 - Alembic's signature
    """Tell our tables from PostGIS' own (spatial_ref_sys) and other people's."""
    if kind == "table":
        return name in OWN_TABLES
    return bool(alembic_helpers.include_object(obj, name, kind, reflected, compare_to))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=is_ours,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    compare_server_default=False,
)
context.run_migrations()
