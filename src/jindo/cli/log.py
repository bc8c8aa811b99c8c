"""`jindo log …`: the node's append-only log: that a statement is in it, and that nothing in it was changed.

    proof  {"origin", "checkpoint", "index", "size", "leaf", "proof"}: a signed note over the log, and the way from
           one leaf to its root (RFC 9162; C2SP tlog-checkpoint)

* A leaf commits to a statement by hash and tells nothing of its content: a proof may be shown to anyone.
* Whoever has the member's card checks a proof alone, without the node and without a network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jindo.base.errors import ConflictError, InputError
from jindo.cli.output import Json, View, emit
from jindo.cli.share import StatementId
from jindo.cli.standing import NodeFolder, Token, open_here
from jindo.cli.tables import build_facts, build_table, format_count

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.seal import Checkpoint, PublicKey

commands = typer.Typer(no_args_is_help=True, add_completion=False)


@commands.command("prove")
def prove(
    statement: StatementId,
    out: Annotated[
        Path | None, typer.Option(help="Write the proof here, for others.", metavar="FILE")
    ] = None,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Prove that a statement was said or received before the log's signed state of now."""
    from jindo.app import log_origin, prove_leaf, show_checkpoint, show_statement

    with open_here(folder, token) as (node, actor):
        leaf = show_statement(node, actor, statement)["leaf"]
        if leaf is None:
            raise ConflictError(
                "a draft is in no log", place=statement, remedy="Sign it; what is published is in the log."
            )
        note, origin = show_checkpoint(node), log_origin(node.me.id)
        found = prove_leaf(node, leaf, read_size(note))
        view = {"statement": statement, "origin": origin, "checkpoint": note, **found}
        check_proof(view, node.me.service_key, origin=origin, place=statement)
    if out is not None:
        out.write_text(json.dumps(view, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    emit(view, render_proof, as_json=as_json)


@commands.command("verify")
def verify(
    proof: Annotated[
        Path | None,
        typer.Argument(help="A proof of `jindo log prove`; else the node's own log.", metavar="PROOF"),
    ] = None,
    card: Annotated[
        Path | None, typer.Option(help="The card of the member whose log it is.", metavar="FILE")
    ] = None,
    folder: NodeFolder = None,
    as_json: Json = False,
) -> None:
    """Check a proof with its member's card alone; or every leaf of the node's log and every row of its audit trail."""
    if proof is None:
        emit(verify_own(folder), render_checks, as_json=as_json)
        return
    if card is None:
        raise InputError("a proof is checked with the card of its member", place="--card")
    emit(verify_proof(proof, card), render_checks, as_json=as_json)


def verify_own(folder: Path | None) -> dict[str, Any]:
    """The checks of a node's own log that were passed.

    Raises:
        IntegrityError: a leaf or an audit row is not what was written.
    """
    from jindo.share import verify_log, verify_statements
    from jindo.store import verify_audit

    with open_here(folder, None) as (node, _actor), node.store.read() as conn:
        leaves, statements, rows = verify_log(conn), verify_statements(conn), verify_audit(conn)
    return {
        "verified": True,
        "checks": [
            {"name": "log", "detail": f"{format_count(leaves)} leaves, each whole and in its place"},
            {"name": "statements", "detail": f"{format_count(statements)}, each as the log committed to it"},
            {"name": "audit trail", "detail": f"{format_count(rows)} rows, each sealing those before it"},
        ],
    }


def verify_proof(proof: Path, card: Path) -> dict[str, Any]:
    """The checks of a proof that were passed.

    Raises:
        InputError: the proof or the card cannot be read.
        IntegrityError: the note is not the member's, or the leaf is not in its log.
    """
    from jindo.app import log_origin
    from jindo.seal import parse_envelope_bytes
    from jindo.share import parse_card

    member = parse_card(parse_envelope_bytes(card.read_bytes()))
    view = read_proof(proof)
    checkpoint = check_proof(view, member.service_key, origin=log_origin(member.id), place=str(proof))
    said = json.loads(view["leaf"])
    return {
        "verified": True,
        "checks": [
            {"name": "signed state", "detail": f"{member.id}'s key signed {checkpoint.size} leaves"},
            {"name": "leaf", "detail": f"number {view['index']}: {said['kind']} {said['subject']}"},
        ],
    }


def check_proof(view: Mapping[str, Any], key: PublicKey, *, origin: str, place: str) -> Checkpoint:
    """The signed state of a log that a proof's leaf is in.

    Raises:
        InputError: a field has another form.
        IntegrityError: the note is not by this key, or the leaf is not in its log.
    """
    from jindo.seal import leaf_hash, verify_checkpoint, verify_inclusion

    checkpoint = verify_checkpoint(view["checkpoint"], key=key, origin=origin)
    try:
        path = tuple(bytes.fromhex(step) for step in view["proof"])
    except (TypeError, ValueError) as error:
        raise InputError("the steps of the proof are not hexadecimal", place=place) from error
    hashed = leaf_hash(str(view["leaf"]).encode())
    verify_inclusion(hashed, index=view["index"], size=checkpoint.size, proof=path, root=checkpoint.root)
    return checkpoint


def read_proof(path: Path) -> dict[str, Any]:
    """A proof from a file.

    Raises:
        InputError: it is none.
    """
    kinds = {"origin": str, "checkpoint": str, "index": int, "leaf": str, "proof": list}
    try:
        view = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError("the file holds no JSON", place=str(path)) from error
    if not isinstance(view, dict) or any(
        not isinstance(view.get(name), kind) for name, kind in kinds.items()
    ):
        raise InputError("the file holds no proof of `jindo log prove`", place=str(path))
    return view


def read_size(note: str) -> int:
    """How many leaves a checkpoint of our own is over: its second line."""
    return int(note.splitlines()[1])


def render_proof(console: Console, view: View) -> None:
    """What was proved."""
    said = json.loads(view["leaf"])
    facts = {
        "statement": view["statement"],
        "in the log as": f"leaf {view['index']} of {view['size']}, {said['kind']}",
        "commits to": said["commitment"],
        "steps to the root": str(len(view["proof"])),
    }
    console.print(build_facts(facts))


def render_checks(console: Console, view: View) -> None:
    """The checks that were passed, one a line."""
    table = build_table("", "check", "what was found")
    for check in view["checks"]:
        table.add_row("✓", check["name"], check["detail"])
    console.print(table)
