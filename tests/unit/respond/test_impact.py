"""What a recall takes the ground from, and who was told of it."""

from __future__ import annotations

from tests.unit.respond.alliance import NOW, Alliance
from tests.unit.respond.story import play

from jindo.respond import find_impact, find_standing_trace, get_exhibit, recalled_ids, unstands


def test_find_impact_of_a_label_reaches_trace_request_and_who_was_told(alliance: Alliance) -> None:
    story = play(alliance, until="recall")
    with alliance.seoul.store.read() as conn:
        impact = find_impact(conn, story.label)
        assert [exhibit.id for exhibit in impact.exhibits] == [story.second]
        assert [request.id for request in impact.requests] == [story.request]
        assert [(row.id, row.kind) for row in impact.touched] == [(story.said_request, "request")]
        assert [(ack.member, ack.time) for ack in impact.touched[0].told] == [("hanbit", NOW + 240)]
        assert impact.recall_id == story.recall
        kinds = [(row["kind"], row["id"], row["told"]) for row in impact.to_view()]
        assert kinds[0] == ("exhibit", story.second, [])
        assert kinds[1][2] == [{"member": "hanbit", "acknowledged": "2026-09-21T14:17:20Z"}]


def test_find_impact_on_the_recalling_side_shows_who_acknowledged(alliance: Alliance) -> None:
    story = play(alliance, until="recall")
    with alliance.bonn.store.read() as conn:
        impact = find_impact(conn, story.label)
        assert [(ack.member, ack.time) for ack in impact.recall_told] == [("seoul", NOW + 410)]
        assert impact.exhibits == ()


def test_find_impact_of_an_exhibit_is_itself_and_its_audience(alliance: Alliance) -> None:
    story = play(alliance, until="label")
    with alliance.seoul.store.read() as conn:
        impact = find_impact(conn, story.said_trace)
        assert [exhibit.id for exhibit in impact.exhibits] == [story.first]
        assert [ack.member for ack in impact.told] == ["bonn"]
        assert impact.recall_id is None


def test_a_recall_takes_the_ground_from_the_trace_alone_that_rests_on_it(alliance: Alliance) -> None:
    story = play(alliance, until="recall")
    with alliance.seoul.store.read() as conn:
        gone = recalled_ids(conn)
        assert unstands(get_exhibit(conn, story.second), gone) == {story.label}
        assert unstands(get_exhibit(conn, story.first), gone) == frozenset()
        standing = find_standing_trace(conn, story.case, us="seoul")
        assert standing is not None
        assert standing.id == story.first
