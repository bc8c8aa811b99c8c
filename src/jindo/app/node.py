"""A node: one folder with its settings, keys and database, and who it is to its partners.

    DIR/
    ├── node.toml       settings; readable by its owner alone, since a database's address may hold a password
    ├── jindo.db        the database, unless node.toml names another
    ├── keys/           member.key vouches, service.key signs for the node, tls.key and tls.crt serve
    ├── cases/          exhibits' files: cases/<case>/<exhibit>/
    └── work/           what the worker has begun

* A folder becomes a node in one step: it is made beside its place and moved there when it is whole.
* A database belongs to one node: its first audit row names the member key, and no other key opens it.
* A key that others on the machine can read is refused.
* The card follows from node.toml and the keys, and says the same each time.
* Time comes from the node's clock, and from nowhere else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from jindo.app.certificates import build_certificate, check_certificate
from jindo.app.founding import FOUNDING, build_folder, check_place
from jindo.app.settings import NODE_FILE, Settings, check_settings, parse_url, read_settings, write_settings
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound, RefusedError
from jindo.seal import Envelope, SigningKey
from jindo.share import SERVICE_ROLE, Member, Officer, build_card, build_voucher
from jindo.store import Store, open_store, read_audit, record_audit

Clock = Callable[[], int]
"""Unix time in whole seconds, UTC."""

SERVICE = "service"
"""The node itself among a member's officers."""

NODE_VARIABLE = "JINDO_NODE"
VOUCHER_SECONDS = 30 * 86_400
OWN_URL = "https://127.0.0.1:8700"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class KeysOpen(RefusedError):
    """Others on the machine can read a node's private key."""

    code = "node.keys-open"

    def default_remedy(self) -> str:
        """Close the file."""
        return "Run chmod 600 on the file and chmod 700 on its folder; if others had access, make new keys."


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
    clock: Clock = read_clock,
) -> Node:
    """Make a node in `folder`, with new keys, and open it.

    An interrupted start leaves either nothing in `folder`, or the whole node.

    Raises:
        InputError: something that its card would say cannot be said.
        ConflictError: the folder holds something, or the database belongs to a node.
        SourceError: the database does not answer.
    """
    check_place(folder)
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
    member_key, service_key = SigningKey.generate(), SigningKey.generate()
    certificate = build_certificate(member, host, time=clock())
    _build_me(settings, member_key, service_key, certificate.pem)
    if database is not None:
        _check_unused(settings.resolve_database(folder))
    keys = {
        "member.key": member_key.to_pem(),
        "service.key": service_key.to_pem(),
        "tls.key": certificate.key_pem,
        "tls.crt": certificate.pem.encode("ascii"),
    }
    build_folder(folder, write_settings(settings), keys)
    return open_node(folder, clock=clock)


def open_node(folder: Path, clock: Clock = read_clock) -> Node:
    """The node in `folder`, with its database brought to this version's schema.

    Raises:
        NotFound: there is no node.
        InputError: node.toml or a key cannot be read.
        RefusedError: others can read the keys, or a later version of Jindo made the database.
        IntegrityError: the database is another node's, or lost.
        SourceError: the database does not answer.
    """
    folder = folder.resolve()
    settings = read_settings(folder, os.environ)
    member_key, service_key = _read_key(folder, "member.key"), _read_key(folder, "service.key")
    certificate = _read_file(folder / "keys" / "tls.crt").decode("utf-8", "replace")
    check_certificate(certificate)
    me = _build_me(settings, member_key, service_key, certificate)
    is_new = (folder / FOUNDING).exists()
    address = settings.resolve_database(folder)
    if not is_new and settings.database.startswith("sqlite") and not _sqlite_exists(address):
        raise DatabaseForeign("the database is gone", place=str(folder))
    node = Node(folder, settings, open_store(address), me, service_key, clock)
    try:
        node.store.migrate()
        _bind_database(node, is_new=is_new)
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


def read_card(node: Node) -> bytes:
    """The node's card for its partners, signed by the member key: canonical JSON of an envelope."""
    return build_card(node.me, read_member_key(node)).to_bytes()


def read_member_key(node: Node) -> SigningKey:
    """The key that vouches for officers; it is in memory only while it is used.

    Raises:
        InputError: it cannot be read.
        KeysOpen: others can read it.
        IntegrityError: it is another key than the one with which the node was opened.
    """
    key = _read_key(node.folder, "member.key")
    if key.public != node.me.member_key:
        raise IntegrityError("the member key was exchanged while the node was open", place="keys/member.key")
    return key


def service_voucher(node: Node) -> Envelope:
    """The member key's word for the node's own service key, for what the node signs today.

    It begins with the day (UTC) and lasts 30 days, so that all of one day's receipts carry the same one.
    """
    now = node.clock()
    since = now - now % 86_400
    officer = Officer(
        member=node.me.id,
        id=SERVICE,
        roles=(SERVICE_ROLE,),
        key=node.service_key.public,
        since=since,
        expires=since + VOUCHER_SECONDS,
    )
    return build_voucher(officer, read_member_key(node))


def _build_me(
    settings: Settings, member_key: SigningKey, service_key: SigningKey, certificate: str
) -> Member:
    me = Member(
        id=settings.member,
        name=settings.name,
        country=settings.country,
        kind=settings.kind,
        url=settings.url,
        member_key=member_key.public,
        service_key=service_key.public,
        certificate=certificate,
        purposes=settings.purposes,
        services=settings.services_of_member,
        version=settings.version,
    )
    build_card(me, member_key)  # refuses what partners would refuse
    return me


def _read_key(folder: Path, name: str) -> SigningKey:
    file = folder / "keys" / name
    data = _read_file(file)
    if file.stat().st_mode & 0o077 or file.parent.stat().st_mode & 0o022:
        raise KeysOpen("others can read this key, or exchange it", place=str(file))
    try:
        return SigningKey.from_pem(data)
    except InputError as error:
        raise InputError(error.problem, place=str(file), remedy="Put the node's own key back.") from error


def _read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("the node's file is missing", place=str(file)) from error
    except OSError as error:
        raise InputError(f"the node's file cannot be read: {error.strerror}", place=str(file)) from error


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
