"""Answers that are given once: the same request again gets the same answer, and does nothing.

* An answer is recorded in the transaction that did the work: both are there, or neither.
* A key that was used for something else is refused.

Keys come from whoever asks (`Idempotency-Key`); `app` puts the actor before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from jindo.base.errors import ConflictError
from jindo.store.tables import once


class KeyReused(ConflictError):
    """A key was used for another request before."""

    code = "store.once"

    def default_remedy(self) -> str:
        """Take a new key."""
        return "Take a new key for every new request, and the same key only to ask the same again."


def find_answer(conn: Connection, key: str, *, act: str, asked: str) -> dict[str, Any] | None:
    """The answer that was given under `key`, or None where nothing was asked under it yet.

    Args:
        conn: a transaction that may write, so that nobody asks the same meanwhile.
        key: of the request.
        act: what was asked for.
        asked: SHA-256 of what was asked, in hex.

    Raises:
        ConflictError: code `store.once`, the key was used for something else.
    """
    row = conn.execute(select(once).where(once.c.key == key)).first()
    if row is None:
        return None
    if (row.act, row.asked) != (act, asked):
        raise KeyReused("this key was used for another request", place="Idempotency-Key")
    return dict(row.answer)


def record_answer(
    conn: Connection, key: str, *, act: str, asked: str, answer: Mapping[str, Any], time: int
) -> None:
    """Keep the answer for whoever asks the same again.

    Raises:
        ConflictError: code `store.conflict`, there is an answer under this key.
    """
    conn.execute(insert(once).values(key=key, act=act, asked=asked, answer=dict(answer), made=time))
