from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from sqlalchemy import inspect, text

from gis.store.migrate import alembic_config, migration_state, upgrade_to_head
from gis.store.tables import Base

if TYPE_CHECKING:
    from sqlalchemy import Engine


def test_up_down_up_leaves_nothing_behind_and_models_match(engine: Engine) -> None:
    assert migration_state(engine).is_current
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert migration_state(engine).current is None
    left = set(inspect(engine).get_table_names()) - {"spatial_ref_sys", "alembic_version"}
    assert left == set()
    assert upgrade_to_head(engine).is_current
    with engine.begin() as connection:
        command.check(alembic_config(connection))  # raises if the models say something else
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())


def test_every_geometry_is_4490_and_indexed(engine: Engine) -> None:
    with engine.connect() as connection:
        columns = connection.execute(
            text("SELECT f_table_name, f_geometry_column, srid FROM geometry_columns")
        ).all()
        indexed = connection.scalars(
            text("SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%USING gist (geom)%'")
        ).all()
    assert {srid for _, _, srid in columns} == {4490}
    assert {table for table, _, _ in columns} == set(indexed)
