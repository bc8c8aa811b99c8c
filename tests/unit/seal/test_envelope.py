"""Envelopes: the vector of the DSSE specification, and what someone hostile would send."""

import base64
import copy
import json
from typing import Any

import pytest

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import (
    Envelope,
    PublicKey,
    Signature,
    SigningKey,
    canonical_bytes,
    parse_envelope,
    parse_envelope_bytes,
    preauth_bytes,
    sign_envelope,
    verify_envelope,
    with_signature,
)

TYPE = "application/vnd.jindo.statement+json"
PAYLOAD = b'{"kind":"request"}'
FIRST, SECOND, STRANGER = (SigningKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
KNOWN = {key.public.key_id: key.public for key in (FIRST, SECOND)}


def signed(*keys: SigningKey) -> Envelope:
    return sign_envelope(TYPE, PAYLOAD, keys or (FIRST,))


def test_preauth_bytes_of_the_specification() -> None:
    assert (
        preauth_bytes("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_preauth_bytes_counts_bytes_and_not_letters() -> None:
    assert preauth_bytes("é", "é!".encode()) == b"DSSEv1 2 \xc3\xa9 3 \xc3\xa9!"


def test_sign_envelope_signs_the_preauth_bytes() -> None:
    (signature,) = signed().signatures
    FIRST.public.verify(preauth_bytes(TYPE, PAYLOAD), signature.sig)
    assert signature.key_id == FIRST.public.key_id


def test_verify_envelope_says_who_signed() -> None:
    assert verify_envelope(signed(FIRST, SECOND), KNOWN, threshold=2) == set(KNOWN)
    assert verify_envelope(signed(SECOND), KNOWN) == {SECOND.public.key_id}


def test_securesystemslib_reads_what_we_write() -> None:
    from securesystemslib.dsse import Envelope as Theirs
    from securesystemslib.signer import SSlibKey

    theirs = Theirs.from_dict(copy.deepcopy(signed(FIRST, SECOND).to_dict()))
    keys = [SSlibKey(id_, "ed25519", "ed25519", {"public": key.raw.hex()}) for id_, key in KNOWN.items()]
    assert set(theirs.verify(list(keys), 2)) == set(KNOWN)


def test_we_read_what_securesystemslib_writes() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.dsse import Envelope as Theirs
    from securesystemslib.signer import CryptoSigner, SSlibKey

    public = SSlibKey(FIRST.public.key_id, "ed25519", "ed25519", {"public": FIRST.public.raw.hex()})
    theirs = Theirs(PAYLOAD, TYPE, {})
    theirs.sign(CryptoSigner(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32), public))
    assert verify_envelope(parse_envelope(theirs.to_dict()), KNOWN) == {FIRST.public.key_id}


def test_envelope_round_trips_as_dict_and_as_bytes() -> None:
    envelope = signed(FIRST, SECOND)
    assert parse_envelope(json.loads(json.dumps(envelope.to_dict()))) == envelope
    assert parse_envelope_bytes(envelope.to_bytes()) == envelope


def test_order_of_signing_does_not_show() -> None:
    one, two = signed(FIRST, SECOND), signed(SECOND, FIRST)
    three = with_signature(signed(SECOND), signed(FIRST).signatures[0])
    assert one == two == three


# ------------------------------------------------------------------------------- what someone hostile would send


def test_same_payload_under_another_type_is_refused() -> None:
    """A signed draft of one kind must not pass for an order of another kind."""
    posing = Envelope("application/vnd.jindo.card+json", PAYLOAD, signed().signatures)
    with pytest.raises(IntegrityError):
        verify_envelope(posing, KNOWN)


def test_bytes_moved_between_type_and_payload_are_refused() -> None:
    envelope = sign_envelope("a", b"bc", [FIRST])
    with pytest.raises(IntegrityError):
        verify_envelope(Envelope("ab", b"c", envelope.signatures), KNOWN)


def test_another_payload_is_refused() -> None:
    with pytest.raises(IntegrityError):
        verify_envelope(Envelope(TYPE, PAYLOAD + b" ", signed().signatures), KNOWN)


def test_swapped_signatures_are_refused() -> None:
    one, two = signed(FIRST, SECOND).signatures
    swapped = Envelope(TYPE, PAYLOAD, (Signature(one.key_id, two.sig), Signature(two.key_id, one.sig)))
    with pytest.raises(IntegrityError):
        verify_envelope(swapped, KNOWN)


def test_one_bad_signature_of_a_known_key_spoils_the_good_ones() -> None:
    """Also where the threshold is reached without it: the library would stop before it looks."""
    good, bad = signed(FIRST).signatures[0], Signature(SECOND.public.key_id, bytes(64))
    for signatures in ((good, bad), (bad, good)):
        with pytest.raises(IntegrityError):
            verify_envelope(Envelope(TYPE, PAYLOAD, signatures), KNOWN, threshold=1)


def test_signature_of_a_stranger_counts_for_nothing_and_spoils_nothing() -> None:
    assert verify_envelope(signed(FIRST, STRANGER), KNOWN) == {FIRST.public.key_id}
    junk = Signature(STRANGER.public.key_id, bytes(64))
    assert verify_envelope(with_signature(signed(FIRST), junk), KNOWN) == {FIRST.public.key_id}
    with pytest.raises(IntegrityError, match="1 known keys have signed, where 2 must"):
        verify_envelope(signed(FIRST, STRANGER), KNOWN, threshold=2)


def test_nobody_has_signed_is_refused() -> None:
    with pytest.raises(IntegrityError):
        verify_envelope(sign_envelope(TYPE, PAYLOAD, []), KNOWN)
    with pytest.raises(IntegrityError):
        verify_envelope(signed(), {})


@pytest.mark.parametrize("threshold", [0, -1])
def test_threshold_below_one_is_refused(threshold: int) -> None:
    with pytest.raises(InputError):
        verify_envelope(sign_envelope(TYPE, PAYLOAD, []), KNOWN, threshold=threshold)


def test_one_key_under_two_ids_is_refused() -> None:
    """Listed twice, one officer's key would make two signatures."""
    second_id = "0" * 64
    signatures = (*signed(FIRST).signatures, Signature(second_id, signed(FIRST).signatures[0].sig))
    keys = {FIRST.public.key_id: FIRST.public, second_id: FIRST.public}
    with pytest.raises(InputError):
        verify_envelope(Envelope(TYPE, PAYLOAD, signatures), keys, threshold=2)


def test_duplicated_key_id_is_refused() -> None:
    found = signed().to_dict()
    found["signatures"] *= 2
    with pytest.raises(InputError, match="a key signs once"):
        parse_envelope(found)


def test_key_id_in_another_spelling_is_refused() -> None:
    found = signed().to_dict()
    found["signatures"].append({**found["signatures"][0]})
    found["signatures"][1]["keyid"] = found["signatures"][0]["keyid"].upper()
    with pytest.raises(InputError):
        parse_envelope(found)


def test_second_signature_of_a_key_is_refused() -> None:
    with pytest.raises(InputError):
        with_signature(signed(FIRST), Signature(FIRST.public.key_id, bytes(64)))


def test_same_signature_again_changes_nothing() -> None:
    envelope = signed(FIRST)
    assert with_signature(envelope, envelope.signatures[0]) is envelope


@pytest.mark.parametrize("place", ["payload", "sig"])
@pytest.mark.parametrize("spelling", ["white space", "no padding", "url", "loose bits", "more padding"])
def test_other_spellings_of_base64_are_refused(place: str, spelling: str) -> None:
    envelope = sign_envelope(TYPE, b"\xfb\xff\xfe\xfb", [FIRST])
    found = envelope.to_dict()
    target: dict[str, Any] = found if place == "payload" else found["signatures"][0]
    assert target[place].endswith("==")
    target[place] = respell(target[place], spelling)
    with pytest.raises(InputError):
        parse_envelope(found)


def respell(text: str, spelling: str) -> str:
    """The same bytes for a reader who is not strict."""
    bare = text.rstrip("=")
    loose = bare[:-1] + chr(ord(bare[-1]) + 1) + "=="
    spellings = {
        "white space": text[:4] + "\n" + text[4:],
        "no padding": bare,
        "url": base64.urlsafe_b64encode(base64.b64decode(text)).decode() + "\n",
        "loose bits": loose,
        "more padding": text + "====",
    }
    return spellings[spelling]


@pytest.mark.parametrize("tail", [b"\n", b" ", b"{}", b"\x00"])
def test_trailing_bytes_are_refused(tail: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_envelope_bytes(signed().to_bytes() + tail)
    assert caught.value.code == "seal.canonical"


def test_bytes_in_another_form_are_refused() -> None:
    found = signed().to_dict()
    doubled = b'{"payload":"",' + canonical_bytes(found)[1:]
    for data in (json.dumps(found).encode(), json.dumps(found).encode("utf-16"), doubled, b"", b"\xff"):
        with pytest.raises(InputError):
            parse_envelope_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"payloadType": None},
        {"payloadType": "with space"},
        {"payloadType": ""},
        {"payloadType": "é"},
        {"payloadType": "a" * 128},
        {"payload": None},
        {"payload": 7},
        {"payload": "é"},
        {"signatures": {}},
        {"signatures": [[]]},
        {"signatures": ["x"]},
        {"signatures": [{"keyid": "0" * 64}]},
        {"signatures": [{"keyid": 5, "sig": ""}]},
        {"signatures": [{"keyid": "0" * 64, "sig": "AA=="}]},
        {"signatures": [{"keyid": "0" * 63, "sig": base64.b64encode(bytes(64)).decode()}]},
        {"signatures": [{"keyid": "0" * 64, "sig": base64.b64encode(bytes(64)).decode(), "cert": ""}]},
        {"signatures": [{}] * 65},
    ],
)
def test_parse_envelope_refuses_another_form(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        parse_envelope({**signed().to_dict(), **change})


@pytest.mark.parametrize("value", [None, [], "x", 1, {}])
def test_parse_envelope_refuses_what_is_no_envelope(value: object) -> None:
    with pytest.raises(InputError):
        parse_envelope(value)


def test_errors_show_neither_payload_nor_signature() -> None:
    secret = sign_envelope(TYPE, b"Kim Cheolsu", [FIRST])
    with pytest.raises(IntegrityError) as caught:
        verify_envelope(Envelope(TYPE, b"Kim Cheolsu 2", secret.signatures), KNOWN)
    assert "Kim" not in str(caught.value)


def test_known_keys_are_looked_up_by_their_own_id() -> None:
    wrong: dict[str, PublicKey] = {FIRST.public.key_id: SECOND.public}
    with pytest.raises(InputError):
        verify_envelope(signed(FIRST), wrong)
