"""The use cases on real nodes: what each refuses and to whom, and that nothing is done twice under one `once`."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.app.nodes import audited, move_clock
from tests.unit.app.offices import ASKED, DAY, DRAFT, SECRET, Office, build_offices, key_of, opened

from jindo.app import export_case, retire_person
from jindo.app.briefs import build_brief
from jindo.app.casefile import show_case
from jindo.app.cases import (
    add_case_person,
    add_folder,
    add_note,
    list_cases,
    open_case,
    request_trace,
    show_job,
)
from jindo.app.handing_out import open_exhibit_file
from jindo.app.labels import draft_label, draft_recall, show_recall
from jindo.app.people import Actor, console
from jindo.app.requests import (
    draft_reply,
    draft_request,
    list_requests,
    match_request,
    send_request,
    show_request,
)
from jindo.app.sharing import add_signature, draft_statement, list_statements, share_case, show_statement
from jindo.app.watching import list_jobs
from jindo.base.errors import ConflictError, InputError, IntegrityError, JindoError, NotFound, RefusedError
from jindo.base.markings import Tlp
from jindo.respond import build_label_body
from jindo.share import Denied, Statement, derive_statement_id, get_member

Offices = tuple[Office, Office, Office]
LABEL: dict[str, Any] = {"service": "Quokka", "kind": "exchange", "tlp": "GREEN", "reason": "we bought there"}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_offices(tmp_path_factory.mktemp("offices"))


@pytest.fixture
def offices(built: Path, tmp_path: Path) -> Iterator[Offices]:
    with opened(built, tmp_path / "offices") as found:
        yield found


@pytest.fixture
def seoul(offices: Offices) -> Office:
    return offices[0]


@pytest.fixture
def kim(seoul: Office) -> Actor:
    return seoul.person("kim")


@pytest.fixture
def case(seoul: Office, kim: Actor) -> str:
    """Kim's case, on which Lee, Choi and Park work too."""
    found = str(open_case(seoul.node, kim, DRAFT)["id"])
    for person in ("lee", "choi", "park"):
        add_case_person(seoul.node, kim, found, person=person)
    return found


def trace(seoul: Office, case: str) -> str:
    view = request_trace(seoul.node, seoul.person("kim"), case)
    seoul.work()
    return str(view["exhibit"])


def ask_dolmen(seoul: Office, case: str) -> tuple[str, str]:
    """A request to the exchange, in draft: its id and its statement's."""
    view = draft_request(seoul.node, seoul.person("kim"), case, addressee="dolmen", fields=ASKED)
    return str(view["id"]), str(view["statement"]["id"])


def tell(author: Office, case: str, to: str, *people: str) -> list[str]:
    """Share all of a case with a member; the statements."""
    person = author.person(people[0])
    drafts = share_case(author.node, person, case, to=[to])["statements"]
    for draft in drafts:
        author.sign(draft["id"], *people)
    return [str(draft["id"]) for draft in drafts]


def label(office: Office, case: str, addresses: list[str], to: str, *people: str, **said: Any) -> str:
    """A label that these people signed; its statement."""
    person = office.person(people[0])
    view = draft_label(office.node, person, case, addresses=addresses, to=[to], **{**LABEL, **said})
    office.sign(view["statement"]["id"], *people)
    return str(view["statement"]["id"])


def refusal(do: Callable[[], Any]) -> str:
    with pytest.raises(RefusedError) as caught:
        do()
    return caught.value.code


def test_once_gives_the_first_answer_and_does_nothing_twice(seoul: Office, kim: Actor, case: str) -> None:
    node = seoul.node
    doings: list[Callable[[Actor], Any]] = [
        lambda actor: open_case(node, actor, DRAFT, once="open"),
        lambda actor: add_note(node, actor, case, "Seen", "in the lobby", "GREEN", once="note"),
        lambda actor: request_trace(node, actor, case, once="trace"),
        lambda actor: share_case(node, actor, case, to=["hague"], once="share"),
        lambda actor: draft_label(node, actor, case, addresses=[SECRET], to=["hague"], once="label", **LABEL),
    ]
    first = [do(kim) for do in doings]
    seen = show_case(node, kim, case)
    assert [do(kim) for do in doings] == first
    assert show_case(node, kim, case) == seen
    assert len(list((node.folder / "cases" / case).iterdir())) == 1
    assert len(list_cases(node, kim)["cases"]) == 2


