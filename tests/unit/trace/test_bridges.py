"""Bridges by memo: what is matched, what is refused and why, and what stolen units do on the way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit.trace.chains import stop_at, tx
from tests.unit.trace.crossing_chains import BTC, ETH, USDT, Joint, coins, ether, move, pay, person, trace

from jindo.base.ids import BITCOIN, ETHEREUM, TxId
from jindo.ledger import Chain, Transfer, UtxoTransaction
from jindo.trace import RULES, NamedTransfer
from jindo.trace.crossings import find_bridges

CONSERVING = ["fifo", "lifo", "haircut", "dirty-first", "clean-first"]
THEFT = [NamedTransfer("heist", tx("1"))]
DEST, VAULT, OTHER = "bc1-thief", "bc1-vault", "bc1-other"
ASK = f"=:BTC.BTC:{DEST}"
IN = [move("1", "victim", "thief", 100), move("2", "thief", "asgard", 100, memo=ASK)]
"""The thief gives 100 units of ether to a vault and wants bitcoin."""


def answer(name: str, to: TxId | str) -> str:
    """The memo that answers a transaction."""
    return f"{name}:{str(to).removeprefix('0x').upper()}"


def fund(name: str = "a", units: int = 1000) -> UtxoTransaction:
    """Coins of the vault."""
    return pay(name, [], [(VAULT, units)], time=900)


def out(
    units: int = 7, *, to: str = DEST, memo: str = "OUT", of: str = "2", time: int = 5000
) -> UtxoTransaction:
    """The vault's payment of `units`, with change, that answers a transaction."""
    return pay("b", ["a:0"], [(to, units), (VAULT, 1000 - units)], data=answer(memo, tx(of)), time=time)


def codes(joint: Joint) -> list[str]:
    """Why memos were not followed."""
    return [refusal.code for refusal in joint.bridges.refused]


@pytest.mark.parametrize("rule", RULES)
def test_stolen_units_cross_to_the_destination_and_no_further_into_the_vault(rule: str) -> None:
    rows = [*IN, move("3", "asgard", "innocent", 60)]
    spend = pay("c", ["b:1"], [(OTHER, 993)])
    joint = trace([ether(*rows), coins(fund(), out(), spend)], THEFT, rule)
    assert joint.crossed() == [(100, 7, 0)]
    assert joint.held(DEST, BTC) == 7
    assert joint.held("innocent", ETH) == joint.held(OTHER, BTC) == 0
    if rule != "poison":
        (of_ether,), (of_coin,) = (joint.outcomes[chain].sheets for chain in (ETHEREUM, BITCOIN))
        assert (of_ether.stolen, of_ether.by_reason["departed"]) == (100, 100)
        assert (of_coin.stolen, of_coin.arrived, of_coin.by_reason["held"]) == (0, 7, 7)


@pytest.mark.parametrize(
    ("rule", "departed", "arrived"),
    [("fifo", 0, 0), ("lifo", 30, 75), ("haircut", 12, 30), ("dirty-first", 30, 75), ("clean-first", 0, 0)],
)
def test_mixed_lots_convert_as_at_a_swap(rule: str, departed: int, arrived: int) -> None:
    rows = [
        move("0", None, "thief", 70),
        move("1", "victim", "thief", 30),
        move("2", "thief", "asgard", 40, memo=ASK),
    ]
    joint = trace([ether(*rows), coins(fund(), out(101))], THEFT, rule)
    assert joint.crossed() == ([(departed, arrived, 0)] if departed else [])
    assert joint.held(DEST, BTC) == arrived


@pytest.mark.parametrize(("rule", "parts"), [("fifo", (6, 1)), ("lifo", (0, 7)), ("haircut", (3, 4))])
def test_several_arrivals_are_filled_in_their_order_from_one_conversion(
    rule: str, parts: tuple[int, int]
) -> None:
    rows = [
        move("1", "victim", "thief", 10),
        move("1b", None, "thief", 10),
        move("2", "thief", "asgard", 20, memo=ASK),
    ]
    # 20 buy 6 + 8 = 14: stolen 10 become 7, the first or the last of them, or half of each.
    first = pay("b", ["a:0"], [(DEST, 6), (VAULT, 994)], data=answer("OUT", tx("2")), time=5000)
    second = pay("c", ["b:1"], [(DEST, 8), (VAULT, 986)], data=answer("OUT", tx("2")), time=6000)
    joint = trace([ether(*rows), coins(fund(), first, second)], THEFT, rule)
    assert joint.crossed() == [(10, 7, 0)]
    findings = joint.findings.findings[BITCOIN]
    paid = [sum(f.amount for f in findings.flows if f.row == row) for row in (1, 2)]
    assert tuple(paid) == parts


