"""A pull from a node that answers as the test says: what is in its log is taken in, and nothing it does holds us up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Connection, select, update
from tests.unit.app.nodes import START, introduce, make_node, move_clock
from tests.unit.app.test_partners import Server, answering, page, running
from tests.unit.app.test_receiving import LABEL, Evil

from jindo.app import pulling
from jindo.app.client import PartnerSilent, open_partner
from jindo.app.handing_out import prove_growth, prove_leaf, show_checkpoint
from jindo.app.node import Node
from jindo.app.pulling import DatedAhead, pull_member
from jindo.app.receiving import open_carrier, take_in
from jindo.base.errors import SourceError
from jindo.respond import build_label_body
from jindo.seal import build_inclusion_proof, leaf_hash
from jindo.share import append_leaf, carrier_object, find_envelope, list_statements, verify_statement
from jindo.store import list_jobs, tables


class Hague:
    """A captured node, with a log of its own that it proves."""

    def __init__(self, server: Server) -> None:
        self.server, self.node, self.evil = server, server.node, Evil(server.node)
        for path, ask in (("/log/inclusion", self._prove), ("/log/consistency", self._grow)):
            server.answers[path] = ask
        server.answers["/log/checkpoint"] = self._sign

    def label(self, *, logged: bool = True, **said: Any) -> dict[str, Any]:
        """The carrier of a label, with its leaf."""
        item = self.evil.say("label", LABEL, None, nonce=str(uuid.uuid4()), **said)
        found = find_envelope(item)
        assert found is not None
        signed = verify_statement(*found, self.node.me, at=START + 900 * 86_400)
        if not logged:
            return dict(carrier_object(signed))
        with self.node.store.begin() as conn:
            name = signed.statement.id
            leaf = append_leaf(conn, kind="label", subject=name, commitment=signed.sha256, time=START)
        return dict(carrier_object(signed, leaf))

    def show(self, *pages: list[dict[str, Any]]) -> None:
        """Serve these pages, one after the other."""

        def answer(request: Any) -> None:
            asked = parse_qs(urlsplit(request.path).query)
            new = [n for n in range(len(pages)) if added(n) > asked.get("added_after", [""])[0]]
            n = int(asked["next"][0]) if "next" in asked else min(new, default=None)
            if n is None:
                answering(page())(request)
                return
            more = {"more": True, "next": str(n + 1)} if n + 1 < len(pages) else {}
            answering(page(*pages[n], **more), X_TAXII_Date_Added_Last=added(n))(request)

        self.server.answers[self.server.objects] = answer

    def asked(self, path: str) -> int:
        return sum(each.startswith(path) for each, _ in self.server.asked)

    def _sign(self, request: Any) -> None:
        answering(show_checkpoint(self.node).encode())(request)

    def _prove(self, request: Any) -> None:
        asked = parse_qs(urlsplit(request.path).query)
        proof = prove_leaf(self.node, int(asked["index"][0]), int(asked["size"][0]))
        answering(json.dumps(proof).encode())(request)

    def _grow(self, request: Any) -> None:
        asked = parse_qs(urlsplit(request.path).query)
        proof = prove_growth(self.node, int(asked["old"][0]), int(asked["new"][0]))
        answering(json.dumps(proof).encode())(request)


def added(n: int) -> str:
    return f"2026-01-01T00:00:0{n}.000000Z"


@pytest.fixture
def hague(tmp_path: Path) -> Iterator[Hague]:
    with running(tmp_path / "hague") as server:
        yield Hague(server)


@pytest.fixture
def seoul(tmp_path: Path, hague: Hague) -> Iterator[Node]:
    node = make_node(tmp_path / "seoul")
    introduce(node, hague.node)
    yield node
    node.store.close()


def cursor(node: Node) -> str | None:
    with node.store.read() as conn:
        return conn.scalar(select(tables.member.c.cursor).where(tables.member.c.id == "hague"))


def received(node: Node) -> int:
    with node.store.read() as conn:
        return len(list_statements(conn, state="received"))


def problems(node: Node) -> list[str]:
    with node.store.read() as conn:
        return [str(row.problem) for row in list_statements(conn, state="quarantined")]


def test_what_the_partner_s_log_proves_is_taken_in_once(seoul: Node, hague: Hague) -> None:
    hague.show([hague.label()], [hague.label(), {"type": "identity", "id": "identity--x"}])
    assert pull_member(seoul, "hague") == {"member": "hague", "received": 2, "quarantined": 0}
    assert cursor(seoul) == added(1)
    proofs = hague.asked("/log/inclusion")
    assert pull_member(seoul, "hague")["received"] == 0
    with seoul.store.begin() as conn:
        conn.execute(update(tables.member).values(cursor=None))
    assert pull_member(seoul, "hague")["received"] == 0
    assert hague.asked("/log/inclusion") == proofs == 2
    assert received(seoul) == 2


def test_what_is_not_in_the_log_is_put_aside_and_stops_nothing(seoul: Node, hague: Hague) -> None:
    good, other = hague.label(), hague.label()
    leaf = next(iter(good["extensions"].values()))["leaf"]
    next(iter(other["extensions"].values()))["leaf"] = leaf  # the place of another statement
    beyond = hague.label(logged=False)
    next(iter(beyond["extensions"].values()))["leaf"] = 10**30
    hague.show([hague.label(logged=False), beyond, other, good])
    assert pull_member(seoul, "hague") == {"member": "hague", "received": 1, "quarantined": 3}
    assert cursor(seoul) == added(0)
    assert all("log" in problem for problem in problems(seoul))


@pytest.mark.parametrize(
    "leaf",
    ["[" * 20_000, "{}", "\ud800", '{"commitment": 1, "subject": 2}'],
    ids=["deep", "empty", "half a character", "other things"],
)
def test_a_proof_that_proves_nothing_counts_as_none(seoul: Node, hague: Hague, leaf: str) -> None:
    item = hague.label()
    proof = [step.hex() for step in build_inclusion_proof([leaf_hash(b"x")], 0)]
    hague.server.answers["/log/inclusion"] = answering(json.dumps({"leaf": leaf, "proof": proof}).encode())
    hague.show([item])
    assert pull_member(seoul, "hague") == {"member": "hague", "received": 0, "quarantined": 1}


def test_what_is_dated_ahead_holds_up_only_itself(seoul: Node, hague: Hague) -> None:
    early = hague.label(made=START + 3_600)
    hague.show([early, hague.label()], [hague.label()])
    with pytest.raises(DatedAhead):
        pull_member(seoul, "hague")
    assert (received(seoul), cursor(seoul), problems(seoul)) == (2, None, [])
    move_clock(seoul, 3_600)
    assert pull_member(seoul, "hague") == {"member": "hague", "received": 1, "quarantined": 0}
    assert cursor(seoul) == added(1)


def test_a_pull_whose_time_is_over_goes_on_in_the_next(
    seoul: Node, hague: Hague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "LONGEST_PULL", -1.0)
    hague.show([hague.label(), hague.label()], [hague.label()])
    for n in (1, 2, 3):
        assert pull_member(seoul, "hague")["received"] == 1
        assert received(seoul) == n
        with seoul.store.read() as conn:
            waiting = [job for job in list_jobs(conn, "hague") if job.state == "queued"]
        assert [job.kind for job in waiting] == ["pull"]
    monkeypatch.setattr(pulling, "LONGEST_PULL", 60.0)
    assert pull_member(seoul, "hague")["received"] == 0
    assert (received(seoul), cursor(seoul)) == (3, added(1))


def test_no_partner_is_listened_to_without_end(seoul: Node, hague: Hague) -> None:
    hague.show([])
    with open_partner(seoul, hague.node.me, seconds=0) as partner, pytest.raises(PartnerSilent):
        partner.read_page()
    assert hague.server.asked == []


def test_a_log_that_says_nothing_is_noted_with_the_partner(seoul: Node, hague: Hague) -> None:
    hague.server.answers["/log/checkpoint"] = answering(b"no note")
    hague.show([hague.label()])
    with pytest.raises(Exception, match="note"):
        pull_member(seoul, "hague")
    with seoul.store.read() as conn:
        assert conn.scalar(select(tables.member.c.problem)) is not None
    assert received(seoul) == 0


def test_a_full_disk_makes_nobody_a_liar(seoul: Node, hague: Hague) -> None:
    """A statement that our database cannot hold now is asked for again; it is not put aside."""
    body = build_label_body([f"0x{n:040x}" for n in range(5_000)], service="S", kind="exchange", reason="r")
    carried = open_carrier(seoul, hague.node.me, hague.evil.say("label", body, None))
    assert carried is not None
    with pytest.raises(SourceError), seoul.store.begin() as conn, full_disk(conn):
        take_in(conn, seoul, hague.node.me, carried)
    assert problems(seoul) == []
    with seoul.store.begin() as conn:
        assert take_in(conn, seoul, hague.node.me, carried) == "received"


@contextmanager
def full_disk(conn: Connection) -> Iterator[None]:
    """SQLite's own word for it: the file may not grow."""
    size = conn.exec_driver_sql("PRAGMA page_count").scalar()
    conn.exec_driver_sql(f"PRAGMA max_page_count = {size}")
    try:
        yield
    finally:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
