"""`jindo case …`: what is known of one theft, fraud, ransom or intrusion, and what rests on it.

What a case, an exhibit and a brief are is `jindo.respond`'s; here options become a draft, and views tables (`case_tables`).
"""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from jindo.base.errors import InputError
from jindo.base.markings import parse_tlp
from jindo.base.times import parse_time
from jindo.cli.case_tables import (
    render_assignment,
    render_brief,
    render_case,
    render_cases,
    render_exhibit,
    render_export,
    render_job,
    render_whole_case,
)
from jindo.cli.keys import KeyFile
from jindo.cli.output import Json, emit
from jindo.cli.signing import open_signer, sign_drafted
from jindo.cli.standing import NodeFolder, Once, Token, open_here, require_names, split_names
from jindo.cli.statement_tables import render_drafted
from jindo.cli.working import work_until_done

commands = typer.Typer(no_args_is_help=True, add_completion=False)

CaseId = Annotated[str, typer.Argument(help="Its number (SEOUL-2026-1) or id.", metavar="CASE")]
Marking = Annotated[
    str, typer.Option(help="TLP 2.0: clear, green, amber, amber+strict or red.", metavar="LEVEL")
]


@commands.command("open")
def open_(
    title: Annotated[str, typer.Argument(help="What happened, in a few words.", metavar="TITLE")],
    kind: Annotated[
        str, typer.Option(help="theft, fraud, ransomware or intrusion.", metavar="KIND")
    ] = "theft",
    purpose: Annotated[
        str, typer.Option(help="What the data is used for: investigation.", metavar="NAME")
    ] = "",
    legal_basis: Annotated[str, typer.Option(help="The law that allows it.", metavar="TEXT")] = "",
    expires: Annotated[str | None, typer.Option(help="When that ends: 2027-06-30.", metavar="TIME")] = None,
    tlp: Marking = "amber",
    summary: Annotated[str, typer.Option(help="What is known so far.", metavar="TEXT")] = "",
    stolen: Annotated[
        Path | None,
        typer.Option(help="CSV of stolen transfers (tx_hash, …) or accounts (address, …).", metavar="FILE"),
    ] = None,
    tx: Annotated[
        list[str] | None,
        typer.Option(help="A stolen transaction's hash; may be repeated.", metavar="HASH"),
    ] = None,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Open a case. One without purpose, legal basis and expiry is refused."""
    from jindo.app import open_case

    draft = {
        "title": title,
        "kind": kind,
        "purpose": purpose,
        "legal_basis": legal_basis,
        "expires": parse_time(expires, place="--expires") if expires else None,
        "tlp": tlp,
        "summary": summary,
        "loss": [*read_loss(stolen), *({"tx_hash": tx_hash} for tx_hash in tx or ())],
    }
    with open_here(folder, token) as (node, actor):
        view = open_case(node, actor, draft, once=once)
    emit(view, render_case, as_json=as_json)


@commands.command("list")
def list_(folder: NodeFolder = None, token: Token = None, as_json: Json = False) -> None:
    """List the cases that you may see."""
    from jindo.app import list_cases

    with open_here(folder, token) as (node, actor):
        view = list_cases(node, actor)
    emit(view, render_cases, as_json=as_json)


@commands.command("show")
def show(case: CaseId, folder: NodeFolder = None, token: Token = None, as_json: Json = False) -> None:
    """Show a case: what it is, its exhibits, its people and its history."""
    from jindo.app import show_case

    with open_here(folder, token) as (node, actor):
        view = show_case(node, actor, case)
    emit(view, render_whole_case, as_json=as_json)


@commands.command("assign")
def assign(
    case: CaseId,
    person: Annotated[str, typer.Argument(help="A person of this node.", metavar="PERSON")],
    role: Annotated[str, typer.Option(help="lead or member.", metavar="ROLE")] = "member",
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Let a person of this node work in a case, also in one that a partner opened."""
    from jindo.app import add_case_person

    with open_here(folder, token) as (node, actor):
        view = add_case_person(node, actor, case, person=person, role=role, once=once)
    emit(view, partial(render_assignment, case=case), as_json=as_json)


@commands.command("add")
def add(
    case: CaseId,
    path: Annotated[
        Path | None,
        typer.Argument(help="A result folder of `jindo trace`, or any other folder or file.", metavar="PATH"),
    ] = None,
    title: Annotated[str, typer.Option(help="What it is.", metavar="TEXT")] = "",
    note: Annotated[str | None, typer.Option(help="A note instead of files.", metavar="TEXT")] = None,
    tlp: Marking = "amber",
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Add an exhibit: a trace, files, or a note. What was added stays as it is."""
    from jindo.app import add_folder, add_note

    if (path is None) == (note is None):
        raise InputError("an exhibit is either a PATH or a --note", place="jindo case add")
    with open_here(folder, token) as (node, actor):
        if path is not None:
            view = add_folder(node, actor, case, path, title=title or path.name, tlp=tlp, once=once)
        else:
            view = add_note(node, actor, case, title=title or "Note", text=note or "", tlp=tlp, once=once)
    emit(view, render_exhibit, as_json=as_json)


@commands.command("trace")
def trace(
    case: CaseId,
    rule: Annotated[
        str,
        typer.Option(
            help="fifo, lifo, haircut, dirty-first, clean-first, or poison for the upper bound.",
            metavar="RULE",
        ),
    ] = "fifo",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until it is done, or leave it to the node.")
    ] = True,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Trace what the case names as stolen, with the labels in force; the result becomes an exhibit."""
    from jindo.app import request_trace, show_job

    with open_here(folder, token) as (node, actor):
        job = request_trace(node, actor, case, rule=rule, once=once)["job"]
        view = work_until_done(node, actor, job) if wait else show_job(node, actor, job)
    emit(view, render_job, as_json=as_json)


@commands.command("label")
def label(
    case: CaseId,
    addresses: Annotated[
        list[str], typer.Argument(help="The addresses, of one service.", metavar="ADDRESS...")
    ],
    service: Annotated[str, typer.Option(help="Whose they are.", metavar="NAME")],
    kind: Annotated[str, typer.Option(help="What it is: exchange, mixer, bridge, …", metavar="KIND")],
    reason: Annotated[str, typer.Option(help="How you know.", metavar="TEXT")],
    to: Annotated[str, typer.Option(help="Members to tell.", metavar="MEMBER,…")],
    tlp: Marking = "amber",
    key: KeyFile = None,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Say whose addresses these are. It stops traces, so it takes two officers; what rested otherwise is traced again."""
    from jindo.app import draft_label

    members = require_names(to, "--to")
    with open_here(folder, token) as (node, actor):
        signer = open_signer(node, actor, key, "label")
        drafted = draft_label(
            node,
            actor,
            case,
            addresses=addresses,
            service=service,
            kind=kind,
            tlp=tlp,
            reason=reason,
            to=members,
            once=once,
        )
        view = {"statements": [drafted["statement"]], "denials": drafted["denials"]}
        view = sign_drafted(node, actor, view, signer, once=once)
    emit(view, render_drafted, as_json=as_json)


@commands.command("export")
def export(
    case: CaseId,
    out: Annotated[Path, typer.Option(help="Folder for the export; absent or empty.", metavar="DIR")],
    leave_out: Annotated[
        str | None,
        typer.Option(help="Leave out exhibits of these markings: red, amber+strict.", metavar="LEVEL,…"),
    ] = None,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Write the case with its exhibits, statements and signed history, so that anyone can verify it alone."""
    from jindo.app import export_case

    with open_here(folder, token) as (node, actor):
        markings = [parse_tlp(name) for name in split_names(leave_out)]
        view = export_case(node, actor, case, out, leave_out=markings)
    emit(view, render_export, as_json=as_json)


@commands.command("brief")
def brief(
    case: CaseId,
    lang: Annotated[str, typer.Option(help="en or ko.", metavar="LANG", envvar="JINDO_LANG")] = "en",
    out: Annotated[
        Path | None, typer.Option(help="Write it here: .txt, .html or .pdf.", metavar="FILE")
    ] = None,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Tell the case on a few pages: stolen, where it went, what is held, who did what, what is not known."""
    from jindo.app import build_brief, write_brief

    with open_here(folder, token) as (node, actor):
        written = write_brief(node, actor, case, lang, out) if out is not None else None
        view = {**build_brief(node, actor, case, lang), "path": written["path"] if written else None}
    emit(view, partial(render_brief, lines=view["text"].splitlines()), as_json=as_json)


def read_loss(path: Path | None) -> list[dict[str, str]]:
    """Rows of a stolen file as a case's loss; what is empty in a row is left out.

    Raises:
        InputError: the file is no CSV with a header.
    """
    if path is None:
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        try:
            return [{name: text for name, text in row.items() if name and text} for row in rows]
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError("the file is no CSV in UTF-8", place=str(path)) from error
