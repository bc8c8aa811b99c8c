"""Verify an exported case with nothing but itself: every file, signature, proof and trace, and that the brief follows.

* A changed file is named, with what the change breaks: whose signature, which exhibit, which row of the history.
* Cards are checked first, each by its own signature, then the list of files by the exporter's service key, so that it
  is told whether a card, the list or another file was changed.
* What was said is then held against itself: signatures and acts, the chain of the history, the log's proofs, each
  exhibit's hash, each trace traced again, and the brief derived again from record, statements and history.
* A broken or hostile folder ends in an `IntegrityError`, never in a crash, and no link in it is followed.

Whose keys they are it cannot know: it prints each member's fingerprint, to be compared over the phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.brief import render_brief_html, render_brief_pdf, render_brief_text
from jindo.app.case_folder import (
    HISTORY_TYPE,
    MANIFEST,
    FolderManifest,
    broken_at,
    check_exhibits,
    check_listed,
    explain_break,
    name_statement,
    read_cards,
    read_history_payload,
    read_manifest,
    read_paper,
    read_statement_file,
)
from jindo.app.handing_out import log_origin
from jindo.app.study import Progress
from jindo.app.verifying import Check, Verification, verify_result
from jindo.base.errors import IntegrityError, NotFound
from jindo.base.version import VERSION
from jindo.respond import (
    RECORD_FORMAT,
    derive_brief_facts,
    describe_statement,
    verify_history,
)
from jindo.seal import (
    leaf_hash,
    parse_canonical,
    parse_envelope_bytes,
    verify_checkpoint,
    verify_envelope,
    verify_inclusion,
)
from jindo.share import (
    Member,
    SignedStatement,
    Statement,
    fingerprint,
    parse_statement,
    verify_statement,
)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Case:
    """What was read of the folder, file by file, each verified before the next rests on it."""

    folder: Path
    manifest: FolderManifest
    members: Mapping[str, Member]
    record: Row
    statements: tuple[SignedStatement, ...]
    history: Sequence[Row]

    @property
    def exporter(self) -> Member:
        return self.members[self.manifest.member]


def verify_path(path: Path, progress: Progress | None = None) -> Verification:
    """Check a result folder or an exported case, whichever is there.

    Raises:
        NotFound: it is neither.
        IntegrityError: something does not hold; it names the file and what that breaks.
    """
    if (path / "result.json").is_file():
        return verify_result(path, progress)
    return verify_case_folder(path, progress)


def verify_case_folder(path: Path, progress: Progress | None = None) -> Verification:
    """Check an exported case.

    Raises:
        NotFound: there is no exported case at `path`.
        IntegrityError: something does not hold; it names the file and what that breaks.
    """
    if not any((path / name).is_file() for name in (MANIFEST, "case.json", "history.json")):
        raise NotFound(
            "there is neither a result nor an exported case here: result.json and case.json are missing",
            place=str(path),
        )
    with broken_at(path):
        return Verification(tuple(_iter_checks(path, progress)))


def _iter_checks(path: Path, progress: Progress | None) -> Iterator[Check]:
    members = read_cards(path)
    manifest = read_manifest(path, members)
    yield _check_files(path, manifest, members)
    yield _tell_members(members)
    case = _read_case(path, manifest, members)
    yield _check_record(case)
    yield _check_statements(case)
    yield _check_history(case)
    yield _check_log(case)
    yield from check_exhibits(path, case.record, manifest, progress)
    yield from _check_brief(case)


def _check_files(folder: Path, manifest: FolderManifest, members: Mapping[str, Member]) -> Check:
    changed = check_listed(folder, manifest.files)
    if changed is not None:
        raise IntegrityError(explain_break(folder, changed, members), place=str(folder / changed.name))
    told = f"{len(manifest.files)} files are those that {manifest.member} listed and signed; TLP:{manifest.marking}"
    left = ", ".join(f"{row['exhibits']} marked TLP:{row['tlp']}" for row in manifest.left_out)
    return Check("files", f"{told}; exhibits LEFT OUT by {manifest.member}: {left}" if left else told)


def _tell_members(members: Mapping[str, Member]) -> Check:
    """Fingerprints, for whoever has to find out whose keys these are."""
    told = "; ".join(f"{name}: {fingerprint(member.member_key)}" for name, member in sorted(members.items()))
    return Check("members", f"compare by phone the fingerprints of {told}")


def _read_case(folder: Path, manifest: FolderManifest, members: Mapping[str, Member]) -> _Case:
    record = _read_record(folder, manifest)
    statements = tuple(_read_statement(folder, row, members, manifest.made) for row in record["statements"])
    history = _read_history(folder, manifest, members[manifest.member])
    return _Case(folder, manifest, members, record, statements, history)


def _read_record(folder: Path, manifest: FolderManifest) -> Row:
    path = folder / "case.json"
    with broken_at(path):
        record = parse_canonical(read_paper(path))
        if record["format"] != RECORD_FORMAT:
            raise IntegrityError("this version does not read such a record")
        told = (record["held_by"], record["as_of"], record["case"]["id"], record["case"]["number"])
        if told != (manifest.member, manifest.made, manifest.case["id"], manifest.case["number"]):
            raise IntegrityError("the record is of another case, member or time than the list of files")
        for row in record["statements"]:
            name_statement(row["id"])
        return dict(record)


def _read_statement(folder: Path, row: Row, members: Mapping[str, Member], at: int) -> SignedStatement:
    path = folder / name_statement(row["id"])
    with broken_at(path):
        envelope, vouchers = read_statement_file(read_paper(path))
        if row["member"] not in members:
            raise IntegrityError(f"the card of its author {row['member']} is not here")
        made = parse_statement(
            envelope.payload
        ).made  # a clock that jumped back since is no lie of the statement's
        signed = verify_statement(envelope, vouchers, members[row["member"]], at=max(at, made))
        if (signed.statement.id, signed.statement.kind) != (row["id"], row["kind"]):
            raise IntegrityError("this is another statement than the record lists under its id")
        return signed


def _read_history(folder: Path, manifest: FolderManifest, exporter: Member) -> list[dict[str, Any]]:
    path = folder / "history.json"
    with broken_at(path):
        envelope, key = parse_envelope_bytes(read_paper(path)), exporter.service_key
        if envelope.payload_type != HISTORY_TYPE:
            raise IntegrityError("this is no signed history")
        verify_envelope(envelope, {key.key_id: key})
        rows = read_history_payload(envelope.payload, case_id=manifest.case["id"], member=manifest.member)
        verify_history(rows, head=manifest.head)
        return rows


def _check_record(case: _Case) -> Check:
    """The record lists every statement of the folder, and says of the case and its exhibits what was signed."""
    with broken_at(case.folder / "case.json"):
        if tuple(case.record.get("left_out", ())) != case.manifest.left_out:
            raise IntegrityError("the record and the list of files do not say the same of what was left out")
        listed = {name_statement(row["id"]) for row in case.record["statements"]}
        there = {file.name for file in case.manifest.files if file.name.startswith("statements/")}
        if listed != there or len(listed) != len(case.record["statements"]):
            raise IntegrityError("the record does not list the statements that are here")
        exhibits = {row["id"]: row for row in case.record["exhibits"]}
        for signed in case.statements:
            _check_said(signed, case.record, exhibits)
        check_foreign_words(case.record, [signed.statement for signed in case.statements])
    return Check(
        "record", f"case {case.manifest.case['number']}: {len(exhibits)} exhibits, {len(listed)} statements"
    )


def _check_said(signed: SignedStatement, record: Row, exhibits: Mapping[str, Row]) -> None:
    said = signed.statement
    if said.kind == "case" and said.member == record["case"]["origin"] and said.body != record["case"]:
        raise IntegrityError(
            f"the record of the case is not what {said.member} signed in statement {said.id}"
        )
    exhibit = exhibits.get(said.subject) if said.kind == "exhibit" else None
    if exhibit is not None and said.member == exhibit["origin"]:
        names = ("id", "case_id", "kind", "title", "origin", "tlp", "files", "sha256", "facts")
        if any(said.body.get(name) != exhibit[name] for name in names):
            raise IntegrityError(
                f"exhibit {exhibit['n']} is not what {said.member} signed in statement {said.id}"
            )


def check_foreign_words(record: Row, statements: Sequence[Statement]) -> None:
    """Hold that what the record attributes to another member than its exporter was signed by that member.

    Raises:
        IntegrityError: a case or exhibit of another member has no statement by that member here.
    """
    said = {(one.kind, one.member, one.subject) for one in statements}
    case = record["case"]
    claimed = [("case", case["origin"], case["id"], "the case")]
    claimed += [("exhibit", row["origin"], row["id"], f"exhibit {row['n']}") for row in record["exhibits"]]
    for kind, member, subject, name in claimed:
        if member != record["held_by"] and (kind, member, subject) not in said:
            raise IntegrityError(f"{name} is said to be {member}'s, and nothing that {member} signed says so")


def _check_statements(case: _Case) -> Check:
    officers = {(officer.member, officer.id) for signed in case.statements for officer in signed.officers}
    kinds: dict[str, int] = {}
    for signed in case.statements:
        kinds[signed.statement.kind] = kinds.get(signed.statement.kind, 0) + 1
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    return Check(
        "statements",
        f"{told}: each has the signatures that its act needs, of {len(officers)} officers in all",
    )


def _check_history(case: _Case) -> Check:
    """Each exhibit's hash stands in the history, where it was added; what is not here was left out by its marking."""
    with broken_at(case.folder / "history.json"):
        added = {
            row["detail"].get("exhibit"): row["detail"]
            for row in case.history
            if row["act"] == "exhibit-added"
        }
        for exhibit in case.record["exhibits"]:
            told = added.get(exhibit["id"], {})
            if (told.get("sha256"), told.get("n")) != (exhibit["sha256"], exhibit["n"]):
                raise IntegrityError(
                    f"the history does not say that exhibit {exhibit['n']} was added as it is here"
                )
        here = {row["id"] for row in case.record["exhibits"]}
        check_left_out([row for name, row in added.items() if name not in here], case.manifest.left_out)
    return Check(
        "history", f"{len(case.history)} rows, each sealing all before it, signed by {case.manifest.member}"
    )


