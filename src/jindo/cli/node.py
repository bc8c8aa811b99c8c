"""`jindo node …`: a node's folder, its partners, its people and their tokens.

What a node, a member and a person are is `jindo.app`'s and `jindo.share`'s; here they are named and shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jindo.base.errors import InputError
from jindo.cli.keys import find_member_passphrase, read_passphrase_file, write_key
from jindo.cli.node_tables import (
    render_member,
    render_members,
    render_node,
    render_people,
    render_person,
    render_revoked,
    render_token,
    view_node,
)
from jindo.cli.output import Json, emit
from jindo.cli.standing import NodeFolder, Token, open_here, require_names, split_names
from jindo.cli.token_group import TokenGroup

if TYPE_CHECKING:
    from jindo.seal import PublicKey

commands = typer.Typer(no_args_is_help=True, add_completion=False)
users = typer.Typer(no_args_is_help=True, help="The people of a node, and their keys.")
tokens = typer.Typer(cls=TokenGroup, invoke_without_command=True, no_args_is_help=True)
commands.add_typer(users, name="user")
commands.add_typer(tokens, name="token")

Subject = Annotated[
    str, typer.Argument(help="A person of the node; with --partner a partner's id.", metavar="NAME")
]
Partner = Annotated[
    bool, typer.Option("--partner", help="NAME is a partner, whose own TAXII client shall read here.")
]


@commands.command("init")
def init(
    folder: Annotated[Path, typer.Argument(help="The node's folder; absent or empty.", metavar="DIR")],
    member: Annotated[str, typer.Option(help="Short name that partners know: seoul.", metavar="ID")],
    name: Annotated[str, typer.Option(help="The agency's or company's full name.", metavar="NAME")],
    country: Annotated[str, typer.Option(help="Two letters: KR.", metavar="CC")],
    kind: Annotated[
        str,
        typer.Option(help="police, prosecution, agency, cert, ministry, exchange or issuer.", metavar="KIND"),
    ],
    url: Annotated[
        str, typer.Option(help="Where partners reach it.", metavar="URL")
    ] = "https://127.0.0.1:8700",
    database: Annotated[
        str | None, typer.Option(help="PostgreSQL's URL; else SQLite in the folder.", metavar="URL")
    ] = None,
    purposes: Annotated[
        str, typer.Option(help="What it may use others' data for.", metavar="NAME,…")
    ] = "investigation",
    services: Annotated[
        str | None,
        typer.Option(help="Of an exchange: names under which its addresses are labelled.", metavar="NAME,…"),
    ] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(help="Its first line locks the member key, which vouches for people.", metavar="FILE"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a node: its folder, keys, certificate and database."""
    from jindo.app import init_node

    node = init_node(
        folder,
        member=member,
        name=name,
        country=country,
        kind=kind,
        url=url,
        database=database,
        purposes=tuple(require_names(purposes, "--purposes")),
        services=tuple(split_names(services)),
        passphrase=read_passphrase_file(passphrase_file) if passphrase_file else None,
    )
    try:
        emit(view_node(node), render_node, as_json=as_json)
    finally:
        node.store.close()


@commands.command("card")
def card(
    out: Annotated[
        Path | None, typer.Option(help="Write the signed card here, for partners.", metavar="FILE")
    ] = None,
    renew: Annotated[
        bool,
        typer.Option("--renew", help="Have the member key vouch for the node's own key for two more years."),
    ] = False,
    folder: NodeFolder = None,
    as_json: Json = False,
) -> None:
    """Show the node's own card and its key's fingerprint, to read out to a partner.

    Where node.toml's [node] section or the certificate changed, the member key signs the new card first.
    """
    from jindo.app import find_node, has_stale_papers, read_card, renew_papers

    here = find_node(folder)
    if renew or has_stale_papers(here):
        renew_papers(here, passphrase=find_member_passphrase(here))
    with open_here(folder, None) as (node, _actor):
        if out is not None:
            out.write_bytes(read_card(node))
        view = view_node(node) | {"card": str(out) if out is not None else None}
    emit(view, render_node, as_json=as_json)


