"""Who signed an exported case: the members' cards, each by its own signature, and the list of files by one of them.

* Cards are read before the list, so that a broken card is told from a broken list.
* The list counts once the service key of the member that it names has signed it, and nobody else.
* Whatever a broken or hostile paper makes fail ends in an `IntegrityError` that names the paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from jindo.app.case_folder.layout import MANIFEST, MANIFEST_TYPE, FolderManifest, parse_manifest_payload
from jindo.base.errors import IntegrityError, JindoError
from jindo.seal import Envelope, parse_envelope_bytes, verify_envelope
from jindo.share import Member, parse_card

LARGEST_PAPER = 256 * 1024 * 1024
"""Bytes of one paper of the folder that are read into memory."""


def read_cards(folder: Path) -> dict[str, Member]:
    """The members whose cards are here, each by its own signature."""
    cards = folder / "members"
    if cards.is_symlink() or not cards.is_dir():
        raise IntegrityError(
            "the cards are missing: no signature can be checked without them", place=str(cards)
        )
    found = [_read_card(path) for path in sorted(cards.iterdir())]
    return {member.id: member for member in found}


def _read_card(path: Path) -> Member:
    try:
        with broken_at(path):
            member = parse_card(parse_envelope_bytes(read_paper(path)))
    except IntegrityError as error:
        problem = f"the card of {path.stem} is not whole, and no signature of {path.stem} can be checked"
        raise IntegrityError(f"{problem}: {error.problem}", place=str(path)) from error
    if path.name != f"{member.id}.json":
        raise IntegrityError(f"the card is {member.id}'s, under another name", place=str(path))
    return member


def read_manifest(folder: Path, members: Mapping[str, Member]) -> FolderManifest:
    """The list of files, as a member's service key signed it."""
    path = folder / MANIFEST
    try:
        with broken_at(path):
            envelope = parse_envelope_bytes(read_paper(path))
            missing = _find_missing_card(envelope, members)
            if missing is None:
                return _verify_manifest(envelope, members)
    except IntegrityError as error:
        problem = "the list of files is not what its member signed, so no file can be relied on"
        raise IntegrityError(f"{problem}: {error.problem}", place=str(path)) from error
    raise IntegrityError(
        f"the card of {missing} is missing, without which no signature of {missing} can be checked",
        place=str(folder / "members" / f"{missing}.json"),
    )


def _find_missing_card(envelope: Envelope, members: Mapping[str, Member]) -> str | None:
    """The member that the list names, where no card is here of it nor of the key that signed."""
    keys = {member.service_key.key_id for member in members.values()}
    if any(signature.key_id in keys for signature in envelope.signatures):
        return None
    named = parse_manifest_payload(envelope.payload).member
    return None if named in members else named


def _verify_manifest(envelope: Envelope, members: Mapping[str, Member]) -> FolderManifest:
    """What the envelope says, once the service key of the member that it names has signed it, and nobody else."""
    keys = {member.service_key.key_id: member for member in members.values()}
    if envelope.payload_type != MANIFEST_TYPE or len(envelope.signatures) != 1:
        raise IntegrityError("it is no list of an exported case, signed once")
    signer = keys.get(envelope.signatures[0].key_id)
    if signer is None:
        raise IntegrityError("it is signed by a key that no card names")
    verify_envelope(envelope, {signer.service_key.key_id: signer.service_key})
    manifest = parse_manifest_payload(envelope.payload)
    if manifest.member != signer.id:
        raise IntegrityError(f"it speaks for {manifest.member} and is signed by {signer.id}")
    return manifest


@contextmanager
def broken_at(place: Path) -> Iterator[None]:
    """Whatever a broken or hostile file makes fail inside is an `IntegrityError` with its place outside."""
    try:
        yield
    except IntegrityError as error:
        if error.place.startswith(str(place)):
            raise
        problem = f"{error.problem} ({error.place})" if error.place else error.problem
        raise IntegrityError(problem, place=str(place)) from error
    except JindoError as error:
        raise IntegrityError(error.problem, place=str(place)) from error
    except _BROKEN as error:
        raise IntegrityError(f"the file is not whole: {error!r:.200}", place=str(place)) from error


_BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_paper(path: Path) -> bytes:
    """A paper's bytes.

    Raises:
        IntegrityError: it is missing, no plain file, or larger than any paper is.
    """
    if path.is_symlink() or not path.is_file():
        raise IntegrityError("the file is missing, or no plain file", place=str(path))
    if path.stat().st_size > LARGEST_PAPER:
        raise IntegrityError("the file is larger than any of its kind", place=str(path))
    return path.read_bytes()
