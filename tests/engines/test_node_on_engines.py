"""A node at work on each database: the same served process, people, case, gate, signatures, TAXII and receipts."""

from pathlib import Path

import pytest

from jindo.app.node import open_node
from jindo.app.story import Story
from jindo.app.story.cast import build_theatre
from jindo.respond import read_history, verify_history
from jindo.share import verify_log
from jindo.sim import make_world
from jindo.store import verify_audit

DRAFT = {
    "title": "Intrusion into a savings bank",
    "kind": "intrusion",
    "purpose": "investigation",
    "legal_basis": "Criminal Procedure Act, Article 199",
    "expires": "2030-01-01",
    "tlp": "AMBER",
}


@pytest.fixture
def story(tmp_path: Path, store_url: str) -> Story:
    """Seoul's node on the database under test."""
    theatre = build_theatre(tmp_path / "members", {"seoul": store_url})
    return Story(theatre, make_world("bybit", seed=1, scale=0.01))


def test_a_served_node_shares_a_case_and_hears_that_it_arrived(story: Story) -> None:
    with story.playing() as play:
        kim = play.desk("kim")
        case = kim.do("/api/cases", DRAFT, once="open")["id"]
        assert kim.do("/api/cases", DRAFT, once="open")["id"] == case
        note = {"title": "A loader", "text": "It beacons to 192.0.2.7.", "tlp": "AMBER"}
        kim.do(f"/api/cases/{case}/notes", note, once="note")
        kim.do(f"/api/cases/{case}/notes", {**note, "title": "A source", "tlp": "RED"}, once="red")
        shared = kim.do(f"/api/cases/{case}/shares", {"to": ["hague"]}, once="share")
        assert [row["rule"] for row in shared["denials"]] == ["tlp-red"]
        for statement in shared["statements"]:
            kim.sign(statement["id"])
        shown = kim.wait(
            f"/api/cases/{case}",
            lambda view: all(
                receipt["received"]
                for row in view["statements"]
                if row["state"] == "published"
                for receipt in row["receipts"]
            ),
            "the receipts",
        )
        sent = [row["kind"] for row in shown["statements"] if row["state"] == "published"]
        assert sorted(sent) == ["case", "exhibit"]
    node = open_node(story.theatre.node("seoul"))
    try:
        with node.store.read() as conn:
            assert verify_audit(conn) > 5
            assert verify_log(conn) > 5
            verify_history(read_history(conn, case))
    finally:
        node.store.close()
