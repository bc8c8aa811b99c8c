"""People, their roles, keys, tokens and sessions: who gets in, what each may do, and what goes on record."""

import base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from tests.unit.app.nodes import START, add_worker, audited, introduce, move_clock, one_node

from jindo.app.cases import add_case_person, open_case
from jindo.app.labels import draft_label
from jindo.app.node import Node
from jindo.app.people import (
    MEMBER_ACTS,
    PERMISSIONS,
    Actor,
    CaseClosed,
    RoleMissing,
    TokenRefused,
    add_person,
    check_case_access,
    check_permission,
    close_session,
    console,
    get_officer,
    issue_token,
    list_people,
    open_session,
    renew_person,
    retire_person,
    revoke_token,
    sees_all_cases,
    sign_in,
)
from jindo.app.sharing import add_signature, share_case, show_statement
from jindo.app.worker import Worker
from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.seal import SigningKey, preauth_bytes
from jindo.share import ACTS, ROLES, build_pass, parse_voucher
from jindo.store import read_audit, tables, verify_audit

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "node.md"
DAY = 86_400

CHANGES = {act for act in PERMISSIONS if not act.endswith((".read", ".export", ".match"))}
"""What leaves something changed."""

ACTS_OF = {
    "admin": "audit.read case.people job.read member.add member.read page.read person.add person.read pull.run "
    "token.issue",
    "analyst": "case.export case.note case.open case.people case.read case.share case.trace job.read label.draft "
    "member.read page.read pull.run recall.draft request.draft request.read request.send statement.sign",
    "prosecutor": "case.export case.note case.open case.people case.read case.share case.trace job.read member.read "
    "page.read pull.run recall.draft reply.draft request.draft request.read request.send statement.sign",
    "liaison": "case.export case.note case.open case.people case.read case.share case.trace job.read label.draft "
    "member.read page.read pull.run recall.draft reply.draft request.draft request.read request.send statement.sign",
    "compliance": "case.read job.read member.read page.read pull.run recall.draft reply.draft request.match "
    "request.read statement.sign",
    "intake-clerk": "page.read",
    "auditor": "audit.read case.export case.read job.read member.read page.read person.read request.read",
}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with one_node(tmp_path / "seoul") as made:
        yield made


@pytest.mark.parametrize("role", ROLES)
def test_permissions_of_a_role_are_these_and_no_others(role: str) -> None:
    actor = Actor("kim", frozenset({role}), "person")
    assert {act for act in PERMISSIONS if allows(actor, act)} == set(ACTS_OF[role].split())


def allows(actor: Actor, act: str) -> bool:
    try:
        check_permission(actor, act)
    except RoleMissing:
        return False
    return True


def test_permissions_know_only_known_roles() -> None:
    assert frozenset().union(*PERMISSIONS.values()) <= set(ROLES)


def test_permissions_let_an_auditor_change_nothing() -> None:
    assert {act for act in CHANGES if "auditor" in PERMISSIONS[act]} == set()


def test_permissions_let_everyone_sign_whose_signature_can_count() -> None:
    signing = frozenset().union(*(act.roles for act in ACTS.values())) - {"service"}
    assert signing == PERMISSIONS["statement.sign"]


def test_permissions_let_nobody_do_what_is_in_no_table() -> None:
    everything = Actor("kim", frozenset(ROLES), "person")
    assert not allows(everything, "case.burn")
    assert not any(allows(everything, act) for act in MEMBER_ACTS)


def test_permissions_of_another_member_are_to_read_what_is_for_it() -> None:
    member = Actor("hague", frozenset(ROLES), "member")
    assert all(allows(member, act) for act in MEMBER_ACTS)
    assert not any(allows(member, act) for act in PERMISSIONS)


def test_permissions_page_says_what_the_table_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for act, roles in PERMISSIONS.items():
        marks = " | ".join("x" if role in roles else "" for role in ROLES)
        assert f"| `{act}` | {marks} |" in text