@commands.command("join")
def join(
    card: Annotated[Path, typer.Argument(help="The partner's card, as it sent it.", metavar="CARD")],
    fingerprint: Annotated[
        str,
        typer.Option(help="Of the partner's key, as read out on the telephone.", metavar="FINGERPRINT"),
    ],
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Accept a partner by its card, once its fingerprint was compared by another way than the card came."""
    from jindo.app import add_member

    with open_here(folder, token) as (node, actor):
        view = add_member(node, actor, card.read_bytes(), fingerprint=fingerprint, place=str(card))
    emit(view, render_member, as_json=as_json)


@commands.command("members")
def members(folder: NodeFolder = None, token: Token = None, as_json: Json = False) -> None:
    """List the partners, and when each last answered."""
    from jindo.app import list_members

    with open_here(folder, token) as (node, actor):
        view = list_members(node, actor)
    emit(view, render_members, as_json=as_json)


@users.command("add")
def add_user(
    person: Annotated[str, typer.Argument(help="A short name: kim.", metavar="ID")],
    name: Annotated[str, typer.Option(help="The person's name; it stays on this node.", metavar="NAME")],
    role: Annotated[
        str,
        typer.Option(
            help="admin, analyst, prosecutor, liaison, compliance, intake-clerk, auditor.", metavar="ROLE,…"
        ),
    ],
    key_out: Annotated[
        Path | None,
        typer.Option(help="Make a key pair here and now; the private key goes to this file.", metavar="FILE"),
    ] = None,
    public_key: Annotated[
        str | None,
        typer.Option(help="The public key of a pair made elsewhere: ed25519:….", metavar="KEY"),
    ] = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase for the new key.")
    ] = False,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Add a person; who is to sign needs a key, of which the node gets the public half alone."""
    from jindo.app import add_person

    if key_out and public_key:
        raise InputError("a person has one key: made here, or elsewhere", place="--public-key")
    roles = require_names(role, "--role")
    with open_here(folder, token) as (node, actor):
        lock = find_member_passphrase(node.folder) if key_out or public_key else None
        public = _officer_key(key_out, public_key, ask=passphrase)
        try:
            view = add_person(
                node, actor, id=person, name=name, roles=roles, public_key=public, passphrase=lock
            )
        except BaseException:
            if key_out is not None:
                key_out.unlink(missing_ok=True)  # made here a moment ago, and known to nobody
            raise
    emit(view | {"key_file": str(key_out) if key_out else None}, render_person, as_json=as_json)


@users.command("list")
def list_users(folder: NodeFolder = None, token: Token = None, as_json: Json = False) -> None:
    """List the people of the node, their roles, and whose key it vouches for."""
    from jindo.app import list_people

    with open_here(folder, token) as (node, actor):
        view = list_people(node, actor)
    emit(view, render_people, as_json=as_json)


@users.command("renew")
def renew_user(
    person: Annotated[str, typer.Argument(help="A person of the node who has a key.", metavar="ID")],
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Vouch for a person's key for two more years. Needs the member key."""
    from jindo.app import renew_person

    with open_here(folder, token) as (node, actor):
        view = renew_person(node, actor, person, passphrase=find_member_passphrase(node.folder))
    emit(view, render_person, as_json=as_json)


@users.command("retire")
def retire_user(
    person: Annotated[str, typer.Argument(help="A person of the node.", metavar="ID")],
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Let a person go: tokens end, and nothing can be signed in their name any more. What they did stays."""
    from jindo.app import retire_person

    with open_here(folder, token) as (node, actor):
        view = retire_person(node, actor, person)
    emit(view, render_person, as_json=as_json)


@tokens.callback()
def issue(
    name: Subject,
    days: Annotated[int, typer.Option(help="For how many days it counts.", min=1, max=366)] = 90,
    partner: Partner = False,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Give a token to sign in with. It is shown this once; who has it is that person. In a pipe it stands alone."""
    from jindo.app import issue_token

    kind = "member" if partner else "person"
    with open_here(folder, token) as (node, actor):
        view = issue_token(node, actor, subject=name, kind=kind, days=days)
    emit(view | {"name": name}, render_token, as_json=as_json)


@tokens.command("revoke")
def revoke(
    name: Subject,
    partner: Partner = False,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Take back all tokens of a person or a partner, also where someone is signed in with one."""
    from jindo.app import revoke_token

    with open_here(folder, token) as (node, actor):
        view = revoke_token(node, actor, subject=name, kind="member" if partner else "person")
    emit(view, render_revoked, as_json=as_json)


def _officer_key(key_out: Path | None, public_key: str | None, *, ask: bool) -> PublicKey | None:
    from jindo.seal import parse_public_key

    if key_out is not None:
        return write_key(key_out, ask=ask)
    return parse_public_key(public_key) if public_key else None
