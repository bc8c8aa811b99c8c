"""An intrusion into a bank, with no coin in it, goes from one member to another as any case does."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from jindo.app.node import open_node
from jindo.app.story import Play, Story
from jindo.app.story.cast import build_theatre
from jindo.app.story.desk import Desk
from jindo.base.errors import InputError
from jindo.sim import make_world
from jindo.store import tables

INCIDENT_CORE = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
DRAFT = {
    "title": "Intrusion into a savings bank",
    "kind": "intrusion",
    "purpose": "investigation",
    "legal_basis": "Act on Promotion of Information and Communications Network Utilization, Article 48",
    "expires": "2030-01-01",
    "tlp": "AMBER",
    "summary": "A remote-access tool on a teller's machine; no transfer was made.",
}


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Everyone at their desk, and no chain data anywhere."""
    theatre = build_theatre(tmp_path_factory.mktemp("intrusion"))
    with Story(theatre, make_world("bybit", seed=1, scale=0.01)).playing() as play:
        yield play


def share(kim: Desk, case: str) -> None:
    shared = kim.do(f"/api/cases/{case}/shares", {"to": ["hague"]}, once="share")
    assert not shared["denials"]
    for statement in shared["statements"]:
        kim.sign(statement["id"])


def read_shared(play: Play) -> list[dict[str, Any]]:
    """The STIX objects that Seoul has for The Hague."""
    node = open_node(play.theatre.node("seoul"))
    try:
        with node.store.read() as conn:
            rows = tables.shared_object
            return [dict(row) for row in conn.scalars(select(rows.c.object).where(rows.c.member == "hague"))]
    finally:
        node.store.close()


def test_an_intrusion_into_a_bank_is_shared_without_a_coin_in_it(play: Play) -> None:
    kim, bakker = play.desk("kim"), play.desk("bakker")
    case = kim.do("/api/cases", DRAFT, once="open")["id"]
    note = {"title": "What was found", "text": "A loader that beacons to 192.0.2.7.", "tlp": "AMBER"}
    kim.do(f"/api/cases/{case}/notes", note, once="note")
    share(kim, case)
    bakker.wait("/api/cases", lambda view: bool(view["cases"]), "the case")
    shown = bakker.wait(f"/api/cases/{case}", lambda view: bool(view["exhibits"]), "the note")
    assert (shown["kind"], shown["origin"], shown["loss"]) == ("intrusion", "seoul", [])
    assert [(row["kind"], row["title"]) for row in shown["exhibits"]] == [("note", "What was found")]
    objects = read_shared(play)
    incidents = [row for row in objects if row["type"] == "incident"]
    assert str(DRAFT["title"]) in incidents[0]["name"]
    assert INCIDENT_CORE in incidents[0]["extensions"]
    assert not [row for row in objects if row["type"].startswith("cryptocurrency")]


def test_an_intrusion_has_nothing_to_trace(play: Play) -> None:
    kim = play.desk("kim")
    case = kim.do("/api/cases", DRAFT, once="open")["id"]
    with pytest.raises(InputError, match="names nothing as stolen"):
        kim.do(f"/api/cases/{case}/traces", {"rule": "fifo"}, once="trace")


@pytest.mark.parametrize("missing", ["purpose", "legal_basis", "expires"])
def test_a_case_that_is_not_lawful_is_refused(play: Play, missing: str) -> None:
    draft = {name: value for name, value in DRAFT.items() if name != missing}
    refusal = play.desk("kim").refused("/api/cases", draft, once=f"without-{missing}")
    assert refusal.told == "respond.unlawful"
