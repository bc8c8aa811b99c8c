"""The schema that the migrations make is the one that `tables` describes, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from jindo.base.errors import RefusedError
from jindo.store import Store, add_job, list_jobs, open_store, tables


def test_migrated_schema_is_the_described_one(store: Store) -> None:
    with store.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_migrated_keys_are_the_described_ones(store: Store) -> None:
    """What `compare_metadata` does not look at."""
    with store.read() as conn:
        inspector = inspect(conn)
        for table in tables.metadata.tables.values():
            assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [
                column.name for column in table.primary_key.columns
            ]
            named = {key["name"] for key in inspector.get_foreign_keys(table.name)}
            assert named == {key.name for key in table.foreign_key_constraints}
            unique = {key["name"] for key in inspector.get_unique_constraints(table.name)}
            assert unique == {c.name for c in table.constraints if c.__visit_name__ == "unique_constraint"}


def test_migrate_again_does_nothing(store: Store) -> None:
    with store.begin() as conn:
        add_job(conn, id="x", kind="k", subject="s", args={}, time=1)
    store.migrate()
    with store.read() as conn:
        assert len(list_jobs(conn)) == 1


def test_a_database_of_a_later_version_is_refused(store: Store) -> None:
    with store.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    with pytest.raises(RefusedError) as caught:
        store.migrate()
    assert caught.value.code == "store.newer"


def test_a_migration_that_breaks_off_leaves_nothing(store_url: str) -> None:
    """The last table is in the way, so that the step fails after it made the others."""
    store = open_store(store_url)
    last = tables.metadata.sorted_tables[-1].name
    with store.begin() as conn:
        conn.execute(text(f'CREATE TABLE "{last}" (x INTEGER)'))
    with pytest.raises(Exception, match=r".+"):
        store.migrate()
    with store.read() as conn:
        assert inspect(conn).get_table_names() == [last]
    store.close()
