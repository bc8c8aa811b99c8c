"""`jindo share …`: tell other members, sign what is told, hear what they tell, and take back what was wrong.

What may leave is the gate's to decide (`jindo.share`); what follows is `jindo.app`'s. Here it is asked for and shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jindo.cli.case import CaseId
from jindo.cli.case_tables import name_denied
from jindo.cli.keys import KeyFile, SignWith, read_key
from jindo.cli.output import Json, View, emit
from jindo.cli.signing import Yes, open_signer, sign_drafted, sign_statement
from jindo.cli.standing import NodeFolder, Once, Token, open_here, require_names, split_names
from jindo.cli.statement_tables import (
    list_spoken,
    print_next,
    render_denials,
    render_drafted,
    render_statement,
    render_statements,
)
from jindo.cli.tables import build_table, format_count
from jindo.cli.working import work_until_done

if TYPE_CHECKING:
    from rich.console import Console

commands = typer.Typer(no_args_is_help=True, add_completion=False)

StatementId = Annotated[
    str, typer.Argument(help="The statement's id, as drafting it said.", metavar="STATEMENT")
]


@commands.command("push")
def push(
    case: CaseId,
    to: Annotated[str, typer.Option(help="Members to tell.", metavar="MEMBER,…")],
    items: Annotated[
        str | None, typer.Option(help="Exhibits by number or id; else all of ours.", metavar="EXHIBIT,…")
    ] = None,
    key: KeyFile = None,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Draft what tells these members of a case; with --key it is signed and goes. The gate's denials name their rule."""
    from jindo.app import share_case

    members = require_names(to, "--to")
    with open_here(folder, token) as (node, actor):
        signer = open_signer(node, actor, key, "case")
        view = share_case(
            node, actor, case, to=members, items=split_names(items) if items is not None else None, once=once
        )
        view = sign_drafted(node, actor, view, signer, once=once)
    emit(view, render_drafted, as_json=as_json)


@commands.command("sign")
def sign(
    statement: StatementId,
    key: SignWith,
    yes: Yes = False,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Sign a statement as yourself, after it was shown to you; with the last signature it goes, but for a request."""
    with open_here(folder, token) as (node, actor):
        ask = not yes
        view = sign_statement(node, actor, statement, read_key(key), once=once, ask=ask)
    emit(view, render_statement, as_json=as_json)


@commands.command("recall")
def recall(
    statement: StatementId,
    reason: Annotated[str, typer.Option(help="Why it is taken back.", metavar="TEXT")],
    key: KeyFile = None,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Take back what this node said. It takes three officers, goes to all who were told, and each acknowledges."""
    from jindo.app import draft_recall

    with open_here(folder, token) as (node, actor):
        signer = open_signer(node, actor, key, "recall")
        drafted = draft_recall(node, actor, statement, reason=reason, once=once)
        view = {"statements": [drafted["statement"]], "denials": []}
        view = sign_drafted(node, actor, view, signer, once=once)
    emit(view, render_drafted, as_json=as_json)


@commands.command("pull")
def pull(
    member: Annotated[
        str | None, typer.Argument(help="The partner to ask; else all of them.", metavar="MEMBER")
    ] = None,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Ask partners now for what is new, verify it, and acknowledge it. A node that is served does so by itself."""
    from jindo.app import request_pull

    with open_here(folder, token) as (node, actor):
        asked = request_pull(node, actor, member=member)
        view = {"pulls": [work_until_done(node, actor, row["job"]) for row in asked["jobs"]]}
    emit(view, render_pulls, as_json=as_json)


@commands.command("status")
def status(case: CaseId, folder: NodeFolder = None, token: Token = None, as_json: Json = False) -> None:
    """Show who was told what of a case, who has acknowledged, and what the gate denied by which rule."""
    from jindo.app import show_case

    with open_here(folder, token) as (node, actor):
        shown = show_case(node, actor, case)
    view = {
        "case": shown["number"],
        "statements": shown["statements"],
        "denials": name_denied(shown["denials"], shown),
    }
    emit(view, render_status, as_json=as_json)


def render_pulls(console: Console, view: View) -> None:
    """What each partner had for us, one a row."""
    table = build_table("partner", ">received", ">quarantined")
    for row in view["pulls"]:
        answer = row["answer"]
        table.add_row(answer["member"], format_count(answer["received"]), format_count(answer["quarantined"]))
    console.print(table)


def render_status(console: Console, view: View) -> None:
    """Who was told what, who has acknowledged, and what was denied."""
    render_statements(console, list_spoken(view["statements"]), title=f"Said and heard in {view['case']}")
    render_denials(console, view["denials"])
    print_next(console, view["statements"])
    if not view["statements"] and not view["denials"]:
        console.print("nobody was told anything, and nobody said anything")
