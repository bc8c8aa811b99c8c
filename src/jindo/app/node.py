"""A node: one folder with its settings, keys and database, and who it is to its partners.

    DIR/
    ├── node.toml       settings; readable by its owner alone, since a database's address may hold a password
    ├── jindo.db        the database, unless node.toml names another
    ├── keys/           service.key signs for the node, tls.key and tls.crt serve; card.json and service-voucher.json
    │                   are what member.key signed once, and member.key may lie elsewhere
    ├── cases/          exhibits' files: cases/<case>/<exhibit>/
    └── work/           what the worker has begun

* A folder becomes a node in one step: it is made beside its place and moved there when it is whole.
* A database belongs to one node: its first audit row names the member key, and no other key opens it.
* A key that others on the machine can read is refused.
* Nothing that a node does by itself needs the member key: opening, serving, receipts and exports go without it.
* Who the node is, its signed card says; node.toml and the keys have to say the same.
* Time comes from the node's clock, and from nowhere else.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Connection

from jindo.app.certificates import build_certificate
from jindo.app.founding import FOUNDING, build_folder, check_place
from jindo.app.keyring import KEYS, open_member_key, read_file, read_service_key
from jindo.app.knocking import Knocks
from jindo.app.lapsing import warn_of_lapsing
from jindo.app.papers import (
    CARD_FILE,
    SERVICE,
    build_member,
    build_papers,
    find_stale,
    read_certificate,
    read_own_card,
    read_service_voucher,
    sign_papers,
)
from jindo.app.settings import NODE_FILE, Settings, check_settings, parse_url, read_settings, write_settings
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound
from jindo.seal import Envelope, SigningKey
from jindo.share import Member
from jindo.store import Store, open_store, read_audit, record_audit

_MEMBER, _COUNTRY = re.compile(r"[a-z0-9-]{2,40}"), re.compile(r"[A-Z]{2}")

Clock = Callable[[], int]
"""Unix time in whole seconds, UTC."""

NODE_VARIABLE = "JINDO_NODE"
OWN_URL = "https://127.0.0.1:8700"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class DatabaseForeign(IntegrityError):
    """The database is not the one that this node's folder was made with."""

    code = "node.database"

    def default_remedy(self) -> str:
        """Put the right database back."""
        return "Put this node's own database back, or correct [database] url in node.toml."


class DatabaseTaken(ConflictError):
    """The database that a new node shall use holds a node already."""

    code = "node.database-taken"

    def default_remedy(self) -> str:
        """Use another database."""
        return "Name an empty database; each node has its own."


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is open; close it with `node.store.close()`."""

    folder: Path
    settings: Settings
    store: Store
    me: Member
    service_key: SigningKey
    clock: Clock
    knocks: Knocks = field(default_factory=Knocks, compare=False)
    """Failed attempts to sign in that are not on record yet."""


def read_clock() -> int:
    """The machine's time in whole unix seconds."""
    return int(time.time())


def init_node(
    folder: Path,
    *,
    member: str,
    name: str,
    country: str,
    kind: str,
    url: str = OWN_URL,
    database: str | None = None,
    purposes: tuple[str, ...] = ("investigation",),
    services: tuple[str, ...] = (),
    passphrase: bytes | None = None,
    clock: Clock = read_clock,
) -> Node:
    """Make a node in `folder`, with new keys, and open it; `passphrase` locks its member key.

    An interrupted start leaves either nothing in `folder`, or the whole node.

    Raises:
        InputError: something that its card would say cannot be said.
        ConflictError: the folder holds something, or the database belongs to a node.
        SourceError: the database does not answer.
    """
    check_place(folder)
    _check_names(member, country)
    host, port = parse_url(url)
    settings = Settings(
        member=member,
        name=name,
        country=country,
        kind=kind,
        url=url,
        purposes=tuple(purposes),
        services_of_member=tuple(services),
        host=host if host in LOOPBACK else "127.0.0.1",
        port=port,
    )
    settings = replace(settings, database=database or settings.database)
    check_settings(settings)
    keys = _make_keys(settings, host, time=clock(), passphrase=passphrase)
    if database is not None:
        _check_unused(settings.resolve_database(folder))
    build_folder(folder, write_settings(settings), keys)
    return open_node(folder, clock=clock)


def _check_names(member: str, country: str) -> None:
    if not _MEMBER.fullmatch(member):
        raise InputError(
            f"{member!r} is no member's id",
            place="member",
            remedy="Write 2 to 40 of a-z, 0-9 and -, as partners will type it: seoul.",
        )
    if not _COUNTRY.fullmatch(country):
        raise InputError(
            f"{country!r} is no country",
            place="country",
            remedy="Write its two letters of ISO 3166 in capitals: KR, NL.",
        )