def test_a_once_key_is_the_actor_s_own_and_for_one_question(seoul: Office, kim: Actor, case: str) -> None:
    add_note(seoul.node, kim, case, "Seen", "in the lobby", "GREEN", once="x")
    with pytest.raises(ConflictError) as caught:
        add_note(seoul.node, kim, case, "Seen", "in the garden", "GREEN", once="x")
    assert caught.value.code == "store.once"
    choi = add_note(seoul.node, seoul.person("choi"), case, "Seen", "in the garden", "GREEN", once="x")
    assert choi["n"] == 2


def test_a_signature_handed_in_again_counts_once(seoul: Office, case: str) -> None:
    (draft,) = share_case(seoul.node, seoul.person("kim"), case, to=["hague"])["statements"]
    assert seoul.sign(draft["id"], "kim")["state"] == "published"
    trace(seoul, case)
    _, statement = ask_dolmen(seoul, case)
    for _ in range(3):
        assert [row["officer"] for row in seoul.sign(statement, "kim")["has"]] == ["kim"]


def test_who_does_not_work_on_a_case_is_not_told_that_it_is_there(seoul: Office, case: str) -> None:
    """The same words for a case that is not there."""
    node, zed = seoul.node, seoul.person("zed")
    before = show_case(node, seoul.person("kim"), case)
    doings: list[Callable[[str], Any]] = [
        lambda name: show_case(node, zed, name),
        lambda name: build_brief(node, zed, name),
        lambda name: list_statements(node, zed, name),
        lambda name: list_requests(node, zed, name),
        lambda name: add_note(node, zed, name, "t", "t", "GREEN"),
        lambda name: add_case_person(node, zed, name, person="zed"),
        lambda name: request_trace(node, zed, name),
        lambda name: share_case(node, zed, name, to=["hague"]),
        lambda name: draft_label(node, zed, name, addresses=[SECRET], to=["hague"], **LABEL),
        lambda name: draft_request(node, zed, name, addressee="dolmen", fields=ASKED),
        lambda name: export_case(node, zed, name, node.folder.parent / "out"),
    ]
    for do in doings:
        told = []
        for name in (case, before["number"], str(uuid.uuid4()), "SEOUL-2026-99"):
            with pytest.raises(RefusedError) as caught:
                do(name)
            told.append((caught.value.code, caught.value.problem, caught.value.place))
        assert set(told) == {("node.case-access", told[0][1], "person zed")}
    assert show_case(node, seoul.person("kim"), case) == before
    assert not (node.folder.parent / "out").exists()
    assert {act for actor, act, _ in audited(node) if actor == "zed"} >= {
        "case.read.refused",
        "case.note.refused",
        "case.share.refused",
    }


def test_who_does_not_work_on_a_case_sees_none_of_its_work(seoul: Office, case: str) -> None:
    exhibit = trace(seoul, case)
    request, statement = ask_dolmen(seoul, case)
    zed, kim = seoul.person("zed"), seoul.person("kim")
    (job,) = [row for row in list_jobs(seoul.node, kim)["jobs"] if row["case"] == case]
    assert show_job(seoul.node, kim, job["job"])["answer"]["exhibit"] == exhibit
    assert list_jobs(seoul.node, zed)["jobs"] == []
    assert refusal(lambda: show_job(seoul.node, zed, job["job"])) == "node.case-access"
    assert refusal(lambda: show_statement(seoul.node, zed, statement)) == "node.case-access"
    assert refusal(lambda: seoul.hand_in(statement, "zed", key_of("zed"))) == "node.case-access"
    assert list_requests(seoul.node, zed)["requests"] == []
    for do in (show_request, send_request):
        with pytest.raises(JindoError):
            do(seoul.node, zed, request)
    assert show_request(seoul.node, kim, request)["state"] == "draft"


