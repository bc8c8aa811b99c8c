"""The whole story of a case between three members, thinly: what briefs and impacts are tested on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from tests.unit.respond.alliance import (
    DAY,
    DEPOSIT_2,
    NOW,
    Alliance,
    Made,
    Side,
    add_trace,
    id_of,
    make_case,
)

from jindo.base.markings import Tlp
from jindo.respond import (
    OwnAccount,
    build_case_body,
    build_exhibit_body,
    build_label_body,
    build_reply_body,
    build_request_body,
    get_case,
    get_exhibit,
    match_accounts,
    record_exhibit,
    record_foreign_case,
    record_history,
    record_labels,
    record_reply,
    record_request,
)
from jindo.seal import sha256_hex
from jindo.share import (
    Denied,
    GateItem,
    build_recall_body,
    check_release,
    publish,
    read_statement,
    record_denial,
)

MIXER = "0x" + "a1" * 20
OFFICER = {"id": "seoul-1", "rank": "Inspector", "contact": "duty@police.example"}


@dataclass
class Story:
    """Ids of what was said and made."""

    made: Made | None = None
    """The result behind every trace; each has one of its own where there is none."""
    case: str = ""
    said_case: str = ""
    said_trace: str = ""
    label: str = ""
    first: str = ""
    second: str = ""
    third: str = ""
    request: str = ""
    said_request: str = ""
    reply: str = ""
    recall: str = ""


def play(alliance: Alliance, *, until: str = "end", made: Made | None = None) -> Story:
    """The story up to `label`, `request`, `reply`, `recall` or its end, as Seoul's database has it afterwards."""
    story = Story(made=made)
    steps = {"label": _label, "request": _request, "reply": _reply, "recall": _recall, "end": _retrace}
    with alliance.seoul.store.begin() as conn:
        _open(conn, alliance, story)
    _tell(alliance, alliance.bonn, story.said_case)
    _tell(alliance, alliance.bonn, story.said_trace)
    for name, step in steps.items():
        step(alliance, story)
        if name == until:
            break
    return story


def _tell(
    alliance: Alliance, to: Side, statement: str, *, by: Side | None = None, time: int = NOW + 60
) -> None:
    """One side hears a statement and answers with a receipt, which the teller hears."""
    teller = by or alliance.seoul
    with to.store.begin() as conn:
        receipt = to.hear(conn, teller, statement, time=time)
        assert receipt is not None
    with teller.store.begin() as conn:
        teller.hear(conn, to, receipt, time=time)


def _open(conn: Connection, alliance: Alliance, story: Story) -> None:
    seoul = alliance.seoul
    case = make_case(conn, seoul)
    trace = add_trace(conn, case, seoul, name="first", made=story.made)
    note = {"name": "note.txt", "size": 4, "sha256": sha256_hex(b"note")}
    record_exhibit(
        conn,
        id=id_of("note"),
        case_id=case.id,
        kind="note",
        title="An informant's hint",
        origin="seoul",
        tlp=Tlp.RED,
        files=[note],
        facts={},
        time=NOW,
        actor="seoul-1",
    )
    story.case, story.first = case.id, trace.id
    story.said_case = seoul.say(conn, "case", build_case_body(case), "bonn", 1, case_id=case.id)
    story.said_trace = seoul.say(conn, "exhibit", build_exhibit_body(trace), "bonn", 1, case_id=case.id)
    record_history(
        conn, case.id, time=NOW, actor="seoul-1", act="case-sent", detail={"statement": story.said_case}
    )
    item = GateItem("exhibit", Tlp.RED, "seoul", "investigation", None)
    try:
        check_release(item, alliance.bonn.member, us="seoul", time=NOW)
    except Denied as denied:
        record_denial(conn, denied, subject=id_of("note"), case_id=case.id, time=NOW)


