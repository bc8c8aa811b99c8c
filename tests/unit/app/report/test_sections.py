from __future__ import annotations

from typing import Any

from tests.unit.app.report.results import ETH, ETHER, build_result, endpoint, flow, sheet, spread_row

from jindo.app.report.blocks import Row, Section, Table
from jindo.app.report.document import build_report
from jindo.app.report.endpoints import SHOWN_ACCOUNTS

Flows = list[dict[str, str]]


def _section(result: dict[str, Any], flows: Flows, anchor: str) -> Section:
    return next(section for section in build_report(result, flows).sections if section.anchor == anchor)


def _tables(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]


def _texts(section: Section) -> str:
    return repr(section.blocks)


def _named(table: Table, name: str) -> Row:
    return next(row for row in table.rows if row.cells[0].startswith(name))


def test_balance_shows_both_sides_to_the_unit(result: dict[str, Any], flows: Flows) -> None:
    ether, bitcoin = _tables(_section(result, flows, "balance"))
    assert _named(ether, "What came in").cells[1:] == ("10,000,000,000,000,000,000", "10.00")
    assert _named(ether, "What became of it").cells[1:] == ("10,000,000,000,000,000,000", "10.00")
    assert _named(ether, "Reached labelled").cells[1:] == (
        "5,000,000,000,000,000,001",
        "5.000000000000000001",
    )
    assert _named(bitcoin, "Stolen").cells[1:] == ("150,000,000", "1.50")


def test_balance_says_when_the_sides_differ(result: dict[str, Any], flows: Flows) -> None:
    result["findings"]["sheets"][0]["held"] = "1"
    assert "THE TWO SIDES DIFFER" in _tables(_section(result, flows, "balance"))[0].caption


def test_summary_says_what_went_where_in_words(result: dict[str, Any], flows: Flows) -> None:
    words = _texts(_section(result, flows, "summary"))
    assert "In the theft “heist”, 10.00 ETH were taken on Ethereum in 1 movement." in words
    assert "5.000000000000000001 ETH reached 2 accounts of 2 services" in words
    assert "4.999999999999999992 ETH are still held in 1 account" in words


def test_amounts_without_decimals_are_base_units_of_the_asset() -> None:
    asset = "unnamed asset"
    result = build_result(
        [endpoint("0xa", 1234, "held", asset=asset)], [sheet("theft", ETH, asset, 1234, held=1234)]
    )
    words = _texts(_section(result, [], "summary"))
    assert "In the theft, 1,234 base units of unnamed asset were taken" in words


def test_requests_group_accounts_by_service_and_mark_unexplained(
    result: dict[str, Any], flows: Flows
) -> None:
    ether = _tables(_section(result, flows, "requests"))[0]
    assert [row.role for row in ether.rows] == ["group", "plain", "group", "plain", "total"]
    assert ether.rows[1].cells[-1] == "unexplained"
    assert ether.rows[3].cells[-1] == ""


def test_requests_show_every_service_and_count_the_rest() -> None:
    ends = [endpoint(f"0x{n:040x}", n + 1, "service", f"S{n % 5}") for n in range(3000)]
    stolen = sum(range(1, 3001))
    result = build_result(ends, [sheet("heist", ETH, ETHER, stolen, service=stolen)])
    (table,) = _tables(_section(result, [], "requests"))
    accounts = [row for row in table.rows if row.cells[0].startswith("\n")]
    assert 0 < len(accounts) <= SHOWN_ACCOUNTS
    assert {row.cells[0][:2] for row in table.rows if row.role == "group"} == {"S0", "S1", "S2", "S3", "S4"}
    assert table.more == f"{3000 - len(accounts):,} accounts not shown here; endpoints.csv has all."
    assert table.rows[-1].cells[1] == "0.0000000000045015"


def test_held_shows_the_largest_twenty_and_sums_the_rest() -> None:
    ends = [endpoint(f"0x{n:040x}", 10 + n, "held") for n in range(25)]
    result = build_result(ends, [sheet("heist", ETH, ETHER, 550, held=550)])
    result["provenance"]["decimals"] = {ETHER: 0}
    (table,) = _tables(_section(result, [], "held"))
    assert [row.cells[1] for row in table.rows[:2]] == ["34", "33"]
    assert table.rows[20].cells[:2] == ("5 further accounts", "60")
    assert table.rows[21].cells[:2] == ("All", "550")


def test_timeline_is_by_day_then_by_month(result: dict[str, Any], flows: Flows) -> None:
    days = _tables(_section(result, flows, "timeline"))[0]
    assert [row.cells for row in days.rows] == [
        ("2023-06-05", "1", "3.000000000000000001"),
        ("2023-06-06", "1", "2.00"),
    ]
    flows[3]["time"] = "2024-01-01T00:00:00Z"
    months = _tables(_section(result, flows, "timeline"))[0]
    assert [row.cells[0] for row in months.rows] == ["2023-06", "2024-01"]


def test_timeline_counts_arrivals_without_time(result: dict[str, Any], flows: Flows) -> None:
    flows[3]["time"] = ""
    assert "1 arrival has no time in the ledger" in _texts(_section(result, flows, "timeline"))


def test_spread_sums_services_rule_by_rule() -> None:
    ends = [endpoint(f"0x{n}", 5, "service", "S") for n in range(2)]
    result = build_result(ends, [sheet("heist", ETH, ETHER, 10, service=10)])
    result["provenance"]["decimals"] = {ETHER: 0}
    result["spread"] = [spread_row(ends[0], 5, 9, 5, 5, 5), spread_row(ends[1], 5, 0, 5, 5, 5)]
    rules, services = _tables(_section(result, [], "spread"))
    assert services.rows[0].cells[1].startswith("9\nlifo")
    assert services.rows[0].cells[2].startswith("10\nfifo")
    assert [row.cells[2:4] for row in rules.rows[:2]] == [("2", "10"), ("1", "9")]
    words = _texts(_section(result, [], "spread"))
    assert "conventions, not bounds" in words
    assert "were not computed" in words


def test_report_with_many_thefts_names_all_and_details_some() -> None:
    sheets = [sheet(f"t{n}", ETH, ETHER, 5, held=5) for n in range(30)]
    ends = [endpoint("0xa", 5, "held", theft=f"t{n}") for n in range(30)]
    section = _section(build_result(ends, sheets), [], "summary")
    assert len(_tables(section)[0].rows) == 30
    assert "22 further lines" in _texts(section)


def test_method_states_input_labels_and_how_to_verify(result: dict[str, Any], flows: Flows) -> None:
    words = _texts(_section(result, flows, "method"))
    for said in (
        "jindo verify DIR",
        "d" * 64,
        "services.csv",
        "Clayton's Case",
        "One named account sends nothing.",
    ):
        assert said in words


def test_until_before_the_last_block_dates_the_report(result: dict[str, Any]) -> None:
    result["provenance"]["until"] = "2023-06-05T22:00:00Z"
    flows = [flow("0x1", "0x2", 1, 1, named="yes")]
    assert build_report(result, flows).subtitle.endswith("as of 2023-06-05 22:00:00 UTC")
