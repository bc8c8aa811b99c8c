"""Checkpoints: the size and root of a log, signed, in the form that witnesses and monitors read.

* The text is C2SP's tlog-checkpoint (origin, size, root), the signature that of a C2SP signed note.
* The key's name is the origin. Signatures by other names or key ids are passed over, as the specification wants.
* A signature under our name and key id that does not fit spoils the whole note.

Whether one checkpoint grew into the next is shown by a consistency proof (`proofs`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jindo.base.errors import InputError, IntegrityError
from jindo.seal.armor import ArmorMalformed, from_base64, to_base64
from jindo.seal.keys import PublicKey, SignatureInvalid, SigningKey
from jindo.seal.merkle import EMPTY_ROOT

MAX_NOTE_CHARACTERS = 64 * 1024
"""Room for many witnesses, and an end to what a stranger can make us read."""

_ED25519 = b"\x01"
"""C2SP's identifier of plain Ed25519 signatures over the text of a note."""
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")


class CheckpointMalformed(InputError):
    """A text is no checkpoint in a signed note."""

    code = "seal.checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: what it holds can be proved against this, and nothing else."""

    origin: str
    """The log's name, such as `seoul.example/jindo`: no white space, no plus sign."""
    size: int
    """How many leaves."""
    root: bytes
    """32 bytes; that of no leaves is the hash of nothing."""

    def __post_init__(self) -> None:
        if not self.origin or any(char.isspace() or char == "+" or char < " " for char in self.origin):
            raise CheckpointMalformed("a log's name has no white space and no plus sign", place="origin")
        if self.size < 0 or _SIZE.fullmatch(str(self.size)) is None:
            raise CheckpointMalformed("a log's size is a whole number of at most 18 digits", place="size")
        if len(self.root) != 32 or (self.size == 0) != (self.root == EMPTY_ROOT):
            raise CheckpointMalformed("the root does not fit the size", place="root")

    def to_text(self) -> str:
        """The three lines that are signed, each with its newline."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """The checkpoint as a signed note."""
    text = checkpoint.to_text()
    signature = _note_key_id(checkpoint.origin, key.public) + key.sign(text.encode("utf-8"))
    return f"{text}\n— {checkpoint.origin} {to_base64(signature)}\n"


def verify_checkpoint(note: str, *, key: PublicKey, origin: str) -> Checkpoint:
    """The checkpoint of a note that `key` signed in the name of `origin`.

    Raises:
        InputError: code `seal.checkpoint`, the text is no signed note or its text no checkpoint.
        IntegrityError: code `seal.signature`, the key did not sign it, or it is the checkpoint of another log.
    """
    text, lines = _parse_note(note)
    wanted = _note_key_id(origin, key)
    ours = [sig[4:] for name, sig in lines if name == origin and sig[:4] == wanted]
    if not ours:
        raise SignatureInvalid("the log's own key has not signed the checkpoint", place=origin)
    for signature in ours:
        key.verify(text.encode("utf-8"), signature)
    checkpoint = _parse_text(text)
    if checkpoint.origin != origin:
        raise IntegrityError("the checkpoint is that of another log", place=origin)
    return checkpoint


def _note_key_id(name: str, key: PublicKey) -> bytes:
    """The first four bytes of C2SP's hash of a key's name and a key."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + _ED25519 + key.raw).digest()[:4]


def _parse_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The signed text, and the names and signatures below it."""
    if len(note) > MAX_NOTE_CHARACTERS or any(char < " " and char != "\n" for char in note):
        raise CheckpointMalformed("a signed note is short, and has no control characters", place="note")
    if any("\ud800" <= char <= "\udfff" for char in note):
        raise CheckpointMalformed("a signed note is UTF-8", place="note")
    text, gap, rest = note.rpartition("\n\n")
    if not gap or not text or not rest.endswith("\n"):
        raise CheckpointMalformed("a signed note is a text, an empty line and signatures", place="note")
    return text + "\n", list(_parse_lines(rest))


def _parse_lines(rest: str) -> Iterator[tuple[str, bytes]]:
    for line in rest.removesuffix("\n").split("\n"):
        found = _LINE.fullmatch(line)
        if found is None:
            raise CheckpointMalformed("a line below the text is no signature", place="note")
        signature = from_base64(found["signature"], place="note")
        if len(signature) <= 4:
            raise CheckpointMalformed("a signature is too short to be one", place="note")
        yield found["name"], signature


def _parse_text(text: str) -> Checkpoint:
    """Origin, size and root; lines after them are allowed by the specification and mean nothing to us."""
    origin, *rest = text.removesuffix("\n").split("\n")
    if len(rest) < 2 or "" in rest or _SIZE.fullmatch(rest[0]) is None:
        raise CheckpointMalformed("a checkpoint is an origin, a size and a root", place="checkpoint")
    try:
        root = from_base64(rest[1], place="root")
    except ArmorMalformed as error:
        raise CheckpointMalformed("the root is not base64", place="root") from error
    return Checkpoint(origin, int(rest[0]), root)