def open_node(folder: Path, clock: Clock = read_clock) -> Node:
    """The node in `folder`, with its database brought to this version's schema; what ends soon is said in the log.

    Raises:
        NotFound: there is no node.
        InputError: node.toml or a key cannot be read.
        RefusedError: others can read the keys, the card has to be signed anew, or a later version of Jindo made the
            database.
        IntegrityError: the database is another node's, or lost.
        SourceError: the database does not answer.
    """
    folder = folder.resolve()
    settings = read_settings(folder, os.environ)
    service_key, certificate = read_service_key(folder), read_certificate(folder)
    me = read_own_card(folder, settings, service_key.public, certificate)
    is_new = (folder / FOUNDING).exists()
    address = settings.resolve_database(folder)
    if not is_new and settings.database.startswith("sqlite") and not _sqlite_exists(address):
        raise DatabaseForeign("the database is gone", place=str(folder))
    node = Node(folder, settings, open_store(address), me, service_key, clock)
    try:
        node.store.migrate()
        _bind_database(node, is_new=is_new)
        with node.store.read() as conn:
            warn_of_lapsing(conn, folder, me, now=clock())
    except BaseException:
        node.store.close()
        raise
    return node


def find_node(option: Path | None) -> Path:
    """The folder of the node meant: the one named, that of $JINDO_NODE, or the one that the caller stands in.

    Raises:
        NotFound: there is no node in any of them.
    """
    named = option or (Path(os.environ[NODE_VARIABLE]) if os.environ.get(NODE_VARIABLE) else None)
    here = Path.cwd()
    for folder in (named,) if named else (here, *here.parents):
        if (folder / NODE_FILE).is_file():
            return folder.resolve()
    raise NotFound(
        "there is no node here",
        place=str(named or here),
        remedy=f"Name the node's folder (--node DIR or ${NODE_VARIABLE}), or make one: jindo node init DIR.",
    )


def has_stale_papers(folder: Path, clock: Clock = read_clock) -> bool:
    """Whether the member key has to sign the card, or its word for the service key, anew before the node can work."""
    return bool(find_stale(folder, read_settings(folder, os.environ), time=clock()))


def renew_papers(folder: Path, *, passphrase: bytes | None = None, clock: Clock = read_clock) -> None:
    """Have the member key sign the node's card and its word for the service key anew; the node need not open yet.

    Raises:
        InputError: the card changes and [node] version was not raised; or the member key is away, or locked.
        IntegrityError: this is another member key than the one of the card.
    """
    sign_papers(folder, read_settings(folder, os.environ), time=clock(), passphrase=passphrase)


def read_card(node: Node) -> bytes:
    """The node's card for its partners, as the member key signed it: canonical JSON of an envelope."""
    return read_file(node.folder / KEYS / CARD_FILE)


def read_member_key(node: Node, passphrase: bytes | None = None) -> SigningKey:
    """The key that vouches for officers; it is in memory only while it is used.

    Raises:
        InputError: it is away, locked, or cannot be read.
        KeysOpen: others can read it.
        IntegrityError: it is another key than the one that signed the node's card.
    """
    key = open_member_key(node.folder, passphrase)
    if key.public != node.me.member_key:
        raise IntegrityError("this is another member key than the node's", place="keys/member.key")
    return key


def service_voucher(node: Node) -> Envelope:
    """The member key's word for the node's own service key, as it was signed once.

    Raises:
        PapersStale: it is missing, or has ended.
    """
    return read_service_voucher(node.folder, node.me, at=node.clock())


def _make_keys(settings: Settings, host: str, *, time: int, passphrase: bytes | None) -> dict[str, bytes]:
    """Everything that lies in `keys/`; the member key's work is done before it is laid down."""
    if passphrase is not None and not passphrase:
        raise InputError("the passphrase of the member key is empty", place="passphrase")
    member_key, service_key = SigningKey.generate(), SigningKey.generate()
    certificate = build_certificate(settings.member, host, time=time)
    me = build_member(
        settings, member_key=member_key.public, service_key=service_key.public, certificate=certificate.pem
    )
    return {
        **build_papers(me, member_key, time=time),
        "member.key": member_key.to_pem(passphrase),
        "service.key": service_key.to_pem(),
        "tls.key": certificate.key_pem,
        "tls.crt": certificate.pem.encode("ascii"),
    }


def _sqlite_exists(address: str) -> bool:
    return Path(address.partition(":///")[2].partition("?")[0]).is_file()


def _check_unused(address: str) -> None:
    if address.startswith("sqlite") and not _sqlite_exists(address):
        return
    store = open_store(address)
    try:
        store.migrate()
        with store.read() as conn:
            if read_audit(conn, limit=1):
                raise DatabaseTaken("the database holds a node already", place="[database] url")
    finally:
        store.close()


def _bind_database(node: Node, *, is_new: bool) -> None:
    """Enter the node in a new database; in any other, check that it is this node's."""
    with node.store.read() as conn:
        bound = _check_bound(conn, node)
    if not bound and not is_new:
        raise DatabaseForeign("the database is empty, and this node's was not", place=str(node.folder))
    if not bound:
        with node.store.begin() as conn:
            if not _check_bound(conn, node):
                detail = {"key": node.me.member_key.key_id}
                record_audit(
                    conn, time=node.clock(), actor=SERVICE, act="node.init", subject=node.me.id, detail=detail
                )
    (node.folder / FOUNDING).unlink(missing_ok=True)


def _check_bound(conn: Connection, node: Node) -> bool:
    rows = read_audit(conn, limit=1)
    if not rows:
        return False
    first = rows[0]
    if first["act"] != "node.init" or first["detail"].get("key") != node.me.member_key.key_id:
        raise DatabaseForeign("the database belongs to another node", place=str(node.folder))
    return True