def test_console_administers_and_reads_but_works_on_no_case(node: Node) -> None:
    actor = console(node)
    assert allows(actor, "person.add")
    assert allows(actor, "case.read")
    assert not allows(actor, "case.open")
    assert not allows(actor, "statement.sign")
    with pytest.raises(RoleMissing) as refused:
        check_permission(actor, "case.open")
    assert "JINDO_TOKEN" in refused.value.remedy()


def test_add_person_gives_a_view_and_a_voucher(node: Node) -> None:
    key = SigningKey.generate()
    actor, _ = add_worker(node, "kim", "analyst", key=key)
    with node.store.read() as conn:
        officer, voucher = get_officer(conn, node, actor)
    assert (officer.id, officer.roles, officer.key) == ("kim", ("analyst",), key.public)
    assert (officer.since, officer.expires) == (START, START + 730 * DAY)
    assert parse_voucher(voucher, node.me, at=START) == officer
    (view,) = list_people(node, console(node))["people"]
    assert view == {
        "id": "kim",
        "name": "Name of kim",
        "roles": ["analyst"],
        "public_key": key.public.to_text(),
        "key_id": key.public.key_id,
        "active": True,
        "added": "2026-01-01T00:00:00Z",
    }


def test_get_officer_refuses_who_has_no_key(node: Node) -> None:
    actor, _ = add_worker(node, "kim", "analyst")
    with node.store.read() as conn:
        for nobody in (actor, console(node), Actor("kim", frozenset(), "member")):
            with pytest.raises(RefusedError) as refused:
                get_officer(conn, node, nobody)
            assert refused.value.code == "node.no-key"


def test_get_officer_refuses_a_lapsed_voucher(node: Node) -> None:
    actor, _ = add_worker(node, "kim", "analyst", key=SigningKey.generate())
    move_clock(node, 731 * DAY)
    with node.store.read() as conn, pytest.raises(RefusedError):
        get_officer(conn, node, actor)


@pytest.mark.parametrize(
    ("id_", "name", "roles"),
    [
        ("K", "Kim", ["analyst"]),
        ("kim!", "Kim", ["analyst"]),
        ("console", "Kim", ["analyst"]),
        ("service", "Kim", ["analyst"]),
        ("kim", " ", ["analyst"]),
        ("kim", "Kim\nLee", ["analyst"]),
        ("kim", "K" * 201, ["analyst"]),
        ("kim", "Kim", []),
        ("kim", "Kim", ["service"]),
        ("kim", "Kim", ["auditor", "analyst"]),
    ],
)
def test_add_person_refuses_what_cannot_be(node: Node, id_: str, name: str, roles: list[str]) -> None:
    with pytest.raises(InputError):
        add_person(node, console(node), id=id_, name=name, roles=roles)
    assert list_people(node, console(node)) == {"people": []}


def test_add_person_refuses_a_person_or_key_twice(node: Node) -> None:
    key = SigningKey.generate().public
    admin = console(node)
    add_person(node, admin, id="kim", name="Kim", roles=["analyst"], public_key=key)
    with pytest.raises(ConflictError):
        add_person(node, admin, id="kim", name="Kim", roles=["analyst"])
    with pytest.raises(ConflictError, match="another person"):
        add_person(node, admin, id="lee", name="Lee", roles=["prosecutor"], public_key=key)


def test_add_person_refuses_the_nodes_own_keys(node: Node) -> None:
    for key in (node.me.member_key, node.me.service_key):
        with pytest.raises(InputError, match="the node's own"):
            add_person(node, console(node), id="kim", name="Kim", roles=["analyst"], public_key=key)


def test_sign_in_knows_a_person_by_the_token(node: Node) -> None:
    actor, token = add_worker(node, "kim", "analyst", "prosecutor")
    assert actor == Actor("kim", frozenset({"analyst", "prosecutor"}), "person")
    with node.store.read() as conn:
        kept = conn.execute(select(tables.token)).all()
    assert token not in str(kept)


