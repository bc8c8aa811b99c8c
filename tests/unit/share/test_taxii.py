"""The shelf as a recipient reads it: its own, in order, as the gate lets it through at this moment."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select, update
from sqlalchemy.dialects import sqlite
from tests.unit.share.bodies import label_body, request_body
from tests.unit.share.cast import (
    DAY,
    DOLMEN,
    HAGUE,
    NOW,
    SEOUL,
    a_statement,
    draft_signed,
    signed,
    uuid_of,
)

from jindo.base.errors import InputError
from jindo.base.markings import Tlp
from jindo.share import (
    Filters,
    Member,
    Page,
    Statement,
    build_label_objects,
    build_recall_body,
    build_recall_objects,
    build_request_objects,
    carrier_object,
    collection_id,
    collection_view,
    discovery_view,
    find_envelope,
    parse_filters,
    publish,
    read_manifest,
    read_objects,
    read_versions,
    statement_payload,
    verify_statement,
)
from jindo.share.shelf import format_micros, parse_micros, record_objects
from jindo.share.stored import insert_statement, read_stored_payload
from jindo.share.taxii import _asked
from jindo.store import tables


def label(*named: str, **changed: Any) -> Statement:
    body = label_body(addresses=[f"wallet-{'-'.join(named)}", "wallet-shared"])
    objects = build_label_objects(SEOUL, body, changed.get("tlp", Tlp.AMBER), changed.get("made", NOW))
    return a_statement("label", *named, body=body, objects=objects, **changed)


def put(conn: Connection, statement: Statement, time: int = NOW) -> None:
    draft_signed(conn, statement, time)
    publish(conn, statement.id, me=SEOUL, time=time)


def read(conn: Connection, who: Member = HAGUE, time: int = NOW, **query: str) -> Page:
    """A page; `type_of` stands for `match[type]`."""
    named = {f"match[{name[:-3]}]" if name.endswith("_of") else name: [text] for name, text in query.items()}
    return read_objects(conn, who, parse_filters(named), us="seoul", time=time)


def carriers(page: Page) -> list[str]:
    return [item["id"].removeprefix("grouping--") for item in page.objects if find_envelope(item)]


def test_read_objects_gives_the_statement_and_its_faces(conn: Connection) -> None:
    statement = label("one")
    put(conn, statement)
    page = read(conn)
    assert [item["id"] for item in page.objects[:-1]] == [item["id"] for item in statement.objects]
    assert not page.more
    assert page.next is None
    found = find_envelope(page.objects[-1])
    assert found is not None
    assert verify_statement(*found, SEOUL, at=NOW, recipient="hague").statement == statement


def test_read_objects_gives_nobody_what_is_anothers(conn: Connection) -> None:
    put(conn, label("one"))
    assert read(conn, DOLMEN) == Page((), more=False, next=None, first_added=None, last_added=None)


def test_exchange_receives_only_what_concerns_it(conn: Connection) -> None:
    body = request_body()
    objects = build_request_objects(SEOUL, body, Tlp.AMBER, NOW)
    request = a_statement("request", body=body, objects=objects, recipients=("dolmen",))
    put(conn, label("of the case"))
    put(conn, request)
    assert carriers(read(conn, DOLMEN)) == [request.id]


def force(conn: Connection, statement: Statement) -> None:
    """Puts a statement on the shelf past the gate, as a bug or a break-in would."""
    made = signed(statement)
    insert_statement(conn, statement, made.envelope.payload, state="published", time=NOW)
    record_objects(conn, made, [HAGUE, DOLMEN], time=NOW)


@pytest.mark.parametrize("tlp", [Tlp.RED, Tlp.AMBER_STRICT])
def test_red_that_was_forced_onto_the_shelf_is_not_served(conn: Connection, tlp: Tlp) -> None:
    put(conn, label("one"))
    before = read(conn)
    force(conn, label("red", tlp=tlp, recipients=("dolmen", "hague")))
    assert read(conn) == before
    assert read(conn, DOLMEN).objects == ()
    assert read_manifest(conn, HAGUE, Filters(), us="seoul", time=NOW).last_added == before.last_added
    wanted = f"grouping--{uuid_of('seoul', 'label', 'red')}"
    assert read(conn, id_of=wanted).objects == ()
    assert read_versions(conn, HAGUE, wanted, Filters(), us="seoul", time=NOW).objects == ()


def test_columns_beside_the_payload_do_not_loosen_it(conn: Connection) -> None:
    """The gate reads what was signed: a marking changed in a column lets nothing through."""
    force(conn, label("red", tlp=Tlp.RED))
    conn.execute(update(tables.statement).values(tlp="CLEAR"))
    assert read(conn).objects == ()


def test_amber_to_an_exchange_that_was_forced_is_not_served(conn: Connection) -> None:
    amber = label("amber", recipients=("dolmen", "hague"))
    force(conn, amber)
    assert carriers(read(conn, HAGUE)) == [amber.id]
    assert read(conn, DOLMEN).objects == ()


def test_object_added_for_somebody_the_statement_is_not_for_is_not_served(conn: Connection) -> None:
    force(conn, label("green", tlp=Tlp.GREEN, recipients=("hague",)))
    assert read(conn, DOLMEN).objects == ()


def test_expired_statement_is_not_served_any_more(conn: Connection) -> None:
    short = label("short", expires=NOW + DAY)
    put(conn, short)
    assert carriers(read(conn, time=NOW + DAY - 1)) == [short.id]
    assert read(conn, time=NOW + DAY).objects == ()


def test_what_two_statements_share_outlives_the_first(conn: Connection) -> None:
    """The wallet, the identity and the marking stay while any of their statements may be seen."""
    put(conn, label("short", expires=NOW + DAY))
    put(conn, label("long"))
    ids = {item["id"] for item in read(conn, time=NOW + DAY).objects}
    assert {item["id"] for item in label("long").objects} <= ids


def test_wallet_of_a_stricter_statement_does_not_hide_the_other(conn: Connection) -> None:
    """The same wallet, marked GREEN and AMBER; when the newer statement expires, the older one's is there again."""
    put(conn, label("one", tlp=Tlp.GREEN))
    put(conn, label("one", tlp=Tlp.AMBER, nonce=uuid_of("again"), expires=NOW + DAY))
    wallets = [read(conn, time=time, type_of="cryptocurrency-wallet").objects for time in (NOW, NOW + DAY)]
    assert [len(found) for found in wallets] == [2, 2]
    assert wallets[0] != wallets[1]


