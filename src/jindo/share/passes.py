"""Passes: how one node shows another who is asking.

* A pass is signed by the asking node's service key, names the one node that it is for, and lapses in minutes.
* Every fault, whatever it is, ends in the same refusal: who forges learns nothing from the answer.

A pass is no secret to keep but one to use: whoever takes it off the wire within its minutes can use it, which is
why nodes speak TLS and pin each other's certificates.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from jindo.base.errors import JindoError, RefusedError
from jindo.seal import (
    Envelope,
    SigningKey,
    canonical_bytes,
    parse_envelope_bytes,
    sign_envelope,
    verify_envelope,
)
from jindo.share.members import Member
from jindo.share.wire import SLUG, parse_payload, text_of, time_of

PASS_TYPE = "application/vnd.jindo.pass+json"  # noqa: S105 - a media type
MAX_LIFETIME = 600

_FORM, _LIMIT = "jindo.pass/1", 4096
_FIELDS = frozenset({"member", "audience", "made", "expires", "nonce"})
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")


class PassRefused(RefusedError):
    """The pass does not show who is asking."""

    code = "share.pass"

    def default_remedy(self) -> str:
        """Ask with a fresh pass."""
        return (
            "Ask with a fresh pass for this node, and check both clocks and that each knows the other's card."
        )


def build_pass(
    *, member: str, audience: str, key: SigningKey, time: int, lifetime: int = 120, nonce: str
) -> str:
    """A pass of `member` for the node of `audience`, as base64url text for one HTTP header."""
    said = {"format": _FORM, "member": member, "audience": audience, "nonce": nonce}
    payload = canonical_bytes({**said, "made": time, "expires": time + lifetime})
    envelope = sign_envelope(PASS_TYPE, payload, [key])
    return _to_text(envelope.to_bytes())


def verify_pass(
    text: str, *, members: Mapping[str, Member], audience: str, time: int, skew: int = 60
) -> Member:
    """The member that asks; its clock may be off by `skew` seconds.

    Raises:
        PassRefused: the pass is not whole, for another node, past, too long, or of nobody known here.
    """
    try:
        envelope = _envelope_of(text)
        value = parse_payload(envelope.payload, form=_FORM, fields=_FIELDS, limit=_LIMIT)
        asking = members[text_of(value, "member", SLUG)]
        verify_envelope(envelope, {asking.service_key.key_id: asking.service_key})
        text_of(value, "nonce", _NONCE)
        made, expires = time_of(value, "made"), time_of(value, "expires")
    except (JindoError, KeyError, ValueError) as error:
        raise PassRefused("the pass is not one of a member known here") from error
    lasts = 0 < expires - made <= MAX_LIFETIME and made - skew <= time < expires + skew
    if envelope.payload_type != PASS_TYPE or value["audience"] != audience or not lasts:
        raise PassRefused("the pass is not one for this node at this time")
    return asking


def _envelope_of(text: str) -> Envelope:
    if len(text) > 2 * _LIMIT:
        raise ValueError("too long")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if _to_text(data) != text:
        raise ValueError("not the one spelling of its bytes")
    return parse_envelope_bytes(data)


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