@pytest.mark.parametrize(
    "wrong", ["", "jindo_", "jindo_AAAA", "nobody", "é", "\x00", "\ud800", "jindo_\ud800"]
)
def test_sign_in_refuses_what_is_nobodys(node: Node, wrong: str) -> None:
    with pytest.raises(TokenRefused):
        sign_in(node, wrong)
    with pytest.raises(TokenRefused):
        open_session(node, wrong)


def test_sign_in_ends_with_the_token(node: Node) -> None:
    add_worker(node, "kim", "analyst")
    token = issue_token(node, console(node), subject="kim", days=1)
    assert token["expires"] == "2026-01-02T00:00:00Z"
    move_clock(node, DAY - 1)
    assert sign_in(node, token["token"]).id == "kim"
    move_clock(node, 1)
    with pytest.raises(TokenRefused):
        sign_in(node, token["token"])


def test_issue_token_refuses_unknown_people_kinds_and_times(node: Node) -> None:
    admin = console(node)
    for wrong, error in (
        ({"subject": "kim"}, NotFound),
        ({"subject": "hague", "kind": "member"}, NotFound),
        ({"subject": "kim", "kind": "session"}, InputError),
        ({"subject": "kim", "days": 0}, InputError),
        ({"subject": "kim", "days": 367}, InputError),
    ):
        with pytest.raises(error):
            issue_token(node, admin, **wrong)


def test_revoke_token_ends_tokens_and_sessions_of_that_person_alone(node: Node) -> None:
    _, kim = add_worker(node, "kim", "analyst")
    _, lee = add_worker(node, "lee", "analyst")
    session = open_session(node, kim)
    assert revoke_token(node, console(node), subject="kim") == {"subject": "kim", "revoked": 2}
    for ended in (kim, session):
        with pytest.raises(TokenRefused):
            sign_in(node, ended)
    assert sign_in(node, lee).id == "lee"


def test_retire_person_ends_everything_but_what_was_signed(node: Node) -> None:
    actor, token = add_worker(node, "kim", "analyst", key=SigningKey.generate())
    view = retire_person(node, console(node), "kim")
    assert view["active"] is False
    with pytest.raises(TokenRefused):
        sign_in(node, token)
    with pytest.raises(NotFound):
        issue_token(node, console(node), subject="kim")
    with node.store.read() as conn, pytest.raises(RefusedError):
        get_officer(conn, node, actor)
    assert [row["id"] for row in list_people(node, console(node))["people"]] == ["kim"]


def test_renew_person_vouches_for_two_more_years(node: Node) -> None:
    actor, _ = add_worker(node, "kim", "analyst", key=SigningKey.generate())
    add_worker(node, "lee", "auditor")
    move_clock(node, 700 * DAY)
    assert renew_person(node, console(node), "kim")["id"] == "kim"
    with node.store.read() as conn:
        officer, _ = get_officer(conn, node, actor)
    assert officer.expires == START + 1430 * DAY
    with pytest.raises(RefusedError, match="no key"):
        renew_person(node, console(node), "lee")
    with pytest.raises(RoleMissing):
        renew_person(node, actor, "kim")
    retire_person(node, console(node), "kim")
    with pytest.raises(NotFound):
        renew_person(node, console(node), "kim")


def test_open_session_lasts_hours_and_never_longer_than_its_token(node: Node) -> None:
    _, token = add_worker(node, "kim", "analyst")
    session = open_session(node, token)
    move_clock(node, 12 * 3600 - 1)
    assert sign_in(node, session).id == "kim"
    move_clock(node, 1)
    with pytest.raises(TokenRefused):
        sign_in(node, session)
    move_clock(node, 90 * DAY - 12 * 3600 - 60)
    late = open_session(node, token)
    move_clock(node, 60)
    with pytest.raises(TokenRefused):
        sign_in(node, late)


def test_open_session_takes_only_a_persons_token(node: Node, tmp_path: Path) -> None:
    with one_node(tmp_path / "hague", "hague") as hague:
        introduce(node, hague)
    _, token = add_worker(node, "kim", "analyst")
    partner = issue_token(node, console(node), subject="hague", kind="member")["token"]
    for wrong in (open_session(node, token), partner):
        with pytest.raises(TokenRefused):
            open_session(node, wrong)


