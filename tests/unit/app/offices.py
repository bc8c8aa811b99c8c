"""Three members at work: a police unit with chain data, an agency, and an exchange; each person signs with an own key.

Everything goes through the use cases, as people would do it. The nodes are made once and copied for each test; their
clocks stand until the test moves them.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.app.nodes import START, SetClock, introduce, make_node

from jindo.app import import_source
from jindo.app.node import Node, open_node
from jindo.app.people import Actor, add_person, console
from jindo.app.receiving import open_carrier, take_in
from jindo.app.sharing import add_signature, show_statement
from jindo.app.worker import Worker
from jindo.seal import SigningKey, preauth_bytes
from jindo.share import get_member, parse_filters, read_objects

DAY = 86_400
CHAIN = "eip155:1"
ETHER = f"{CHAIN}/slip44:60"
VICTIM, THIEF, DEPOSIT, SECRET = (f"0x{digit * 40}" for digit in "1234")
THEFT = "0x" + "a" * 64
TRANSFERS = f"""block,tx_hash,from,to,amount,time
1,{THEFT},{VICTIM},{THIEF},100,2025-12-01T00:00:00Z
2,0x{"b" * 64},{THIEF},{DEPOSIT},40,2025-12-02T00:00:00Z
3,0x{"c" * 64},{THIEF},{SECRET},30,2025-12-03T00:00:00Z
"""
DRAFT = {
    "title": "A theft",
    "kind": "theft",
    "purpose": "investigation",
    "legal_basis": "Criminal Procedure Act, Article 199",
    "expires": "2030-01-01",
    "tlp": "GREEN",
    "loss": [{"theft": "wallet", "tx_hash": THEFT}],
}
ASKED = {"contact": "duty@seoul.example"}
PEOPLE = {
    "seoul": {
        "kim": "analyst",
        "choi": "analyst",
        "lee": "prosecutor",
        "park": "liaison",
        "zed": "analyst",
        "han": "compliance",
        "audit": "auditor",
    },
    "hague": {"jansen": "analyst", "visser": "liaison", "bakker": "prosecutor"},
    "dolmen": {"ines": "compliance", "omar": "liaison", "yara": "analyst"},
}
KINDS = {"seoul": "police", "hague": "agency", "dolmen": "exchange"}


@dataclass(frozen=True)
class Office:
    """A node and its people."""

    node: Node

    def person(self, name: str) -> Actor:
        return Actor(name, frozenset({PEOPLE[self.node.me.id][name]}), "person")

    def sign(self, statement: str, *people: str) -> dict[str, Any]:
        """Have people sign, each with their own key."""
        view: dict[str, Any] = {}
        for person in people:
            view = self.hand_in(statement, person, key_of(person))
        return view

    def hand_in(
        self, statement: str, person: str, key: SigningKey, *, says: str | None = None
    ) -> dict[str, Any]:
        """Hand in a signature made with `key`, under the id of the key of `says`."""
        shown = show_statement(self.node, self.person("audit" if person == "zed" else person), statement)
        data = preauth_bytes(shown["payload_type"], base64.b64decode(shown["payload"]))
        sig = base64.b64encode(key.sign(data)).decode()
        key_id = key_of(says or person).public.key_id
        return add_signature(self.node, self.person(person), statement, key_id=key_id, sig=sig)

    def work(self) -> None:
        """Let the worker do all that it has to do now."""
        worker = Worker(self.node, "w", None, lambda _: None, every=0)
        while worker.run_once():
            pass

    def hear(self, author: Office) -> list[str]:
        """Take over what another node has for this one, as a pull does; what became of each statement."""
        with author.node.store.read() as conn:
            page = read_objects(
                conn,
                self.node.me,
                parse_filters({"limit": ["1000"]}),
                us=author.node.me.id,
                time=author.node.clock(),
            )
        with self.node.store.begin() as conn:
            member = get_member(conn, author.node.me.id)
            carried = [open_carrier(self.node, member, item) for item in page.objects]
            return [take_in(conn, self.node, member, each) for each in carried if each is not None]


def key_of(person: str) -> SigningKey:
    return SigningKey.from_seed(person.encode().ljust(32, b"."))


def build_offices(folder: Path) -> Path:
    """The nodes' folders, closed."""
    nodes = [
        make_node(folder / member, member, kind=kind, services=("Dolmen Exchange",) * (member == "dolmen"))
        for member, kind in KINDS.items()
    ]
    for node in nodes:
        for other in nodes:
            if other is not node:
                introduce(node, other)
        staff(node, PEOPLE[node.me.id])
    for node in nodes:
        node.store.close()
    furnish(folder)
    return folder


def staff(node: Node, people: Mapping[str, str]) -> None:
    for person, role in people.items():
        key = None if role == "auditor" else key_of(person).public
        add_person(node, console(node), id=person, name=f"Name of {person}", roles=[role], public_key=key)


def furnish(folder: Path) -> None:
    """Chain data with a theft in it and a list of services for Seoul, accounts for the exchange."""
    (folder / "transfers.csv").write_text(TRANSFERS, encoding="utf-8")
    import_source(
        str(folder / "transfers.csv"), format="transfers", into=folder / "seoul" / "ledger", asset=ETHER
    )
    (folder / "seoul" / "services.csv").write_text(
        f"address,service,kind\n{DEPOSIT},Dolmen Exchange,exchange\n", encoding="utf-8"
    )
    (folder / "dolmen" / "accounts.csv").write_text(
        f"address,asset,balance\n{DEPOSIT},{ETHER},25\n", encoding="utf-8"
    )


@contextmanager
def opened(built: Path, folder: Path) -> Iterator[tuple[Office, Office, Office]]:
    """The offices of a copy, their clocks at the same time."""
    shutil.copytree(built, folder)
    clock = SetClock(START + DAY)
    offices = [Office(open_node(folder / member, clock)) for member in KINDS]
    try:
        yield offices[0], offices[1], offices[2]
    finally:
        close(offices)


def close(offices: Iterable[Office]) -> None:
    for office in offices:
        office.node.store.close()
