"""The joint story over three real processes: what it must say, and what it must leave behind."""

import json
from pathlib import Path

import jsonschema
import pytest
from tests.system.conftest import ROOT, Played
from tests.system.states import describe_story

TITLES = [
    "Seoul opens a case from the victim's transaction and traces it",
    "Seoul shares the case with The Hague",
    "The Hague adds a label that it alone knows",
    "Seoul asks Dolmen Exchange to freeze",
    "The Hague recalls its label",
    "The brief, and the case as it is handed over",
]


def lines_of(played: Played, number: int) -> str:
    return "\n".join(played.view["scenes"][number - 1]["lines"])


def test_the_story_is_told_whole_and_keeps_to_its_schema(played: Played) -> None:
    assert [scene["title"] for scene in played.view["scenes"]] == TITLES
    schema = json.loads((ROOT / "docs/reference/schemas/demo.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(played.view)


@pytest.mark.parametrize(
    ("number", "claim"),
    [
        (1, "respond.unlawful"),
        (1, "Exhibit 1 is sealed"),
        (2, "rule tlp-red"),
        (2, "rule need-to-know"),
        (3, "The same findings hash."),
        (3, "equal to the world's truth"),
        (4, "share.signatures"),
        (4, "partially-held"),
        (5, "seoul acknowledged"),
        (5, "dolmen acknowledged"),
        (5, "given to hague"),
        (5, "given to dolmen"),
        (1, "first in, first out"),
        (6, "1. Summary"),
        (6, "brief.txt"),
        (6, "checks hold"),
    ],
)
def test_each_act_shows_what_it_is_about(played: Played, number: int, claim: str) -> None:
    assert claim in lines_of(played, number)


def test_the_last_act_shows_the_brief_s_summary_and_where_the_whole_is(played: Played) -> None:
    lines = lines_of(played, 6)
    assert len(lines.splitlines()) < 70
    assert "2. What was stolen" not in lines
    whole = (played.export / "brief.txt").read_text(encoding="utf-8")
    assert "2. What was stolen" in whole


def test_the_red_note_is_on_no_other_node(played: Played) -> None:
    secret = b"the informant would be known"
    holders = {
        path.relative_to(played.folder).parts[0]
        for path in played.folder.rglob("*")
        if path.is_file() and secret in path.read_bytes()
    }
    assert holders <= {"seoul", played.export.name}
    assert "seoul" in holders


def test_the_exchange_has_nothing_but_what_concerns_it(played: Played) -> None:
    state = describe_story(played.folder)["dolmen"]
    assert state["cases"] == state["exhibits"] == []
    assert {row[0] for row in state["statements"]} == {"label", "request", "reply", "recall", "receipt"}


def test_all_three_nodes_agree_on_what_was_said(played: Played) -> None:
    state = describe_story(played.folder)
    label = ("label", "hague", True)
    for member in ("seoul", "hague", "dolmen"):
        rows = [(row[0], row[1], row[5]) for row in state[member]["statements"]]
        assert label in rows
        assert not state[member]["labels"]
        assert not [row for row in state[member]["statements"] if row[2] == "quarantined"]
    assert state["seoul"]["replies"] == state["dolmen"]["replies"]


def test_no_node_holds_an_officer_s_private_key(played: Played) -> None:
    for key in (played.folder / "keys").iterdir():
        secret = key.read_bytes().splitlines()[1]
        for member in ("seoul", "hague", "dolmen"):
            files = [path for path in (played.folder / member).rglob("*") if path.is_file()]
            assert not [path for path in files if secret in path.read_bytes()], key.name


def test_the_demo_leaves_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from jindo.cli import commands

    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(commands, ["demo", "--dir", str(tmp_path)])
    assert done.exit_code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
