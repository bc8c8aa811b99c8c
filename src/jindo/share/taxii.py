"""What a recipient sees of this node by TAXII 2.1: one collection, its own.

* The gate is asked for each statement at each reading; what it denies is not there, and nothing says that it was.
* Pages follow `date_added`, which strictly increases; `next` says where the last page ended and holds no state.
* Without `match[version]` the last version of each object is shown, as the standard says.
* A page reads what it shows and little more, however much is on the shelf. What a statement's columns rule out
  already (its expiry, its marking) is not looked at, so that it cannot hide an older version; the gate then
  judges what was signed.

Source: TAXII 2.1 (OASIS), sections 3 to 5. The addresses and media types of HTTP are `web`'s to serve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from jindo.base.errors import InputError
from jindo.base.markings import Tlp
from jindo.share.filters import STIX_MEDIA, Filters, write_next
from jindo.share.gate import Denied, check_release
from jindo.share.members import Member
from jindo.share.shelf import format_micros
from jindo.share.stored import read_gate_item, read_stored_payload
from jindo.store import tables

_SHELF = tables.shared_object


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what a recipient may see, and where to go on."""

    objects: tuple[Any, ...]
    """STIX objects; of a manifest, its records; of versions, their times as text."""
    more: bool
    next: str | None
    """Opaque; None where there is no more."""
    first_added: str | None
    """`date_added` of the first object of the page."""
    last_added: str | None


def read_objects(conn: Connection, recipient: Member, filters: Filters, *, us: str, time: int) -> Page:
    """The next page of objects that the node of `us` gives to `recipient` now."""
    return _page(conn, recipient, filters, us=us, time=time, show=lambda row: row.object)


def read_manifest(conn: Connection, recipient: Member, filters: Filters, *, us: str, time: int) -> Page:
    """As `read_objects`, with a record of each object in place of it."""
    return _page(conn, recipient, filters, us=us, time=time, show=_manifest_of)


def read_versions(
    conn: Connection, recipient: Member, object_id: str, filters: Filters, *, us: str, time: int
) -> Page:
    """The versions of one object that the node of `us` gives to `recipient` now."""
    asked = filters.of_object(object_id)
    return _page(conn, recipient, asked, us=us, time=time, show=lambda row: row.version)


def _page(conn: Connection, recipient: Member, filters: Filters, *, us: str, time: int, show: Any) -> Page:
    rows = _released(conn, recipient, filters, us=us, time=time)
    found = list(islice(rows, filters.limit + 1))
    more, found = len(found) > filters.limit, found[: filters.limit]
    return Page(
        objects=tuple(show(row) for row in found),
        more=more,
        next=write_next(found[-1].date_added, found[-1].seq) if more else None,
        first_added=format_micros(found[0].date_added) if found else None,
        last_added=format_micros(found[-1].date_added) if found else None,
    )


def _released(
    conn: Connection, recipient: Member, filters: Filters, *, us: str, time: int
) -> Iterator[Row[Any]]:
    """Rows that match and that the gate lets through, in order; each statement is judged once a reading."""
    verdicts: dict[str, bool] = {}
    after: tuple[int, int] | None = None
    while True:
        rows = conn.execute(_asked(recipient, filters, after, _denied_in(verdicts), time)).all()
        for row in rows:
            if row.statement_id not in verdicts:
                verdicts[row.statement_id] = _is_released(conn, row.statement_id, recipient, us, time)
            if verdicts[row.statement_id]:
                yield row
        if len(rows) <= filters.limit:
            return
        after = (rows[-1].date_added, rows[-1].seq)


def _is_released(conn: Connection, statement_id: str, recipient: Member, us: str, time: int) -> bool:
    """Whether the statement is published, for this recipient, and the gate lets it through now."""
    of_it = tables.statement.c.id == statement_id
    row = conn.execute(select(tables.statement.c.payload, tables.statement.c.state).where(of_it)).one()
    try:
        statement = read_stored_payload(bytes(row.payload))
        check_release(read_gate_item(conn, statement), recipient, us=us, time=time)
    except (Denied, InputError):
        return False
    return bool(row.state == "published" and recipient.id in statement.recipients)


def _denied_in(verdicts: Mapping[str, bool]) -> list[str]:
    """Some of the statements that were denied, so that one large one is not read to its end."""
    return [statement_id for statement_id, released in verdicts.items() if not released][-200:]


def _asked(
    recipient: Member, filters: Filters, after: tuple[int, int] | None, denied: list[str], time: int
) -> Any:
    conditions = [
        _SHELF.c.member == recipient.id,
        *_may_stand(tables.statement, time),
        *_matching(filters, time),
    ]
    for start in (filters.next, after):
        if start is not None:
            later = and_(_SHELF.c.date_added == start[0], _SHELF.c.seq > start[1])
            conditions.append(or_(_SHELF.c.date_added > start[0], later))
            conditions.append(_SHELF.c.date_added >= start[0])
    if denied:
        conditions.append(_SHELF.c.statement_id.not_in(denied))
    joined = select(_SHELF).join(tables.statement)
    in_order = joined.where(*conditions).order_by(_SHELF.c.date_added, _SHELF.c.seq)
    return in_order.limit(filters.limit + 1)


def _matching(filters: Filters, time: int) -> Iterator[ColumnElement[bool]]:
    if filters.added_after is not None:
        yield _SHELF.c.date_added > filters.added_after
    if filters.ids:
        yield _SHELF.c.stix_id.in_(filters.ids)
    if filters.types:
        yield or_(*(_SHELF.c.stix_id.startswith(f"{each}--", autoescape=True) for each in filters.types))
    if filters.spec_versions and "2.1" not in filters.spec_versions:
        yield _SHELF.c.seq < 0
    if "all" not in filters.versions:
        yield or_(*(_version_is(wanted, time) for wanted in filters.versions))


def _version_is(wanted: str, time: int) -> ColumnElement[bool]:
    """`first`, `last`, or the version of this time."""
    if wanted not in {"first", "last"}:
        return _SHELF.c.version == wanted
    other, said = _SHELF.alias(), tables.statement.alias()
    edge = func.max(other.c.version) if wanted == "last" else func.min(other.c.version)
    of_it = (other.c.member == _SHELF.c.member) & (other.c.stix_id == _SHELF.c.stix_id)
    standing = (
        select(edge).join(said, said.c.id == other.c.statement_id).where(of_it, *_may_stand(said, time))
    )
    return _SHELF.c.version == standing.scalar_subquery()


def _may_stand(statement: Any, time: int) -> Iterator[ColumnElement[bool]]:
    """Only columns that lie before the payload: SQLite walks through megabytes to reach those behind it."""
    yield or_(statement.c.expires.is_(None), statement.c.expires > time)
    yield statement.c.tlp.not_in([Tlp.RED.value, Tlp.AMBER_STRICT.value])


def _manifest_of(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.stix_id,
        "date_added": format_micros(row.date_added),
        "version": row.version,
        "media_type": STIX_MEDIA,
    }
