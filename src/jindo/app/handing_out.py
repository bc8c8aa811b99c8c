"""What another member's node fetches from ours besides statements: exhibits' files, and proofs from our log.

* A file is given to a member that was told of its exhibit, and only while the gate lets that statement go to it, and
  every label of others that a trace rests on.
* Whoever was not told hears that there is nothing; that an exhibit exists is content too.
* A file that is not what its exhibit lists is given to nobody.
* Proofs are given to every member: a log that only some may check convinces nobody.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from jindo.app.cases import exhibit_folder
from jindo.app.node import Node
from jindo.app.onward import check_onward
from jindo.base.errors import IntegrityError, NotFound
from jindo.respond import Exhibit, find_exhibit
from jindo.share import (
    Member,
    StoredStatement,
    check_release,
    list_statements,
    prove_consistency,
    prove_inclusion,
    read_checkpoint,
    read_gate_item,
)
from jindo.store import record_audit


class FileAltered(IntegrityError):
    """A file of an exhibit is not the one that was laid down."""

    code = "app.file-altered"


def open_exhibit_file(node: Node, member: Member, exhibit_id: str, name: str) -> Path:
    """The file to send, checked against its exhibit; who fetched it is on record.

    Raises:
        NotFound: there is no such file for this member.
        Denied: the gate does not let its statement go to this member any more.
        FileAltered: it is not the file that was laid down.
    """
    with node.store.read() as conn:
        exhibit = _find_told(conn, node, member, exhibit_id)
    listed = {row["name"]: row for row in exhibit.files}
    if name not in listed:
        raise NotFound("there is no such file here")
    path = exhibit_folder(node, exhibit.case_id, exhibit.id) / name
    _check_file(path, str(listed[name]["sha256"]))
    with node.store.begin() as conn:
        record_audit(
            conn,
            time=node.clock(),
            actor=member.id,
            act="file.fetch",
            subject=exhibit.id,
            detail={"name": name},
        )
    return path


def log_origin(member_id: str) -> str:
    """The origin line of a member's log, which every checkpoint of it begins with."""
    return f"jindo/{member_id}"


def show_checkpoint(node: Node) -> str:
    """The signed note over our log as it stands."""
    with node.store.read() as conn:
        return read_checkpoint(conn, origin=log_origin(node.me.id), key=node.service_key)


def prove_leaf(node: Node, n: int, size: int) -> dict[str, Any]:
    """The proof that leaf `n` is among the first `size` of our log.

    Raises:
        InputError: there are not that many leaves.
    """
    with node.store.read() as conn:
        return prove_inclusion(conn, n, size)


def prove_growth(node: Node, old: int, new: int) -> dict[str, Any]:
    """The proof that our log of `new` leaves begins with the one of `old`.

    Raises:
        InputError: there are not that many leaves.
    """
    with node.store.read() as conn:
        return {"old": old, "new": new, "proof": prove_consistency(conn, old, new)}


def _find_told(conn: Connection, node: Node, member: Member, exhibit_id: str) -> Exhibit:
    exhibit = find_exhibit(conn, exhibit_id)
    if exhibit is None or exhibit.origin != node.me.id:
        raise NotFound("there is no such file here")
    told = [
        stored
        for stored in list_statements(conn, case_id=exhibit.case_id, state="published")
        if _tells(stored, member, exhibit_id)
    ]
    if not told:
        raise NotFound("there is no such file here")
    check_release(read_gate_item(conn, told[-1].statement), member, us=node.me.id, time=node.clock())
    check_onward(conn, node, exhibit.facts, member)
    return exhibit


def _tells(stored: StoredStatement, member: Member, exhibit_id: str) -> bool:
    said = stored.statement
    about = said.kind == "exhibit" and said.subject == exhibit_id
    return about and member.id in said.recipients and stored.recalled_by is None


def _check_file(path: Path, sha256: str) -> None:
    if path.is_symlink() or not path.is_file():
        raise FileAltered("a file of the exhibit is gone", place=path.name)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise FileAltered("the file is not the one that was laid down", place=path.name)
