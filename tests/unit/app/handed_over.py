"""Seoul's node after the whole story, with a real trace behind every exhibit, and its case exported."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.respond.alliance import DAY, DEPOSIT, NOW, Alliance, Made, id_of
from tests.unit.respond.story import Story, play

from jindo.app import TraceRequest, import_source, trace_ledger
from jindo.app.node import Node
from jindo.app.people import Actor
from jindo.app.settings import Settings
from jindo.app.tracing import read_flow_rows
from jindo.seal import sha256_hex
from jindo.share import build_card

KIM = Actor("seoul-1", frozenset({"analyst"}), "person")
VICTIM, THIEF, MULE, OTHER = (f"0x{n:040x}" for n in (1, 2, 3, 4))
TRANSFERS = [
    (1, NOW - 5 * DAY, OTHER, VICTIM, 1000),
    (2, NOW - 4 * DAY, VICTIM, THIEF, 900),
    (3, NOW - 3 * DAY, OTHER, MULE, 100),
    (4, NOW - 2 * DAY, THIEF, MULE, 600),
    (5, NOW - DAY, MULE, DEPOSIT, 500),
]


def trace_once(folder: Path) -> tuple[Path, Made]:
    """A small theft traced for real; its result folder, and what a case keeps of it."""
    rows = [f"{b},{t},0x{b:064x},{a},{c},{n}" for b, t, a, c, n in TRANSFERS]
    (folder / "transfers.csv").write_text("block,time,tx_hash,from,to,amount\n" + "\n".join(rows) + "\n")
    (folder / "stolen.csv").write_text(f"theft,address\nbridge,{VICTIM}\n")
    (folder / "services.csv").write_text(
        f"address,service,kind\n{DEPOSIT},Hanbit Exchange,exchange deposit\n"
    )
    import_source(str(folder / "transfers.csv"), format="transfers", into=folder / "ledger")
    asked = TraceRequest(
        folder / "ledger", folder / "stolen.csv", folder / "result", services=folder / "services.csv"
    )
    result = trace_ledger(asked).result
    flows = read_flow_rows((folder / "result" / "flows.csv").read_text())
    files = [
        {"name": path.name, "size": path.stat().st_size, "sha256": sha256_hex(path.read_bytes())}
        for path in sorted((folder / "result").iterdir())
    ]
    return folder / "result", Made(result, flows, files)


def make_node(alliance: Alliance, folder: Path) -> Node:
    """Seoul's side of the alliance as a node: its folder, its keys, its database."""
    (folder / "keys").mkdir(parents=True, mode=0o700)
    me = alliance.seoul.member
    (folder / "keys" / "card.json").write_bytes(build_card(me, alliance.seoul.key()).to_bytes())
    settings = Settings(member=me.id, name=me.name, country=me.country, kind=me.kind, url=me.url)
    return Node(folder, settings, alliance.seoul.store, me, alliance.seoul.service(), lambda: NOW + 2 * DAY)


def play_on_node(alliance: Alliance, node: Node, result: Path, made: Made) -> Story:
    """The story, with the files of each exhibit where the node keeps them."""
    story = play(alliance, made=made)
    for exhibit in (story.first, story.second, story.third):
        shutil.copytree(result, node.folder / "cases" / story.case / exhibit)
    note = node.folder / "cases" / story.case / id_of("note")
    note.mkdir()
    (note / "note.txt").write_bytes(b"note")
    return story


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    """Change what a JSON file says, and write it canonically again."""
    value = json.loads(path.read_bytes())
    text = json.dumps(change(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def rewrite_payload(
    path: Path, change: Callable[[Any], Any], envelope: Callable[[Any], Any] = lambda v: v
) -> None:
    """Change what an envelope's payload says, and leave its signatures."""

    def do(value: Any) -> Any:
        held = envelope(value)
        said = change(json.loads(base64.b64decode(held["payload"])))
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        held["payload"] = base64.b64encode(text.encode()).decode()
        return value

    rewrite(path, do)
