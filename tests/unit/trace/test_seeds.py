"""What is stolen: each sentence of the definition about naming, by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.trace.chains import (
    Tracer,
    account_chain,
    coin,
    ended,
    laid,
    moved,
    newly_stolen,
    outside,
    spend,
    transfer,
    transfers_chain,
    tx,
    utxo_chain,
)

from jindo.base.errors import InputError
from jindo.base.ids import parse_chain
from jindo.ledger import AccountChain, Kind, build_account_chain
from jindo.trace import CONSERVING, FEE, AccountSeeds, Named, NamedAccount, NamedTransfer, UtxoSeeds, resolve


def one_transaction() -> AccountChain:
    """A transaction of gas, a native movement and two logs, all out of one account."""
    rows = [
        transfer("a", ("V", None, 1), kind=Kind.GAS),
        transfer("a", ("V", "A", 10), kind=Kind.NATIVE),
        transfer("a", ("V", "B", 20), asset="T", kind=Kind.TOKEN),
        transfer("a", ("V", "C", 30), asset="T", kind=Kind.TOKEN),
    ]
    return transfers_chain(
        *[replace(row, position=place) for row, place in zip(rows, (7, 0, 7, 9), strict=True)]
    )


def events(chain: AccountChain, *named: NamedTransfer | NamedAccount) -> list[int]:
    seeds = resolve(named, [chain]).seeds[chain.chain]
    assert isinstance(seeds, AccountSeeds)
    return sorted(seeds.theft_of)


def test_transaction_takes_every_movement_but_gas() -> None:
    assert events(one_transaction(), NamedTransfer("t", tx("a"))) == [1, 2, 3]


@pytest.mark.parametrize(("log_index", "event"), [(7, 2), (9, 3)])
def test_transaction_with_log_index_takes_that_movement(log_index: int, event: int) -> None:
    assert events(one_transaction(), NamedTransfer("t", tx("a"), log_index)) == [event]


@pytest.mark.parametrize("log_index", [0, 8])
def test_log_index_that_is_no_log_is_an_error_with_its_place(log_index: int) -> None:
    with pytest.raises(InputError, match=rf"^stolen\.csv:4: .* with index {log_index}$"):
        resolve([NamedTransfer("t", tx("a"), log_index, "stolen.csv:4")], [one_transaction()])


def test_unknown_transaction_is_an_error_with_its_place() -> None:
    with pytest.raises(InputError) as caught:
        resolve([NamedTransfer("t", tx("b"), place="stolen.csv:2")], [one_transaction()])
    assert caught.value.place == "stolen.csv:2"
    assert tx("b") in caught.value.problem


def test_utxo_change_to_own_inputs_is_not_taken(tracer: Tracer) -> None:
    chain = utxo_chain(coin("a", ("V", 9)), spend("b", ["a"], ("T", 5), ("V", 3)))
    findings = tracer(chain, [NamedTransfer("t", tx("b"))], "fifo")
    assert laid(chain, findings, 1) == [5, 0, 0]


def test_utxo_output_index_takes_that_output_change_or_not(tracer: Tracer) -> None:
    chain = utxo_chain(coin("a", ("V", 9)), spend("b", ["a"], ("T", 5), ("V", 3)))
    assert laid(chain, tracer(chain, [NamedTransfer("t", tx("b"), 0)], "fifo"), 1) == [5, 0, 0]
    assert laid(chain, tracer(chain, [NamedTransfer("t", tx("b"), 1)], "fifo"), 1) == [0, 3, 0]


def test_utxo_output_index_past_the_outputs_is_an_error() -> None:
    chain = utxo_chain(coin("a", ("V", 9)))
    with pytest.raises(InputError, match="with index 1"):
        resolve([NamedTransfer("t", tx("a"), 1, "stolen.csv:2")], [chain])


def test_utxo_change_that_cannot_be_told_apart_is_taken_and_noted(tracer: Tracer) -> None:
    chain = utxo_chain(spend("b", [outside(8)], ("T", 5), ("V", 3)))
    named = [NamedTransfer("t", tx("b"), place="stolen.csv:2")]
    assert laid(chain, tracer(chain, named, "fifo"), 0) == [5, 3, 0]
    (note,) = resolve(named, [chain]).notes
    assert note.startswith("stolen.csv:2: ")
    assert "addresses the ledger does not know" in note


def test_utxo_change_to_a_stated_address_outside_the_ledger_is_not_taken(tracer: Tracer) -> None:
    chain = utxo_chain(spend("b", [outside(8, "V")], ("T", 5), ("V", 3)))
    named = [NamedTransfer("t", tx("b"))]
    assert laid(chain, tracer(chain, named, "fifo"), 0) == [5, 0, 0]
    assert resolve(named, [chain]).notes == []


def test_account_takes_all_that_it_sends() -> None:
    chain = account_chain(("V", "A", 1), ("A", "V", 1), ("V", "B", 2), ("V", None, 3))
    assert events(chain, NamedAccount("t", "V")) == [0, 2]


@pytest.mark.parametrize(
    ("from_time", "taken"),
    [(None, [0, 1, 2, 3]), (100, [0, 1, 2, 3]), (101, [1, 2, 3]), (250, [1, 2, 3]), (301, [3])],
)
def test_account_from_time_starts_at_the_running_maximum(from_time: int | None, taken: list[int]) -> None:
    chain = account_chain(*[("V", "A", 1)] * 4, times=[100, 300, 200, 400])
    assert events(chain, NamedAccount("t", "V", from_time)) == taken


@pytest.mark.parametrize(("from_time", "stolen"), [(100, 15), (101, 14), (250, 14), (301, 8)])
def test_utxo_account_from_time_starts_at_the_running_maximum(
    tracer: Tracer, from_time: int, stolen: int
) -> None:
    coins = coin("a", ("V", 1), ("V", 2), ("V", 4), ("V", 8))
    spends = [spend(f"b{i}", [f"a:{i}"], ("T", 2**i)) for i in range(4)]
    chain = utxo_chain(coins, *spends, times=[50, 100, 300, 200, 400])
    findings = tracer(chain, [NamedAccount("t", "V", from_time)], "fifo")
    assert newly_stolen(findings) == {0: stolen}


def test_from_time_without_times_is_an_error_with_its_place() -> None:
    with pytest.raises(InputError, match="has no times") as caught:
        resolve([NamedAccount("t", "V", 1, "stolen.csv:2")], [account_chain(("V", "A", 1))])
    assert caught.value.place == "stolen.csv:2"


def test_from_time_asks_no_times_of_a_chain_without_the_account() -> None:
    timed = account_chain(("V", "A", 1), times=[100])
    other = build_account_chain(parse_chain("eip155:10"), [transfer("b", ("W", "B", 1))])
    found = resolve([NamedAccount("t", "V", 1)], [timed, other])
    assert found.seeds[timed.chain] == AccountSeeds({0: 0})


def test_from_time_past_the_ledger_takes_nothing_and_is_noted() -> None:
    chain = account_chain(("V", "A", 1), ("W", "A", 1), times=[100, 200])
    named = [NamedAccount("t", "V", 300, "stolen.csv:2"), NamedAccount("t", "W", place="stolen.csv:3")]
    assert events(chain, *named) == [1]
    assert resolve(named, [chain]).notes == [
        "stolen.csv:2: account V sends nothing in this ledger that can be stolen"
    ]


def test_until_keeps_blocks_whose_running_maximum_is_at_most_it(tracer: Tracer) -> None:
    chain = account_chain(*[("V", "A", 1)] * 4, times=[100, 300, 200, 400])
    for until, kept in [(99, 0), (100, 1), (250, 1), (300, 3), (400, 4)]:
        findings = tracer(chain, [NamedAccount("t", "V")], "fifo", end=chain.row_after(until))
        assert sum(newly_stolen(findings).values()) == kept


def test_sends_between_named_accounts_are_not_stolen(tracer: Tracer) -> None:
    chain = account_chain(("V", "W", 5), ("W", "T", 3))
    named = [NamedAccount("t", "V"), NamedAccount("t", "W")]
    assert events(chain, *named) == [1]
    assert newly_stolen(tracer(chain, named, "fifo")) == {0: 3}


def test_utxo_sends_between_named_accounts_are_not_stolen(tracer: Tracer) -> None:
    chain = utxo_chain(coin("a", ("V", 9)), spend("b", ["a"], ("W", 5), ("T", 3), ("V", 1)))
    named = [NamedAccount("t", "V"), NamedAccount("t", "W")]
    assert laid(chain, tracer(chain, named, "fifo"), 1) == [0, 3, 0, 0]


@pytest.mark.parametrize("rule", CONSERVING)
def test_co_signer_s_coins_are_not_taken(tracer: Tracer, rule: str) -> None:
    chain = utxo_chain(
        coin("a", ("V", 4)), coin("b", ("W", 6)), spend("c", ["a", "b"], ("T", 7), ("U", 2), ("W", 1))
    )
    assert newly_stolen(tracer(chain, [NamedAccount("t", "V")], rule)) == {0: 4}


def test_co_signer_s_coins_reach_outputs_by_the_rule(tracer: Tracer) -> None:
    chain = utxo_chain(coin("a", ("V", 4)), coin("b", ("W", 6)), spend("c", ["a", "b"], ("T", 5), ("U", 5)))
    named = [NamedAccount("t", "V")]
    assert laid(chain, tracer(chain, named, "fifo"), 2) == [4, 0, 0]
    assert laid(chain, tracer(chain, named, "lifo"), 2) == [0, 4, 0]
    assert laid(chain, tracer(chain, named, "haircut"), 2) == [2, 2, 0]


def test_named_account_s_outside_input_counts_where_the_source_states_it(tracer: Tracer) -> None:
    chain = utxo_chain(spend("b", [outside(8, "V")], ("T", 5), ("V", 3)))
    assert laid(chain, tracer(chain, [NamedAccount("t", "V")], "fifo"), 0) == [5, 0, 0]


@pytest.mark.parametrize("rule", CONSERVING)
def test_clean_lots_become_the_theft_s_and_stolen_ones_keep_their_origin(tracer: Tracer, rule: str) -> None:
    chain = account_chain(("V", "A", 3), (None, "A", 4), ("A", "B", 7))
    findings = tracer(chain, [NamedTransfer("one", tx("0")), NamedTransfer("two", tx("2"))], rule)
    assert newly_stolen(findings) == {0: 3, 1: 4}
    assert sorted((f.theft, f.named, f.amount) for f in findings.flows if f.row == 2) == [
        (0, False, 3),
        (1, True, 4),
    ]
    assert ended(chain, findings) == {"held": 7}


def test_two_thefts_that_name_one_movement_the_first_row_has_it(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 3), ("V", "B", 1))
    named: list[Named] = [
        NamedTransfer("one", tx("0"), place="stolen.csv:2"),
        NamedAccount("two", "V", place="stolen.csv:3"),
    ]
    assert newly_stolen(tracer(chain, named, "fifo")) == {0: 3, 1: 1}
    assert resolve(named, [chain]).notes == [
        f"stolen.csv:3: {tx('0')} is named by two thefts; 'one' stands first and has it"
    ]


def test_two_thefts_that_name_one_utxo_transaction_the_first_row_has_it(tracer: Tracer) -> None:
    chain = utxo_chain(coin("a", ("V", 9)), spend("b", ["a"], ("T", 5), ("U", 4)))
    named = [
        NamedTransfer("one", tx("b"), 1, "stolen.csv:2"),
        NamedTransfer("two", tx("b"), place="stolen.csv:3"),
    ]
    assert newly_stolen(tracer(chain, named, "fifo")) == {0: 4, 1: 5}
    assert resolve(named, [chain]).notes == [
        f"stolen.csv:3: {tx('b')} is named by two thefts; 'one' stands first and has it"
    ]


BY_HASH = NamedTransfer("one", tx("b"), place="stolen.csv:2")
BY_ACCOUNT = NamedAccount("two", "V", place="stolen.csv:3")


@pytest.mark.parametrize(
    ("named", "second", "first"),
    [
        ([BY_HASH, BY_ACCOUNT], "stolen.csv:3", "one"),
        ([BY_ACCOUNT, BY_HASH], "stolen.csv:2", "two"),
        ([BY_ACCOUNT, NamedAccount("three", "V", place="stolen.csv:4")], "stolen.csv:4", "two"),
    ],
)
def test_utxo_rows_by_hash_and_by_account_that_name_one_movement_are_noted(
    tracer: Tracer, named: list[Named], second: str, first: str
) -> None:
    chain = utxo_chain(coin("a", ("V", 9)), spend("b", ["a"], ("T", 9)))
    assert newly_stolen(tracer(chain, named, "fifo")) == {0: 9}
    assert resolve(named, [chain]).notes == [
        f"{second}: {tx('b')} is named by two thefts; {first!r} stands first and has it"
    ]


def test_one_theft_that_names_a_movement_twice_counts_it_once_without_note(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 3))
    named: list[Named] = [NamedTransfer("t", tx("0")), NamedAccount("t", "V")]
    assert newly_stolen(tracer(chain, named, "fifo")) == {0: 3}
    assert resolve(named, [chain]).notes == []


def test_account_that_sends_nothing_is_a_note() -> None:
    chain = account_chain(("V", "A", 3))
    named: list[Named] = [NamedTransfer("t", tx("0")), NamedAccount("t", "A", place="stolen.csv:3")]
    assert resolve(named, [chain]).notes == [
        "stolen.csv:3: account A sends nothing in this ledger that can be stolen"
    ]


def test_nothing_found_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="nothing that was named as stolen"):
        resolve([NamedAccount("t", "A")], [account_chain(("V", "A", 3))])


def test_thefts_are_numbered_as_the_input_first_names_them() -> None:
    chain = account_chain(("V", "A", 3), ("V", "B", 3), ("V", "C", 3))
    named = [NamedTransfer(theft, tx(str(i))) for i, theft in enumerate(["b", "a", "b"])]
    found = resolve(named, [chain])
    assert found.thefts == ("b", "a")
    assert found.seeds[chain.chain] == AccountSeeds({0: 0, 1: 1, 2: 0})


def test_two_chains_are_searched_for_every_row() -> None:
    accounts, coins = account_chain(("V", "A", 3)), utxo_chain(coin("a", ("V", 9)))
    found = resolve([NamedTransfer("t", tx("0")), NamedTransfer("t", tx("a"))], [accounts, coins])
    assert found.seeds[accounts.chain] == AccountSeeds({0: 0})
    seeds = found.seeds[coins.chain]
    assert isinstance(seeds, UtxoSeeds)
    assert list(seeds.seeds) == [0]


@pytest.mark.parametrize("rule", CONSERVING)
def test_fees_are_never_stolen_by_naming(tracer: Tracer, rule: str) -> None:
    chain = utxo_chain(coin("a", ("V", 9)), spend("b", ["a"], ("T", 5)))
    for named in (NamedTransfer("t", tx("b")), NamedAccount("t", "V")):
        findings = tracer(chain, [named], rule)
        assert newly_stolen(findings) == {0: 5}
        assert all(flow.pot != FEE for flow in findings.flows)


def test_gas_of_a_named_transaction_or_account_is_not_stolen(tracer: Tracer) -> None:
    chain = one_transaction()
    for named in (NamedTransfer("t", tx("a")), NamedAccount("t", "V")):
        findings = tracer(chain, [named], "fifo")
        assert moved(findings, 0) == 0
        assert newly_stolen(findings) == {0: 60}
