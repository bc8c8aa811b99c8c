"""Export a case: one folder with everything behind it, which anyone can verify without a node, a network or a ledger.

* It is written beside its place and put there in one step; it never overwrites. What a killed run leaves beside it is
  swept by the next export to the same place (`drafting`).
* Every exhibit's files are held against their hashes before they are copied: what was altered is not handed over.
* The history says who exported the case, and the folder's history ends with that. A run that is killed after that
  row leaves it: it says that the case may have left, not that it did.
* The folder's marking is the strictest of its contents. What is TLP:RED is its owner's to hand over, and the marking
  says so on every face of the brief; or it is left out, and then list, record and brief say how much was.

What lies where is `case_folder`'s; verifying is `verifying_case`'s.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from jindo.app.acting import View, look, perform
from jindo.app.brief import render_brief_html, render_brief_pdf, render_brief_text
from jindo.app.briefs import check_language
from jindo.app.case_folder import (
    HISTORY_TYPE,
    MANIFEST,
    MANIFEST_TYPE,
    FolderManifest,
    ListedFile,
    build_manifest_payload,
    hash_file,
    name_statement,
    walk_files,
    write_history_payload,
    write_statement_file,
)
from jindo.app.cases import exhibit_folder, find_case_id
from jindo.app.drafting import holding_draft
from jindo.app.handing_out import log_origin
from jindo.app.node import Node, read_card
from jindo.app.people import Actor
from jindo.base.errors import ConflictError, IntegrityError
from jindo.base.markings import Tlp
from jindo.base.version import VERSION
from jindo.respond import (
    KEPT_IN,
    Exhibit,
    count_marked,
    derive_brief_facts,
    describe_statement,
    get_case,
    leave_out_marked,
    list_exhibits,
    read_case_record,
    read_history,
    record_history,
)
from jindo.seal import (
    Checkpoint,
    canonical_bytes,
    parse_canonical,
    parse_envelope,
    sign_envelope,
    verify_checkpoint,
)
from jindo.share import SignedStatement, prove_inclusion, read_checkpoint, signed_of
from jindo.store import tables


@dataclass(frozen=True, slots=True)
class _Material:
    """Everything that the database has for the folder, read in one transaction."""

    record: Mapping[str, Any]
    exhibits: tuple[Exhibit, ...]
    statements: tuple[SignedStatement, ...]
    facts: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...]
    cards: Mapping[str, bytes]
    checkpoint: str
    proofs: Mapping[str, Mapping[str, Any]]
    """Inclusion proofs by statement's id; the history's under `history`."""


def export_case(
    node: Node, actor: Actor, case: str, out: Path, *, lang: str = "en", leave_out: Iterable[Tlp] = ()
) -> View:
    """Write everything that this node holds of a case to `out`, and say so in the case's history.

    Exhibits of a marking in `leave_out` stay behind. `restricted` in the view counts what is inside and leaves to no
    node: it is for the eyes of those to whom it may be told.

    Raises:
        InputError: the language is not known, or the marking is not one that can be left out.
        ConflictError: `out` holds something.
        IntegrityError: a file of an exhibit of ours is gone or altered.
        NotFound: there is no such case.
        RefusedError: the actor may not hand the case over.
    """
    check_language(lang)
    _check_free(out)
    case_id, markings = find_case_id(node, case), tuple(leave_out)
    _check_exhibits(node, actor, case_id)
    gathered: list[_Material] = []

    def do(conn: Connection) -> View:
        now = node.clock()
        left = sorted(level.value for level in markings)
        detail = {"lang": lang, **({"left_out": left} if left else {})}
        record_history(conn, case_id, time=now, actor=actor.id, act="case-exported", detail=detail)
        gathered.append(_gather(conn, node, case_id, markings, time=now))
        return {}

    perform(node, actor, "case.export", do, subject=case_id, case=case_id)
    present = [exhibit for exhibit in gathered[0].exhibits if _is_present(node, exhibit)]
    manifest = _write_folder(node, out.resolve(), gathered[0], present, lang)
    return _view(out, manifest, gathered[0])


def _check_free(out: Path) -> None:
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise ConflictError(
            "there is something already, and an export never overwrites",
            place=str(out),
            remedy="Choose another folder.",
        )


def _check_exhibits(node: Node, actor: Actor, case_id: str) -> None:
    """Hold every file that is here against its hash before anything is said of an export."""
    found: list[Exhibit] = []

    def do(conn: Connection) -> View:
        found.extend(list_exhibits(conn, case_id))
        return {}

    look(node, actor, "case.export", do, case=case_id)
    for exhibit in found:
        _is_present(node, exhibit)


def _is_present(node: Node, exhibit: Exhibit) -> bool:
    """Whether an exhibit's files are here, each as it was added; ours have to be.

    Raises:
        IntegrityError: a file is gone or altered.
    """
    folder = exhibit_folder(node, exhibit.case_id, exhibit.id)
    if exhibit.origin != node.me.id and not folder.is_dir():
        return False
    for row in exhibit.files:
        path = folder / row["name"]
        if path.is_symlink() or not path.is_file():
            raise IntegrityError(f"a file of exhibit {exhibit.n} is gone", place=str(path))
        if path.stat().st_size != row["size"] or hash_file(path) != row["sha256"]:
            raise IntegrityError(
                f"a file of exhibit {exhibit.n} is not the one that was added", place=str(path)
            )
    return True


def _gather(conn: Connection, node: Node, case_id: str, leave_out: Iterable[Tlp], *, time: int) -> _Material:
    whole = read_case_record(conn, get_case(conn, case_id), me=node.me, time=time)
    record = _as_written(leave_out_marked(whole, leave_out))
    kept = {row["id"] for row in record["exhibits"]}
    statements = tuple(signed_of(conn, row["id"]) for row in record["statements"])
    described = [
        describe_statement(signed, entered=row["entered"])
        for signed, row in zip(statements, record["statements"], strict=True)
    ]
    history = [_as_written(row) for row in read_history(conn, case_id)]
    note, checkpoint = _read_log(conn, node)
    leaves = {row["id"]: row["leaf"] for row in record["statements"]} | {
        "history": _find_head_leaf(conn, case_id)
    }
    return _Material(
        record=record,
        exhibits=tuple(row for row in list_exhibits(conn, case_id) if row.id in kept),
        statements=statements,
        facts=derive_brief_facts(record, described, history),
        history=tuple(history),
        cards=_read_cards(conn, node, [row["id"] for row in record["members"]]),
        checkpoint=note,
        proofs={name: prove_inclusion(conn, leaf, checkpoint.size) for name, leaf in leaves.items()},
    )


def _as_written(value: Mapping[str, Any]) -> dict[str, Any]:
    """The value as whoever verifies will read it, so that both derive the same from it."""
    return dict(parse_canonical(canonical_bytes(dict(value))))


def _read_log(conn: Connection, node: Node) -> tuple[str, Checkpoint]:
    origin = log_origin(node.me.id)
    note = read_checkpoint(conn, origin=origin, key=node.service_key)
    return note, verify_checkpoint(note, key=node.me.service_key, origin=origin)


def _find_head_leaf(conn: Connection, case_id: str) -> int:
    rows = tables.leaf
    chosen = select(rows.c.n).where(rows.c.kind == "history", rows.c.subject == case_id)
    return int(conn.execute(chosen.order_by(rows.c.n.desc()).limit(1)).scalar_one())


def _read_cards(conn: Connection, node: Node, members: list[str]) -> dict[str, bytes]:
    rows = tables.member
    found = conn.execute(select(rows.c.id, rows.c.card).where(rows.c.id.in_(members)))
    cards = {str(row.id): parse_envelope(row.card).to_bytes() for row in found}
    return {**cards, node.me.id: read_card(node)}


def _write_folder(
    node: Node, out: Path, material: _Material, present: list[Exhibit], lang: str
) -> FolderManifest:
    out.parent.mkdir(parents=True, exist_ok=True)
    with holding_draft(out) as draft:
        whats = _write_papers(node, draft, material, lang) | _copy_exhibits(node, draft, present)
        manifest = _list_files(node, draft, material, whats, present, lang)
        envelope = sign_envelope(MANIFEST_TYPE, build_manifest_payload(manifest), [node.service_key])
        (draft / MANIFEST).write_bytes(envelope.to_bytes())
        _check_free(out)
        if out.exists():
            out.rmdir()
        draft.rename(out)
    return manifest


def _write_papers(node: Node, draft: Path, material: _Material, lang: str) -> dict[str, str]:
    """Every file but exhibits; what each is, by name."""
    number, case_id = material.record["case"]["number"], material.record["case"]["id"]
    payload = write_history_payload(material.history, case_id=case_id, member=node.me.id)
    history = sign_envelope(HISTORY_TYPE, payload, [node.service_key])
    papers: dict[str, tuple[bytes, str]] = {
        "case.json": (canonical_bytes(material.record), f"the record of case {number}"),
        "history.json": (
            history.to_bytes(),
            f"the history of case {number}, signed by {node.me.id}'s service key",
        ),
        "log/checkpoint": (
            material.checkpoint.encode(),
            f"the log of {node.me.id} holds what this folder says it holds",
        ),
    }
    for signed in material.statements:
        what = name_signed(signed)
        data = write_statement_file(signed.envelope, signed.vouchers)
        papers[name_statement(signed.statement.id)] = (data, what)
    named = {signed.statement.id: name_signed(signed) for signed in material.statements}
    for name, proof in material.proofs.items():
        what = f"{named.get(name, f'the end of the history of case {number}')} is in the log of {node.me.id}"
        papers[f"log/{name}.json"] = (canonical_bytes(dict(proof)), what)
    papers |= {f"members/{name}.json": (card, f"the card of {name}") for name, card in material.cards.items()}
    papers |= _render_briefs(material.facts, lang)
    for name, (data, _) in papers.items():
        (draft / name).parent.mkdir(exist_ok=True)
        (draft / name).write_bytes(data)
    return {name: what for name, (_, what) in papers.items()}


def name_signed(signed: SignedStatement) -> str:
    """A statement in words: `request 3f… of seoul, signed by kim, lee`."""
    said, officers = signed.statement, sorted({officer.id for officer in signed.officers})
    name = said.subject if said.kind in {"case", "exhibit", "request"} else said.id
    return f"{said.kind} {name} of {said.member}, signed by {', '.join(officers)}"


def _render_briefs(facts: Mapping[str, Any], lang: str) -> dict[str, tuple[bytes, str]]:
    what = "the printed brief"
    return {
        "brief.txt": (render_brief_text(facts, lang).encode(), what),
        "brief.html": (render_brief_html(facts, lang).encode(), what),
        "brief.pdf": (render_brief_pdf(facts, lang), what),
    }


def _copy_exhibits(node: Node, draft: Path, present: list[Exhibit]) -> dict[str, str]:
    whats: dict[str, str] = {}
    for exhibit in present:
        source = exhibit_folder(node, exhibit.case_id, exhibit.id)
        for row in exhibit.files:
            name = f"exhibits/{exhibit.n}/{row['name']}"
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / row["name"], draft / name, follow_symlinks=False)
            whats[name] = f"{exhibit.kind}, exhibit {exhibit.n} of {exhibit.origin}"
    return whats


def _list_files(
    node: Node, draft: Path, material: _Material, whats: Mapping[str, str], present: list[Exhibit], lang: str
) -> FolderManifest:
    files = [
        ListedFile(name, (draft / name).stat().st_size, hash_file(draft / name), whats[name])
        for name in walk_files(draft)
    ]
    here = {exhibit.n for exhibit in present}
    case = material.record["case"]
    return FolderManifest(
        member=node.me.id,
        case={"id": case["id"], "number": case["number"]},
        made=material.record["as_of"],
        marking=material.facts["marking"],
        lang=lang,
        software=f"jindo {VERSION}",
        head=str(material.history[-1]["hash"]),
        without_files=tuple(row["n"] for row in material.record["exhibits"] if row["n"] not in here),
        files=tuple(files),
        left_out=tuple(material.record.get("left_out", ())),
    )


def _view(out: Path, manifest: FolderManifest, material: _Material) -> View:
    trace = material.facts["trace"]
    return {
        "case": manifest.case["id"],
        "number": manifest.case["number"],
        "path": str(out),
        "files": len(manifest.files) + 1,
        "marking": manifest.marking,
        "left_out": [dict(row) for row in manifest.left_out],
        "restricted": count_marked(material.record["exhibits"], KEPT_IN),
        "history": manifest.head,
        "findings_hash": trace["findings_hash"] if trace else "",
    }
