"""Real nodes for tests, with a clock that the test sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.node import Node, init_node, read_card
from jindo.app.partners import add_member
from jindo.app.people import Actor, add_person, console, issue_token, sign_in
from jindo.seal import SigningKey
from jindo.share import fingerprint
from jindo.store import read_audit

START = 1_767_225_600  # 2026-01-01


@dataclass
class SetClock:
    """A clock that stands until the test moves it."""

    now: int = START

    def __call__(self) -> int:
        return self.now


def make_node(folder: Path, member: str = "seoul", **said: Any) -> Node:
    asked: dict[str, Any] = {
        "member": member,
        "name": f"Agency of {member}",
        "country": "KR",
        "kind": "police",
        "clock": SetClock(),
    }
    return init_node(folder, **{**asked, **said})


@contextmanager
def one_node(folder: Path, member: str = "seoul", **said: Any) -> Iterator[Node]:
    node = make_node(folder, member, **said)
    try:
        yield node
    finally:
        node.store.close()


def move_clock(node: Node, seconds: int) -> None:
    assert isinstance(node.clock, SetClock)
    node.clock.now += seconds


def add_worker(node: Node, person: str, *roles: str, key: SigningKey | None = None) -> tuple[Actor, str]:
    """A person with a token, signed in."""
    admin = console(node)
    public = key.public if key else None
    add_person(node, admin, id=person, name=f"Name of {person}", roles=roles, public_key=public)
    token = issue_token(node, admin, subject=person)["token"]
    return sign_in(node, token), token


def introduce(node: Node, other: Node) -> None:
    add_member(node, console(node), read_card(other), fingerprint=fingerprint(other.me.member_key))


def audited(node: Node) -> list[tuple[str, str, str]]:
    with node.store.read() as conn:
        return [(row["actor"], row["act"], row["subject"]) for row in read_audit(conn, limit=1000)]
