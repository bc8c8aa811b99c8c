"""Statements: all that a member says to others, as canonical JSON that its officers sign.

* What counts is what is signed: nodes act on the payload alone, never on the STIX objects around it.
* Every signature must be by an officer whom the author's own member key vouches for, and every voucher must be
  used: no byte of a statement can be changed, and nothing can be slipped in beside it.
* An act needs its signatures (`acts`), whatever the author's node says.
* A voucher that had expired when the statement was made does not count; nor does a statement from the future.
* An id follows from its member and a nonce, so that nobody can say something under another's id.
* Unknown names inside `body` and `objects` are kept as they came.

Who may see a statement is the gate's matter; what a body says is the kind's (`respond`).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jindo.base.errors import InputError, IntegrityError, RefusedError
from jindo.base.markings import Tlp
from jindo.seal import Envelope, canonical_bytes, sha256_hex, verify_envelope
from jindo.share.acts import ACTS, check_signatures, get_act
from jindo.share.members import Member
from jindo.share.officers import Officer, check_voucher_time, read_voucher
from jindo.share.wire import SLUG, UUID, parse_payload, text_of, texts_of, time_of

STATEMENT_TYPE = "application/vnd.jindo.statement+json"
KINDS = tuple(ACTS)
MAX_PAYLOAD = 8 * 1024 * 1024
"""Bytes; taking apart more would keep a node busy for long at a stranger's wish."""
SKEW = 300
"""Seconds by which another node's clock may run ahead of ours."""

_FORM = "jindo.statement/1"
_IDS = uuid.UUID("6a5a3a0e-0a57-5d0f-9a52-0d8e6f5f3c11")
_FIELDS = frozenset(
    {"id", "nonce", "kind", "member", "case", "subject", "made", "expires", "tlp", "purpose", "recipients"}
    | {"body", "objects"}
)


class Misaddressed(RefusedError):
    """A statement that is for others was handed to us."""

    code = "share.addressed"

    def default_remedy(self) -> str:
        """Ask its author."""
        return "Ask the author of the statement to address it to you; nobody else can."


class FromTheFuture(RefusedError):
    """A statement is dated later than our clock allows; one of the two clocks is wrong."""

    code = "share.future"

    def default_remedy(self) -> str:
        """Check both clocks."""
        return "Check both nodes' clocks; it is looked at again later."


@dataclass(frozen=True, slots=True)
class Statement:
    """What one member says to some others about one thing."""

    nonce: str
    """A random UUID; with the member it gives the id."""
    kind: str
    """One of `KINDS`."""
    member: str
    """Who says it."""
    case_id: str | None
    subject: str
    """The id of what it is about: a case, an exhibit, a request, the statement that is recalled or received."""
    made: int
    expires: int | None
    """Past this it is shown to nobody any more."""
    tlp: Tlp
    purpose: str
    """What the recipients may use it for."""
    recipients: tuple[str, ...]
    """Ids of members, sorted."""
    body: Mapping[str, Any]
    """What is said; nodes act on this."""
    objects: tuple[Mapping[str, Any], ...]
    """The same as STIX 2.1 objects, for those who know only STIX."""

    @property
    def id(self) -> str:
        """A UUID that follows from the member and the nonce: no member can occupy another's."""
        return derive_statement_id(self.member, self.nonce)


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement, and who stands behind it."""

    statement: Statement
    envelope: Envelope
    vouchers: tuple[Envelope, ...]
    officers: tuple[Officer, ...]
    """Who signed, sorted by id."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the envelope with its signatures, hex: what logs and receipts commit to."""
        return sha256_hex(self.envelope.to_bytes())


def derive_statement_id(member: str, nonce: str) -> str:
    """The id of the statement that `member` makes with this nonce, a UUIDv5."""
    return str(uuid.uuid5(_IDS, f"{member}\n{nonce}"))


def statement_payload(statement: Statement) -> bytes:
    """The canonical bytes that officers sign.

    Raises:
        InputError: those who read it would refuse it.
    """
    payload = canonical_bytes(
        {
            "format": _FORM,
            "id": statement.id,
            "nonce": statement.nonce,
            "kind": statement.kind,
            "member": statement.member,
            "case": statement.case_id,
            "subject": statement.subject,
            "made": statement.made,
            "expires": statement.expires,
            "tlp": str(statement.tlp),
            "purpose": statement.purpose,
            "recipients": list(statement.recipients),
            "body": dict(statement.body),
            "objects": [dict(item) for item in statement.objects],
        }
    )
    if len(payload) > MAX_PAYLOAD:
        raise InputError(
            f"the statement has {len(payload)} bytes and may have {MAX_PAYLOAD}",
            remedy="Share it in parts, or the exhibit without its list of addresses.",
        )
    statement_of(json.loads(payload))
    return payload