def check_left_out(missing: Sequence[Row], told: Sequence[Row]) -> None:
    """Hold that the exhibits which the history adds and the record lacks are those that are said to be left out.

    Raises:
        IntegrityError: there are more, fewer, or others by their marking.
    """
    counts: dict[str, int] = {}
    for row in missing:
        counts[row["tlp"]] = counts.get(row["tlp"], 0) + 1
    if counts != {row["tlp"]: row["exhibits"] for row in told}:
        raise IntegrityError("the history adds exhibits that are neither here nor said to be left out")


def _check_log(case: _Case) -> Check:
    """Every statement and the end of the history are leaves of the exporter's log."""
    path, origin = case.folder / "log" / "checkpoint", log_origin(case.manifest.member)
    with broken_at(path):
        checkpoint = verify_checkpoint(
            read_paper(path).decode(), key=case.exporter.service_key, origin=origin
        )
    leaves = {"history": ("history", case.manifest.case["id"], case.manifest.head, None)}
    for signed, row in zip(case.statements, case.record["statements"], strict=True):
        said = signed.statement
        kind = said.kind if said.member == case.manifest.member else "received"
        leaves[said.id] = (kind, said.id, signed.sha256, row["leaf"])
    for name, leaf in leaves.items():
        place = case.folder / "log" / f"{name}.json"
        with broken_at(place):
            proof = parse_canonical(read_paper(place))
            _check_leaf(proof, leaf)
            if proof["size"] != checkpoint.size:
                raise IntegrityError("the proof is for another state of the log")
            verify_inclusion(
                leaf_hash(proof["leaf"].encode()),
                index=proof["index"],
                size=proof["size"],
                proof=[bytes.fromhex(step) for step in proof["proof"]],
                root=checkpoint.root,
            )
    return Check(
        "log", f"{len(leaves)} leaves are in the log of {case.manifest.member}, of {checkpoint.size} in all"
    )


