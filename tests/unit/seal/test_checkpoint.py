"""Checkpoints: an example by hand, two notes signed by others, and what a lying log would send."""

import base64
import hashlib

import pytest

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import (
    EMPTY_ROOT,
    Checkpoint,
    PublicKey,
    SigningKey,
    leaf_hash,
    sign_checkpoint,
    verify_checkpoint,
)
from jindo.seal.checkpoint import _note_key_id, _parse_note, _parse_text

ORIGIN = "seoul.example/jindo"
KEY = SigningKey.from_seed(b"\x07" * 32)
CHECKPOINT = Checkpoint(ORIGIN, 1, leaf_hash(b"first"))
NOTE = sign_checkpoint(CHECKPOINT, KEY)


def test_sign_checkpoint_by_hand() -> None:
    """Each byte as C2SP's two specifications put it, without a function of ours."""
    root = hashlib.sha256(b"\x00first").digest()
    text = "seoul.example/jindo\n1\n" + base64.b64encode(root).decode() + "\n"
    key_id = hashlib.sha256(b"seoul.example/jindo\n\x01" + KEY.public.raw).digest()[:4]
    signature = base64.b64encode(key_id + KEY.sign(text.encode())).decode()
    assert text + "\n\u2014 seoul.example/jindo " + signature + "\n" == NOTE


@pytest.mark.parametrize(
    ("verifier", "note"),
    [
        (  # the example of Go's golang.org/x/mod/sumdb/note
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            (
                "If you think cryptography is the answer to your problem,\n"
                "then you don't know what your problem is.\n\n"
                "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6R"
                "yyBwJnAM=\n"
            ),
        ),
        (  # a checkpoint of Go's checksum database
            "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
            (
                "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
                "— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+"
                "xeMcTOAYQ8=\n"
            ),
        ),
    ],
)
def test_notes_that_others_signed(verifier: str, note: str) -> None:
    name, key_id, encoded = verifier.split("+", 2)
    key = PublicKey(base64.b64decode(encoded)[1:])
    assert _note_key_id(name, key).hex() == key_id
    text, ((signer, signature),) = _parse_note(note)
    assert (signer, signature[:4].hex()) == (name, key_id)
    key.verify(text.encode(), signature[4:])


def test_verify_checkpoint_gives_back_what_was_signed() -> None:
    assert verify_checkpoint(NOTE, key=KEY.public, origin=ORIGIN) == CHECKPOINT


def test_checkpoint_of_an_empty_log() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert verify_checkpoint(sign_checkpoint(empty, KEY), key=KEY.public, origin=ORIGIN) == empty


def test_lines_of_witnesses_are_passed_over() -> None:
    """As the specification wants: unknown names, and our name with another key id, mean nothing to us."""
    junk = base64.b64encode(b"\x00\x01\x02\x03" + bytes(64)).decode()
    witnessed = NOTE + f"— witness.example/w1 {junk}\n— {ORIGIN} {junk}\n"
    assert verify_checkpoint(witnessed, key=KEY.public, origin=ORIGIN) == CHECKPOINT


def test_lines_after_the_root_are_allowed_and_signed() -> None:
    text = CHECKPOINT.to_text() + "extension of another log\n"
    note = text + "\n" + signature_line(text)
    assert verify_checkpoint(note, key=KEY.public, origin=ORIGIN) == CHECKPOINT
    with pytest.raises(IntegrityError):
        verify_checkpoint(note.replace("another", "nobody's"), key=KEY.public, origin=ORIGIN)


def signature_line(text: str, *, name: str = ORIGIN) -> str:
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + KEY.public.raw).digest()[:4]
    return f"— {name} " + base64.b64encode(key_id + KEY.sign(text.encode())).decode() + "\n"


def test_another_size_or_root_is_refused() -> None:
    other = base64.b64encode(leaf_hash(b"other")).decode()
    for note in (NOTE.replace("\n1\n", "\n2\n"), NOTE.replace(NOTE.split("\n")[2], other)):
        with pytest.raises(IntegrityError):
            verify_checkpoint(note, key=KEY.public, origin=ORIGIN)


def test_another_key_or_another_log_is_refused() -> None:
    for key, origin in ((SigningKey.generate(), ORIGIN), (KEY, "busan.example/jindo")):
        with pytest.raises(IntegrityError):
            verify_checkpoint(NOTE, key=key.public, origin=origin)


def test_checkpoint_of_another_log_under_our_name_is_refused() -> None:
    text = Checkpoint("busan.example/jindo", 1, leaf_hash(b"first")).to_text()
    with pytest.raises(IntegrityError, match="another log"):
        verify_checkpoint(text + "\n" + signature_line(text), key=KEY.public, origin=ORIGIN)


def test_a_bad_signature_beside_a_good_one_spoils_the_note() -> None:
    good = NOTE.rsplit(" ", 1)[1].strip()
    bad = base64.b64encode(base64.b64decode(good)[:4] + bytes(64)).decode()
    with pytest.raises(IntegrityError):
        verify_checkpoint(NOTE + f"— {ORIGIN} {bad}\n", key=KEY.public, origin=ORIGIN)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        NOTE.replace("\n\n", "\n"),
        NOTE.removesuffix("\n"),
        NOTE + "\n",
        NOTE + "trailing\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("—", "\ud800"),
        NOTE[:-3] + "\n",
        NOTE.replace("seoul", "seo\x00ul"),
        NOTE + "— x AAAA\n",
        NOTE * 400,
    ],
)
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    with pytest.raises(InputError):
        verify_checkpoint(note, key=KEY.public, origin=ORIGIN)


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n",
        f"{ORIGIN}\n1\n",
        f"\n1\n{ROOT}\n",
        f"{ORIGIN}\n01\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n+1\n{ROOT}\n",
        f"{ORIGIN}\n1_0\n{ROOT}\n",
        f"{ORIGIN}\n١\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n1\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n1\nAAAA\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
        f"{ORIGIN}\n1\n{ROOT}\n\nmore\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        verify_checkpoint(text + "\n" + signature_line(text), key=KEY.public, origin=ORIGIN)


def test_origin_without_white_space_alone_can_name_a_log() -> None:
    for origin in ("", "a b", "a+b", "a\nb", "a\u00a0b", "a\u2003b"):
        with pytest.raises(InputError):
            Checkpoint(origin, 1, bytes(32))


def test_parse_text_of_to_text() -> None:
    assert _parse_text(CHECKPOINT.to_text()) == CHECKPOINT