def test_shared_object_is_served_once(conn: Connection) -> None:
    put(conn, label("one"))
    put(conn, label("two"))
    ids = [item["id"] for item in read(conn).objects]
    assert len(ids) == len(set(ids))


def test_recipient_that_lost_the_purpose_is_not_served(conn: Connection) -> None:
    put(conn, label("one"))
    assert read(conn, replace(HAGUE, purposes=("statistics",))).objects == ()


def test_draft_and_received_are_not_served(conn: Connection) -> None:
    put(conn, label("one"))
    for state in ("draft", "received", "quarantined"):
        conn.execute(update(tables.statement).values(state=state))
        assert read(conn).objects == ()


def test_damaged_payload_is_not_served(conn: Connection) -> None:
    put(conn, label("one"))
    conn.execute(update(tables.statement).values(payload=b"{"))
    assert read(conn).objects == ()


def test_recall_shows_the_last_version_as_revoked(conn: Connection) -> None:
    statement = label("one")
    put(conn, statement)
    body = build_recall_body(statement, reason="wrong")
    objects = build_recall_objects(SEOUL, body, Tlp.AMBER, NOW + 60, recalled=statement.objects)
    recall = a_statement("recall", body=body, objects=objects, subject=statement.id, made=NOW + 60)
    put(conn, recall, NOW + 60)
    said = [item for item in read(conn).objects if item["type"] == "relationship"]
    assert len(said) == 2
    assert all(item["revoked"] for item in said)
    first = [item for item in read(conn, version_of="first").objects if item["type"] == "relationship"]
    assert not any(item.get("revoked") for item in first)
    every = [item for item in read(conn, version_of="all").objects if item["type"] == "relationship"]
    assert len(every) == 4
    versions = read_versions(conn, HAGUE, said[0]["id"], Filters(), us="seoul", time=NOW).objects
    assert list(versions) == ["2027-01-15T08:00:00.000000Z", "2027-01-15T08:01:00.000000Z"]
    at = read(conn, id_of=said[0]["id"], version_of="2027-01-15T08:00:00Z").objects
    assert [item["modified"] for item in at] == ["2027-01-15T08:00:00.000Z"]


