"""Three members with keys, officers and databases of their own, who say things to each other as nodes do."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from jindo.base.markings import Tlp
from jindo.respond import Case, CaseDraft, Exhibit, build_trace_facts, open_case, record_exhibit
from jindo.seal import Signature as Signed
from jindo.seal import SigningKey, preauth_bytes, sha256_hex
from jindo.share import (
    STATEMENT_TYPE,
    Member,
    Officer,
    SignedStatement,
    Statement,
    build_card,
    build_receipt_body,
    build_voucher,
    derive_statement_id,
    publish,
    read_statement,
    record_draft,
    record_member,
    record_recall,
    record_receipt,
    record_received,
    record_signature,
    signed_of,
    verify_statement,
)
from jindo.store import Store, open_store, tables

NOW = 1_790_000_000
DAY = 86_400
ETH = "eip155:1"
ETHER = "eip155:1/slip44:60"
DEPOSIT, DEPOSIT_2, ELSEWHERE, POT = (f"0x{n:040x}" for n in (0xE1, 0xE2, 0xF1, 0xD1))
ROLES = {
    "police": ("analyst", "prosecutor", "liaison"),
    "agency": ("analyst", "prosecutor", "liaison"),
    "exchange": ("compliance",),
}


def key_of(name: str) -> SigningKey:
    """The same key for the same name, in every run."""
    return SigningKey.from_seed(bytes.fromhex(sha256_hex(name.encode())))


def id_of(name: str) -> str:
    """A UUID that follows from a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@dataclass
class Side:
    """A member with its database and three officers."""

    member: Member
    store: Store
    said: int = field(default=0)

    @property
    def id(self) -> str:
        return self.member.id

    def key(self) -> SigningKey:
        return key_of(f"{self.id} member")

    def service(self) -> SigningKey:
        return key_of(f"{self.id} service")

    def officer(self, number: int) -> tuple[Officer, SigningKey]:
        """Officer 1, 2 or 3; 0 is the node's own service."""
        if number == 0:
            officer = Officer(self.id, "service", ("service",), self.service().public, 0, NOW + 999 * DAY)
            return officer, self.service()
        key = key_of(f"{self.id} officer {number}")
        roles = ROLES[self.member.kind]
        return Officer(self.id, f"{self.id}-{number}", roles, key.public, 0, NOW + 999 * DAY), key

    def sign(self, conn: Connection, statement_id: str, *officers: int, time: int = NOW) -> None:
        payload = read_statement(conn, statement_id).payload
        for number in officers:
            officer, key = self.officer(number)
            signature = Signed(key.public.key_id, key.sign(preauth_bytes(STATEMENT_TYPE, payload)))
            voucher = build_voucher(officer, self.key())
            record_signature(
                conn, statement_id, signature=signature, voucher=voucher, officer=officer, time=time
            )

    def draft(
        self,
        conn: Connection,
        kind: str,
        body: Mapping[str, Any],
        to: str,
        *,
        subject: str | None = None,
        case_id: str | None = None,
        tlp: Tlp = Tlp.AMBER,
        made: int = NOW,
    ) -> str:
        """Draft a statement; the id it got."""
        self.said += 1
        nonce = id_of(f"{self.id} says {self.said}")
        statement_id = derive_statement_id(self.id, nonce)
        statement = Statement(
            nonce=nonce,
            kind=kind,
            member=self.id,
            case_id=case_id,
            subject=subject or str(body.get("id", statement_id)),
            made=made,
            expires=None,
            tlp=tlp,
            purpose="investigation",
            recipients=tuple(sorted(to.split())),
            body=dict(body),
            objects=(),
        )
        record_draft(conn, statement, made)
        return statement_id

    def say(
        self, conn: Connection, kind: str, body: Mapping[str, Any], to: str, *officers: int, **more: Any
    ) -> str:
        """Draft, sign and publish a statement; the id it got."""
        statement_id = self.draft(conn, kind, body, to, **more)
        made = int(more.get("made", NOW))
        self.sign(conn, statement_id, *officers, time=made)
        publish(conn, statement_id, me=self.member, time=made)
        if kind == "recall":
            record_recall(conn, read_statement(conn, statement_id).statement, time=made)
        return statement_id

    def hear(
        self, conn: Connection, teller: Side, statement_id: str, *, time: int = NOW, answer: bool = True
    ) -> str | None:
        """Receive what another side has published, and answer with a receipt; the receipt's id."""
        with teller.store.read() as theirs:
            signed = signed_of(theirs, statement_id)
        self._take(conn, teller, signed, time)
        if not answer or signed.statement.kind == "receipt":
            return None
        body = build_receipt_body(signed)
        return self.say(conn, "receipt", body, teller.id, 0, subject=statement_id, made=time)

    def _take(self, conn: Connection, teller: Side, signed: SignedStatement, time: int) -> None:
        vouchers = list(signed.vouchers)
        verified = verify_statement(signed.envelope, vouchers, teller.member, at=time, recipient=self.id)
        record_received(conn, verified, time=time)
        if verified.statement.kind == "recall":
            record_recall(conn, verified.statement, time=time)
        if verified.statement.kind == "receipt":
            record_receipt(conn, verified.statement, time=time)