def _check_leaf(proof: Row, leaf: tuple[str, str, str, int | None]) -> None:
    said = parse_canonical(proof["leaf"].encode())
    kind, subject, commitment, index = leaf
    if (said["kind"], said["subject"], said["commitment"]) != (kind, subject, commitment):
        raise IntegrityError("the leaf of the log commits to something else")
    if said["n"] != proof["index"] or index not in {None, proof["index"]}:
        raise IntegrityError("the leaf stands at another place of the log than is said")


def _check_brief(case: _Case) -> Iterator[Check]:
    """The brief again, from the record, the verified statements and the history."""
    entered = {row["id"]: row["entered"] for row in case.record["statements"]}
    described = [
        describe_statement(signed, entered=entered[signed.statement.id]) for signed in case.statements
    ]
    with broken_at(case.folder / "case.json"):
        facts = derive_brief_facts(case.record, described, case.history)
        if facts["marking"] != case.manifest.marking:
            raise IntegrityError("the folder is marked otherwise than the strictest of its contents")
    if case.manifest.software != f"jindo {VERSION}":
        yield Check("brief", f"not compared: it was printed by {case.manifest.software}")
        return
    lang = case.manifest.lang
    drawn = {
        "brief.txt": render_brief_text(facts, lang).encode(),
        "brief.html": render_brief_html(facts, lang).encode(),
    }
    for name, data in drawn.items():
        if data != (case.folder / name).read_bytes():
            raise IntegrityError("the facts do not give this brief", place=str(case.folder / name))
    yield Check("brief", "printed again from record, statements and history: the same")
    same = render_brief_pdf(facts, lang) == (case.folder / "brief.pdf").read_bytes()
    yield Check("brief.pdf", "drawn again: the same" if same else _OTHER_FONTS)


_OTHER_FONTS = "DIFFERS from what this machine draws. Fonts differ between machines; if in doubt, rely on brief.txt and brief.html"