def test_close_session_ends_it_and_no_token(node: Node) -> None:
    _, token = add_worker(node, "kim", "analyst")
    session = open_session(node, token)
    for each in (session, session, token, "jindo_other"):
        close_session(node, each)
    with pytest.raises(TokenRefused):
        sign_in(node, session)
    assert sign_in(node, token).id == "kim"
    assert audited(node)[-1] == ("kim", "session.close", "kim")


def test_sign_in_knows_a_member_by_its_token_and_its_pass(node: Node, tmp_path: Path) -> None:
    with one_node(tmp_path / "hague", "hague") as hague:
        introduce(node, hague)
        token = issue_token(node, console(node), subject="hague", kind="member")["token"]
        shown = {
            audience: build_pass(
                member="hague", audience=audience, key=hague.service_key, time=START, nonce="0" * 16
            )
            for audience in ("seoul", "dolmen")
        }
    assert sign_in(node, token) == sign_in(node, shown["seoul"]) == Actor("hague", frozenset(), "member")
    with pytest.raises(TokenRefused):
        sign_in(node, shown["dolmen"])
    move_clock(node, 3600)
    with pytest.raises(TokenRefused):
        sign_in(node, shown["seoul"])


def test_sign_in_takes_no_pass_by_the_node_itself(node: Node) -> None:
    own = build_pass(member="seoul", audience="seoul", key=node.service_key, time=START, nonce="0" * 16)
    with pytest.raises(TokenRefused):
        sign_in(node, own)


def add_case(node: Node, *people: str) -> str:
    case = "11111111-1111-4111-8111-111111111111"
    texts = dict.fromkeys(
        ("origin", "number", "title", "kind", "purpose", "legal_basis", "tlp", "summary", "opened_by"), "x"
    )
    with node.store.begin() as conn:
        conn.execute(insert(tables.case).values(id=case, expires=1, opened=1, loss=[], **texts))
        for person in people:
            conn.execute(insert(tables.case_person).values(case_id=case, person=person, role="lead"))
    return case


def test_check_case_access_is_for_its_people_and_auditors(node: Node) -> None:
    kim, _ = add_worker(node, "kim", "analyst")
    lee, _ = add_worker(node, "lee", "analyst", "prosecutor", "admin")
    audit, _ = add_worker(node, "audit", "auditor")
    case = add_case(node, "kim")
    with node.store.read() as conn:
        for welcome in (kim, audit, console(node)):
            check_case_access(conn, welcome, case)
        for other in (lee, Actor("kim", frozenset(), "member")):
            for missing_ok in (False, True):
                with pytest.raises(CaseClosed):
                    check_case_access(conn, other, case, missing_ok=missing_ok)
    assert [sees_all_cases(each) for each in (kim, lee, audit, console(node))] == [False, False, True, True]


def test_check_case_access_does_not_tell_whether_there_is_a_case(node: Node) -> None:
    lee, _ = add_worker(node, "lee", "analyst")
    told = []
    with node.store.read() as conn:
        for case in (add_case(node), "22222222-2222-4222-8222-222222222222"):
            with pytest.raises(CaseClosed) as closed:
                check_case_access(conn, lee, case)
            told.append(str(closed.value))
        with pytest.raises(CaseClosed):
            check_case_access(conn, lee, "22222222-2222-4222-8222-222222222222", missing_ok=True)
        liaison = Actor("bakker", frozenset({"liaison"}), "person")
        check_case_access(conn, liaison, "22222222-2222-4222-8222-222222222222", missing_ok=True)
    assert len(set(told)) == 1


