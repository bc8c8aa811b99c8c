"""What other members said that a trace of ours rests on: it stays theirs, also inside our trace.

* A trace goes to a member only if the gate would let each of those labels go there, as its author marked it.
* A label may always go back to its author.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from jindo.app.node import Node
from jindo.share import GateItem, Member, Statement, build_gate_item, check_known, check_release, list_members
from jindo.share import read_statement as read_stored


def find_foreign_labels(conn: Connection, node: Node, facts: Mapping[str, Any]) -> list[GateItem]:
    """What the gate knows of other members' labels that a trace of these facts rests on."""
    said = [read_stored(conn, one).statement for one in facts.get("rests_on", ())]
    return [build_gate_item(one) for one in said if one.member != node.me.id]


def check_onward(conn: Connection, node: Node, facts: Mapping[str, Any], recipient: Member) -> None:
    """Raises `Denied` where a label that a trace of these facts rests on may not go to `recipient` now."""
    for item in find_foreign_labels(conn, node, facts):
        check_release(item, recipient, us=node.me.id, time=node.clock())


def check_statement_onward(conn: Connection, node: Node, said: Statement) -> None:
    """Raises `Denied` where an exhibit of ours rests on what one of its recipients may not have."""
    if said.kind == "exhibit":
        for recipient in _find_members(conn, said.recipients):
            check_onward(conn, node, said.body["facts"], recipient)


def _find_members(conn: Connection, names: Iterable[str]) -> list[Member]:
    known = {member.id: member for member in list_members(conn)}
    return [check_known(name, known) for name in names]