@pytest.mark.parametrize(
    ("rule", "departed", "arrived", "returned"),
    [
        ("fifo", 30, 21, 0),  # 30 stolen and 30 clean buy 42
        ("lifo", 30, 0, 30),  # 60 clean buy, 10 clean and 30 stolen come back
        ("haircut", 30, 12, 12),  # floor(30*60/100) = 18 buy floor(42*18/60) = 12; the other 12 come back
        ("dirty-first", 30, 21, 0),
        ("clean-first", 30, 0, 30),
        ("poison", 100, 42, 40),
    ],
)
def test_a_refund_returns_the_last_units_drawn(rule: str, departed: int, arrived: int, returned: int) -> None:
    rows = [move("1", "victim", "thief", 30), move("1b", None, "thief", 70)]
    rows += [move("2", "thief", "asgard", 100, memo=ASK)]
    rows += [move("5", "asgard", "thief", 40, memo=answer("REFUND", tx("2")), time=9000)]
    joint = trace([ether(*rows), coins(fund(), out(42))], THEFT, rule)
    assert joint.crossed() == [(departed, arrived, returned)]
    assert (joint.held(DEST, BTC), joint.held("thief", ETH)) == (arrived, returned)


@pytest.mark.parametrize("rule", CONSERVING)
def test_a_refund_alone_balances_and_loses_the_fee(rule: str) -> None:
    rows = [*IN, move("5", "asgard", "thief", 97, memo=answer("REFUND", tx("2")))]
    joint = trace([ether(*rows), coins(fund())], THEFT, rule)
    assert joint.crossed() == [(100, 0, 97)]
    (sheet,) = joint.outcomes[ETHEREUM].sheets
    assert (sheet.stolen, sheet.arrived, sheet.by_reason["departed"], sheet.by_reason["held"]) == (
        100,
        97,
        100,
        97,
    )


def test_a_refund_goes_to_the_address_that_the_memo_names() -> None:
    ask = f"=:BTC.BTC:{DEST}/{person('second')}"
    rows = [IN[0], move("2", "thief", "asgard", 100, memo=ask)]
    back = move("5", "asgard", "second", 97, memo=answer("REFUND", tx("2")))
    assert trace([ether(*rows, back)], THEFT, "fifo").held("second", ETH) == 97
    wrong = move("5", "asgard", "thief", 97, memo=answer("REFUND", tx("2")))
    joint = trace([ether(*rows, wrong)], THEFT, "fifo")
    assert (joint.held("thief", ETH), codes(joint)) == (0, ["destination"])


@pytest.mark.parametrize("rule", RULES)
def test_back_from_a_utxo_chain_where_the_memo_is_given(rule: str) -> None:
    ask = f"=:ETH.ETH:{person('wallet')}"
    chain = coins(
        pay("0", [], [("victim", 50)]),
        pay("1", ["0"], [("thief", 50)]),
        pay("2", ["1"], [(VAULT, 40), ("thief", 9)], data=ask),
    )
    back = move("9", "asgard", "wallet", 600, memo=answer("OUT", tx("2")), time=9000)
    joint = trace(
        [chain, ether(move("0", None, "asgard", 700), back)], THEFT, rule, texts={BITCOIN: {2: [ask]}}
    )
    assert joint.crossed() == [(40, 600, 0)]
    assert (joint.held("wallet", ETH), joint.held("thief", BTC)) == (600, 9)
    assert joint.at(VAULT, "service", BTC) == 0
    hops = joint.findings.findings[ETHEREUM].hops
    assert set(hops.values()) == {2}


def test_without_its_text_a_utxo_departure_ends_where_it_was_paid() -> None:
    ask = f"=:ETH.ETH:{person('wallet')}"
    chain = coins(
        pay("0", [], [("victim", 50)]),
        pay("1", ["0"], [("thief", 50)]),
        pay("2", ["1"], [(VAULT, 50)], data=ask),
    )
    back = move("9", "asgard", "wallet", 600, memo=answer("OUT", tx("2")))
    joint = trace([chain, ether(back)], THEFT, "fifo")
    assert (joint.held(VAULT, BTC), joint.held("wallet", ETH), codes(joint)) == (50, 0, ["no-swap"])


def test_a_departure_without_an_arrival_is_in_transit() -> None:
    rows = [*IN, move("3", "asgard", "innocent", 60)]
    joint = trace([ether(*rows)], THEFT, "fifo")
    assert joint.at("asgard", "service", ETH) == 100
    assert joint.held("innocent", ETH) == 0
    (crossing,) = joint.bridges.crossings
    assert (crossing.is_in_transit, crossing.memo) == (True, ASK)