class Alliance:
    """Seoul (police), Bonn (agency of an EU state) and Hanbit (exchange)."""

    def __init__(self, folder: Path, *, is_new: bool = True, seoul_url: str = "") -> None:
        self.seoul = _side(folder, "seoul", "KR", "police", url=seoul_url)
        self.bonn = _side(folder, "bonn", "DE", "agency")
        self.hanbit = _side(folder, "hanbit", "KR", "exchange", services=("Hanbit Exchange",))
        for side in self.sides if is_new else ():
            side.store.migrate()
            with side.store.begin() as conn:
                for other in self.sides:
                    record_member(conn, build_card(other.member, other.key()), time=0)
                conn.execute(insert(tables.person).values(_person(f"{side.id}-1")))

    @property
    def sides(self) -> tuple[Side, Side, Side]:
        return (self.seoul, self.bonn, self.hanbit)

    def close(self) -> None:
        for side in self.sides:
            side.store.close()


def _side(
    folder: Path, name: str, country: str, kind: str, services: tuple[str, ...] = (), url: str = ""
) -> Side:
    member = Member(
        id=name,
        name=f"{name.capitalize()} Office",
        country=country,
        kind=kind,
        url="https://127.0.0.1:8700",
        member_key=key_of(f"{name} member").public,
        service_key=key_of(f"{name} service").public,
        certificate="",
        purposes=("investigation",),
        services=services,
        version=1,
    )
    store = open_store(url or f"sqlite:///{folder / name}.db")
    return Side(member, store)


def _person(name: str) -> dict[str, Any]:
    return {"id": name, "name": name, "roles": ["analyst"], "active": True, "added": 0}


DRAFT = CaseDraft(
    title="The bridge theft",
    kind="theft",
    purpose="investigation",
    legal_basis="Criminal Act, article 347-2",
    expires=NOW + 90 * DAY,
    summary="Ether was taken from a bridge.",
    loss=({"theft": "bridge", "tx_hash": "0x" + "ab" * 32, "index": 7},),
)


def make_case(conn: Connection, side: Side, **changed: Any) -> Case:
    """A case of this side, opened by its officer 1."""
    draft = CaseDraft(**{**{name: getattr(DRAFT, name) for name in DRAFT.__dataclass_fields__}, **changed})
    return open_case(conn, draft, id=id_of("case"), me=side.member, actor=f"{side.id}-1", time=NOW)


def make_result(
    *, at_exchange: tuple[int, int] = (600, 300), held: int = 90, fee: int = 10
) -> dict[str, Any]:
    """What `result.json` says of a theft of which two deposits, one pot and a fee are found."""
    ends = [
        _end(DEPOSIT, "service", "Hanbit Exchange", at_exchange[0], kind="exchange deposit"),
        _end(DEPOSIT_2, "service", "Hanbit Exchange", at_exchange[1], kind="exchange deposit"),
        _end(POT, "held", "", held),
        _end("", "fee", "", fee),
    ]
    return {
        "findings_hash": sha256_hex(b"findings"),
        "provenance_hash": sha256_hex(b"provenance"),
        "software": {"name": "jindo", "version": "0.1.0"},
        "findings": {
            "rule": "fifo",
            "max_hops": None,
            "thefts": [
                {
                    "theft": "bridge",
                    "chain": ETH,
                    "asset": ETHER,
                    "stolen": str(sum(at_exchange) + held + fee),
                    "movements": 1,
                }
            ],
            "endpoints": [end for end in ends if end["amount"] != "0"],
        },
        "provenance": {
            "until": None,
            "decimals": {ETHER: 18},
            "ledger": {"chains": [{"chain": ETH, "last_time": NOW - DAY}]},
        },
    }


def _end(account: str, reason: str, service: str, amount: int, *, kind: str = "") -> dict[str, Any]:
    return {
        "theft": "bridge",
        "chain": ETH,
        "account": account,
        "service": service,
        "kind": kind,
        "reason": reason,
        "asset": ETHER,
        "amount": str(amount),
        "first_time": NOW - 3 * DAY,
        "last_time": NOW - 2 * DAY,
        "hops": 2,
    }


FLOWS = [
    {"chain": ETH, "to": DEPOSIT, "asset": ETHER, "tx_hash": "0x" + f"{n:064x}", "amount": str(100 * n)}
    for n in range(1, 8)
]


@dataclass(frozen=True)
class Made:
    """A result and its files, to be laid beside a case."""

    result: dict[str, Any]
    flows: list[dict[str, str]]
    files: list[dict[str, Any]]


def add_trace(
    conn: Connection,
    case: Case,
    side: Side,
    *,
    name: str = "trace",
    made: Made | None = None,
    rests_on: Iterable[str] = (),
    **changed: Any,
) -> Exhibit:
    """A trace of this side as the case's next exhibit; `rests_on` names labels' statements."""
    files = [{"name": "result.json", "size": 9, "sha256": sha256_hex(name.encode())}]
    made = made or Made(make_result(**changed), FLOWS, files)
    return record_exhibit(
        conn,
        id=id_of(name),
        case_id=case.id,
        kind="trace",
        title="Trace under fifo",
        origin=side.id,
        tlp=Tlp.AMBER,
        files=made.files,
        facts=build_trace_facts(made.result, rests_on, flows=made.flows),
        time=NOW,
        actor=f"{side.id}-1",
    )
