"""Three members with their officers, and the statements that they make; keys come from seeds, so all of it repeats."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from jindo.base.markings import Tlp
from jindo.seal import Envelope, Signature, SigningKey, preauth_bytes, sign_envelope
from jindo.share import (
    STATEMENT_TYPE,
    Member,
    Officer,
    SignedStatement,
    Statement,
    build_card,
    build_voucher,
    record_draft,
    record_member,
    record_signature,
    statement_payload,
)
from jindo.store import open_store

NOW = 1_800_000_000
DAY = 86_400
OFFICERS = {
    "kim": ("analyst",),
    "lee": ("prosecutor",),
    "park": ("analyst", "liaison"),
    "choi": ("compliance",),
    "jung": ("admin",),
    "service": ("service",),
}
SIGNERS = {
    "case": ("kim",),
    "exhibit": ("kim",),
    "label": ("kim", "park"),
    "request": ("kim", "lee"),
    "reply": ("choi",),
    "recall": ("kim", "lee", "park"),
    "receipt": ("service",),
}
"""Officers whose signatures make a statement of each kind."""


def key_of(*named: str) -> SigningKey:
    return SigningKey.from_seed(hashlib.sha256("/".join(named).encode()).digest())


def uuid_of(*named: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(named)))


def a_member(name: str, kind: str, **changed: Any) -> Member:
    member = Member(
        id=name,
        name=f"The unit of {name}",
        country="KR",
        kind=kind,
        url=f"https://{name}.example",
        member_key=key_of(name, "member").public,
        service_key=key_of(name, "service").public,
        certificate="",
        purposes=("investigation",),
        services=(),
        version=1,
    )
    return replace(member, **changed)


SEOUL = a_member("seoul", "police")
HAGUE = a_member("hague", "agency")
DOLMEN = a_member("dolmen", "exchange", services=("Dolmen Exchange",))
MEMBERS = {member.id: member for member in (SEOUL, HAGUE, DOLMEN)}


def card_of(member: Member) -> Envelope:
    return build_card(member, key_of(member.id, "member"))


def an_officer(member: Member, name: str, **changed: Any) -> Officer:
    key = key_of(member.id, name).public
    return replace(Officer(member.id, name, OFFICERS[name], key, NOW - DAY, NOW + 365 * DAY), **changed)


def voucher_of(officer: Officer, member: Member) -> Envelope:
    return build_voucher(officer, key_of(member.id, "member"))


def a_statement(kind: str = "label", *named: str, **changed: Any) -> Statement:
    author = changed.get("member", "seoul")
    statement = Statement(
        nonce=uuid_of(author, kind, *named),
        kind=kind,
        member=author,
        case_id=uuid_of("case"),
        subject=uuid_of("subject", *named),
        made=NOW,
        expires=None,
        tlp=Tlp.AMBER,
        purpose="investigation",
        recipients=("hague",),
        body={},
        objects=(),
    )
    return replace(statement, **changed)


def signed_by(statement: Statement, officers: Iterable[Officer]) -> tuple[Envelope, tuple[Envelope, ...]]:
    """The envelope and vouchers of a statement that these officers sign, whether or not they may."""
    officers = list(officers)
    keys = [key_of(officer.member, officer.id) for officer in officers]
    envelope = sign_envelope(STATEMENT_TYPE, statement_payload(statement), keys)
    return envelope, tuple(voucher_of(officer, MEMBERS[officer.member]) for officer in officers)


def signed(statement: Statement) -> SignedStatement:
    """The statement with the signatures that its act asks for."""
    officers = [an_officer(MEMBERS[statement.member], name) for name in SIGNERS[statement.kind]]
    envelope, vouchers = signed_by(statement, officers)
    return SignedStatement(statement, envelope, vouchers, tuple(sorted(officers, key=lambda one: one.id)))


def sign_draft(conn: Connection, statement: Statement, *names: str, time: int = NOW) -> None:
    """Hands in the signatures of these officers of its author, as people do."""
    to_sign = preauth_bytes(STATEMENT_TYPE, statement_payload(statement))
    for name in names or SIGNERS[statement.kind]:
        officer = an_officer(MEMBERS[statement.member], name)
        sig = key_of(statement.member, name).sign(to_sign)
        record_signature(
            conn,
            statement.id,
            signature=Signature(officer.key.key_id, sig),
            voucher=voucher_of(officer, MEMBERS[statement.member]),
            officer=officer,
            time=time,
        )


def draft_signed(conn: Connection, statement: Statement, time: int = NOW) -> None:
    record_draft(conn, statement, time)
    sign_draft(conn, statement, time=time)


@dataclass(frozen=True)
class Books:
    """A node's database on SQLite, with the cards of all members."""

    store: Any

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.store.begin() as conn:
            yield conn


@contextmanager
def open_books(folder: Path) -> Iterator[Books]:
    store = open_store(f"sqlite:///{folder / 'jindo.db'}")
    store.migrate()
    try:
        with store.begin() as conn:
            for member in MEMBERS.values():
                record_member(conn, card_of(member), time=NOW)
        yield Books(store)
    finally:
        store.close()
