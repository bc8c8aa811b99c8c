"""A node on a terminal: who it is, its partners, its people, and a token that is shown once.

* A fingerprint is shown as it is read out on the telephone.
* A token goes to stdout; on a terminal stderr says what to do with it, so that a pipe gets the token alone.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jindo.cli.output import View
from jindo.cli.tables import build_facts, build_table, format_number

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.app import Node


def view_node(node: Node) -> dict[str, Any]:
    """Who a node is, as its card says it."""
    from jindo.share import fingerprint

    me = node.me
    return {
        "node": str(node.folder),
        "member": me.id,
        "name": me.name,
        "country": me.country,
        "kind": me.kind,
        "url": me.url,
        "purposes": list(me.purposes),
        "services": list(me.services),
        "version": me.version,
        "fingerprint": fingerprint(me.member_key),
    }


def render_node(console: Console, view: View) -> None:
    """Who a node is, and how its key reads on the telephone."""
    facts = {
        "node": view["node"],
        "member": f"{view['member']}, {view['name']} ({view['country']}, {view['kind']})",
        "reached at": view["url"],
        "uses data for": ", ".join(view["purposes"]),
        "labelled as": ", ".join(view["services"]),
        "card": view.get("card") or "",
        "fingerprint": view["fingerprint"],
    }
    console.print(build_facts({name: value for name, value in facts.items() if value}))
    if is_loopback(view["url"]):
        console.print(
            f"note: {view['url']} is this machine itself, and that is what the card says: partners elsewhere cannot reach "
            f"it. Set url in {view['node']}/node.toml, then: jindo node card --out FILE",
            style="yellow",
            soft_wrap=True,
        )


def is_loopback(url: str) -> bool:
    """Whether an address leads back to the machine that it is used on."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def render_member(console: Console, view: View) -> None:
    """A partner that was accepted."""
    facts = {
        "partner": f"{view['id']}, {view['name']} ({view['country']}, {view['kind']})",
        "reached at": view["url"],
        "fingerprint": view["fingerprint"],
    }
    console.print(build_facts(facts))


def render_members(console: Console, view: View) -> None:
    """Partners, one a row, and when each last answered."""
    if not view["members"]:
        console.print("there are no partners yet: jindo node join CARD --fingerprint FINGERPRINT")
        return
    table = build_table("member", "name", "country", "kind", "reached at", "last answered", "problem")
    for row in view["members"]:
        table.add_row(
            row["id"],
            row["name"],
            row["country"],
            row["kind"],
            row["url"],
            row["pulled"] or "not yet",
            row["problem"] or "",
        )
    console.print(table)


def render_person(console: Console, view: View) -> None:
    """A person of the node, and where the key that was made lies."""
    facts = {
        "person": f"{view['id']}, {view['name']}",
        "roles": ", ".join(view["roles"]),
        "state": "may use the node" if view["active"] else "retired",
        "public key": view["public_key"] or "none: signs nothing",
        "private key": view.get("key_file") or "",
    }
    console.print(build_facts({name: value for name, value in facts.items() if value}))
    if view.get("key_file"):
        console.print(
            f"hand the private key over in person, and keep no copy; next: jindo node token {view['id']}",
            soft_wrap=True,
        )


def render_people(console: Console, view: View) -> None:
    """People, one a row."""
    table = build_table("person", "name", "roles", "key", "state", "added")
    for row in view["people"]:
        table.add_row(
            row["id"],
            row["name"],
            ", ".join(row["roles"]),
            (row["key_id"] or "")[:16],
            "active" if row["active"] else "retired",
            row["added"],
        )
    console.print(table)


def render_token(console: Console, view: View) -> None:
    """The token, alone on stdout; what to do with it, on a terminal's stderr."""
    console.print(view["token"], soft_wrap=True)
    if sys.stderr.isatty():
        note = f"for {view['name']}, until {view['expires']}; it is not shown again: export JINDO_TOKEN=…"
        sys.stderr.write(f"{note}\n")


def render_revoked(console: Console, view: View) -> None:
    """How many tokens were taken back."""
    console.print(
        f"{view['subject']}: {format_number(view['revoked'], 'token or session', 'tokens and sessions')} ended"
    )
