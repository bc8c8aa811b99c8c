"""What the member key signed once for its node: the card that partners know, and its word for the service key.

    keys/card.json              the card, canonical JSON of an envelope
    keys/service-voucher.json   the member key's word for service.key, for two years

* A node opens, serves, signs receipts and exports with these two, and never with the member key.
* The card says what node.toml, service.key and tls.crt say. Where they differ, the node does not open until the member
  key signed a new card, of a higher version.
* Each file is replaced in one step; what is killed half-way leaves the old one.
"""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

from jindo.app.certificates import check_certificate
from jindo.app.keyring import CERTIFICATE, KEYS, open_member_key, read_file, read_service_key
from jindo.app.settings import Settings
from jindo.base.errors import InputError, IntegrityError, JindoError, NotFound, RefusedError
from jindo.seal import Envelope, PublicKey, SigningKey, parse_envelope_bytes
from jindo.share import SERVICE_ROLE, Member, Officer, build_card, build_voucher, parse_card, parse_voucher

CARD_FILE, VOUCHER_FILE = "card.json", "service-voucher.json"
SERVICE = "service"
"""The node itself among a member's officers."""

DAY = 86_400
VOUCHER_SECONDS = 730 * DAY
EARLY = DAY
"""How much earlier the voucher begins: partners' clocks may be behind."""


class PapersStale(RefusedError):
    """The card, or the word for the service key, is not there, says something old, or has ended."""

    code = "node.papers"

    def default_remedy(self) -> str:
        """Have the member key sign anew."""
        return (
            "Raise [node] version in node.toml if the section changed, have member.key at hand, run jindo node card, "
            "and give partners the new card."
        )


def build_member(
    settings: Settings, *, member_key: PublicKey, service_key: PublicKey, certificate: str
) -> Member:
    """Who the node is by its settings and keys."""
    return Member(
        id=settings.member,
        name=settings.name,
        country=settings.country,
        kind=settings.kind,
        url=settings.url,
        member_key=member_key,
        service_key=service_key,
        certificate=certificate,
        purposes=settings.purposes,
        services=settings.services_of_member,
        version=settings.version,
    )


def build_papers(me: Member, member_key: SigningKey, *, time: int) -> dict[str, bytes]:
    """The two papers by file name.

    Raises:
        InputError: the card would say what partners refuse.
    """
    return {
        CARD_FILE: build_card(me, member_key).to_bytes(),
        VOUCHER_FILE: _vouch_service(me, member_key, time).to_bytes(),
    }


def read_own_card(folder: Path, settings: Settings, service_key: PublicKey, certificate: str) -> Member:
    """Who the node is, as its card says it, and its settings and keys do too.

    Raises:
        PapersStale: the card is missing, or says something else.
        IntegrityError: it is no card, or its key did not sign it.
    """
    me = _read_card(folder)
    if me is None:
        raise PapersStale("the member key has signed no card yet", place=str(folder / KEYS / CARD_FILE))
    told = build_member(settings, member_key=me.member_key, service_key=service_key, certificate=certificate)
    changed = [field.name for field in fields(Member) if getattr(me, field.name) != getattr(told, field.name)]
    if changed:
        raise PapersStale(
            f"the signed card says otherwise than node.toml and the keys: {', '.join(changed)}",
            place=str(folder / KEYS / CARD_FILE),
        )
    return me


def read_service_voucher(folder: Path, me: Member, *, at: int) -> Envelope:
    """The member key's word for the service key, which stands at the time `at`.

    Raises:
        PapersStale: it is missing, for another key, or has ended.
    """
    place = str(folder / KEYS / VOUCHER_FILE)
    try:
        envelope = parse_envelope_bytes(read_file(folder / KEYS / VOUCHER_FILE))
        officer = parse_voucher(envelope, me, at=at)
    except JindoError as error:
        problem = f"the member key's word for the service key does not stand: {error.problem}"
        raise PapersStale(problem, place=place) from error
    if officer.key != me.service_key or officer.roles != (SERVICE_ROLE,):
        raise PapersStale("the member key's word is for another key than the service key", place=place)
    return envelope


def find_stale(folder: Path, settings: Settings, *, time: int) -> str:
    """What keeps the node from working until the member key signs anew, in words; empty where nothing does."""
    service_key, certificate = read_service_key(folder).public, read_certificate(folder)
    try:
        me = read_own_card(folder, settings, service_key, certificate)
        read_service_voucher(folder, me, at=time)
    except PapersStale as stale:
        return stale.problem
    return ""


def sign_papers(folder: Path, settings: Settings, *, time: int, passphrase: bytes | None = None) -> Member:
    """Have the member key sign the card, and its word for the service key, anew.

    Raises:
        InputError: the card changes and its version was not raised, or the member key is away or locked.
        IntegrityError: it is another member key than the one of the card.
    """
    service_key, certificate = read_service_key(folder).public, read_certificate(folder)
    known, key = _read_card(folder), open_member_key(folder, passphrase)
    if known is not None and known.member_key != key.public:
        raise IntegrityError(
            "this is another member key than the one that signed the card", place="keys/member.key"
        )
    me = build_member(settings, member_key=key.public, service_key=service_key, certificate=certificate)
    if known is not None and known != me and me.version <= known.version:
        raise InputError(
            "the card changes, and partners take only a higher version",
            place="node.toml [node] version",
            remedy=f"Write version = {known.version + 1}, then run this again.",
        )
    for name, data in build_papers(me, key, time=time).items():
        _replace(folder / KEYS / name, data)
    return me


def read_certificate(folder: Path) -> str:
    """The certificate that the node's server shows.

    Raises:
        NotFound, InputError: it is not there, or cannot be pinned.
    """
    certificate = read_file(folder / KEYS / CERTIFICATE).decode("utf-8", "replace")
    check_certificate(certificate)
    return certificate


def _vouch_service(me: Member, member_key: SigningKey, time: int) -> Envelope:
    since = max(0, time - time % DAY - EARLY)
    officer = Officer(
        member=me.id,
        id=SERVICE,
        roles=(SERVICE_ROLE,),
        key=me.service_key,
        since=since,
        expires=since + EARLY + VOUCHER_SECONDS,
    )
    return build_voucher(officer, member_key)


def _read_card(folder: Path) -> Member | None:
    file = folder / KEYS / CARD_FILE
    try:
        return parse_card(parse_envelope_bytes(read_file(file)))
    except NotFound:
        return None
    except JindoError as error:
        raise IntegrityError(
            f"the node's own card is not whole: {error.problem}",
            place=str(file),
            remedy="Put the card back from a backup, or delete it and run jindo node card with member.key at hand.",
        ) from error


def _replace(file: Path, data: bytes) -> None:
    """The whole new content, or the whole old one."""
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