def test_a_swaps_memo_to_ones_own_wallet_ends_only_what_it_carries() -> None:
    rows = [move("1", "victim", "thief", 100), move("2", "thief", "second", 60)]
    rows += [move("3", "thief", "second", 1, memo=ASK), move("4", "second", "third", 60)]
    joint = trace([ether(*rows)], THEFT, "fifo")
    assert joint.held("third", ETH) == 60
    assert joint.at("second", "service", ETH) == 1


@pytest.mark.parametrize(
    ("rows", "paid", "code"),
    [
        (IN, out(to=OTHER), "destination"),
        (IN, out(of="1"), ""),  # the ledger does not keep that text: it cannot even be seen
        ([IN[0], move("2", "thief", "asgard", 100, memo=f"=:LTC.LTC:{DEST}")], out(), "asset"),
        ([IN[0], move("2", "thief", "asgard", 100, memo=f"=:BTC/BTC:{DEST}")], out(), "asset"),
        (IN, out(memo="REFUND"), "asset"),
    ],
)
def test_a_lying_memo_is_refused_with_its_reason(
    rows: Sequence[Transfer], paid: UtxoTransaction, code: str
) -> None:
    joint = trace([ether(*rows), coins(fund(), paid)], THEFT, "fifo")
    assert codes(joint) == ([code] if code else [])
    assert joint.held(DEST, BTC) == 0
    assert joint.at("asgard", "service", ETH) == 100


@pytest.mark.parametrize(
    ("memo", "code"),
    [
        (answer("OUT", tx("1")), "no-swap"),
        (answer("OUT", "f" * 64), "unknown"),
        ("OUT:123", "unread"),
        (answer("REFUND", tx("2")), "destination"),
    ],
)
def test_an_answer_on_an_account_chain_is_refused_with_its_reason(memo: str, code: str) -> None:
    rows = [*IN, move("5", "asgard", "stranger", 10, memo=memo)]
    joint = trace([ether(*rows)], THEFT, "fifo")
    assert codes(joint) == [code]
    assert joint.held("stranger", ETH) == 0


def test_refunds_of_more_than_was_given_are_refused() -> None:
    memo = answer("REFUND", tx("2"))
    rows = [*IN, move("5", "asgard", "thief", 60, memo=memo), move("6", "asgard", "thief", 41, memo=memo)]
    rows.append(move("7", "asgard", "thief", 40, memo=memo))
    joint = trace([ether(*rows)], THEFT, "fifo")
    assert codes(joint) == ["too-much"]
    assert joint.crossed() == [(100, 0, 100)]


def test_two_answers_on_one_payment_are_both_refused() -> None:
    rows = [*IN, move("3", "thief", "asgard", 5, memo=ASK)]
    both = [answer("OUT", tx("2")), answer("OUT", tx("3"))]
    joint = trace([ether(*rows), coins(fund(), out())], THEFT, "fifo", texts={BITCOIN: {1: both}})
    assert codes(joint) == ["twice", "twice"]
    assert joint.held(DEST, BTC) == 0


def test_a_stranger_who_answers_beside_the_vault_is_refused() -> None:
    second = [move("3", "other", "asgard", 9, memo=f"=:BTC.BTC:{OTHER}")]
    lie = pay("d", ["c:0"], [(DEST, 500)], data=answer("OUT", tx("2")), time=4000)
    true = pay("e", ["b:1"], [(OTHER, 3), (VAULT, 990)], data=answer("OUT", tx("3")), time=6000)
    chain = coins(fund(), pay("c", [], [("bc1-liar", 500)]), lie, out(), true)
    joint = trace([ether(*IN, *second), chain], THEFT, "fifo")
    assert codes(joint) == ["payer"]
    assert joint.crossed() == [(100, 7, 0)]
    vault = coins(fund()).accounts.find(VAULT)
    assert joint.bridges.vaults[BITCOIN][vault].arrivals == 2


def test_one_hash_with_two_swaps_memos_is_ambiguous() -> None:
    rows = [
        IN[0],
        move("2", "thief", "asgard", 50, memo=ASK),
        move("2", "thief", "asgard", 50, memo=ASK + ":1"),
    ]
    joint = trace([ether(*rows), coins(fund(), out())], THEFT, "fifo")
    assert codes(joint) == ["ambiguous"]
    assert joint.at("asgard", "service", ETH) == 100


def test_a_router_that_passes_the_memo_on_departs_once() -> None:
    rows = [IN[0], move("2", "thief", "router", 100, memo=ASK), move("2", "router", "asgard", 100, memo=ASK)]
    joint = trace([ether(*rows), coins(fund(), out())], THEFT, "fifo")
    assert joint.crossed() == [(100, 7, 0)]


