"""A node on a terminal: who it is, its partners, its people, and a token that is shown once.

* A fingerprint is shown as it is read out on the telephone.
* A token goes to stdout; on a terminal stderr says what to do with it, so that a pipe gets the token alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jindo.cli.output import View
from jindo.cli.tables import build_facts, build_table, format_count

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
