"""Nodes to ask over HTTP: a police unit, an agency and an exchange that know each other, and a case between them.

Everything here goes through the use cases, as people would do it; only the trace's figures are written by hand.
"""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jindo import app
from jindo.app import Actor, Node
from jindo.base.markings import Tlp
from jindo.respond import record_exhibit
from jindo.seal import SigningKey, preauth_bytes
from jindo.share import ROLES
from jindo.web.serving import NodeServer, build_config, open_listener

NOW = 1_790_000_000
"""2026-09-21; a fixed clock, so that the same test says the same."""

YEAR = 365 * 86_400
ETHER = "eip155:1/slip44:60"
SIGNERS = {"analyst", "prosecutor", "liaison", "compliance"}
DEPOSIT = "0x" + "a1" * 20
MIXER = "0x" + "b2" * 20


@dataclass(frozen=True, slots=True)
class Desk:
    """A node with one person of each role, their tokens, and the keys of those who sign."""

    node: Node
    people: dict[str, Actor] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=dict)

    def sign(self, statement: str, *people: str) -> dict[str, Any]:
        """Have these people sign a statement, each with their own key."""
        view: dict[str, Any] = {}
        for person in people:
            shown = app.show_statement(self.node, self.people[person], statement)
            data = preauth_bytes(shown["payload_type"], base64.b64decode(shown["payload"]))
            key = self.keys[person]
            sig = base64.b64encode(key.sign(data)).decode()
            view = app.add_signature(
                self.node, self.people[person], statement, key_id=key.public.key_id, sig=sig
            )
        return view


def build_node(
    folder: Path,
    member: str,
    *,
    name: str,
    country: str,
    kind: str,
    url: str = "https://127.0.0.1:8700",
    services: tuple[str, ...] = (),
    clock: Callable[[], int] = lambda: NOW,
) -> Node:
    """A fresh node of one member."""
    return app.init_node(
        folder,
        member=member,
        name=name,
        country=country,
        kind=kind,
        url=url,
        services=services,
        clock=clock,
    )


def introduce(*nodes: Node) -> None:
    """Let each node know every other by its card, with the fingerprint read out."""
    for node in nodes:
        for other in nodes:
            if other is not node:
                spoken = app.fingerprint(other.me.member_key)
                app.add_member(node, app.console(node), app.read_card(other), fingerprint=spoken)


def staff(node: Node) -> Desk:
    """One person of each role, called by it; those who sign have keys."""
    desk = Desk(node)
    owner = app.console(node)
    for role in ROLES:
        key = SigningKey.generate() if role in SIGNERS else None
        app.add_person(
            node, owner, id=role, name=f"Person {role}", roles=[role], public_key=key.public if key else None
        )
        desk.tokens[role] = app.issue_token(node, owner, subject=role)["token"]
        desk.people[role] = Actor(role, frozenset({role}), "person")
        if key:
            desk.keys[role] = key
    return desk


def take_port() -> socket.socket:
    """A listener on a free port of loopback."""
    return open_listener("127.0.0.1", 0)


@contextmanager
def serving(node: Node, listener: socket.socket) -> Iterator[str]:
    """The node over real TLS, without its worker, for as long as the block runs; its address."""
    addresses: list[str] = []
    ready = threading.Event()

    def say_ready(address: str) -> None:
        addresses.append(address)
        ready.set()

    server = NodeServer(build_config(node), say_ready)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert ready.wait(30)
    yield addresses[0]
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


def open_case(desk: Desk, title: str = "Theft from an exchange's cold wallet", **fields: Any) -> str:
    """A case that everyone who works on cases works on; its id."""
    draft = {
        "title": title,
        "kind": "theft",
        "purpose": "investigation",
        "legal_basis": "Criminal Procedure Act, Article 199",
        "expires": desk.node.clock() + YEAR,
        "tlp": "AMBER",
        "summary": "Value left a cold wallet after a signing screen was altered.",
        "loss": [{"theft": "cold wallet", "tx_hash": "0x" + "11" * 32}],
        **fields,
    }
    case = str(app.open_case(desk.node, desk.people["analyst"], draft)["id"])
    for role in sorted(SIGNERS - {"analyst"}):
        app.add_case_person(desk.node, desk.people["analyst"], case, person=role)
    return case


def build_facts(*, rests_on: tuple[str, ...] = ()) -> dict[str, Any]:
    """The facts of a trace that reached an exchange and a mixer."""
    sums = {"exchange": 7_250 * 10**18, "mixer": 1_100 * 10**18 + 1}
    held = 401_346_768_858_404_000_000_000 - sum(sums.values()) - 21_000_000_000_000
    return {
        "findings_hash": "f1" * 32,
        "provenance_hash": "e2" * 32,
        "software": "jindo 0.1.0",
        "rule": "fifo",
        "max_hops": 12,
        "until": None,
        "last_time": NOW - 3_600,
        "chains": ["eip155:1"],
        "decimals": {ETHER: 18},
        "stolen": [
            {
                "theft": "cold wallet",
                "chain": "eip155:1",
                "asset": ETHER,
                "amount": "401346768858404000000000",
                "decimals": 18,
                "movements": 1,
            }
        ],
        "services": [
            _build_service("Coinbay", "exchange", sums["exchange"], DEPOSIT),
            _build_service("Whirlwind", "mixer", sums["mixer"], MIXER),
        ],
        "held": [{"chain": "eip155:1", "asset": ETHER, "decimals": 18, "amount": str(held), "accounts": 214}],
        "elsewhere": [
            {"reason": "fee", "chain": "eip155:1", "asset": ETHER, "decimals": 18, "amount": "21000000000000"}
        ],
        "rests_on": list(rests_on),
        "version": 1,
        "replaces": None,
    }


def lay_trace(desk: Desk, case: str, *, id: str, rests_on: tuple[str, ...] = ()) -> str:  # noqa: A002
    """A trace among the case's exhibits, as the worker lays it; its id."""
    files = [{"name": "result.json", "size": 4_096, "sha256": "ab" * 32}]
    with desk.node.store.begin() as conn:
        return record_exhibit(
            conn,
            id=id,
            case_id=case,
            kind="trace",
            title="Trace 1 under fifo",
            origin=desk.node.me.id,
            tlp=Tlp.AMBER,
            files=files,
            facts=build_facts(rests_on=rests_on),
            time=desk.node.clock(),
            actor="worker",
        ).id


def _build_service(service: str, kind: str, amount: int, account: str) -> dict[str, Any]:
    address = {
        "chain": "eip155:1",
        "account": account,
        "amount": str(amount),
        "first_time": NOW - 86_400,
        "last_time": NOW - 7_200,
        "transactions": ["0x" + "22" * 32],
    }
    return {
        "service": service,
        "kind": kind,
        "reason": "service" if kind == "exchange" else "mixer",
        "asset": ETHER,
        "decimals": 18,
        "amount": str(amount),
        "addresses": [address],
    }