def test_pages_follow_each_other(conn: Connection) -> None:
    for n in range(5):
        put(conn, label(str(n)))
    whole = read(conn, limit="1000")
    found: list[Any] = []
    page = read(conn, limit="4")
    while True:
        found += page.objects
        assert len(page.objects) == 4 or not page.more
        if page.next is None:
            break
        page = read(conn, limit="4", next=page.next)
    assert tuple(found) == whole.objects


def test_page_that_is_exactly_full_is_the_last(conn: Connection) -> None:
    put(conn, label("one"))
    size = len(read(conn).objects)
    assert not read(conn, limit=str(size)).more
    assert read(conn, limit=str(size - 1)).more


def test_added_after_gives_only_what_is_newer(conn: Connection) -> None:
    put(conn, label("one"))
    seen = read(conn).last_added
    assert seen is not None
    assert read(conn, added_after=seen).objects == ()
    put(conn, label("two"), NOW)
    assert carriers(read(conn, added_after=seen)) == [label("two").id]


def test_date_added_increases_though_the_clock_steps_back(conn: Connection) -> None:
    put(conn, label("one", made=NOW - DAY), NOW + DAY)
    seen = read(conn).last_added
    put(conn, label("two", made=NOW - DAY), NOW - DAY)
    assert carriers(read(conn, added_after=str(seen))) == [label("two").id]
    dates = list(conn.scalars(select(tables.shared_object.c.date_added).order_by(tables.shared_object.c.seq)))
    assert dates == sorted(set(dates))


def test_match_by_id_and_type(conn: Connection) -> None:
    put(conn, label("one"))
    put(conn, label("two"))
    wallets = read(conn, type_of="cryptocurrency-wallet").objects
    assert {item["value"] for item in wallets} == {"wallet-one", "wallet-two", "wallet-shared"}
    both = read(conn, type_of="relationship,grouping").objects
    assert {item["type"] for item in both} == {"relationship", "grouping"}
    wanted = wallets[0]["id"]
    assert [item["id"] for item in read(conn, id_of=wanted).objects] == [wanted]
    assert read(conn, spec_version_of="2.0").objects == ()
    assert read(conn, spec_version_of="2.0,2.1").objects == read(conn).objects
    assert read(conn, type_of="cryptocurrency").objects == ()


def test_read_manifest_lists_what_read_objects_gives(conn: Connection) -> None:
    put(conn, label("one"))
    listed = read_manifest(conn, HAGUE, Filters(limit=3), us="seoul", time=NOW)
    given = read_objects(conn, HAGUE, Filters(limit=3), us="seoul", time=NOW)
    assert [row["id"] for row in listed.objects] == [item["id"] for item in given.objects]
    assert listed.objects[0]["date_added"] == listed.first_added == given.first_added
    assert listed.objects[-1]["date_added"] == listed.last_added
    assert {row["media_type"] for row in listed.objects} == {"application/stix+json;version=2.1"}
    assert (listed.more, listed.next) == (given.more, given.next)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": ["0"]},
        {"limit": ["-1"]},
        {"limit": ["x"]},
        {"limit": ["1", "2"]},
        {"limit": ["١"]},
        {"added_after": ["yesterday"]},
        {"added_after": ["2026-01-01T00:00:00"]},
        {"added_after": [""]},
        {"next": ["x"]},
        {"next": [""]},
        {"next": ["MS4y=="]},
        {"next": ["é"]},
        {"match[id]": ["x"]},
        {"match[id]": [""]},
        {"match[type]": ["a%"]},
        {"match[type]": ["A"]},
        {"match[version]": ["newest"]},
        {"match[spec_version]": ["two"]},
        {"match[colour]": ["red"]},
        {"match[type]": [",".join(f"t{n}" for n in range(201))]},
    ],
)
def test_parse_filters_refuses_odd_values(query: dict[str, list[str]]) -> None:
    with pytest.raises(InputError):
        parse_filters(query)