def test_a_theft_that_names_the_departure_itself_crosses() -> None:
    rows = [move("0", None, "victim", 100), move("1", "victim", "asgard", 100, memo=ASK)]
    joint = trace([ether(*rows), coins(fund(), out(of="1"))], THEFT, "fifo")
    assert joint.crossed() == [(100, 7, 0)]
    (sheet,) = joint.outcomes[ETHEREUM].sheets
    assert (sheet.stolen, sheet.by_reason["departed"]) == (100, 100)


def test_a_named_payment_is_no_arrival() -> None:
    named = [*THEFT, NamedTransfer("second", tx("b"))]
    joint = trace([ether(*IN), coins(fund(), out())], named, "fifo")
    assert codes(joint) == ["named"]
    assert joint.at("asgard", "service", ETH) == 100
    assert joint.held(DEST, BTC) == 7


def test_stolen_units_paid_to_a_vault_without_a_memo_end_there() -> None:
    chain = coins(pay("0", [], [("victim", 50)]), pay("1", ["0"], [(VAULT, 50)]), pay("b", ["1"], [(DEST, 7), (VAULT, 43)], data=answer("OUT", tx("2")), time=5000))  # fmt: skip
    rows = [move("1e", "victim", "thief", 100), move("2", "thief", "asgard", 100, memo=ASK)]
    named = [NamedTransfer("coins", tx("1")), NamedTransfer("ether", tx("1e"))]
    joint = trace([chain, ether(*rows)], named, "fifo")
    assert joint.at(VAULT, "service", BTC) == 50
    assert joint.held(DEST, BTC) == 7


@pytest.mark.parametrize("rule", CONSERVING)
def test_what_arrives_past_the_hop_limit_stops_there(rule: str) -> None:
    joint = trace([ether(*IN), coins(fund(), out())], THEFT, rule, max_hops=1)
    assert joint.at(DEST, "limit", BTC) == 7


def test_what_arrives_at_a_service_is_counted_there() -> None:
    joint = trace([ether(*IN), coins(fund(), out())], THEFT, "fifo", labels=stop_at(DEST))
    assert joint.at(DEST, "service", BTC) == 7


def test_an_arrival_after_the_end_is_in_transit_and_changes_nothing_before() -> None:
    chains: list[Chain] = [ether(*IN), coins(fund(), out())]
    joint = trace(chains, THEFT, "fifo", ends={ETHEREUM: 2, BITCOIN: 1})
    assert joint.at("asgard", "service", ETH) == 100
    without = trace([ether(*IN), coins(fund())], THEFT, "fifo")
    assert joint.findings.findings == without.findings.findings


def test_an_arrival_that_would_sort_first_waits_for_its_departure() -> None:
    rows = [
        move("1", "victim", "thief", 100, time=2000),
        move("2", "thief", "asgard", 100, memo=ASK, time=8000),
    ]
    spend = pay("c", ["b:0"], [(OTHER, 7)], time=3000)
    joint = trace([ether(*rows), coins(fund(), out(time=2500), spend)], THEFT, "fifo")
    assert joint.held(OTHER, BTC) == 7


def test_a_ring_is_refused_at_the_arrival_that_stands_first() -> None:
    ask_back = f"=:ETH.ETH:{person('thief')}"
    rows = [
        move("0", None, "asgard", 500),
        move("4", "asgard", "thief", 9, memo=answer("OUT", tx("6")), time=3000),
    ]
    rows.append(move("5", "thief", "asgard", 9, memo=ASK, time=4000))
    paid = pay("b", ["a:0"], [(DEST, 7), (VAULT, 993)], data=answer("OUT", tx("5")), time=3500)
    back = pay("6", ["b:0"], [(VAULT, 7)], data=ask_back, time=9000)
    chains: list[Chain] = [ether(*rows), coins(fund(), paid, back)]
    texts: dict[str, dict[int, list[str]]] = {BITCOIN: {2: [ask_back]}}
    for order in (chains, chains[::-1]):
        bridges = find_bridges(order, texts=texts)
        assert [(refusal.chain, refusal.row, refusal.code) for refusal in bridges.refused] == [
            (ETHEREUM, 1, "ring")
        ]
        assert [crossing.is_in_transit for crossing in bridges.crossings] == [False, True]


def test_tokens_are_matched_by_the_end_of_their_contract() -> None:
    for written, fits in (
        ("ETH.USDT-831EC7", True),
        ("ETH.USDT", True),
        ("ETH.USDC-606EB48", False),
        ("e", False),
    ):
        ask = f"=:{written}:{person('wallet')}"
        rows = [IN[0], move("2", "thief", "asgard", 100, memo=ask)]
        rows.append(move("5", "asgard", "wallet", 250, USDT, memo=answer("OUT", tx("2"))))
        joint = trace([ether(*rows)], THEFT, "fifo")
        assert joint.held("wallet", USDT) == (250 if fits else 0)
