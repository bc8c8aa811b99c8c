"""What lies where in an exported case, and the forms of its files.

    case.json               the record: the case, its exhibits, people by id, denials, drafts; canonical JSON
    history.json            the history, a chain of hashes, in an envelope signed by the node's service key
    statements/<id>.json    every statement said about the case, with signatures and vouchers
    members/<id>.json       the signed card of each member with a part
    exhibits/<n>/…          the files of each exhibit
    log/checkpoint          the signed state of the member's log
    log/<id>.json           that a statement is in it; log/history.json: that the end of the history is
    brief.txt, .html, .pdf  the same facts for people
    manifest.json           all other files by size and SHA-256, in an envelope signed by the node's service key

* Every JSON file is canonical, and so is its base64: a changed byte changes what it says, or makes it unreadable.
* An id that names a file is a UUID, or a member's: a path that rests on one cannot leave the folder.
* The list says in words what each file is, so that a file that can no longer be read can still be named for what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jindo.base.errors import InputError
from jindo.seal import Envelope, canonical_bytes, parse_canonical, parse_envelope

FOLDER_FORMAT = "jindo.case/1"
HISTORY_FORMAT = "jindo.history/1"
MANIFEST = "manifest.json"
MANIFEST_TYPE = "application/vnd.jindo.case+json"
HISTORY_TYPE = "application/vnd.jindo.history+json"
LOST = "{} is no longer what was exported"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MEMBER = re.compile(r"[a-z0-9-]{2,40}")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of the folder, as the signed list has it."""

    name: str
    """Path inside the folder, with `/`."""
    size: int
    sha256: str
    what: str
    """What it is, in words: `request 3f… of seoul, signed by kim, lee`."""


@dataclass(frozen=True, slots=True)
class FolderManifest:
    """What `manifest.json` says."""

    member: str
    """Who exported the case."""
    case: Mapping[str, str]
    """Its `id` and `number`."""
    made: int
    marking: str
    """The strictest of all that is inside."""
    lang: str
    software: str
    head: str
    """Hash of the history's last row."""
    without_files: tuple[int, ...]
    """Exhibits of other members whose files the exporter did not have."""
    files: tuple[ListedFile, ...]
    left_out: tuple[Mapping[str, Any], ...] = ()
    """Exhibits that the exporter left out: rows of a marking `tlp` and how many `exhibits`."""


def build_manifest_payload(manifest: FolderManifest) -> bytes:
    """The canonical bytes that are signed."""
    rows = [asdict(file) for file in sorted(manifest.files, key=lambda file: file.name)]
    return canonical_bytes(
        {
            "format": FOLDER_FORMAT,
            "member": manifest.member,
            "case": dict(manifest.case),
            "made": manifest.made,
            "marking": manifest.marking,
            "lang": manifest.lang,
            "software": manifest.software,
            "head": manifest.head,
            "without_files": sorted(manifest.without_files),
            "left_out": [dict(row) for row in manifest.left_out],
            "files": rows,
        }
    )


def parse_manifest_payload(payload: bytes) -> FolderManifest:
    """What a manifest's payload says.

    Raises:
        InputError: it is not canonical, or of another format.
        ValueError, TypeError, LookupError: a field is not as it must be.
    """
    value = parse_canonical(payload)
    if not isinstance(value, dict) or value.pop("format", None) != FOLDER_FORMAT:
        raise InputError(
            "this is no list of an exported case", remedy="Use the version of Jindo that made the folder."
        )
    if not _MEMBER.fullmatch(value["member"]):
        raise InputError("the list names no member")
    files = tuple(ListedFile(**row) for row in value.pop("files"))
    lists = {name: tuple(value.get(name, ())) for name in ("without_files", "left_out")}
    return FolderManifest(**{**value, **lists, "files": files})


def name_statement(statement_id: str) -> str:
    """Where a statement lies in the folder: `statements/<id>.json`.

    Raises:
        InputError: this is no id.
        TypeError: it is no text.
    """
    if not _ID.fullmatch(statement_id):
        raise InputError("a statement is listed under what is no id")
    return f"statements/{statement_id}.json"


def write_statement_file(envelope: Envelope, vouchers: Iterable[Envelope]) -> bytes:
    """The content of `statements/<id>.json`."""
    return canonical_bytes(
        {"envelope": envelope.to_dict(), "vouchers": [voucher.to_dict() for voucher in vouchers]}
    )


def read_statement_file(data: bytes) -> tuple[Envelope, tuple[Envelope, ...]]:
    """A statement's envelope and vouchers.

    Raises:
        InputError: it is not canonical, or no such pair.
    """
    value = parse_canonical(data)
    if (
        not isinstance(value, dict)
        or set(value) != {"envelope", "vouchers"}
        or not isinstance(value["vouchers"], list)
    ):
        raise InputError("this is no statement with vouchers")
    return parse_envelope(value["envelope"]), tuple(parse_envelope(voucher) for voucher in value["vouchers"])


def write_history_payload(rows: Iterable[Mapping[str, Any]], *, case_id: str, member: str) -> bytes:
    """The canonical bytes of the history that are signed."""
    listed = [dict(row) for row in rows]
    return canonical_bytes({"format": HISTORY_FORMAT, "case": case_id, "member": member, "rows": listed})


def read_history_payload(payload: bytes, *, case_id: str, member: str) -> list[dict[str, Any]]:
    """The rows of a signed history.

    Raises:
        InputError: it is not canonical, or the history of another case or member.
    """
    value = parse_canonical(payload)
    head = {"format": HISTORY_FORMAT, "case": case_id, "member": member}
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("rows"), list)
        or {**value, "rows": 0} != {**head, "rows": 0}
    ):
        raise InputError("this is not the history of this case")
    return [dict(row) for row in value["rows"]]