def test_what_the_gate_denies_is_not_drafted_and_on_record(seoul: Office, kim: Actor) -> None:
    case = str(open_case(seoul.node, kim, {**DRAFT, "tlp": "AMBER"})["id"])
    add_note(seoul.node, kim, case, "Heard", "from an informant", "RED")
    view = share_case(seoul.node, kim, case, to=["hague", "dolmen"])
    assert [(row["kind"], row["recipients"]) for row in view["statements"]] == [("case", ["hague"])]
    rules = {(row["member"], row["tlp"], row["rule"]) for row in view["denials"]}
    assert rules == {
        ("dolmen", "AMBER", "need-to-know"),
        ("hague", "RED", "tlp-red"),
        ("dolmen", "RED", "tlp-red"),
    }
    assert len(show_case(seoul.node, kim, case)["denials"]) == 3
    with pytest.raises(InputError, match="none of the members"):
        draft_label(
            seoul.node, kim, case, addresses=[SECRET], to=["dolmen"], **{**LABEL, "tlp": "AMBER+STRICT"}
        )


def test_an_expired_case_takes_nothing_more(seoul: Office, kim: Actor, tmp_path: Path) -> None:
    node = seoul.node
    case = str(open_case(node, kim, {**DRAFT, "expires": node.clock() + 30 * DAY})["id"])
    add_case_person(node, kim, case, person="lee")
    trace(seoul, case)
    fields = {**ASKED, "expires": "2029-01-01"}
    view = draft_request(node, kim, case, addressee="dolmen", fields=fields)
    request, statement = view["id"], view["statement"]["id"]
    seoul.sign(statement, "kim", "lee")
    move_clock(node, 30 * DAY)
    doings: list[Callable[[], Any]] = [
        lambda: add_note(node, kim, case, "t", "t", "GREEN"),
        lambda: add_folder(node, kim, case, tmp_path, title="t", tlp="GREEN"),
        lambda: request_trace(node, kim, case),
        lambda: share_case(node, kim, case, to=["hague"]),
        lambda: draft_label(node, kim, case, addresses=[SECRET], to=["hague"], **LABEL),
        lambda: draft_request(node, kim, case, addressee="dolmen", fields=fields),
        lambda: send_request(node, kim, request),
    ]
    assert {refusal(do) for do in doings} == {"respond.expired"}
    assert show_request(node, kim, request)["state"] == "signed"


def test_a_trace_that_was_asked_for_too_late_is_not_made(seoul: Office, kim: Actor) -> None:
    case = str(open_case(seoul.node, kim, {**DRAFT, "expires": seoul.node.clock() + DAY})["id"])
    job = request_trace(seoul.node, kim, case)["job"]
    move_clock(seoul.node, DAY)
    seoul.work()
    assert show_job(seoul.node, kim, job)["state"] == "failed"
    assert show_case(seoul.node, kim, case)["exhibits"] == []


def test_nobody_hands_in_another_s_signature(seoul: Office, case: str) -> None:
    (draft,) = share_case(seoul.node, seoul.person("kim"), case, to=["hague"])["statements"]
    with pytest.raises(RefusedError, match="vouched for under your name"):
        seoul.hand_in(draft["id"], "lee", key_of("kim"), says="kim")
    with pytest.raises(IntegrityError):
        seoul.hand_in(draft["id"], "lee", key_of("kim"))
    for person in ("audit", "console"):
        actor = seoul.person("audit") if person == "audit" else console(seoul.node)
        with pytest.raises(RefusedError):
            add_signature(
                seoul.node,
                actor,
                draft["id"],
                key_id=key_of("kim").public.key_id,
                sig=base64.b64encode(bytes(64)).decode(),
            )
    with pytest.raises(InputError, match="base64"):
        add_signature(
            seoul.node, seoul.person("kim"), draft["id"], key_id=key_of("kim").public.key_id, sig="?"
        )
    assert show_statement(seoul.node, seoul.person("kim"), draft["id"])["has"] == []
    refused = [actor for actor, act, _ in audited(seoul.node) if act == "statement.sign.refused"]
    assert refused == ["lee", "lee", "audit", "console"]


