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
from sqlalchemy import Connection, select, update
from tests.unit.app.nodes import START, add_worker, introduce, make_node, move_clock

from jindo.app import consequences, receiving
from jindo.app.casefile import show_case
from jindo.app.cases import open_case
from jindo.app.node import Node, read_member_key
from jindo.app.people import Actor
from jindo.app.receiving import FAR_AHEAD, open_carrier, take_in
from jindo.app.sharing import share_case
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
    EXTENSION,
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
from jindo.store import tables

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
def hague(tmp_path: Path, seoul: Node) -> Iterator[Evil]:
    """An honest member, heard in the same way."""
    node = make_node(tmp_path / "hague", "hague", country="NL", kind="agency")
    introduce(seoul, node)
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


def case_body(member: str, case_id: str) -> dict[str, Any]:
    said = {"id": case_id, "origin": member, "number": f"{member.upper()}-2026-1", "expires": START + DAY}
    return {**DRAFT, **said, "opened": START, "tlp": "GREEN", "summary": "", "loss": []}


def test_a_stranger_s_label_that_comes_before_the_case_never_counts_in_it(
    seoul: Node, evil: Evil, hague: Evil
) -> None:
    theirs = str(uuid.uuid4())
    assert take(seoul, evil, evil.say("label", LABEL, theirs)) == "received"
    own = build_label_body(["0x" + "11" * 20], service="Dolmen", kind="exchange", reason="it is")
    assert take(seoul, hague, hague.say("label", own, theirs)) == "received"
    assert take(seoul, hague, hague.say("case", case_body("hague", theirs), theirs)) == "received"
    with seoul.store.read() as conn:
        counting = active_labels(conn, us="seoul", case_id=theirs, time=START)
        assert [label.member for label in counting] == ["hague"]
        assert all("no part in this case" in problem for problem in problems(conn))
        assert len(problems(conn)) == 1


def test_a_recall_or_receipt_is_of_what_it_says_and_in_the_same_case(
    seoul: Node, evil: Evil, case: str
) -> None:
    label = evil.say("label", LABEL, None)
    carried = open_carrier(seoul, evil.node.me, label)
    assert carried is not None
    assert carried.signed is not None
    said = carried.signed.statement
    assert take(seoul, evil, label) == "received"
    recall = build_recall_body(said, reason="mistaken")
    other = str(uuid.uuid4())
    assert take(seoul, evil, evil.say("recall", recall, None, subject=other)) == "quarantined"
    assert take(seoul, evil, evil.say("recall", recall, other, subject=said.id)) == "quarantined"
    receipt = {"statement_id": other, "sha256": "0" * 64}
    assert take(seoul, evil, evil.say("receipt", receipt, None, subject=said.id)) == "quarantined"
    assert take(seoul, evil, evil.say("recall", recall, None, subject=said.id)) == "received"
    with seoul.store.read() as conn:
        assert read_statement(conn, said.id).recalled_by is not None


def test_a_waiting_recall_that_does_not_fit_does_not_take_its_statement_away(seoul: Node, evil: Evil) -> None:
    nonce, other = str(uuid.uuid4()), str(uuid.uuid4())
    label = evil.say("label", LABEL, None, nonce=nonce)
    carried = open_carrier(seoul, evil.node.me, label)
    assert carried is not None
    assert carried.signed is not None
    said = carried.signed.statement
    recall = build_recall_body(said, reason="mistaken")
    assert take(seoul, evil, evil.say("recall", recall, other, subject=said.id)) == "received"
    assert take(seoul, evil, label) == "received"
    with seoul.store.read() as conn:
        assert read_statement(conn, said.id).state == "received"
        assert len(problems(conn)) == 1


def test_a_bug_of_ours_puts_one_statement_aside_and_logs_no_word_of_it(
    seoul: Node, evil: Evil, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError(LABEL["reason"])

    label = evil.say("label", LABEL, None)
    with monkeypatch.context() as patched:
        patched.setattr(consequences, "_FOLLOW", {"label": fail})
        assert take(seoul, evil, label) == "quarantined"
    assert "ZeroDivisionError" in caplog.text
    assert LABEL["reason"] not in caplog.text
    with seoul.store.read() as conn:
        assert [LABEL["reason"] in problem for problem in problems(conn)] == [False]
        assert list_statements(conn, direction="out") == []  # and no receipt
    assert take(seoul, evil, evil.say("label", LABEL, None)) == "received"


def test_quarantine_holds_so_much_of_a_member_a_day_and_counts_the_rest(
    seoul: Node, evil: Evil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_QUARANTINED", 2)

    def reject() -> int:
        assert take(seoul, evil, evil.say("label", LABEL, None, tlp=Tlp.RED)) == "quarantined"
        with seoul.store.read() as conn:
            return len(problems(conn))

    assert [reject(), reject(), reject()] == [1, 2, 2]
    move_clock(seoul, DAY)
    assert reject() == 3
    monkeypatch.setattr(receiving, "MOST_QUARANTINED_BYTES", 100)
    assert reject() == 3


def test_a_request_is_taken_in_where_its_case_is_not_and_touches_none(
    seoul: Node, evil: Evil, kim: Actor, case: str
) -> None:
    before = show_case(seoul, kim, case)
    assert take(seoul, evil, evil.say("label", LABEL, str(uuid.uuid4()))) == "received"
    assert show_case(seoul, kim, case) == before


def test_who_was_invited_into_a_case_has_a_say_in_it(seoul: Node, evil: Evil, kim: Actor, case: str) -> None:
    """Told by a published statement of ours, and by no draft."""
    item = evil.say("label", LABEL, case)
    statement = share_case(seoul, kim, case, to=["evil"])["statements"][0]["id"]
    assert take(seoul, evil, item) == "quarantined"
    with seoul.store.begin() as conn:
        conn.execute(
            update(tables.statement).where(tables.statement.c.id == statement).values(state="published")
        )
    assert take(seoul, evil, evil.say("label", LABEL, case)) == "received"
    with seoul.store.read() as conn:
        assert [label.member for label in active_labels(conn, us="seoul", case_id=case, time=START)] == [
            "evil"
        ]


@pytest.mark.parametrize(
    "said",
    [
        {"envelope": None},
        {"envelope": {}, "vouchers": None},
        {"envelope": {"payloadType": STATEMENT_TYPE, "payload": "eyJ9", "signatures": []}, "vouchers": []},
        {"envelope": {"payloadType": [], "payload": {}, "signatures": "x"}, "vouchers": []},
        {"envelope": [[[]]], "vouchers": [None]},
        {"envelope": {}, "vouchers": [1] * 1_000},
    ],
)
def test_a_carrier_of_nothing_is_put_aside(seoul: Node, evil: Evil, said: dict[str, Any]) -> None:
    item = {"type": "grouping", "extensions": {EXTENSION: said}, "\ud800": 1}
    assert take(seoul, evil, item) == "quarantined"
    with seoul.store.read() as conn:
        rows = conn.execute(select(tables.statement.c.problem, tables.statement.c.kind)).all()
    assert [(row.kind, "does not expect" in row.problem) for row in rows] == [("unknown", False)]


@pytest.mark.parametrize(
    "odd", [{}, {"type": "grouping"}, {"type": "x", "extensions": []}, {"extensions": {}}]
)
def test_what_carries_nothing_is_for_others(seoul: Node, evil: Evil, odd: dict[str, Any]) -> None:
    assert open_carrier(seoul, evil.node.me, odd) is None
