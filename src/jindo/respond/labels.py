"""Labels: a member's word on whose an address is, from a signed statement.

* A label counts while its statement is published or received and nobody recalled it: drafts and what stands in
  quarantine never stop a trace.
* Addresses are in their one canonical form, so that members who write them differently mean the same.
* Another member's label counts in the case that it names; our own count everywhere, and before all others.

That a label needs two officers is the act's rule (`share`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from jindo.base.errors import InputError
from jindo.base.ids import is_checked_address, is_checked_tx_id, parse_address, parse_chain, parse_tx_id
from jindo.base.markings import Tlp
from jindo.respond.reading import parse_text, parse_texts
from jindo.store import tables

MOST_ADDRESSES = 10_000
COUNTING = ("published", "received")
"""States of a statement whose labels count."""


@dataclass(frozen=True, slots=True)
class Label:
    """One address as one statement labels it."""

    statement_id: str
    member: str
    address: str
    service: str
    kind: str
    tlp: Tlp


def build_label_body(
    addresses: Iterable[str], *, service: str, kind: str, reason: str, chains: Iterable[str] = ()
) -> dict[str, Any]:
    """The body of a label: these addresses are `service`'s, and why we say so.

    Raises:
        InputError: there is no address, one cannot be read, or a text is empty or too long.
    """
    body = {
        "addresses": sorted({str(parse_address(address)) for address in addresses}),
        "chains": sorted({str(parse_chain(chain)) for chain in chains}),
        "service": service.strip(),
        "kind": kind.strip(),
        "reason": reason.strip(),
    }
    check_label(body)
    return body


def check_addresses_of_case(addresses: Iterable[str], loss: Iterable[Mapping[str, Any]]) -> None:
    """Hold that what is to be labelled can be addresses in a case that names this as stolen.

    Value crosses bridges, so an address of any chain whose format is known will do. Where the case itself names what
    follows no known format, its chain may have any.

    Raises:
        InputError: one is no address: a word, a name, a transaction.
    """
    if not all(_has_known_format(row) for row in loss):
        return
    for address in addresses:
        if not is_checked_address(parse_address(address)):
            raise InputError(
                f"{address!r} is no address of the case's chain, nor of another that is known",
                place="addresses",
                remedy="Copy the address whole from its source; a service's name goes into --service.",
            )


def _has_known_format(row: Mapping[str, Any]) -> bool:
    if "tx_hash" in row:
        return is_checked_tx_id(parse_tx_id(str(row["tx_hash"])))
    return is_checked_address(parse_address(str(row["address"])))


def check_label(body: Mapping[str, Any]) -> None:
    """Check a label that another member signed.

    Raises:
        InputError: a field is missing or of the wrong kind, or an address is not in its canonical form.
    """
    addresses = parse_texts(body, "addresses", most=MOST_ADDRESSES)
    if not addresses or len(set(addresses)) != len(addresses):
        raise InputError("a label names each of its addresses once, and at least one", place="addresses")
    if any(str(parse_address(address)) != address for address in addresses):
        raise InputError("an address is not in its canonical form", place="addresses")
    for chain in parse_texts(body, "chains", most=100):
        parse_chain(chain)
    for name in ("service", "kind"):
        _check_name(body, name)
    parse_text(body, "reason", longest=2000)


def record_labels(conn: Connection, statement_id: str, body: Mapping[str, Any]) -> None:
    """Enter a statement's labels; the same statement again changes nothing.

    Raises:
        InputError: as `check_label`.
    """
    check_label(body)
    known = select(tables.label.c.address).where(tables.label.c.statement_id == statement_id)
    if conn.execute(known.limit(1)).first():
        return
    rows = [
        {"statement_id": statement_id, "address": address, "service": body["service"], "kind": body["kind"]}
        for address in body["addresses"]
    ]
    conn.execute(insert(tables.label), rows)


def active_labels(conn: Connection, *, us: str, case_id: str, time: int) -> list[Label]:
    """Every label that counts in a case at a time, by address, ours before others', then in the order they came.

    Another member's label counts in the case that it names alone, and a label past its expiry in none.
    """
    label, statement, recall = tables.label, tables.statement, tables.recall
    chosen = (
        select(label, statement.c.member, statement.c.tlp)
        .join(statement, statement.c.id == label.c.statement_id)
        .outerjoin(recall, recall.c.statement_id == label.c.statement_id)
        .where(statement.c.state.in_(COUNTING), recall.c.statement_id.is_(None))
        .where(or_(statement.c.member == us, statement.c.case_id == case_id))
        .where(or_(statement.c.expires.is_(None), statement.c.expires > time))
        .order_by(label.c.address, statement.c.member != us, statement.c.leaf)
    )
    return [
        Label(
            row["statement_id"], row["member"], row["address"], row["service"], row["kind"], Tlp(row["tlp"])
        )
        for row in conn.execute(chosen).mappings()
    ]


def _check_name(body: Mapping[str, Any], name: str) -> None:
    """Names end up in files that spreadsheets open, which would run a formula."""
    text = parse_text(body, name, longest=200)
    if text != text.strip() or "\n" in text or text[0] in "=+-@":
        raise InputError("this must be one line, and not begin as a formula does", place=name)