def test_a_request_is_sent_by_hand_after_two_officers_signed(seoul: Office, case: str) -> None:
    trace(seoul, case)
    request, statement = ask_dolmen(seoul, case)
    lee = seoul.person("lee")
    with pytest.raises(RefusedError, match="may not sign a request"):
        seoul.sign(statement, "park")
    for people in ((), ("kim",), ("kim",)):
        seoul.sign(statement, *people)
        assert refusal(lambda: send_request(seoul.node, lee, request)) == "share.signatures"
    assert seoul.sign(statement, "lee")["state"] == "draft"
    first = send_request(seoul.node, lee, request)
    assert (first["state"], send_request(seoul.node, lee, request)) == ("sent", first)


def test_a_request_is_not_sent_by_the_signature_of_one_who_left(seoul: Office, case: str) -> None:
    trace(seoul, case)
    request, statement = ask_dolmen(seoul, case)
    seoul.sign(statement, "kim", "lee")
    retire_person(seoul.node, console(seoul.node), "lee")
    assert refusal(lambda: send_request(seoul.node, seoul.person("kim"), request)) == "share.signatures"


def test_a_request_whose_ground_is_gone_is_neither_signed_nor_sent(offices: Offices, case: str) -> None:
    seoul, hague, _ = offices
    tell(seoul, case, "hague", "kim")
    hague.hear(seoul)
    join(hague, case)
    said = label(hague, case, [SECRET], "seoul", "visser", "jansen")
    seoul.hear(hague)
    trace(seoul, case)
    request, statement = ask_dolmen(seoul, case)
    seoul.sign(statement, "kim")
    recall = draft_recall(hague.node, hague.person("visser"), said, "mistaken")["statement"]["id"]
    hague.sign(recall, "visser", "jansen", "bakker")
    seoul.hear(hague)
    with pytest.raises(RefusedError, match="rests on what was recalled"):
        seoul.sign(statement, "lee")
    kim = seoul.person("kim")
    view = show_request(seoul.node, kim, request)
    assert (view["state"], view["lost"]) == ("awaiting signature", [said])
    assert [row["lost"] for row in list_requests(seoul.node, kim)["requests"]] == [[said]]
    assert [row["lost"] for row in show_case(seoul.node, kim, case)["requests"]] == [[said]]
    brief = build_brief(seoul.node, kim, case)
    assert brief["facts"]["requests"][0]["lost"] == [said]
    assert {"code": "fallen-requests", "requests": [request]} in brief["facts"]["limits"]
    assert "its ground was recalled" in brief["text"]
    (told,) = brief["facts"]["recalls"]
    assert told["groundless"] == [request]


@pytest.mark.parametrize(("told_together", "became"), [(True, "received"), (False, "quarantined")])
def test_whom_the_opener_told_has_a_say_at_all_whom_the_same_statement_told(
    offices: Offices, case: str, *, told_together: bool, became: str
) -> None:
    """The exchange never told The Hague anything; the opener's signed recipients say whether it is invited."""
    seoul, hague, dolmen = offices
    kim = seoul.person("kim")
    for to in (["hague", "dolmen"],) if told_together else (["hague"], ["dolmen"]):
        for draft in share_case(seoul.node, kim, case, to=to)["statements"]:
            seoul.sign(draft["id"], "kim")
    hague.hear(seoul)
    dolmen.hear(seoul)
    join(hague, case)
    label(hague, case, [SECRET], "dolmen", "visser", "jansen")
    assert dolmen.hear(hague)[-1] == became


def test_a_request_whose_trace_stands_has_lost_nothing(offices: Offices, case: str) -> None:
    seoul, _, _ = offices
    trace(seoul, case)
    request, _ = ask_dolmen(seoul, case)
    assert show_request(seoul.node, seoul.person("kim"), request)["lost"] == []
    assert "its ground was recalled" not in build_brief(seoul.node, seoul.person("kim"), case)["text"]


