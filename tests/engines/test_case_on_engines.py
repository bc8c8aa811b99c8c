"""A case on each engine: the same story gives the same facts, and its exported folder holds."""

from __future__ import annotations

from pathlib import Path

from tests.unit.app.handed_over import KIM, make_node, play_on_node, trace_once
from tests.unit.respond.alliance import DAY, NOW, Alliance
from tests.unit.respond.story import play

from jindo.app.export import export_case
from jindo.app.verifying_case import verify_case_folder
from jindo.respond import build_brief_facts


def test_a_case_is_exported_and_verifies(store_url: str, tmp_path: Path) -> None:
    result, made = trace_once(tmp_path)
    alliance = Alliance(tmp_path, seoul_url=store_url)
    try:
        node = make_node(alliance, tmp_path / "node")
        story = play_on_node(alliance, node, result, made)
        export_case(node, KIM, story.case, tmp_path / "out")
    finally:
        alliance.close()
    assert {check.name for check in verify_case_folder(tmp_path / "out").checks} >= {
        "statements",
        "log",
        "brief",
    }


def test_a_case_has_the_same_facts_as_on_sqlite(store_url: str, tmp_path: Path) -> None:
    told = []
    for name, url in (("one", store_url), ("two", "")):
        (tmp_path / name).mkdir()
        alliance = Alliance(tmp_path / name, seoul_url=url)
        try:
            story = play(alliance)
            with alliance.seoul.store.read() as conn:
                told.append(build_brief_facts(conn, story.case, me=alliance.seoul.member, time=NOW + DAY))
        finally:
            alliance.close()
    assert told[0] == told[1]