def test_every_change_is_audited_and_so_is_every_refusal(node: Node) -> None:
    kim, token = add_worker(node, "kim", "analyst")
    key = SigningKey.generate().public
    attempts: list[Callable[[], object]] = [
        lambda: add_person(node, kim, id="mole", name="M", roles=["admin"], public_key=key),
        lambda: issue_token(node, kim, subject="kim"),
        lambda: revoke_token(node, kim, subject="lee"),
        lambda: retire_person(node, kim, "lee"),
        lambda: list_people(node, kim),
    ]
    for attempt in attempts:
        with pytest.raises(RoleMissing):
            attempt()
    open_session(node, token)
    revoke_token(node, console(node), subject="kim")
    retire_person(node, console(node), "kim")
    assert audited(node) == [
        ("service", "node.init", "seoul"),
        ("console", "person.add", "kim"),
        ("console", "token.issue", "kim"),
        ("kim", "person.add.refused", "mole"),
        ("kim", "token.issue.refused", "kim"),
        ("kim", "token.revoke.refused", "lee"),
        ("kim", "person.retire.refused", "lee"),
        ("kim", "person.read.refused", "people"),
        ("kim", "session.open", "kim"),
        ("console", "token.revoke", "kim"),
        ("console", "person.retire", "kim"),
    ]
    with node.store.read() as conn:
        assert verify_audit(conn) == 11
        assert "Name of kim" not in str(conn.execute(select(tables.audit)).all())


def test_retire_person_takes_their_signatures_off_what_is_still_a_draft(tmp_path: Path) -> None:
    with one_node(tmp_path / "seoul") as node, one_node(tmp_path / "hague", "hague") as hague:
        introduce(node, hague)
        keys = {name: SigningKey.generate() for name in ("kim", "lee")}
        kim, lee = (add_worker(node, name, "analyst", key=key)[0] for name, key in keys.items())
        draft = {"title": "T", "kind": "theft", "purpose": "investigation", "legal_basis": "Act 1"}
        case = open_case(node, kim, {**draft, "expires": START + DAY})["id"]
        add_case_person(node, kim, case, person="lee")
        asked: dict[str, Any] = {
            "addresses": ["0x" + "1" * 40],
            "service": "S",
            "kind": "exchange",
            "reason": "r",
        }
        label = draft_label(node, kim, case, to=["hague"], tlp="GREEN", **asked)["statement"]["id"]
        shared = share_case(node, kim, case, to=["hague"])["statements"][0]["id"]
        for statement in (shared, label):
            sign(node, kim, keys["kim"], statement)
        retire_person(node, console(node), "kim")
        assert show_statement(node, lee, label)["has"] == []
        assert [has["officer"] for has in show_statement(node, lee, shared)["has"]] == ["kim"]
        view = sign(node, lee, keys["lee"], label)
    assert (view["state"], [has["officer"] for has in view["has"]]) == ("draft", ["lee"])


def sign(node: Node, actor: Actor, key: SigningKey, statement: str) -> dict[str, Any]:
    shown = show_statement(node, actor, statement)
    data = preauth_bytes(shown["payload_type"], base64.b64decode(shown["payload"]))
    sig = base64.b64encode(key.sign(data)).decode()
    return add_signature(node, actor, statement, key_id=key.public.key_id, sig=sig)


def test_failed_sign_ins_leave_one_audit_row_a_minute(node: Node) -> None:
    worker = Worker(node, "w", every=0)
    for wrong in ("jindo_a", "jindo_b", "no pass"):
        with pytest.raises(TokenRefused):
            sign_in(node, wrong)
    with pytest.raises(TokenRefused):
        open_session(node, "jindo_c")
    worker.run_once()
    assert len(audited(node)) == 1
    move_clock(node, 60)
    for _ in range(3):
        worker.run_once()
    with node.store.read() as conn:
        (row,) = read_audit(conn, limit=1000)[1:]
    assert (row["actor"], row["act"], row["subject"]) == (
        "service",
        "sign-in.refused",
        "2026-01-01T00:00:00Z",
    )
    assert row["detail"] == {"count": 4}


def test_failed_sign_ins_begin_no_write(node: Node) -> None:
    with node.store.begin():
        for attempt in (sign_in, open_session, close_session):
            with suppress(TokenRefused):
                attempt(node, "jindo_wrong")