def join(hague: Office, case: str) -> None:
    """Put everyone at The Hague on a case that came."""
    for person in ("jansen", "bakker"):
        add_case_person(hague.node, hague.person("visser"), case, person=person)


def test_a_partner_s_amber_label_does_not_leave_inside_our_trace(offices: Offices, case: str) -> None:
    """It goes back to who said it, and to nobody else; a request from it is marked as it is."""
    seoul, hague, _ = offices
    tell(seoul, case, "hague", "kim")
    hague.hear(seoul)
    join(hague, case)
    label(hague, case, [SECRET], "seoul", "visser", "jansen", tlp="AMBER")
    seoul.hear(hague)
    exhibit = trace(seoul, case)
    kim = seoul.person("kim")
    shown = show_case(seoul.node, kim, case)
    assert [row["tlp"] for row in shown["exhibits"]] == ["AMBER"]
    view = share_case(seoul.node, kim, case, to=["dolmen", "hague"])
    assert {row["kind"]: row["recipients"] for row in view["statements"]} == {
        "case": ["dolmen"],
        "exhibit": ["hague"],
    }
    assert [(row["member"], row["rule"]) for row in view["denials"]] == [("dolmen", "need-to-know")]
    for draft in view["statements"]:
        seoul.sign(draft["id"], "kim")
    with seoul.node.store.read() as conn:
        us_known = {name: get_member(conn, name) for name in ("hague", "dolmen")}
    assert open_exhibit_file(seoul.node, us_known["hague"], exhibit, "result.json").is_file()
    with pytest.raises(NotFound):
        open_exhibit_file(seoul.node, us_known["dolmen"], exhibit, "result.json")
    _, statement = ask_dolmen(seoul, case)
    assert show_statement(seoul.node, kim, statement)["tlp"] == "AMBER"


def test_a_trace_goes_no_further_than_the_labels_that_it_rests_on(offices: Offices, case: str) -> None:
    """The gate is asked for them again when it is published, and when its files are fetched."""
    seoul, hague, _ = offices
    tell(seoul, case, "hague", "kim")
    hague.hear(seoul)
    join(hague, case)
    say_label_until(hague, case, seoul.node.clock() + DAY)
    seoul.hear(hague)
    exhibit, kim = trace(seoul, case), seoul.person("kim")
    drafts = share_case(seoul.node, kim, case, to=["dolmen"], items=[exhibit])["statements"]
    (late,) = share_case(seoul.node, kim, case, to=["hague"], items=[exhibit])["statements"]
    (sent,) = [row for row in drafts if row["kind"] == "exhibit"]
    assert seoul.sign(sent["id"], "kim")["state"] == "published"
    with seoul.node.store.read() as conn:
        dolmen = get_member(conn, "dolmen")
    assert open_exhibit_file(seoul.node, dolmen, exhibit, "result.json").is_file()
    move_clock(seoul.node, DAY)
    for do in (
        lambda: seoul.sign(late["id"], "kim"),
        lambda: open_exhibit_file(seoul.node, dolmen, exhibit, "result.json"),
    ):
        with pytest.raises(Denied) as caught:
            do()
        assert caught.value.rule == "expired"


def say_label_until(office: Office, case: str, until: int) -> None:
    """A label that ends before its case does."""
    nonce, node = str(uuid.uuid4()), office.node
    body = build_label_body([SECRET], service="Quokka", kind="exchange", reason="we bought there")
    said = derive_statement_id(node.me.id, nonce)
    statement = Statement(
        nonce=nonce,
        kind="label",
        member=node.me.id,
        case_id=case,
        subject=said,
        made=node.clock(),
        expires=until,
        tlp=Tlp.GREEN,
        purpose="investigation",
        recipients=("seoul",),
        body=body,
        objects=(),
    )
    with node.store.begin() as conn:
        draft_statement(conn, node, statement)
    office.sign(said, "visser", "jansen")


