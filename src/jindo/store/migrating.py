"""The schema, brought from any version to this one.

* Every step is one file in `migrations/versions`, and a released one is never changed.
* All steps run in the caller's transaction: a process killed on the way leaves the old schema.
* A database of a later version is refused, not guessed at.

What the schema is, is said by `tables`; a test holds both against each other on each database.
"""

from __future__ import annotations

from sqlalchemy import Connection

from jindo.base.errors import RefusedError


class SchemaNewer(RefusedError):
    """A later version of Jindo made the database."""

    code = "store.newer"

    def default_remedy(self) -> str:
        """Install the later version."""
        return "Install the version of Jindo that this node ran last, or restore the copy made before it."


def migrate_schema(conn: Connection) -> None:
    """Run the steps that this database has not seen.

    Raises:
        RefusedError: code `store.newer`, the database is at a step that this version does not know.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script.revision import RevisionError
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", "jindo.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if not isinstance(error.__cause__, RevisionError):
            raise
        raise SchemaNewer("this database was made by a later version of Jindo", place="database") from error
