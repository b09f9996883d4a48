"""Areas, grids, plans, releases, checks, events, people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "area",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
    )
    op.create_geospatial_table(
        "building",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("households", sa.BigInteger(), nullable=False),
        sa.Column("storeys", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("code", name=op.f("uq_building_code")),
    )
    op.create_geospatial_index(
        "ix_building_geom", "building", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_table(
        "grid",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
    )
    op.create_table(
        "release",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("area_count", sa.BigInteger(), nullable=False),
        sa.Column("grid_count", sa.BigInteger(), nullable=False),
        sa.Column("accepted_findings", sa.BigInteger(), nullable=False),
        sa.Column("accept_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_release")),
        sa.UniqueConstraint("effective_from", name=op.f("uq_release_effective_from")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_geospatial_table(
        "area_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("release", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("households", sa.BigInteger(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("area_id"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_area_version_one_at_a_time",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("level"), "="),
            (sa.column("code"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_area_version_code",
        ),
        sa.CheckConstraint(
            "level IN ('district', 'street', 'community')", name=op.f("ck_area_version_level")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_version_area_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_version_parent_id")),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name=op.f("fk_area_version_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_version")),
    )
    op.create_geospatial_index(
        "ix_area_version_geom",
        "area_version",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("release", sa.BigInteger(), nullable=True),
        sa.Column("natural_id", sa.BigInteger(), nullable=True),
        sa.Column("dedicated_id", sa.BigInteger(), nullable=True),
        sa.Column("special_ids", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("street_id", sa.BigInteger(), nullable=True),
        sa.Column("district_id", sa.BigInteger(), nullable=True),
        sa.Column("near_boundary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("unlocated", sa.Text(), nullable=True),
        sa.Column("nearest_id", sa.BigInteger(), nullable=True),
        sa.Column("nearest_m", sa.Double(), nullable=True),
        sa.CheckConstraint("grade IN ('ordinary', 'urgent', 'extra_urgent')", name=op.f("ck_event_grade")),
        sa.CheckConstraint(
            "(unlocated IS NULL) = (natural_id IS NOT NULL OR dedicated_id IS NOT NULL)",
            name=op.f("ck_event_located"),
        ),
        sa.ForeignKeyConstraint(["community_id"], ["area.id"], name=op.f("fk_event_community_id")),
        sa.ForeignKeyConstraint(["dedicated_id"], ["grid.id"], name=op.f("fk_event_dedicated_id")),
        sa.ForeignKeyConstraint(["district_id"], ["area.id"], name=op.f("fk_event_district_id")),
        sa.ForeignKeyConstraint(["natural_id"], ["grid.id"], name=op.f("fk_event_natural_id")),
        sa.ForeignKeyConstraint(["nearest_id"], ["grid.id"], name=op.f("fk_event_nearest_id")),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name=op.f("fk_event_release")),
        sa.ForeignKeyConstraint(["street_id"], ["area.id"], name=op.f("fk_event_street_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_event_source_source_id")),
    )
    op.create_index("ix_event_community_id", "event", ["community_id"], unique=False)
    op.create_index(
        "ix_event_dedicated_id",
        "event",
        ["dedicated_id"],
        unique=False,
        postgresql_where=sa.text("dedicated_id IS NOT NULL"),
    )
    op.create_geospatial_index(
        "ix_event_geom", "event", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("ix_event_natural_id", "event", ["natural_id"], unique=False)
    op.create_index("ix_event_reported_at_id", "event", ["reported_at", "id"], unique=False)
    op.create_index("ix_event_special_ids", "event", ["special_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_event_street_id", "event", ["street_id"], unique=False)
    op.create_index(
        "ix_event_unlocated", "event", ["id"], unique=False, postgresql_where=sa.text("unlocated IS NOT NULL")
    )
    op.create_geospatial_table(
        "grid_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("release", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("households", sa.BigInteger(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column("leader", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("land_use", sa.Text(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="), (sa.column("valid"), "&&"), using="gist", name="ex_grid_version_code"
        ),
        postgresql.ExcludeConstraint(
            (sa.column("grid_id"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_grid_version_one_at_a_time",
        ),
        sa.CheckConstraint("(kind = 'special') = (task IS NOT NULL)", name=op.f("ck_grid_version_task")),
        sa.CheckConstraint("kind IN ('natural', 'dedicated', 'special')", name=op.f("ck_grid_version_kind")),
        sa.ForeignKeyConstraint(["community_id"], ["area.id"], name=op.f("fk_grid_version_community_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_grid_version_grid_id")),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name=op.f("fk_grid_version_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_version")),
    )
    op.create_index("ix_grid_version_community_id", "grid_version", ["community_id"], unique=False)
    op.create_geospatial_index(
        "ix_grid_version_geom",
        "grid_version",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("base_release", sa.BigInteger(), nullable=True),
        sa.Column("change_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_plan_status")),
        sa.ForeignKeyConstraint(["base_release"], ["release.number"], name=op.f("fk_plan_base_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_worker_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
        sa.UniqueConstraint("code", name=op.f("uq_worker_code")),
    )
    op.create_table(
        "duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("worker_id"), "="),
            (sa.column("grid_id"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_duty_once_at_a_time",
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_duty_grid_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_duty_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_index("ix_duty_grid_id", "duty", ["grid_id"], unique=False)
    op.create_table(
        "grid_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("release", sa.BigInteger(), nullable=True),
        sa.Column("change_number", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("min_width_m", sa.Double(), nullable=False),
        sa.Column("min_area_m2", sa.Double(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(plan_id IS NULL) <> (release IS NULL)", name=op.f("ck_grid_check_subject")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_grid_check_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name=op.f("fk_grid_check_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_check")),
    )
    op.create_geospatial_table(
        "plan_area",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("households", sa.BigInteger(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_area_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_area")),
        sa.UniqueConstraint("plan_id", "level", "code", name=op.f("uq_plan_area_plan_id_level_code")),
    )
    op.create_geospatial_index(
        "ix_plan_area_geom", "plan_area", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_table(
        "plan_grid",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("retired", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=True),
        sa.Column("households", sa.BigInteger(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column("leader", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("land_use", sa.Text(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_grid_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_grid")),
    )
    op.create_geospatial_index(
        "ix_plan_grid_geom", "plan_grid", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("ix_plan_grid_plan_id_code", "plan_grid", ["plan_id", "code"], unique=False)
    op.create_geospatial_table(
        "finding",
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("grids", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("width_m", sa.Double(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["check_id"], ["grid_check.id"], name=op.f("fk_finding_check_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("check_id", "number", name=op.f("pk_finding")),
    )
    op.create_geospatial_index(
        "ix_finding_geom", "finding", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    # a release names its plan and check, which name the release they stand on: last, for the circle
    op.create_foreign_key(op.f("fk_release_plan_id"), "release", "plan", ["plan_id"], ["id"])
    op.create_foreign_key(op.f("fk_release_check_id"), "release", "grid_check", ["check_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_release_check_id"), "release")
    op.drop_constraint(op.f("fk_release_plan_id"), "release")
    op.drop_geospatial_index(
        "ix_finding_geom", table_name="finding", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("finding")
    op.drop_index("ix_plan_grid_plan_id_code", table_name="plan_grid")
    op.drop_geospatial_index(
        "ix_plan_grid_geom", table_name="plan_grid", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("plan_grid")
    op.drop_geospatial_index(
        "ix_plan_area_geom", table_name="plan_area", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("plan_area")
    op.drop_table("grid_check")
    op.drop_index("ix_duty_grid_id", table_name="duty")
    op.drop_table("duty")
    op.drop_table("worker")
    op.drop_table("plan")
    op.drop_geospatial_index(
        "ix_grid_version_geom", table_name="grid_version", postgresql_using="gist", column_name="geom"
    )
    op.drop_index("ix_grid_version_community_id", table_name="grid_version")
    op.drop_geospatial_table("grid_version")
    op.drop_index("ix_event_unlocated", table_name="event", postgresql_where=sa.text("unlocated IS NOT NULL"))
    op.drop_index("ix_event_street_id", table_name="event")
    op.drop_index("ix_event_special_ids", table_name="event", postgresql_using="gin")
    op.drop_index("ix_event_reported_at_id", table_name="event")
    op.drop_index("ix_event_natural_id", table_name="event")
    op.drop_geospatial_index("ix_event_geom", table_name="event", postgresql_using="gist", column_name="geom")
    op.drop_index(
        "ix_event_dedicated_id", table_name="event", postgresql_where=sa.text("dedicated_id IS NOT NULL")
    )
    op.drop_index("ix_event_community_id", table_name="event")
    op.drop_geospatial_table("event")
    op.drop_geospatial_index(
        "ix_area_version_geom", table_name="area_version", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("area_version")
    op.drop_table("unit")
    op.drop_table("release")
    op.drop_table("grid")
    op.drop_geospatial_index(
        "ix_building_geom", table_name="building", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("building")
    op.drop_table("area")
