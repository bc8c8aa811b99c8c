"""Members, as their own keys state them.

* A card is a member's word about itself, signed by its member key. Whoever takes a card compares the key's
  fingerprint with what was read out over the phone: the signature alone says only that the card is whole.
* A member's key does not change under its name, and one key has one name.

For whom a member vouches is `officers`' matter; who is told what is the gate's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound, RefusedError
from jindo.seal import (
    Envelope,
    PublicKey,
    SigningKey,
    canonical_bytes,
    parse_envelope,
    parse_public_key,
    sign_envelope,
    verify_envelope,
)
from jindo.share.wire import SLUG, parse_payload, text_of, texts_of, time_of
from jindo.store import tables

MEMBER_KINDS = ("police", "prosecution", "agency", "cert", "ministry", "exchange", "issuer")
CARD_TYPE = "application/vnd.jindo.card+json"

_FORM, _LIMIT = "jindo.card/1", 64 * 1024
_FIELDS = frozenset(
    {"id", "name", "country", "kind", "url", "member_key", "service_key", "certificate", "purposes"}
    | {"services", "version"}
)
_COUNTRY, _URL = re.compile(r"[A-Z]{2}"), re.compile(r"https?://[!-~]{1,400}")


class MemberKeyChanged(RefusedError):
    """A card says another key than the one that stands under this name, or a key that has another name."""

    code = "share.member-key"

    def default_remedy(self) -> str:
        """Ask the member by another way."""
        return "Ring the member and compare fingerprints; a key is replaced only by those who keep the members' list."


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation with a node of its own."""

    id: str
    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    kind: str
    """One of `MEMBER_KINDS`."""
    url: str
    member_key: PublicKey
    """Vouches for officers; used when a person is added."""
    service_key: PublicKey
    """The node's own: receipts, passes, checkpoints."""
    certificate: str
    """PEM of what its server shows, so that no third party can vouch for another."""
    purposes: tuple[str, ...]
    """What it may use things for."""
    services: tuple[str, ...]
    """Names under which an exchange stands in labels."""
    version: int
    """Raised with every new card."""


def build_card(member: Member, key: SigningKey) -> Envelope:
    """The member's card, signed by its member key.

    Raises:
        InputError: something in it would be refused by those who read it.
    """
    payload = canonical_bytes(_card_payload(member))
    _member_of(payload)
    return sign_envelope(CARD_TYPE, payload, [key])


def parse_card(envelope: Envelope) -> Member:
    """The member that a card states, whose own member key signed it.

    Raises:
        InputError: not a card.
        IntegrityError: not signed by the key that it names.
    """
    check_type(envelope, CARD_TYPE)
    member = _member_of(envelope.payload)
    check_signed_by(envelope, member.member_key)
    return member


def fingerprint(key: PublicKey) -> str:
    """SHA-256 of the key in groups of four hex digits, to be read out on the phone."""
    digits = key.key_id
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def check_type(envelope: Envelope, payload_type: str) -> None:
    """Raises `InputError` where the envelope holds something else than `payload_type`."""
    if envelope.payload_type != payload_type:
        raise InputError(f"the envelope does not hold {payload_type}")


def check_signed_by(envelope: Envelope, key: PublicKey) -> None:
    """Raises `IntegrityError` where anyone else than `key` signed, or it did not."""
    if [signature.key_id for signature in envelope.signatures] != [key.key_id]:
        raise IntegrityError("the envelope is not signed by the member's key, and by it alone")
    verify_envelope(envelope, {key.key_id: key})


def record_member(conn: Connection, card: Envelope, *, time: int) -> Member:
    """Enters a member, or its newer card; the same card twice is once.

    Raises:
        InputError, IntegrityError: as `parse_card`.
        MemberKeyChanged: another key under this id, or this key under another id.
        ConflictError: the card is older than the one at hand, or differs under the same version.
    """
    member = parse_card(card)
    _check_key_has_one_name(conn, member)
    known = find_member(conn, member.id)
    if known is None:
        conn.execute(insert(tables.member).values(id=member.id, added=time, **_columns(member, card)))
    elif known != member:
        _check_newer(known, member)
        changed = update(tables.member).where(tables.member.c.id == member.id)
        conn.execute(changed.values(**_columns(member, card)))
    return member


def find_member(conn: Connection, member_id: str) -> Member | None:
    """The member of this id, or None."""
    card = conn.scalar(select(tables.member.c.card).where(tables.member.c.id == member_id))
    return None if card is None else _read_card(card)


def get_member(conn: Connection, member_id: str) -> Member:
    """The member of this id.

    Raises:
        NotFound: there is none.
    """
    member = find_member(conn, member_id)
    if member is None:
        raise NotFound(
            f"no member {member_id!r} is known here", remedy="Enter its card first: jindo node join CARD."
        )
    return member


def list_members(conn: Connection) -> list[Member]:
    """All members known here, by id."""
    cards = conn.scalars(select(tables.member.c.card).order_by(tables.member.c.id))
    return [_read_card(card) for card in cards]


def _read_card(card: object) -> Member:
    """The member of a card that was verified when it was taken; who could change it here could sign it anew."""
    return _member_of(parse_envelope(card).payload)


def _card_payload(member: Member) -> dict[str, Any]:
    return {
        "format": _FORM,
        "id": member.id,
        "name": member.name,
        "country": member.country,
        "kind": member.kind,
        "url": member.url,
        "member_key": member.member_key.to_text(),
        "service_key": member.service_key.to_text(),
        "certificate": member.certificate,
        "purposes": list(member.purposes),
        "services": list(member.services),
        "version": member.version,
    }


def _member_of(payload: bytes) -> Member:
    value = parse_payload(payload, form=_FORM, fields=_FIELDS, limit=_LIMIT)
    kind = text_of(value, "kind", SLUG)
    if kind not in MEMBER_KINDS:
        raise InputError(
            "the field kind names no kind of member",
            place=_FORM,
            remedy=f"Write one of {', '.join(MEMBER_KINDS)}.",
        )
    return Member(
        id=text_of(value, "id", SLUG),
        name=text_of(value, "name"),
        country=text_of(value, "country", _COUNTRY),
        kind=kind,
        url=text_of(value, "url", _URL).rstrip("/"),
        member_key=parse_public_key(text_of(value, "member_key")),
        service_key=parse_public_key(text_of(value, "service_key")),
        certificate=_certificate_of(value),
        purposes=texts_of(value, "purposes", SLUG),
        services=texts_of(value, "services"),
        version=time_of(value, "version"),
    )


def _certificate_of(value: Mapping[str, Any]) -> str:
    """PEM, or empty for a node that serves no TLS of its own."""
    return "" if value["certificate"] == "" else text_of(value, "certificate")


def _check_key_has_one_name(conn: Connection, member: Member) -> None:
    for other in list_members(conn):
        if (other.id == member.id) != (other.member_key == member.member_key):
            named = (
                f"{member.id} has another key here" if other.id == member.id else f"it is {other.id}'s key"
            )
            raise MemberKeyChanged(f"the card of {member.id} is not taken: {named}")


def _check_newer(known: Member, member: Member) -> None:
    if member.version <= known.version:
        raise ConflictError(
            f"the card of {member.id} has version {member.version}, and another of version {known.version} is here",
            remedy="Ask the member for its newest card.",
        )


def _columns(member: Member, card: Envelope) -> dict[str, Any]:
    named = {"name": member.name, "country": member.country, "kind": member.kind, "url": member.url}
    return {**named, "card": card.to_dict()}
