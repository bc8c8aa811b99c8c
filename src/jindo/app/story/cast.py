"""Who plays in the joint story: three members, their people, and what each has on its own disk.

    DIR/
    ├── demo.json                  says that the folder is a demo's
    ├── world/                     the world's files, with truth.json
    ├── keys/<member>-<person>.pem each officer's own key, which no node ever holds
    ├── seoul/ hague/ dolmen/      one node each: node.toml, database, keys, cases
    └── SEOUL-2026-1/              the case as it is handed over

* All names are invented. The Hague knows an instant exchanger that is in nobody else's list.
* Seoul and The Hague each import the chains on their own; the exchange has no chain data, only its own accounts.
* What customers of the exchange had withdrawn before the request came is made up by the world's seed, not by chance.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.node import Node, init_node, open_node, read_card
from jindo.app.partners import add_member
from jindo.app.people import add_person, console, issue_token
from jindo.app.study import Progress
from jindo.ledger import import_source
from jindo.seal import SigningKey
from jindo.share import fingerprint
from jindo.sim import World

KNOWN_TO_ONE = "Quokka Instant"
"""The service that only The Hague can name."""
EXCHANGE_SERVICE = "Dolmen Exchange"


@dataclass(frozen=True, slots=True)
class Character:
    """A person of a member."""

    id: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A member as it is set up."""

    id: str
    name: str
    country: str
    kind: str
    purposes: tuple[str, ...]
    services: tuple[str, ...]
    people: tuple[Character, ...]