def parse_statement(payload: bytes) -> Statement:
    """The statement in a payload.

    Raises:
        InputError: it is not canonical, too long, or a field is not as it must be.
    """
    value = parse_payload(payload, form=_FORM, fields=_FIELDS, limit=MAX_PAYLOAD)
    return statement_of(value)


def statement_of(value: Mapping[str, Any]) -> Statement:
    """The statement in a payload that was taken apart; for bytes that were found canonical before.

    Raises:
        InputError: a field is not as it must be.
    """
    member, recipients = text_of(value, "member", SLUG), texts_of(value, "recipients", SLUG)
    if not recipients or list(recipients) != sorted(recipients) or member in recipients:
        raise InputError("the field recipients is not a sorted list of other members", place=_FORM)
    statement = Statement(
        nonce=text_of(value, "nonce", UUID),
        kind=get_act(text_of(value, "kind")).name,
        member=member,
        case_id=None if value["case"] is None else text_of(value, "case", UUID),
        subject=text_of(value, "subject"),
        made=time_of(value, "made"),
        expires=None if value["expires"] is None else time_of(value, "expires"),
        tlp=_tlp_of(value),
        purpose=text_of(value, "purpose", SLUG),
        recipients=recipients,
        body=_body_of(value),
        objects=_objects_of(value),
    )
    if text_of(value, "id", UUID) != statement.id:
        raise InputError("the field id does not follow from the member and the nonce", place=_FORM)
    return statement


def verify_statement(
    envelope: Envelope,
    vouchers: Sequence[Envelope],
    author: Member,
    *,
    at: int,
    recipient: str | None = None,
) -> SignedStatement:
    """The statement in `envelope`, when `author`'s officers made it as the act asks, seen at the time `at`.

    With `recipient`, it must be addressed to that member: what one member was told, no other can be shown as news.

    Raises:
        InputError: it is no statement.
        IntegrityError: another member's, a signature or voucher that does not hold, or one without the other.
        RefusedError: too few signatures, an expired voucher, from the future, or addressed to others.
    """
    if envelope.payload_type != STATEMENT_TYPE:
        raise InputError("the envelope does not hold a statement")
    statement = parse_statement(envelope.payload)
    if statement.member != author.id:
        raise IntegrityError(f"the statement is {statement.member}'s, and {author.id} has it as its own")
    if statement.made > at + SKEW:
        raise FromTheFuture("the statement is dated in the future")
    if recipient is not None and recipient not in statement.recipients:
        raise Misaddressed(f"the statement {statement.id} is not addressed to {recipient}")
    officers = _officers_behind(envelope, vouchers, author)
    for officer in officers:
        check_voucher_time(officer, signed_for=statement.made, seen=at + SKEW)
    check_signatures(get_act(statement.kind), officers)
    return SignedStatement(statement, envelope, tuple(vouchers), officers)


def _officers_behind(envelope: Envelope, vouchers: Sequence[Envelope], author: Member) -> tuple[Officer, ...]:
    """The officers who signed, each vouched for once."""
    officers = [read_voucher(voucher, author) for voucher in vouchers]
    keys = {officer.key.key_id: officer.key for officer in officers}
    signed = [signature.key_id for signature in envelope.signatures]
    if len(keys) != len(officers) or signed != sorted(keys):
        raise IntegrityError("the signatures and the officers' vouchers do not belong to each other")
    verify_envelope(envelope, keys, threshold=len(keys))
    return tuple(sorted(officers, key=lambda officer: (officer.id, officer.key.key_id)))


def _tlp_of(value: Mapping[str, Any]) -> Tlp:
    try:
        return Tlp(text_of(value, "tlp"))
    except ValueError as error:
        raise InputError("the field tlp is no level of TLP 2.0", place=_FORM) from error


def _body_of(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(value["body"], dict):
        raise InputError("the field body is not an object", place=_FORM)
    return value["body"]


def _objects_of(value: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    objects = value["objects"]
    if not isinstance(objects, list) or not all(_is_stix(item) for item in objects):
        raise InputError("the field objects is not a list of STIX objects", place=_FORM)
    if len({item["id"] for item in objects}) != len(objects):
        raise InputError("the field objects says an object twice", place=_FORM)
    return tuple(objects)


def _is_stix(item: object) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        return False
    return isinstance(item.get("id"), str) and item["id"].startswith(f"{item['type']}--")
