"""Signed statements: a payload and the signatures over it, in an envelope (DSSE, version 1).

* What is signed is the type and the payload together, each with its length: no payload passes for another type.
* An envelope has one form: base64 in its only spelling, each key once, no member that is not known.
* A signature by a known key that does not fit spoils the envelope; one by an unknown key counts for nothing.
* Distinct keys are counted, and a key counts under its own id only.

Whose keys they are and how many must sign is decided by `share`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jindo.base.errors import InputError
from jindo.seal.armor import from_base64, to_base64
from jindo.seal.canonical import canonical_bytes, parse_canonical
from jindo.seal.keys import SIGNATURE_BYTES, PublicKey, SignatureInvalid, SigningKey

MAX_SIGNATURES = 64
"""More than any act asks for; each one costs its reader a verification."""

_TYPE = re.compile(r"[\x21-\x7e]{1,127}")
_KEY_ID = re.compile(r"[0-9a-f]{64}")


class EnvelopeMalformed(InputError):
    """A value is no envelope, or not in the only form that an envelope has."""

    code = "seal.envelope"

    def default_remedy(self) -> str:
        """Send what was signed."""
        return "Send the envelope as it was made, without parsing and writing it again."


@dataclass(frozen=True, slots=True)
class Signature:
    """One key's signature over an envelope's type and payload."""

    key_id: str
    """SHA-256 of the public key, in hex."""
    sig: bytes
    """64 bytes."""

    def __post_init__(self) -> None:
        if _KEY_ID.fullmatch(self.key_id) is None:
            raise EnvelopeMalformed("a key id is 64 lower case hex digits", place="keyid")
        if len(self.sig) != SIGNATURE_BYTES:
            raise EnvelopeMalformed(f"a signature has 64 bytes, not {len(self.sig)}", place="sig")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type and signatures; nothing in it is to be believed before `verify_envelope`."""

    payload_type: str
    """A media type: printable ASCII without spaces."""
    payload: bytes
    signatures: tuple[Signature, ...]
    """Each key at most once; those that we make are sorted by key id."""

    def __post_init__(self) -> None:
        if _TYPE.fullmatch(self.payload_type) is None:
            raise EnvelopeMalformed("a payload type is 1 to 127 printable characters", place="payloadType")
        ids = [signature.key_id for signature in self.signatures]
        if len(ids) > MAX_SIGNATURES:
            raise EnvelopeMalformed(
                f"an envelope has at most {MAX_SIGNATURES} signatures", place="signatures"
            )
        if len(set(ids)) != len(ids):
            raise EnvelopeMalformed("a key signs once", place="signatures")

    def to_dict(self) -> dict[str, Any]:
        """The envelope as DSSE writes it in JSON."""
        return {
            "payloadType": self.payload_type,
            "payload": to_base64(self.payload),
            "signatures": [{"keyid": one.key_id, "sig": to_base64(one.sig)} for one in self.signatures],
        }

    def to_bytes(self) -> bytes:
        """The canonical JSON of `to_dict`."""
        return canonical_bytes(self.to_dict())


def parse_envelope(value: object) -> Envelope:
    """The envelope of a value that `Envelope.to_dict` wrote.

    Raises:
        InputError: code `seal.envelope` or `seal.base64`, it has another form.
    """
    found = _members(value, {"payloadType", "payload", "signatures"}, place="envelope")
    if not isinstance(found["payloadType"], str):
        raise EnvelopeMalformed("a payload type is a text", place="payloadType")
    if not isinstance(found["signatures"], list) or len(found["signatures"]) > MAX_SIGNATURES:
        raise EnvelopeMalformed(f"signatures are a list of at most {MAX_SIGNATURES}", place="signatures")
    return Envelope(
        payload_type=found["payloadType"],
        payload=from_base64(found["payload"], place="payload"),
        signatures=tuple(_parse_signature(one) for one in found["signatures"]),
    )


