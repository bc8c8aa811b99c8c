from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from jindo.app.report import render_html, render_pdf
from jindo.app.report.blocks import Table
from jindo.app.report.document import build_report

Flows = list[dict[str, str]]


def test_render_html_shows_hostile_names_as_text(result: dict[str, Any], flows: Flows) -> None:
    page = render_html(result, flows)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert "\x07" not in page


def test_render_html_loads_nothing_from_anywhere(result: dict[str, Any], flows: Flows) -> None:
    page = render_html(result, flows).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<link|<img|<iframe|\ssrc=|\son[a-z]+=", page)
    assert all(target.startswith("#") for target in re.findall(r'href="([^"]*)"', page))
    assert "default-src 'none'" in page


def test_render_html_and_pdf_give_the_same_bytes_for_the_same_result(
    result: dict[str, Any], flows: Flows
) -> None:
    assert render_html(result, flows) == render_html(result, flows)
    assert render_pdf(result, flows) == render_pdf(result, flows)


def test_render_html_prints_every_cell_of_the_report(result: dict[str, Any], flows: Flows) -> None:
    page = unescape(render_html(result, flows))
    tables = [block for section in build_report(result, flows).sections for block in section.blocks]
    cells = [cell for block in tables if isinstance(block, Table) for row in block.rows for cell in row.cells]
    assert len(cells) > 100
    assert all(line in page for cell in cells for line in cell.split("\n"))


def test_render_pdf_is_dated_by_the_last_block(result: dict[str, Any], flows: Flows) -> None:
    pdf = render_pdf(result, flows)
    assert pdf.startswith(b"%PDF-")
    assert b"D:20230606" in pdf


def test_render_pdf_takes_markup_as_text(result: dict[str, Any], flows: Flows) -> None:
    for end in result["findings"]["endpoints"]:
        end["service"] = '#panic("x") $ *_ ` = / [ ] @a <b> \\ ' + "W" * 200
    assert render_pdf(result, flows).startswith(b"%PDF-")


def test_render_both_without_times_labels_or_flows(result: dict[str, Any]) -> None:
    result["provenance"].update(services=None, opening=None)
    result["findings"].update(endpoints=[], sheets=[], thefts=[], unexplained_inflow=[])
    result.update(spread=[], upper_bound={"rule": "poison", "endpoints": []})
    for chain in result["provenance"]["ledger"]["chains"]:
        chain.update(first_time=None, last_time=None, first_block=None, last_block=None)
    assert "as of unknown" in render_html(result, [])
    assert render_pdf(result, []).startswith(b"%PDF-")


def test_render_html_says_that_poison_has_no_sheet(result: dict[str, Any], flows: Flows) -> None:
    result["findings"].update(rule="poison", sheets=[])
    page = render_html(result, flows)
    assert "There is no balance sheet under the rule poison" in page
    assert "The two sides are equal" not in page


def test_render_html_has_full_addresses(result: dict[str, Any], flows: Flows) -> None:
    page = render_html(result, flows)
    assert all(escape(end["account"]) in page for end in result["findings"]["endpoints"])
