"""Findings on a terminal: every figure whole, columns that add up, nothing rounded away."""

from typing import Any

import pytest

from jindo.cli.findings import REASONS, format_share, render_services, render_sheets, sum_services
from jindo.cli.output import open_console
from jindo.cli.tables import format_amount, format_bytes, name_asset

ETHER = "eip155:1/slip44:60"


def endpoint(service: str, amount: int, **changes: Any) -> dict[str, Any]:
    row = {"theft": "t", "chain": "eip155:1", "asset": ETHER, "kind": "exchange", "reason": "service"}
    return row | {"service": service, "amount": str(amount), "account": "0x1"} | changes


def test_sum_services_adds_accounts_of_one_service() -> None:
    rows = sum_services([endpoint("A", 1), endpoint("B", 5), endpoint("A", 10**30)])
    assert [(row["service"], row["amount"], row["accounts"]) for row in rows] == [
        ("A", str(10**30 + 1), 2),
        ("B", "5", 1),
    ]


def test_sum_services_leaves_out_what_has_no_label() -> None:
    assert sum_services([endpoint("", 1, reason="held")]) == []


def test_sum_services_keeps_thefts_and_assets_apart() -> None:
    rows = sum_services(
        [endpoint("A", 1), endpoint("A", 1, theft="u"), endpoint("A", 1, asset="unnamed asset")]
    )
    assert len(rows) == 3


def test_render_services_sums_what_it_does_not_show(capsys: pytest.CaptureFixture[str]) -> None:
    rows = sum_services([endpoint(f"S{n}", 10**18 * (n + 1)) for n in range(5)])
    render_services(open_console(), rows, {ETHER: 18}, top=2)
    out = capsys.readouterr().out
    assert "Services that t reached" in out
    assert "S4" in out
    assert "S2" not in out
    assert f"6.{'0' * 18}" in out.split("3 more")[1]
    assert f"15.{'0' * 18}" in out.split("all 5")[1]


def test_render_services_says_base_units_where_decimals_are_unknown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    render_services(open_console(), sum_services([endpoint("A", 12345, asset="X")]), {"X": None})
    out = capsys.readouterr().out
    assert "base units of X" in out
    assert "12,345" in out


def test_render_sheets_shows_each_reason_and_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    sheet = dict.fromkeys(REASONS, "0") | {
        "theft": "t",
        "chain": "eip155:1",
        "asset": ETHER,
        "arrived": "0",
    }
    render_sheets(open_console(), [sheet | {"stolen": "3", "service": "2", "held": "1"}], {ETHER: 18})
    out = capsys.readouterr().out
    for text in ("at services", "66.7 %", "still held", "33.3 %", "0.000000000000000003", "100.0 %"):
        assert text in out
    assert "burned" not in out


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(1, 3, "33.3"), (2, 3, "66.7"), (0, 5, "0.0"), (5, 5, "100.0"), (0, 0, "0.0")]
)
def test_format_share_rounds_in_whole_numbers(part: int, whole: int, text: str) -> None:
    assert format_share(part, whole) == text


def test_format_share_is_exact_beyond_floats() -> None:
    assert format_share(2**255, 2**256) == "50.0"


def test_format_amount_writes_every_digit() -> None:
    assert format_amount(2**256 - 1, 18).endswith(".584007913129639935")
    assert format_amount("12", None) == "12"


def test_name_asset_names_native_coins_only() -> None:
    assert name_asset(ETHER) == "ETH"
    assert name_asset("eip155:1/erc20:0xdac1") == "eip155:1/erc20:0xdac1"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (25 * 10**8, "2.5 GB")]
)
def test_format_bytes_picks_the_unit(size: int, text: str) -> None:
    assert format_bytes(size) == text
