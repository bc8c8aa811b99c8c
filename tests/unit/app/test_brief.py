"""The brief: the same facts as text, HTML and PDF, in English and Korean, safe whatever members wrote."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from tests.unit.app.conftest import HandedOver
from tests.unit.app.handed_over import KIM

from jindo.app.brief import render_brief_html, render_brief_pdf, render_brief_text
from jindo.app.brief.document import build_document
from jindo.app.brief.text import WIDTH, measure, to_text
from jindo.app.briefs import build_brief, write_brief
from jindo.app.people import Actor
from jindo.app.report.blocks import Column, Figures, Kind, Report, Row, Section, Table, Text
from jindo.base.errors import ConflictError, InputError, RefusedError
from jindo.base.language import get_translator

BITCOIN_COIN = "bip122:000000000019d6689c085ae165831e93/slip44:0"
HOSTILE = '<script>alert(1)</script>\u202e\x1b[31m=cmd() #panic("x") 적 $#'


@pytest.fixture
def facts(handed_over: HandedOver) -> dict[str, Any]:
    view = build_brief(handed_over.node, KIM, handed_over.story.case, "en")
    return copy.deepcopy(view["facts"])


def test_build_brief_tells_what_a_prosecutor_asks(handed_over: HandedOver) -> None:
    text = build_brief(handed_over.node, KIM, "SEOUL-2026-1", "en")["text"]
    told = " ".join(text.split())
    for words in (
        "TLP:RED",
        "Stolen: 900 base units of unnamed asset.",
        "Hanbit",
        "Request to freeze, from seoul to hanbit",
        "Signed by seoul-1, seoul-2",
        "900 base units of unnamed asset stolen",
        "[Asked to be held, and held on 2026-09",
        "Recall by bonn: Label: Cloud Mixer",
        "Who was told seoul, acknowledged 2026-09-21 14:20:10",
        "Traces that fell exhibits: 3",
        "tlp-red",
        "exported the case",
        "7. Who did what, and when",
        "9. What is not known",
        "jindo verify FOLDER",
    ):
        assert words in told, words


def test_build_brief_speaks_korean_with_the_same_figures(
    handed_over: HandedOver, facts: dict[str, Any]
) -> None:
    korean = build_brief(handed_over.node, KIM, handed_over.story.case, "ko")["text"]
    assert "요약서" in korean
    assert "자산의 행방" in korean
    english = render_brief_text(facts, "en")
    for figure in (
        facts["trace"]["findings_hash"],
        facts["history"][-1]["hash"],
        "900",
        "2026-09-21 14:20:10",
    ):
        assert figure in korean
        assert figure in english


def test_every_code_of_a_brief_has_a_word_in_both_languages(facts: dict[str, Any]) -> None:
    from jindo.app.brief import words
    from jindo.respond import CASE_KINDS, EXHIBIT_KINDS, REPLY_STATES, REQUEST_KINDS, REQUEST_STATES
    from jindo.share import KINDS

    pairs = [
        (words.CASE_KINDS, CASE_KINDS),
        (words.EXHIBIT_KINDS, EXHIBIT_KINDS),
        (words.REPLY_STATES, REPLY_STATES),
        (words.REQUEST_KINDS, REQUEST_KINDS),
        (words.REQUEST_STATES, REQUEST_STATES),
        (words.STATEMENT_KINDS, KINDS),
    ]
    for said, codes in pairs:
        assert set(said) == set(codes)
        assert all(get_translator("ko").gettext(word) != word for word in said.values())
    assert {row["act"] for row in facts["history"]} <= set(words.ACTS)


def test_every_limit_has_its_sentence(facts: dict[str, Any]) -> None:
    details = {
        "exhibits": [1],
        "rule": "fifo",
        "requests": ["r"],
        "members": ["bonn"],
        "count": 2,
        "member": "seoul",
    }
    left_out = {"code": "left-out", "exhibits": [{"tlp": "RED", "exhibits": 1}]}
    codes = [
        *(
            "no-loss",
            "no-trace",
            "no-standing-trace",
            "fallen-traces",
            "fallen-requests",
            "convention",
            "labels-asserted",
        ),
        *("ledger-unproved", "unanswered", "held-by-word", "unacknowledged", "quarantined", "one-node"),
    ]
    assert {row["code"] for row in facts["limits"]} <= set(codes)
    facts["limits"] = [{"code": code, **details} for code in codes] + [left_out]
    section = next(s for s in build_document(facts, "en").sections if s.anchor == "limits")
    assert len(section.blocks[0].items) == len(codes) + 1  # type: ignore[union-attr]


def test_faces_are_the_same_bytes_for_the_same_facts(facts: dict[str, Any]) -> None:
    again = copy.deepcopy(facts)
    assert render_brief_html(facts, "ko") == render_brief_html(again, "ko")
    assert render_brief_text(facts, "en") == render_brief_text(again, "en")
    assert render_brief_pdf(facts, "ko") == render_brief_pdf(again, "ko")
    assert render_brief_pdf(facts, "en").startswith(b"%PDF")


def test_faces_are_safe_whatever_members_wrote(facts: dict[str, Any]) -> None:
    facts["case"] = {**facts["case"], "title": HOSTILE, "summary": HOSTILE, "legal_basis": HOSTILE}
    for row in (*facts["labels"], *facts["recalls"]):
        row["reason"] = HOSTILE
    facts["labels"][0]["service"] = HOSTILE
    facts["requests"][0]["replies"][0]["reason"] = HOSTILE
    facts["exhibits"][0]["title"] = HOSTILE
    facts["quarantined"] = [{"id": "x", "member": HOSTILE, "time": 5, "problem": HOSTILE}]
    page = render_brief_html(facts, "en")
    assert "<script" not in page
    text = render_brief_text(facts, "en")
    assert not {"\u202e", "\x1b"} & set(text + page)
    assert render_brief_pdf(facts, "en").startswith(b"%PDF")


def test_html_says_its_language_and_loads_nothing(facts: dict[str, Any]) -> None:
    page = render_brief_html(facts, "ko")
    assert '<html lang="ko">' in page
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_case_without_a_coin_says_so(facts: dict[str, Any]) -> None:
    empty: dict[str, Any] = {
        "trace": None,
        "traces": [],
        "requests": [],
        "held": [],
        "labels": [],
        "recalls": [],
        "shared": [],
    }
    facts |= {**empty, "denials": [], "exhibits": [], "limits": [{"code": "no-loss"}]}
    facts["case"] = {**facts["case"], "kind": "intrusion", "loss": []}
    text = render_brief_text(facts, "en")
    assert "No coin is named as stolen in this case." in text
    assert "Nobody was asked to freeze or to preserve anything." in text
    facts["case"]["loss"] = [
        {"theft": "x", "address": "0x1", "from_time": 5},
        {"theft": "y", "tx_hash": "0x2"},
    ]
    assert "has not been traced" in render_brief_text(facts, "en")


def test_text_keeps_its_width_but_for_what_is_copied(facts: dict[str, Any]) -> None:
    for lang in ("en", "ko"):
        long = [line for line in render_brief_text(facts, lang).splitlines() if measure(line) > WIDTH]
        assert long == [line for line in long if any(len(word) > 30 for word in line.split())]


def test_text_counts_wide_letters_as_two() -> None:
    table = Table("c", (Column("이름"), Column("n", "number")), (Row(("가나다", "1")), Row(("ab", "22"))))
    report = Report("제목", "s", None, (Section("a", "b", (table, Text("x", "warn"))),))
    lines = to_text(report).splitlines()
    rows = [line for line in lines if line.endswith(("1", "22"))]
    assert [measure(row) for row in rows] == [10, 10]
    assert "! x" in lines
    assert "====" in lines


def test_the_headline_and_what_is_held_tell_every_asset(facts: dict[str, Any]) -> None:
    coins = [("eip155:1/slip44:60", 18, 3 * 10**18), (BITCOIN_COIN, 8, 5 * 10**7)]
    for name in ("stolen", "services"):
        row = facts["trace"]["facts"][name][0]
        facts["trace"]["facts"][name] = [
            {**row, "asset": asset, "decimals": decimals, "amount": str(amount)}
            for asset, decimals, amount in coins[: 1 if name == "stolen" else 2]
        ]
    facts["held"] = [
        {"asset": asset, "decimals": decimals, "requested": str(amount), "held": str(amount // 2)}
        for asset, decimals, amount in coins
    ]
    section = build_document(facts, "en").sections[0]
    figures = [block.items for block in section.blocks if isinstance(block, Figures)]
    assert [[(figure, unit) for figure, unit, _ in items] for items in figures] == [
        [("3.00", "ETH"), ("3.00", "ETH"), ("1.50", "ETH")],
        [("0.00", "BTC"), ("0.50", "BTC"), ("0.25", "BTC")],
    ]
    asked = next(block for block in section.blocks if isinstance(block, Table))
    assert [row.cells for row in asked.rows] == [("ETH", "3.00", "1.50"), ("BTC", "0.50", "0.25")]
    assert render_brief_text(facts, "en").count("Asked to be held, and held on") == 1


def test_an_answer_about_several_assets_is_told_asset_by_asset(facts: dict[str, Any]) -> None:
    reply = facts["requests"][0]["replies"][0]
    total = {**reply["totals"][0], "asset": BITCOIN_COIN, "decimals": 8, "held": "12345678"}
    reply |= {"totals": [total, {**total, "held": "2"}], "until": 5}
    reply["reason"] = "Customers had withdrawn the rest before the request came."
    table = next(
        block
        for section in build_document(facts, "en").sections
        if section.anchor == "requests"
        for block in section.blocks
        if isinstance(block, Table)
    )
    assert [row.cells[3] for row in table.rows[:2]] == ["0.12345678 BTC", "0.00000002 BTC"]
    lines = render_brief_text(facts, "en").splitlines()
    first = next(n for n, line in enumerate(lines) if "0.12345678 BTC" in line)
    assert lines[first].index(" BTC") == lines[first + 1].index(" BTC")
    told = " ".join(" ".join(lines[first : first + 5]).split())
    assert "0.00000002 BTC" in lines[first + 1]
    assert "Until (UTC): 1970-01-01 00:00:05" in told


def test_text_breaks_no_name_and_puts_below_what_has_no_room() -> None:
    heads = ("Service", "Kind", "Accounts", "Amount", "First", "Last", "Why")
    kinds: tuple[Kind, ...] = ("text", "text", "number", "number", "time", "time", "text")
    cells = ("Murmuration CoinJoin", "exchange deposit", "1", "241,589.009523427919285409 ETH")
    times = ("2025-03-05 06:30:00", "2025-03-24 06:30:00")
    row = Row((*cells, *times, "It paid out what this agency had bought from it, and more. " * 3))
    columns = tuple(Column(head, kind) for head, kind in zip(heads, kinds, strict=True))
    report = Report("t", "s", None, (Section("a", "b", (Table("c", columns, (row,)),)),))
    lines = to_text(report).splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("Murmuration"))
    assert all(cell in lines[place] for cell in cells)
    assert lines[place + 1] == f"  First: {times[0]} · Last: {times[1]}"
    assert lines[place + 2].startswith("  Why: It paid out")
    assert max(map(measure, lines)) <= WIDTH


def test_text_keeps_its_width_with_many_columns() -> None:
    columns = tuple(Column(f"column {n}") for n in range(12))
    row = Row(tuple(f"a name that is {n}" for n in range(12)))
    lines = to_text(Report("t", "s", None, (Section("a", "b", (Table("c", columns, (row,)),)),))).splitlines()
    assert max(map(measure, lines)) <= WIDTH
    assert all(cell in "\n".join(lines) for cell in row.cells)


def test_write_brief_writes_each_form_once(handed_over: HandedOver, tmp_path: Path) -> None:
    case = handed_over.story.case
    for name, begins in (("b.txt", b"Brief of case"), ("b.html", b"\n<!doctype"), ("b.pdf", b"%PDF")):
        view = write_brief(handed_over.node, KIM, case, "en", tmp_path / name)
        assert (view["marking"], view["path"]) == ("RED", str(tmp_path / name))
        assert begins.strip() in (tmp_path / name).read_bytes()[:2000]
        with pytest.raises(ConflictError):
            write_brief(handed_over.node, KIM, case, "en", tmp_path / name)
    with pytest.raises(InputError, match="written as"):
        write_brief(handed_over.node, KIM, case, "en", tmp_path / "b.doc")


def test_build_brief_refuses_who_may_not_and_what_is_not(handed_over: HandedOver) -> None:
    with pytest.raises(RefusedError):
        build_brief(
            handed_over.node, Actor("x", frozenset({"analyst"}), "person"), handed_over.story.case, "en"
        )
    with pytest.raises(RefusedError):  # whether there is such a case is not said to everybody
        build_brief(handed_over.node, KIM, "none", "en")
    with pytest.raises(InputError):
        build_brief(handed_over.node, KIM, handed_over.story.case, "fr")
