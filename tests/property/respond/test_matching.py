"""Laws of matching: never more than there is, never more than asked, and every sum adds up."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jindo.respond import Matching, OwnAccount, match_accounts

ACCOUNTS = [f"0x{n:040x}" for n in range(1, 5)]
ASSETS = ["eip155:1/slip44:60", "eip155:1/erc20:0x" + "c" * 40, "COIN"]
AMOUNTS = st.integers(0, 2**256 - 1) | st.integers(0, 50)


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    row = st.fixed_dictionaries(
        {
            "chain": st.just("eip155:1"),
            "account": st.sampled_from(ACCOUNTS),
            "asset": st.sampled_from(ASSETS),
            "decimals": st.sampled_from([18, None]),
            "amount": AMOUNTS.filter(bool).map(str),
        }
    )
    return {"identifiers": draw(st.lists(row, min_size=1, max_size=8))}


OWNED = st.dictionaries(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ASSETS)), AMOUNTS).map(
    lambda rows: [OwnAccount(address, asset, balance, "") for (address, asset), balance in rows.items()]
)


@given(asked(), OWNED)
def test_nothing_is_held_that_is_not_there_or_was_not_asked(
    body: dict[str, Any], owned: list[OwnAccount]
) -> None:
    held: dict[tuple[str, str], int] = defaultdict(int)
    lines = match_accounts(body, owned).lines
    for line, row in zip(lines, body["identifiers"], strict=True):
        assert 0 <= line.held <= line.requested == int(row["amount"])
        assert line.held <= line.available
        assert line.held + line.missing == line.requested
        held[line.account, line.asset] += line.held
    balances = {(account.address, account.asset): account.balance for account in owned}
    assert all(units <= balances.get(place, 0) for place, units in held.items())


@given(asked(), OWNED)
def test_all_that_can_be_held_is_held(body: dict[str, Any], owned: list[OwnAccount]) -> None:
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    for row in body["identifiers"]:
        wanted[row["account"], row["asset"]] += int(row["amount"])
    balances = {(account.address, account.asset): account.balance for account in owned}
    most = sum(min(units, balances.get(place, 0)) for place, units in wanted.items())
    assert sum(line.held for line in match_accounts(body, owned).lines) == most


@given(asked(), OWNED)
def test_totals_are_the_sums_of_the_lines(body: dict[str, Any], owned: list[OwnAccount]) -> None:
    matching = match_accounts(body, owned)
    for name in ("requested", "held"):
        assert sum(getattr(total, name) for total in matching.totals) == sum(
            getattr(line, name) for line in matching.lines
        )
    named = [(total.asset, total.decimals) for total in matching.totals]
    assert len(set(named)) == len(named)


@given(asked(), OWNED)
def test_the_state_fits_the_amounts(body: dict[str, Any], owned: list[OwnAccount]) -> None:
    matching: Matching = match_accounts(body, owned)
    held = sum(line.held for line in matching.lines)
    missing = sum(line.missing for line in matching.lines)
    known = any(row["account"] in {account.address for account in owned} for row in body["identifiers"])
    said = {
        "held": held > 0 and missing == 0,
        "partially-held": held > 0 and missing > 0,
        "already-moved": held == 0 and known,
        "no-such-customer": not known,
    }
    assert [state for state, holds in said.items() if holds] == [matching.state]
