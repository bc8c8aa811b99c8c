"""Officers, and their member's word for them.

* A voucher is the member key's word for one officer's key: its roles, and from when to when. It names no person.
* The role `service` is the node's own and goes with no other.
* A voucher counts for what was made before it ended. When that was, only the author says: what backdates it shows
  in the log's order, not here.

Which officers an act needs is `acts`' matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.errors import InputError, IntegrityError, RefusedError
from jindo.seal import Envelope, PublicKey, SigningKey, canonical_bytes, parse_public_key, sign_envelope
from jindo.share.members import Member, check_signed_by, check_type
from jindo.share.wire import SLUG, parse_payload, text_of, texts_of, time_of

ROLES = ("admin", "analyst", "prosecutor", "liaison", "compliance", "intake-clerk", "auditor")
SERVICE_ROLE = "service"
VOUCHER_TYPE = "application/vnd.jindo.voucher+json"

_FORM, _LIMIT = "jindo.voucher/1", 16 * 1024
_FIELDS = frozenset({"member", "id", "roles", "key", "since", "expires"})


class VoucherRefused(RefusedError):
    """A voucher does not stand at the time that counts."""

    code = "share.voucher"

    def default_remedy(self) -> str:
        """The member has to vouch anew."""
        return "The member has to vouch for the officer's key anew, and the officer to sign again."


@dataclass(frozen=True, slots=True)
class Officer:
    """Someone whose signature counts for a member; no name, the member knows who it is."""

    member: str
    id: str
    roles: tuple[str, ...]
    key: PublicKey
    since: int
    expires: int


def build_voucher(officer: Officer, member_key: SigningKey) -> Envelope:
    """The member key's word for this officer's key.

    Raises:
        InputError: a role that nobody knows, `service` with another role, or an end before the start.
    """
    payload = canonical_bytes(
        {
            "format": _FORM,
            "member": officer.member,
            "id": officer.id,
            "roles": sorted(officer.roles),
            "key": officer.key.to_text(),
            "since": officer.since,
            "expires": officer.expires,
        }
    )
    officer_of(payload)
    return sign_envelope(VOUCHER_TYPE, payload, [member_key])


def parse_voucher(envelope: Envelope, member: Member, *, at: int) -> Officer:
    """The officer for whom `member` vouches at the time `at`.

    Raises:
        InputError: not a voucher.
        IntegrityError: not signed by this member's key, or for another member's officer.
        VoucherRefused: not yet, or no longer.
    """
    officer = read_voucher(envelope, member)
    check_voucher_time(officer, signed_for=at, seen=at)
    return officer


def read_voucher(envelope: Envelope, member: Member) -> Officer:
    """The officer for whom `member` vouches, whenever that was.

    Raises:
        InputError: not a voucher.
        IntegrityError: not signed by this member's key, or for another member's officer.
    """
    check_type(envelope, VOUCHER_TYPE)
    check_signed_by(envelope, member.member_key)
    officer = officer_of(envelope.payload)
    if officer.member != member.id:
        raise IntegrityError(f"the voucher is for an officer of {officer.member}, not of {member.id}")
    return officer


def check_voucher_time(officer: Officer, *, signed_for: int, seen: int) -> None:
    """Raises `VoucherRefused` where the voucher had ended when the thing was made, or begins after it was seen."""
    if signed_for >= officer.expires:
        raise VoucherRefused(f"the key of officer {officer.id} of {officer.member} had expired")
    if officer.since > seen:
        raise VoucherRefused(f"the key of officer {officer.id} of {officer.member} is not valid yet")


def officer_of(payload: bytes) -> Officer:
    """The officer in a voucher's payload, whoever signed it.

    Raises:
        InputError: not a voucher's payload.
    """
    value = parse_payload(payload, form=_FORM, fields=_FIELDS, limit=_LIMIT)
    roles = tuple(sorted(texts_of(value, "roles", SLUG)))
    if not roles or not (set(roles) <= set(ROLES) or roles == (SERVICE_ROLE,)):
        raise InputError("the field roles is not as it must be", place=_FORM)
    since, expires = time_of(value, "since"), time_of(value, "expires")
    if since >= expires:
        raise InputError("the voucher ends before it begins", place=_FORM)
    key = parse_public_key(text_of(value, "key"))
    return Officer(text_of(value, "member", SLUG), text_of(value, "id", SLUG), roles, key, since, expires)