def test_a_recall_is_of_what_we_published_ourselves_and_once(offices: Offices, case: str) -> None:
    seoul, hague, _ = offices
    (theirs,) = tell(seoul, case, "hague", "kim")
    hague.hear(seoul)
    join(hague, case)
    visser, kim = hague.person("visser"), seoul.person("kim")
    with pytest.raises(RefusedError, match="only what this node has published"):
        draft_recall(hague.node, visser, theirs, "not ours")
    draft = draft_label(hague.node, visser, case, addresses=[SECRET], to=["seoul"], **LABEL)["statement"][
        "id"
    ]
    with pytest.raises(RefusedError, match="only what this node has published"):
        draft_recall(hague.node, visser, draft, "never said")
    with pytest.raises(NotFound):
        draft_recall(seoul.node, kim, str(uuid.uuid4()), "nothing")
    hague.sign(draft, "visser", "jansen")
    recall = draft_recall(hague.node, visser, draft, "mistaken")["statement"]["id"]
    for people, state in ((("visser",), "draft"), (("jansen",), "draft"), (("bakker",), "published")):
        assert hague.sign(recall, *people)["state"] == state
    with pytest.raises(RefusedError, match="already"):
        draft_recall(hague.node, visser, draft, "again")
    seoul.hear(hague)
    assert show_recall(seoul.node, kim, recall)["reason"] == "mistaken"


def asked_dolmen(offices: Offices, case: str) -> str:
    """A request that reached the exchange."""
    seoul, _, dolmen = offices
    trace(seoul, case)
    request, statement = ask_dolmen(seoul, case)
    seoul.sign(statement, "kim", "lee")
    send_request(seoul.node, seoul.person("kim"), request)
    dolmen.hear(seoul)
    return request


def test_a_request_is_answered_by_its_addressee_alone(offices: Offices, case: str) -> None:
    seoul, hague, dolmen = offices
    request = asked_dolmen(offices, case)
    for person in ("lee", "park"):
        with pytest.raises(RefusedError, match="only the addressee"):
            draft_reply(seoul.node, seoul.person(person), request, reason="x", state="received")
    with pytest.raises(RefusedError, match="not ours to send"):
        send_request(dolmen.node, Actor("omar", frozenset({"liaison"}), "person"), request)
    with pytest.raises(NotFound):
        draft_reply(hague.node, hague.person("visser"), request, reason="x", state="received")
    ines = dolmen.person("ines")
    said = {"reason": "the rest was withdrawn", "until": "2027-01-01"}
    view = draft_reply(dolmen.node, ines, request, once="a", **said)
    assert draft_reply(dolmen.node, ines, request, once="a", **said) == view
    assert view["reply"]["state"] == "partially-held"
    assert show_request(dolmen.node, ines, request)["state"] == "received"
    dolmen.sign(view["statement"]["id"], "ines")
    seoul.hear(dolmen)
    assert show_request(seoul.node, seoul.person("kim"), request)["state"] == "answered"


def test_only_compliance_sees_what_is_held(offices: Offices, case: str) -> None:
    """Others who may answer can say that it came, or refuse; they are told nothing of any account."""
    _, _, dolmen = offices
    request = asked_dolmen(offices, case)
    omar = dolmen.person("omar")
    assert refusal(lambda: match_request(dolmen.node, omar, request)) == "node.role"
    for state in (None, "held", "partially-held", "already-moved", "no-such-customer"):
        with pytest.raises(RefusedError) as caught:
            draft_reply(dolmen.node, omar, request, reason="x", until="2027-01-01", state=state)
        assert caught.value.code == "node.role"
    view = draft_reply(dolmen.node, omar, request, reason="it came", state="received")
    assert view["reply"]["lines"] == []


def test_a_request_of_a_case_that_is_not_here_is_for_those_who_deal_with_members(
    offices: Offices, case: str
) -> None:
    _, _, dolmen = offices
    request = asked_dolmen(offices, case)
    for person in ("ines", "omar"):
        assert show_request(dolmen.node, dolmen.person(person), request)["id"] == request
    yara = dolmen.person("yara")
    assert list_requests(dolmen.node, yara)["requests"] == []
    with pytest.raises(NotFound):
        show_request(dolmen.node, yara, request)
    assert refusal(lambda: show_statement(dolmen.node, yara, request)) == "node.case-access"
