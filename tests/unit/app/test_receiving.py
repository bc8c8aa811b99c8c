"""What a captured partner says: only those with a part in a case have a say in it, and nothing it says stops the rest.

`Evil` holds its own member key, so it invents as many officers as an act needs; what it says is taken in as a pull does.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.unit.app.nodes import START, add_worker, introduce, make_node, move_clock

from jindo.app.casefile import show_case
from jindo.app.cases import open_case
from jindo.app.node import Node, read_member_key
from jindo.app.people import Actor
from jindo.app.receiving import FAR_AHEAD, open_carrier, take_in
from jindo.base.markings import Tlp
from jindo.respond import (
    active_labels,
    build_label_body,
    find_standing_trace,
    get_case,
    list_exhibits,
    list_requests,
    read_history,
)
from jindo.seal import SigningKey, canonical_hash, sign_envelope
from jindo.share import (
    STATEMENT_TYPE,
    Officer,
    SignedStatement,
    Statement,
    build_recall_body,
    build_voucher,
    carrier_object,
    derive_statement_id,
    get_act,
    list_statements,
    read_statement,
    statement_payload,
)

DAY = 86_400
ADDRESS = "0x" + "99" * 20
DRAFT = {
    "title": "A theft",
    "kind": "theft",
    "purpose": "investigation",
    "legal_basis": "Criminal Procedure Act, Article 199",
    "expires": "2030-01-01",
}
LABEL = build_label_body([ADDRESS], service="Nobody's business", kind="exchange", reason="it says so")


@dataclass
class Evil:
    """A member whose node was captured."""

    node: Node

    def say(self, kind: str, body: dict[str, Any], case_id: str | None, **said: Any) -> dict[str, Any]:
        """The carrier of a statement, signed by as many invented officers as the act needs."""
        nonce = str(said.get("nonce", uuid.uuid4()))
        own = derive_statement_id(self.node.me.id, nonce)
        statement = Statement(
            nonce=nonce,
            kind=kind,
            member=self.node.me.id,
            case_id=case_id,
            subject=said.get("subject", body.get("id", own)),
            made=said.get("made", START),
            expires=None,
            tlp=said.get("tlp", Tlp.GREEN),
            purpose="investigation",
            recipients=("seoul",),
            body=body,
            objects=(),
        )
        return self.carry(statement)

    def carry(self, statement: Statement) -> dict[str, Any]:
        act = get_act(statement.kind)
        keys = sorted(
            (SigningKey.generate() for _ in range(act.signatures)), key=lambda key: key.public.key_id
        )
        role = sorted(act.roles)[0]
        officers = tuple(
            Officer(self.node.me.id, f"officer-{n}", (role,), key.public, START - DAY, START + 900 * DAY)
            for n, key in enumerate(keys)
        )
        vouchers = tuple(build_voucher(officer, read_member_key(self.node)) for officer in officers)
        envelope = sign_envelope(STATEMENT_TYPE, statement_payload(statement), keys)
        return dict(carrier_object(SignedStatement(statement, envelope, vouchers, officers), leaf=0))


@pytest.fixture
def seoul(tmp_path: Path) -> Iterator[Node]:
    node = make_node(tmp_path / "seoul")
    yield node
    node.store.close()


@pytest.fixture
def evil(tmp_path: Path, seoul: Node) -> Iterator[Evil]:
    node = make_node(tmp_path / "evil", "evil", country="NL", kind="agency")
    introduce(seoul, node)
    introduce(node, seoul)
    yield Evil(node)
    node.store.close()


@pytest.fixture
def kim(seoul: Node) -> Actor:
    return add_worker(seoul, "kim", "analyst", key=SigningKey.generate())[0]


@pytest.fixture
def case(seoul: Node, kim: Actor) -> str:
    return str(open_case(seoul, kim, DRAFT)["id"])


def take(node: Node, evil: Evil, item: dict[str, Any]) -> str:
    carried = open_carrier(node, evil.node.me, item)
    assert carried is not None
    with node.store.begin() as conn:
        return take_in(conn, node, evil.node.me, carried)


def problems(conn: Connection) -> list[str]:
    return [str(row.problem) for row in list_statements(conn, state="quarantined")]


def exhibit_body(case_id: str, **changed: Any) -> dict[str, Any]:
    body = {
        "id": str(uuid.uuid4()),
        "case_id": case_id,
        "n": 1,
        "kind": "note",
        "title": "x",
        "origin": "evil",
    }
    files = [{"name": "note.txt", "size": 1, "sha256": "0" * 64}]
    more = {"tlp": "GREEN", "files": files, "sha256": canonical_hash(files), "facts": {}, "added": START}
    return {**body, **more, **changed}


def test_who_has_no_part_in_a_case_has_no_say_in_it(seoul: Node, evil: Evil, kim: Actor, case: str) -> None:
    before = show_case(seoul, kim, case)
    for item in (
        evil.say("label", LABEL, case),
        evil.say("exhibit", exhibit_body(case), case),
        evil.say("recall", {"statement_id": case, "kind": "case", "reason": "no"}, case, subject=case),
    ):
        assert take(seoul, evil, item) == "quarantined"
    with seoul.store.read() as conn:
        assert all("has no part in this case" in problem for problem in problems(conn))
        assert active_labels(conn, us="seoul", case_id=case, time=START) == []
        assert list_exhibits(conn, case) == []
        assert find_standing_trace(conn, case, us="seoul") is None
    after = show_case(seoul, kim, case)
    assert (after["history"], after["exhibits"]) == (before["history"], before["exhibits"])


def test_a_label_that_names_no_case_counts_in_none(seoul: Node, evil: Evil, case: str) -> None:
    assert take(seoul, evil, evil.say("label", LABEL, None, made=1_700_000_000 + 9)) in {
        "received",
        "quarantined",
    }
    with seoul.store.read() as conn:
        assert active_labels(conn, us="seoul", case_id=case, time=START) == []


@pytest.mark.parametrize("facts", [{"rests_on": 5}, {"rests_on": ["x"]}, {"junk": 1}])
def test_an_exhibit_that_is_no_trace_states_no_facts(
    seoul: Node, evil: Evil, case: str, facts: dict[str, Any]
) -> None:
    theirs = str(uuid.uuid4())
    assert take(seoul, evil, evil.say("exhibit", exhibit_body(theirs, facts=facts), theirs)) == "quarantined"


def test_a_case_cannot_be_called_by_our_case_s_id(seoul: Node, evil: Evil, kim: Actor, case: str) -> None:
    theirs = str(uuid.uuid4())
    body = {
        **DRAFT,
        "id": theirs,
        "origin": "evil",
        "number": case,
        "expires": START + DAY,
        "opened": START,
        "tlp": "GREEN",
        "summary": "",
        "loss": [],
    }
    assert take(seoul, evil, evil.say("case", body, theirs)) == "quarantined"
    assert show_case(seoul, kim, case)["id"] == case


def test_a_request_that_is_not_to_us_is_not_taken_in(seoul: Node, evil: Evil, case: str) -> None:
    item = evil.say("request", {"addressee": {"member": "evil"}}, None)
    assert take(seoul, evil, item) == "quarantined"
    with seoul.store.read() as conn:
        assert list_requests(conn) == []


def test_a_waiting_exhibit_does_not_stop_the_case_that_comes(seoul: Node, evil: Evil) -> None:
    theirs = str(uuid.uuid4())
    assert take(seoul, evil, evil.say("exhibit", exhibit_body(theirs), theirs)) == "received"
    body = {
        **DRAFT,
        "id": theirs,
        "origin": "evil",
        "number": "EVIL-2026-1",
        "expires": START + DAY,
        "opened": START,
        "tlp": "GREEN",
        "summary": "",
        "loss": [],
    }
    assert take(seoul, evil, evil.say("case", body, theirs)) == "received"
    with seoul.store.read() as conn:
        assert get_case(conn, "EVIL-2026-1").origin == "evil"
        assert [row.origin for row in list_exhibits(conn, theirs)] == ["evil"]
        assert next(row["act"] for row in read_history(conn, theirs)) == "case-received"


def test_a_recall_that_comes_first_counts_when_its_label_comes(seoul: Node, evil: Evil) -> None:
    nonce = str(uuid.uuid4())
    label = evil.say("label", LABEL, None, nonce=nonce)
    carried = open_carrier(seoul, evil.node.me, label)
    assert carried is not None
    assert carried.signed is not None
    recall = build_recall_body(carried.signed.statement, reason="mistaken")
    said = carried.signed.statement.id
    assert take(seoul, evil, evil.say("recall", recall, None, subject=said)) == "received"
    assert take(seoul, evil, label) == "received"
    with seoul.store.read() as conn:
        assert read_statement(conn, said).recalled_by is not None


def test_what_is_dated_a_little_ahead_waits_and_what_is_far_ahead_is_refused(seoul: Node, evil: Evil) -> None:
    soon = evil.say("label", LABEL, None, made=START + 3_600)
    carried = open_carrier(seoul, evil.node.me, soon)
    assert carried is not None
    assert carried.is_early
    move_clock(seoul, 3_600)
    assert take(seoul, evil, soon) == "received"
    late = evil.say("label", LABEL, None, made=START + 3_600 + FAR_AHEAD + 1)
    carried = open_carrier(seoul, evil.node.me, late)
    assert carried is not None
    assert not carried.is_early
    assert carried.signed is None


def test_the_same_statement_is_answered_by_one_receipt(seoul: Node, evil: Evil) -> None:
    label = evil.say("label", LABEL, None)
    assert [take(seoul, evil, label), take(seoul, evil, label)] == ["received", "known"]
    with seoul.store.read() as conn:
        ours = [row for row in list_statements(conn, direction="out") if row.statement.kind == "receipt"]
    assert len(ours) == 1


def test_what_is_marked_stricter_than_amber_is_not_taken_in(seoul: Node, evil: Evil) -> None:
    for tlp in (Tlp.AMBER_STRICT, Tlp.RED):
        assert take(seoul, evil, evil.say("label", LABEL, None, tlp=tlp)) == "quarantined"