def parse_envelope_bytes(data: bytes) -> Envelope:
    """The envelope that `Envelope.to_bytes` wrote.

    Raises:
        InputError: as `parse_envelope`, or the bytes are not canonical JSON (code `seal.canonical`).
    """
    return parse_envelope(parse_canonical(data))


def preauth_bytes(payload_type: str, payload: bytes) -> bytes:
    """What a key signs: DSSE's pre-authentication encoding of type and payload."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload_type: str, payload: bytes, keys: Iterable[SigningKey]) -> Envelope:
    """An envelope that all of `keys` have signed; none makes a draft that nobody has.

    Raises:
        InputError: code `seal.envelope`, a key is given twice or the type is no media type.
    """
    signed = preauth_bytes(payload_type, payload)
    signatures = (Signature(key.public.key_id, key.sign(signed)) for key in keys)
    return Envelope(payload_type, payload, _sorted(signatures))


def with_signature(envelope: Envelope, signature: Signature) -> Envelope:
    """The envelope with one more signature, not checked yet; with one that it has, the envelope itself.

    Raises:
        InputError: code `seal.envelope`, the key is there with another signature, or there are too many.
    """
    if signature in envelope.signatures:
        return envelope
    return replace(envelope, signatures=_sorted((*envelope.signatures, signature)))


def verify_envelope(
    envelope: Envelope, keys: Mapping[str, PublicKey], *, threshold: int = 1
) -> frozenset[str]:
    """The ids of all known keys that signed; at least `threshold` of them.

    The check itself is securesystemslib's, which other systems of signed supply chains use.

    Args:
        envelope: what to check.
        keys: the known keys by their ids.
        threshold: how many distinct keys must have signed, 1 or more.

    Raises:
        IntegrityError: code `seal.signature`, a known key's signature does not fit, or too few known keys signed.
        InputError: code `seal.envelope`, a key is listed under an id that is not its own, or the threshold is below 1.
    """
    if threshold < 1 or any(key.key_id != key_id for key_id, key in keys.items()):
        raise EnvelopeMalformed(
            "keys are listed under their own ids, and at least one must sign", place="keys"
        )
    known = [signature for signature in envelope.signatures if signature.key_id in keys]
    if len(known) < threshold:
        raise SignatureInvalid(
            f"{len(known)} known keys have signed, where {threshold} must", place=envelope.payload_type
        )
    _verify_all(envelope, known, keys)
    return frozenset(signature.key_id for signature in known)


def _verify_all(envelope: Envelope, known: list[Signature], keys: Mapping[str, PublicKey]) -> None:
    """Every one of `known` fits: the library stops at its threshold, so that is all of them."""
    from securesystemslib.dsse import Envelope as DsseEnvelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import Key, SSlibKey
    from securesystemslib.signer import Signature as DsseSignature

    signatures = {one.key_id: DsseSignature(one.key_id, one.sig.hex()) for one in known}
    signers: list[Key] = [
        SSlibKey(id_, "ed25519", "ed25519", {"public": keys[id_].raw.hex()}) for id_ in signatures
    ]
    asked = DsseEnvelope(envelope.payload, envelope.payload_type, signatures)
    try:
        accepted = asked.verify(signers, len(signers))
    except VerificationError as error:
        raise SignatureInvalid("a signature does not fit the payload", place=envelope.payload_type) from error
    if set(accepted) != set(signatures):
        raise SignatureInvalid("a signature was not checked", place=envelope.payload_type)


def _parse_signature(value: object) -> Signature:
    found = _members(value, {"keyid", "sig"}, place="signatures")
    if not isinstance(found["keyid"], str):
        raise EnvelopeMalformed("a key id is a text", place="keyid")
    return Signature(found["keyid"], from_base64(found["sig"], place="sig"))


def _members(value: object, names: set[str], *, place: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise EnvelopeMalformed(f"an object with exactly {', '.join(sorted(names))} is expected", place=place)
    return value


def _sorted(signatures: Iterable[Signature]) -> tuple[Signature, ...]:
    return tuple(sorted(signatures, key=lambda one: one.key_id))