def test_parse_filters_reads_what_clients_send() -> None:
    query = {
        "limit": ["5000"],
        "added_after": ["2026-01-01T00:00:00.000001Z"],
        "match[type]": ["note,report", "note"],
        "match[version]": ["all"],
        "other": ["left alone"],
    }
    filters = parse_filters(query)
    assert filters == Filters(
        added_after=1_767_225_600_000_001, types=("note", "report"), versions=("all",), limit=1000
    )
    assert parse_filters({}) == Filters()


@pytest.mark.parametrize("micros", [0, 1, 1_767_225_600_000_000, 253_402_300_799_999_999])
def test_micros_round_trip(micros: int) -> None:
    assert parse_micros(format_micros(micros)) == micros


def test_views_name_one_collection() -> None:
    assert discovery_view("https://x", SEOUL)["api_roots"] == ["https://x/taxii2/jindo/"]
    view = collection_view(SEOUL)
    assert (view["id"], view["can_read"], view["can_write"]) == (collection_id(SEOUL), True, False)
    assert collection_id(SEOUL) != collection_id(HAGUE)


def test_find_envelope_leaves_other_objects_alone() -> None:
    made = signed(label("one"))
    carrier = carrier_object(made)
    assert find_envelope(carrier) == (made.envelope, made.vouchers)
    assert json.loads(json.dumps(carrier)) == carrier
    for item in made.statement.objects:
        assert find_envelope(item) is None
    for odd in ({}, {"type": "grouping"}, {"type": "grouping", "extensions": []}):
        assert find_envelope(odd) is None


@pytest.mark.parametrize(
    "said", [{"envelope": {}}, {"envelope": None, "vouchers": []}, {"vouchers": [1] * 65}]
)
def test_find_envelope_refuses_a_carrier_of_nothing(said: dict[str, Any]) -> None:
    carrier = carrier_object(signed(label("one")))
    (own,) = carrier["extensions"]
    broken = {**carrier, "extensions": {own: {**carrier["extensions"][own], **said}}}
    with pytest.raises(InputError):
        find_envelope(broken)


def test_page_reads_little_more_than_it_shows(conn: Connection) -> None:
    """With a thousand statements on the shelf, a page of ten asks for ten, by an index."""
    statement = label("first")
    put(conn, statement)
    payload = signed(statement).envelope.payload
    for n in range(1000):
        fill(conn, n, payload)
    asked: list[str] = []

    def note(_c: object, _cursor: object, text: str, *_rest: object) -> None:
        asked.append(text)

    event.listen(conn, "before_cursor_execute", note)
    page = read(conn, limit="10")
    event.remove(conn, "before_cursor_execute", note)
    assert len(page.objects) == 10
    assert len(asked) <= 1 + 2 * 11
    plan = [str(row) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal(HAGUE)}")]
    assert any("ix_shared_object_member_date_added" in row for row in plan)
    assert not any("SCAN" in row or "TEMP B-TREE" in row for row in plan)


def fill(conn: Connection, n: int, payload: bytes) -> None:
    made = replace(read_stored_payload(payload), nonce=uuid_of("fill", str(n)))
    insert_statement(conn, made, statement_payload(made), state="published", time=NOW)
    item = {"type": "note", "id": f"note--{made.id}", "modified": "2026-01-01T00:00:00.000Z"}
    row = {"statement_id": made.id, "member": "hague", "stix_id": item["id"], "object": item}
    added = {"version": "2026-01-01T00:00:00.000000Z", "date_added": NOW * 10**6 + 10**9 + n}
    conn.execute(insert(tables.shared_object).values(**row, **added))


def literal(member: Member) -> str:
    asked = _asked(member, Filters(limit=10, next=(NOW * 10**6, 5)), (NOW * 10**6 + 1, 9), [], NOW)
    return str(asked.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