def _label(alliance: Alliance, story: Story) -> None:
    bonn, seoul = alliance.bonn, alliance.seoul
    body = build_label_body([MIXER, DEPOSIT_2], service="Cloud Mixer", kind="mixer", reason="seized server")
    with bonn.store.begin() as conn:
        with seoul.store.read() as theirs:
            record_foreign_case(
                conn, read_statement(theirs, story.said_case).statement.body, origin="seoul", time=NOW
            )
        story.label = bonn.say(conn, "label", body, "seoul", 1, 2, case_id=story.case, made=NOW + 100)
        record_labels(conn, story.label, body)
    with seoul.store.begin() as conn:
        receipt = seoul.hear(conn, bonn, story.label, time=NOW + 120)
        record_labels(conn, story.label, body)
        case = get_case(conn, story.case)
        story.second = add_trace(
            conn,
            case,
            seoul,
            name="second",
            made=story.made,
            at_exchange=(600, 200),
            held=190,
            rests_on=[story.label],
        ).id
    assert receipt is not None
    with bonn.store.begin() as conn:
        bonn.hear(conn, seoul, receipt, time=NOW + 130)


def _request(alliance: Alliance, story: Story) -> None:
    seoul, hanbit = alliance.seoul, alliance.hanbit
    with seoul.store.begin() as conn:
        trace = get_exhibit(conn, story.second)
        body = build_request_body(
            get_case(conn, story.case),
            trace,
            hanbit.member,
            id=id_of("request"),
            me=seoul.member,
            officer=OFFICER,
            kind="freeze",
            made=NOW + 200,
            expires=NOW + 14 * DAY,
            tool="jindo",
            version="0.1.0",
            authority="Criminal Procedure Act",
        )
        said = seoul.draft(conn, "request", body, "hanbit", case_id=story.case, made=NOW + 200)
        seoul.sign(conn, said, 1, 2, time=NOW + 210)
        publish(conn, said, me=seoul.member, time=NOW + 220)
        record_request(conn, body, statement_id=said, origin="seoul", case_id=story.case, made=NOW + 200)
        story.request, story.said_request = body["id"], said
    _tell(alliance, hanbit, said, time=NOW + 240)


def _reply(alliance: Alliance, story: Story) -> None:
    seoul, hanbit = alliance.seoul, alliance.hanbit
    with hanbit.store.begin() as conn:
        asked = read_statement(conn, story.said_request).statement
        request = record_request(
            conn, asked.body, statement_id=asked.id, origin="seoul", case_id=story.case, made=asked.made
        )
        first = asked.body["identifiers"][0]
        accounts = [OwnAccount(first["account"], first["asset"], int(first["amount"]) * 3 // 4, "")]
        body = build_reply_body(
            request,
            match_accounts(request.body, accounts),
            id=id_of("reply"),
            me=hanbit.member,
            made=NOW + 300,
            reason="150 were withdrawn before the request came",
            until=NOW + 30 * DAY,
        )
        story.reply = hanbit.say(conn, "reply", body, "seoul", 1, case_id=story.case, made=NOW + 300)
        record_reply(conn, body, statement_id=story.reply, member="hanbit", made=NOW + 300)
    with seoul.store.begin() as conn:
        seoul.hear(conn, hanbit, story.reply, time=NOW + 310)
        record_reply(conn, body, statement_id=story.reply, member="hanbit", made=NOW + 300)


def _recall(alliance: Alliance, story: Story) -> None:
    bonn, seoul = alliance.bonn, alliance.seoul
    with bonn.store.begin() as conn:
        recalled = read_statement(conn, story.label).statement
        body = build_recall_body(recalled, reason="the server was another's")
        story.recall = bonn.say(
            conn, "recall", body, "seoul", 1, 2, 3, subject=story.label, case_id=story.case, made=NOW + 400
        )
    _tell(alliance, seoul, story.recall, by=bonn, time=NOW + 410)


def _retrace(alliance: Alliance, story: Story) -> None:
    with alliance.seoul.store.begin() as conn:
        story.third = add_trace(
            conn, get_case(conn, story.case), alliance.seoul, name="third", made=story.made
        ).id
