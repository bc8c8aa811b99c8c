"""Signing a statement on the officer's own side: what the node shows is read, checked, signed, and handed in.

* The private key stays in this process; the node gets a signature and the key's id.
* What is signed is the payload itself: it must be the statement that was asked for, or nothing is signed.
* A key that cannot sign is refused before anything is drafted for it.
* A person on a terminal is shown what the payload says and asked before the key is used. Where nobody can be asked,
  nothing is signed, unless the command says so.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jindo.base.errors import IntegrityError, RefusedError
from jindo.base.times import format_time
from jindo.cli.keys import read_key
from jindo.cli.output import clean
from jindo.cli.statement_tables import is_waiting
from jindo.cli.tables import build_facts

if TYPE_CHECKING:
    from jindo.app import Actor, Node
    from jindo.seal import SigningKey
    from jindo.share import Statement

Yes = Annotated[bool, typer.Option("--yes", help="Sign without being asked on the terminal.")]


class Unasked(RefusedError):
    """A signature was asked for where nobody can be shown what is signed."""

    code = "cli.unasked"

    def default_remedy(self) -> str:
        """Look first, then say so."""
        return "Use a terminal, where it is shown and asked; or, when you know what it says, add --yes."


def open_signer(node: Node, actor: Actor, key: Path | None, kind: str) -> SigningKey | None:
    """The key of a file, if one is given, once it is known that it may sign statements of this kind.

    Raises:
        InputError: the file holds no key, or its passphrase is wrong or missing.
        RefusedError: the key is not the actor's, or its officer may not sign this.
    """
    if key is None:
        return None
    from jindo.app import check_signer

    signer = read_key(key)
    check_signer(node, actor, key_id=signer.public.key_id, kind=kind)
    return signer


def sign_drafted(
    node: Node, actor: Actor, view: Mapping[str, Any], signer: SigningKey | None, *, once: str | None = None
) -> dict[str, Any]:
    """A view of drafts, each signed where a key is given and a signature of the actor's is missing.

    Raises:
        RefusedError: the key is nobody's here, or its officer may not sign this.
    """
    if signer is None:
        return dict(view)
    signed = [
        sign_statement(node, actor, row["id"], signer, once=once) if is_waiting(row) else row
        for row in view["statements"]
    ]
    return {**view, "statements": signed}


def sign_statement(
    node: Node,
    actor: Actor,
    statement: str,
    signer: SigningKey,
    *,
    once: str | None = None,
    ask: bool = False,
) -> dict[str, Any]:
    """Sign one statement with an officer's key; gives the statement's view after it.

    Raises:
        IntegrityError: the node shows another statement than the one asked for.
        RefusedError: the key is nobody's here, or its officer may not sign this.
        Unasked: it shall be asked first, and there is no terminal to ask on.
    """
    from jindo.app import add_signature, show_statement
    from jindo.seal import from_base64, preauth_bytes, to_base64

    shown = show_statement(node, actor, statement)
    payload = from_base64(shown["payload"], place=statement)
    read = read_payload(shown["payload_type"], payload, expected=statement)
    if ask:
        confirm(read)
    signature = signer.sign(preauth_bytes(shown["payload_type"], payload))
    return add_signature(
        node,
        actor,
        statement,
        key_id=signer.public.key_id,
        sig=to_base64(signature),
        once=f"{once}/{statement}" if once else None,
    )


def read_payload(payload_type: str, payload: bytes, *, expected: str) -> Statement:
    """What a payload says, if it is the statement that is to be signed.

    Raises:
        IntegrityError: it is something else.
    """
    from jindo.share import STATEMENT_TYPE, parse_statement

    if payload_type != STATEMENT_TYPE:
        raise IntegrityError("what the node shows is no statement; nothing was signed", place=expected)
    statement = parse_statement(payload)
    if statement.id != expected:
        raise IntegrityError("the node shows another statement; nothing was signed", place=expected)
    return statement


def confirm(statement: Statement) -> None:
    """Show on stderr what a statement says, and ask whether to sign it; a no ends the command.

    Raises:
        Unasked: stdin is no terminal.
    """
    from rich.console import Console

    if sys.stdin is None or not sys.stdin.isatty():
        raise Unasked("nothing was signed: nobody can be asked here", place=f"statement {statement.id}")

    facts = {
        "statement": f"{statement.kind} {statement.id}",
        "about": statement.subject,
        "to": ", ".join(statement.recipients),
        "marking": f"TLP:{statement.tlp.value}",
        "purpose": statement.purpose,
        "made": format_time(statement.made),
    } | {f"says {name}": _brief(entry) for name, entry in statement.body.items()}
    Console(stderr=True, highlight=False, markup=False, emoji=False).print(build_facts(clean(facts)))
    typer.confirm("Sign this?", abort=True, err=True)


def _brief(entry: Any) -> str:
    if isinstance(entry, list):
        return f"{len(entry)} entries" if len(entry) > 3 else ", ".join(_brief(part) for part in entry)
    if isinstance(entry, dict):
        return "; ".join(f"{name} {_brief(part)}" for name, part in entry.items())
    return str(entry)
