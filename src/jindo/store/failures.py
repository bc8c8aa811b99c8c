"""A database's own errors, as ours.

* Sorted by who acts: a contradiction is read again, an outage is waited for, damage stops everyone.
* No value, statement or password gets into a text: only the database's name for the rule that was broken.
* An error in our own SQL is a bug, and stays what it is.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from jindo.base.errors import ConflictError, InputError, IntegrityError, SourceError

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Contradiction(ConflictError):
    """What was to be written contradicts what is there: an id twice, or a row that names nothing."""

    code = "store.conflict"


class Unreachable(SourceError):
    """The database does not answer, or not now."""

    code = "store.unreachable"

    def default_remedy(self) -> str:
        """Look at the database."""
        return "Try again; where it goes on, look whether the database runs, its disk has room, and its schema is there."


class ValueUnstorable(InputError):
    """A value that no column can hold."""

    code = "store.value"


class DatabaseDamaged(IntegrityError):
    """The database's file is not what the database wrote."""

    code = "store.damaged"

    def default_remedy(self) -> str:
        """Stop, keep, restore."""
        return "Stop the node, keep the file as it is, and restore the last copy beside it."


def raise_ours(context: ExceptionContext) -> None:
    """SQLAlchemy's `handle_error`: raise our error instead of the one in `context`, or let it pass.

    Raises:
        ConflictError: code `store.conflict`.
        InputError: code `store.value`.
        IntegrityError: code `store.damaged`.
        SourceError: code `store.unreachable`.
    """
    if context.is_pre_ping:  # the pool asks whether a connection still lives, and makes a new one if not
        return
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    if getattr(original, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
        raise DatabaseDamaged("the database's file is broken", place="database") from original
    if isinstance(wrapped, exc.IntegrityError):
        raise Contradiction(f"the database refused it: {_rule(original)}", place="database") from original
    if isinstance(wrapped, exc.DataError) or isinstance(original, OverflowError | UnicodeError):
        raise ValueUnstorable("a value does not fit into the database", place="database") from original
    if isinstance(wrapped, exc.OperationalError | exc.InterfaceError | exc.InternalError):
        raise Unreachable(
            f"the database did not do it ({type(original).__name__})", place="database", retry_after=5
        ) from original


def _rule(original: Any) -> str:
    """The rule that was broken: PostgreSQL names the constraint, SQLite the kind of it."""
    diagnosis = getattr(original, "diag", None)
    named = getattr(diagnosis, "constraint_name", None) or getattr(original, "sqlite_errorname", None)
    return str(named or type(original).__name__)
