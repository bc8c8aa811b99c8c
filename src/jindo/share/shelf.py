"""The shelf: for each recipient, the STIX objects that it may fetch, in the order in which they were put there.

* `date_added` strictly increases over the whole shelf, also when the clock steps back: whoever asks for what is newer
  than the last that it saw misses nothing.
* An object that is there already in this version is not put there again. It stands under that of its statements
  which lives longest, so that it does not vanish with the first that expires.
* What is on the shelf is not yet released: the gate is asked again whenever something is taken from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from jindo.base.errors import InputError
from jindo.share.carrier import carrier_object
from jindo.share.members import Member
from jindo.share.statements import SignedStatement, Statement
from jindo.store import tables

_CHUNK = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def record_objects(
    conn: Connection,
    signed: SignedStatement,
    recipients: Iterable[Member],
    *,
    time: int,
    leaf: int | None = None,
) -> None:
    """Puts a statement's objects and its carrier on the shelf of each recipient."""
    objects = [*signed.statement.objects, carrier_object(signed, leaf)]
    added = _next_date(conn, time)
    for recipient in recipients:
        known = _read_known(conn, recipient.id, [item["id"] for item in objects])
        rows = []
        for item in objects:
            version = version_of(item) or format_micros(added)
            same = [row for row in known.get(item["id"], ()) if _is_same(row, item, version)]
            if same:
                _hold_longest(conn, same[0], signed.statement)
                continue
            row = {"statement_id": signed.statement.id, "member": recipient.id, "stix_id": item["id"]}
            rows.append(row | {"version": version, "date_added": added, "object": dict(item)})
            added += 1
        conn.execute(insert(tables.shared_object), rows)


def version_of(item: Mapping[str, Any]) -> str | None:
    """The version of an object: when it was modified or made; None for wallets and files, which have none."""
    stated = item.get("modified", item.get("created"))
    return None if stated is None else format_micros(parse_micros(stated))


def parse_micros(text: str) -> int:
    """Microseconds since 1970 of a time as STIX and TAXII write it.

    Raises:
        InputError: it is no such time, or has no zone.
    """
    try:
        moment = datetime.fromisoformat(text)
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError("a time is not written as 2026-01-31T12:00:00.000000Z") from error


def format_micros(micros: int) -> str:
    """Microseconds since 1970 as TAXII writes a time; such texts sort as their times do."""
    return (_EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _next_date(conn: Connection, time: int) -> int:
    last = conn.scalar(select(func.max(tables.shared_object.c.date_added)))
    return max(time * 1_000_000, 0 if last is None else last + 1)


def _read_known(conn: Connection, member: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Rows that are on a member's shelf already, by object; with what says how long their statement lives."""
    shelf, statement = tables.shared_object, tables.statement
    found: dict[str, list[Any]] = {}
    for start in range(0, len(ids), _CHUNK):
        wanted = (shelf.c.member == member) & shelf.c.stix_id.in_(ids[start : start + _CHUNK])
        asked = select(shelf, statement.c.expires).join(statement).where(wanted)
        for row in conn.execute(asked):
            found.setdefault(row.stix_id, []).append(row)
    return found


def _is_same(row: Any, item: Mapping[str, Any], version: str) -> bool:
    """One version of one object; where objects have no versions, the same content."""
    if version_of(item) is None:
        return bool(row.object == item)
    return bool(row.version == version)


def _hold_longest(conn: Connection, row: Any, statement: Statement) -> None:
    if row.expires is not None and (statement.expires is None or statement.expires > row.expires):
        changed = update(tables.shared_object).where(tables.shared_object.c.seq == row.seq)
        conn.execute(changed.values(statement_id=statement.id))