PARTS = (
    Part(
        id="seoul",
        name="Seoul Cyber Investigation Unit (fictional)",
        country="KR",
        kind="police",
        purposes=("investigation",),
        services=(),
        people=(
            Character("kim", "Kim Ji-won", ("analyst",)),
            Character("lee", "Lee Min-ho", ("prosecutor",)),
        ),
    ),
    Part(
        id="hague",
        name="Financial Crime Agency, The Hague (fictional)",
        country="NL",
        kind="agency",
        purposes=("investigation",),
        services=(),
        people=(
            Character("bakker", "Anna Bakker", ("liaison",)),
            Character("visser", "Daan Visser", ("analyst",)),
            Character("jansen", "Eva Jansen", ("analyst",)),
        ),
    ),
    Part(
        id="dolmen",
        name="Dolmen Exchange (fictional)",
        country="LT",
        kind="exchange",
        purposes=("investigation",),
        services=(EXCHANGE_SERVICE,),
        people=(Character("ines", "Ines Petrauskė", ("compliance",)),),
    ),
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A person with what they need to work: a token, and a key of their own."""

    member: str
    person: str
    token: str
    key_file: Path


@dataclass(frozen=True, slots=True)
class Theatre:
    """Everyone set up and nobody begun."""

    folder: Path
    seats: Mapping[str, Seat]
    """By person's id."""
    urls: Mapping[str, str]
    """By member's id."""

    def node(self, member: str) -> Path:
        """A member's node folder."""
        return self.folder / member

    def certificate(self, member: str) -> Path:
        """What a member's server shows."""
        return self.node(member) / "keys" / "tls.crt"


def build_theatre(folder: Path, databases: Mapping[str, str] | None = None) -> Theatre:
    """Set up the three members in a folder: nodes, people with their keys and tokens, and each other's cards.

    `databases` are addresses by member, for those whose database is not the file in their folder.
    """
    (folder / "keys").mkdir(mode=0o700, parents=True)
    ports = find_free_ports(len(PARTS))
    urls = {part.id: f"https://127.0.0.1:{port}" for part, port in zip(PARTS, ports, strict=True)}
    nodes: dict[str, Node] = {}
    seats: dict[str, Seat] = {}
    for part in PARTS:
        nodes[part.id] = _make_node(folder, part, urls[part.id], (databases or {}).get(part.id))
        seats |= {role.id: _seat(folder, nodes[part.id], role) for role in part.people}
    _introduce(nodes)
    for node in nodes.values():
        node.store.close()
    return Theatre(folder, seats, urls)


def furnish(folder: Path, world: World, progress: Progress) -> None:
    """Give each member what it has of the world: chain data and a list of services, or its own accounts.

    `folder` holds the world's files in `world/`.
    """
    with (folder / "world" / "services.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = [row for row in rows if row["service"] != KNOWN_TO_ONE]
    for member in ("seoul", "hague"):
        _write_rows(folder / member / "services.csv", ["address", "service", "kind"], known)
        _import_chains(folder, member, world, progress)
    _write_rows(
        folder / "dolmen" / "accounts.csv", ["address", "asset", "balance", "customer"], _accounts(world)
    )


def _import_chains(folder: Path, member: str, world: World, progress: Progress) -> None:
    for source, format_, chain in (
        ("ethereum", "ethereum-etl", world.account.chain),
        ("bitcoin", "bitcoin-etl", world.utxo.chain),
    ):
        import_source(
            str(folder / "world" / source),
            format=format_,
            into=folder / member / "ledger",
            chain=chain,
            strict=True,
            progress=progress,
        )


def find_free_ports(count: int) -> list[int]:
    """Ports of the loopback interface on which nothing listens now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()


def _make_node(folder: Path, part: Part, url: str, database: str | None) -> Node:
    node = init_node(
        folder / part.id,
        member=part.id,
        name=part.name,
        country=part.country,
        kind=part.kind,
        url=url,
        database=database,
        purposes=part.purposes,
        services=part.services,
    )
    _configure(node.folder / "node.toml")
    node.store.close()
    return open_node(folder / part.id)


def _configure(file: Path) -> None:
    """Ask partners each second, where a real node asks each minute: a story has no minutes to wait."""
    text = file.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("every_seconds")]
    place = lines.index("[pull]")
    file.write_text(
        "\n".join([*lines[: place + 1], "every_seconds = 1", *lines[place + 1 :], ""]), encoding="utf-8"
    )


def _seat(folder: Path, node: Node, role: Character) -> Seat:
    key = SigningKey.generate()
    file = folder / "keys" / f"{node.me.id}-{role.id}.pem"
    file.touch(mode=0o600)
    file.write_bytes(key.to_pem())
    admin = console(node)
    add_person(node, admin, id=role.id, name=role.name, roles=role.roles, public_key=key.public)
    token = issue_token(node, admin, subject=role.id, kind="person")["token"]
    return Seat(node.me.id, role.id, token, file)


def _introduce(nodes: Mapping[str, Node]) -> None:
    """Each takes the others' cards, after comparing fingerprints as two people on the phone would."""
    for node in nodes.values():
        for other in nodes.values():
            if other is not node:
                spoken = fingerprint(other.me.member_key)
                add_member(node, console(node), read_card(other), fingerprint=spoken)


def read_secret(folder: Path) -> list[str]:
    """The addresses that only The Hague can name, out of the world's own list."""
    with (folder / "world" / "services.csv").open(encoding="utf-8", newline="") as file:
        return [row["address"] for row in csv.DictReader(file) if row["service"] == KNOWN_TO_ONE]


def _accounts(world: World) -> Iterable[dict[str, Any]]:
    """The exchange's own books: of every third account the customer took all, of every third half."""
    number = 0
    for theft in world.truth.thefts:
        for end in theft.endpoints:
            if end.service != EXCHANGE_SERVICE:
                continue
            number += 1
            left = (end.amount, 0, end.amount // 2)[number % 3]
            yield {
                "address": end.account,
                "asset": theft.asset,
                "balance": left,
                "customer": f"customer {number}",
            }


def _write_rows(path: Path, columns: list[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def prepare_folder(folder: Path, marker: Mapping[str, Any]) -> None:
    """An empty folder with the demo's marker; what an earlier demo left is removed first."""
    if folder.is_dir():
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.json").write_text(json.dumps(dict(marker)) + "\n", encoding="utf-8")


def is_of_a_demo(name: str) -> bool:
    """Whether a demo lays an entry of this name into its folder."""
    return name in _ENTRIES or re.fullmatch(r"SEOUL-[0-9]{4}-[0-9]+", name) is not None


_ENTRIES = frozenset({"demo.json", "serving.json", "world", "keys", "ledger", "result"}) | {
    part.id for part in PARTS
}
"""`ledger` and `result` are an earlier version's."""
