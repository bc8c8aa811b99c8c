"""People at their desks, each calling the program as they would; every answer is held against its published schema."""

import io
import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from jindo.app import Node, open_node
from jindo.app.receiving import open_carrier, take_in
from jindo.cli import program
from jindo.share import get_member, parse_filters, read_objects

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "reference" / "schemas"
CHAIN = "eip155:1"
ETHER = f"{CHAIN}/slip44:60"
VICTIM, THIEF, DEPOSIT, SECRET = (f"0x{digit * 40}" for digit in "1234")
THEFT = "0x" + "a" * 64
TRANSFERS = f"""block,tx_hash,from,to,amount,time
1,{THEFT},{VICTIM},{THIEF},100,2026-01-01T00:00:00Z
2,0x{"b" * 64},{THIEF},{DEPOSIT},40,2026-01-02T00:00:00Z
3,0x{"c" * 64},{THIEF},{SECRET},30,2026-01-03T00:00:00Z
"""
LAWFUL = ("--purpose", "investigation", "--legal-basis", "Criminal Procedure Act", "--expires", "2099-12-31")


@dataclass(frozen=True)
class Desk:
    """A person of a node, with a token and a key of their own."""

    node: Path
    person: str
    token: str
    key: Path

    def ask(self, *words: str) -> dict[str, Any]:
        return ask(*words, "--node", str(self.node), "--token", self.token)

    def refused(self, *words: str) -> tuple[int, dict[str, str]]:
        return refused(*words, "--node", str(self.node), "--token", self.token)

    def read(self, *words: str) -> str:
        """What a person sees."""
        return read(*words, "--node", str(self.node), "--token", self.token)

    def sign(self, statement: str) -> dict[str, Any]:
        return self.ask("share", "sign", statement, "--key", str(self.key), "--yes")


def ask(*words: str) -> dict[str, Any]:
    """The JSON that a command prints, which its schema allows."""
    code, out, err = run(*words, "--json")
    assert code == 0, err
    view: dict[str, Any] = json.loads(out)
    jsonschema.validate(view, json.loads(find_schema(words).read_text(encoding="utf-8")))
    return view


def refused(*words: str) -> tuple[int, dict[str, str]]:
    """The exit code and the error of a command that prints nothing else."""
    code, out, err = run(*words, "--json")
    assert out == ""
    error: dict[str, str] = json.loads(err)["error"]
    return code, error


def read(*words: str) -> str:
    """What a command prints for people."""
    code, out, err = run(*words)
    assert code == 0, err
    return out


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = program.run(list(words))
    return code, out.getvalue(), err.getvalue()


def find_schema(words: tuple[str, ...]) -> Path:
    """The published schema of a command: by its longest name."""
    names = (SCHEMAS / f"{'-'.join(words[:length])}.json" for length in (3, 2, 1))
    return next(path for path in names if path.is_file())


def make_node(folder: Path, kind: str = "police", **options: str) -> Path:
    """A node by its folder's name."""
    said = [word for name, value in options.items() for word in (f"--{name}", value)]
    names = ("--member", folder.name, "--name", f"Agency of {folder.name}", "--country", "KR", "--kind", kind)
    ask("node", "init", str(folder), *names, *said)
    return folder


def seat(node: Path, person: str, role: str) -> Desk:
    """A person with a key and a token."""
    key = node.parent / f"{person}.key"
    words = ("node", "user", "add", person, "--name", f"Name of {person}", "--role", role)
    ask(*words, "--key-out", str(key), "--node", str(node))
    token = ask("node", "token", person, "--node", str(node))["token"]
    return Desk(node, person, token, key)


def introduce(*nodes: Path) -> None:
    """Each accepts the others' cards, after comparing fingerprints."""
    cards = {node: node.parent / f"{node.name}.card" for node in nodes}
    spoken = {
        node: ask("node", "card", "--out", str(card), "--node", str(node))["fingerprint"]
        for node, card in cards.items()
    }
    for node in nodes:
        for other in set(nodes) - {node}:
            words = ("node", "join", str(cards[other]), "--fingerprint", spoken[other])
            ask(*words, "--node", str(node))


def furnish(node: Path) -> None:
    """Chain data with a theft in it, and a list that names one service."""
    source = node.parent / "transfers.csv"
    source.write_text(TRANSFERS, encoding="utf-8")
    words = ("ledger", "import", str(source), "--format", "transfers", "--into", str(node / "ledger"))
    ask(*words, "--asset", ETHER)
    (node / "services.csv").write_text(
        f"address,service,kind\n{DEPOSIT},Dolmen Exchange,exchange\n", encoding="utf-8"
    )


def open_case(desk: Desk, title: str = "A theft", *words: str) -> dict[str, Any]:
    return desk.ask("case", "open", title, *LAWFUL, *words)


@contextmanager
def opened(folder: Path) -> Iterator[Node]:
    node = open_node(folder)
    try:
        yield node
    finally:
        node.store.close()


def carry(author: Path, reader: Path) -> list[str]:
    """Take over what one node has for another, as a pull does, without the wire; what became of each statement."""
    with opened(author) as ours, opened(reader) as theirs:
        with ours.store.read() as conn:
            filters = parse_filters({"limit": ["1000"]})
            page = read_objects(conn, theirs.me, filters, us=ours.me.id, time=ours.clock())
        with theirs.store.begin() as conn:
            member = get_member(conn, ours.me.id)
            carried = [open_carrier(theirs, member, item) for item in page.objects]
            return [take_in(conn, theirs, member, each) for each in carried if each is not None]


@dataclass(frozen=True)
class Stage:
    """Two agencies and an exchange that know each other; Seoul has chain data, the exchange its accounts."""

    folder: Path
    tokens: dict[str, str]

    def node(self, member: str) -> Path:
        return self.folder / member

    def desk(self, person: str) -> Desk:
        return Desk(self.node(HOMES[person]), person, self.tokens[person], self.folder / f"{person}.key")

    def copy_to(self, folder: Path) -> "Stage":
        shutil.copytree(self.folder, folder)
        return Stage(folder, self.tokens)


HOMES = {"kim": "seoul", "lee": "seoul", "choi": "seoul", "bakker": "hague", "ines": "dolmen"}
ROLES = {"kim": "analyst", "lee": "prosecutor", "choi": "analyst", "bakker": "liaison", "ines": "compliance"}


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def build_stage(folder: Path) -> Stage:
    """Made once; tests work on copies."""
    seoul = make_node(folder / "seoul")
    hague = make_node(folder / "hague", "agency", url=f"https://127.0.0.1:{find_free_port()}")
    dolmen = make_node(folder / "dolmen", "exchange", services="Dolmen Exchange")
    introduce(seoul, hague, dolmen)
    furnish(seoul)
    (dolmen / "accounts.csv").write_text(f"address,asset,balance\n{DEPOSIT},{ETHER},25\n", encoding="utf-8")
    desks = [seat(folder / home, person, ROLES[person]) for person, home in HOMES.items()]
    return Stage(folder, {desk.person: desk.token for desk in desks})
