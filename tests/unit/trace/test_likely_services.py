"""Likely services: those that behave so are found with their figures, and those that only resemble them are not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.unit.trace.chains import account_chain, coin, spend, transfer, transfers_chain, utxo_chain

from jindo.ledger import AccountChain, Kind, UtxoTransaction
from jindo.trace.services import LikelyService, ServiceParameters, find_likely_services

DAY = 86_400
Move = tuple[str | None, str | None, int]
FEW = ServiceParameters(
    hub_senders=5,
    hub_receivers=5,
    hub_movements=10,
    sweep_deposits=4,
    sweep_origins=8,
    sweep_days=2,
    hub_days=2,
)


def chain_of(moves: Sequence[Move], *, days: int = 10) -> AccountChain:
    """These moves, spread over so many days."""
    return account_chain(*moves, times=[DAY * (1 + i * days // len(moves)) for i in range(len(moves))])


def found_in(chain: AccountChain, parameters: ServiceParameters = FEW) -> dict[str, LikelyService]:
    return {
        chain.accounts[account]: s
        for account, s in find_likely_services(chain, parameters=parameters).items()
    }


def exchange(customers: int = 6, amount: int = 100) -> list[Move]:
    """Customers pay an account, and others are paid out of it."""
    moves: list[Move] = []
    for i in range(customers):
        moves += [(None, f"c{i}", amount), (f"c{i}", "hub", amount), ("hub", f"d{i}", amount - 1)]
    return moves


def sweeps(deposits: int = 4, customers: int = 3) -> list[Move]:
    """Each deposit address is paid by its customers, and swept into the hot wallet once."""
    moves: list[Move] = []
    for i in range(deposits):
        payers = [f"c{i}.{k}" for k in range(customers)]
        moves += [(None, payer, 50) for payer in payers]
        moves += [(payer, f"deposit{i}", 50) for payer in payers]
        moves.append((f"deposit{i}", "hot", 50 * customers))
    return moves


def test_hub_is_found_with_its_figures() -> None:
    service = found_in(chain_of(exchange()))["hub"]
    assert (service.rule, service.receipts, service.payments) == ("hub", 6, 6)
    assert (service.senders, service.receivers, service.turnover) == (6, 6, 990)
    assert service.days == 10
    assert (
        service.reason()
        == "6 movements in, 6 out, with 6 senders and 6 receivers on 10 days, turnover 99.0 %"
    )


@pytest.mark.parametrize(
    "stricter",
    [
        {"hub_senders": 7},
        {"hub_receivers": 7},
        {"hub_movements": 13},
        {"hub_turnover": 991},
        {"hub_days": 11},
    ],
)
def test_hub_needs_every_threshold(stricter: dict[str, int]) -> None:
    assert "hub" in found_in(chain_of(exchange()))
    assert found_in(chain_of(exchange()), replace(FEW, **stricter)) == {}


def test_hub_without_times_is_not_asked_for_days() -> None:
    assert found_in(account_chain(*exchange()))["hub"].days == 0


def test_hub_turnover_is_exact_beyond_64_bits() -> None:
    wide = chain_of(exchange(amount=(1 << 255) // 8))
    assert not wide.narrow
    assert found_in(wide)["hub"].turnover == 999


def test_what_comes_to_nothing_makes_no_hub() -> None:
    moves: list[Move] = [
        move
        for i in range(9)
        for move in ((f"c{i}", "A", 0), ("A", f"d{i}", 0), ("A", "A", 5), (None, "A", 5))
    ]
    assert found_in(chain_of(moves)) == {}


def test_gas_is_no_payment() -> None:
    rows = [transfer(f"{i}", ("A", None, 3), kind=Kind.GAS) for i in range(9)]
    rows += [transfer(f"b{i}", (f"c{i}", "A", 9)) for i in range(9)]
    assert find_likely_services(transfers_chain(*rows), parameters=FEW) == {}


@pytest.mark.parametrize(
    "moves",
    [
        [(None, "firm", 900), *[("firm", f"staff{i % 9}", 10) for i in range(90)]],
        [*[(f"buyer{i}", "shop", 10) for i in range(90)], ("shop", "bank", 900)],
        [*[(f"donor{i}", "charity", 10) for i in range(60)]],
        [move for i in range(60) for move in (("A", "B", 10), ("B", "A", 9), ("A", "C", 1))],
    ],
    ids=["payroll", "shop", "charity", "market maker"],
)
def test_innocent_business_is_no_service(moves: list[Move]) -> None:
    assert found_in(chain_of(moves)) == {}


def test_a_burst_of_one_night_is_no_hub() -> None:
    assert found_in(chain_of(exchange(), days=1)) == {}


def test_sweeps_tell_the_hot_wallet_and_its_deposit_addresses() -> None:
    found = found_in(chain_of(sweeps()))
    assert set(found) == {"hot", "deposit0", "deposit1", "deposit2", "deposit3"}
    hot, deposit = found["hot"], found["deposit2"]
    assert (hot.rule, hot.deposits, hot.origins) == ("hot wallet", 4, 12)
    assert (deposit.rule, deposit.turnover, deposit.deposits, deposit.origins) == (
        "deposit address",
        1000,
        4,
        12,
    )
    chain = chain_of(sweeps())
    assert (
        chain.accounts[
            find_likely_services(chain, parameters=FEW)[chain.accounts.find("deposit2")].hot_wallet
        ]
        == "hot"
    )
    assert "passes on 100.0 % to a hot wallet of 4 accounts that pay nobody else" in deposit.reason()


@pytest.mark.parametrize("stricter", [{"sweep_deposits": 5}, {"sweep_origins": 13}, {"sweep_days": 9}])
def test_sweeps_need_every_threshold(stricter: dict[str, int]) -> None:
    assert found_in(chain_of(sweeps()), replace(FEW, **stricter)) == {}


def test_gas_money_from_the_hot_wallet_is_no_origin() -> None:
    moves = [*sweeps(), *[("hot", f"deposit{i}", 1) for i in range(4)]]
    assert found_in(chain_of(moves))["hot"].origins == 12


def test_a_fan_out_and_fan_in_of_one_hand_is_no_service() -> None:
    moves: list[Move] = [(None, "thief", 9_000)]
    moves += [("thief", f"mule{i}", 100) for i in range(60)]
    moves += [(f"mule{i}", "collector", 100) for i in range(60)]
    assert found_in(chain_of(moves)) == {}


def test_who_keeps_what_he_gets_is_no_deposit_address() -> None:
    moves = [(payer, payee, 30 if payee == "hot" else units) for payer, payee, units in sweeps()]
    assert found_in(chain_of(moves)) == {}


def test_who_pays_more_often_than_he_is_paid_is_no_deposit_address() -> None:
    moves = [
        *sweeps(),
        (None, "wallet", 100),
        ("c0.0", "wallet", 50),
        *[("wallet", "hot", 10) for _ in range(15)],
    ]
    found = found_in(chain_of(moves))
    assert "hot" in found
    assert "wallet" not in found


def test_rows_after_the_end_are_not_looked_at() -> None:
    chain = chain_of(exchange())
    assert (
        find_likely_services(chain, end=chain.event_count - 3, parameters=replace(FEW, hub_senders=6)) == {}
    )


def test_a_chain_without_rows_has_no_services() -> None:
    assert find_likely_services(account_chain()) == {}
    assert find_likely_services(utxo_chain()) == {}


def utxo_exchange() -> list[UtxoTransaction]:
    """Six customers pay the hub's one address, with change; the hub pays six others, with change to itself."""
    rows = [coin("a1", *[(f"c{i}", 150) for i in range(6)])]
    rows += [spend(f"b{i}", [f"a1:{i}"], ("hub", 100), (f"c{i}", 50)) for i in range(6)]
    return rows + [spend(f"e{i}", [f"b{i}:0"], (f"d{i}", 90), ("hub", 8)) for i in range(6)]


def test_a_utxo_address_that_is_used_as_a_service_is_found() -> None:
    rows = utxo_exchange()
    chain = utxo_chain(*rows, times=[DAY * i for i in range(len(rows))])
    services = find_likely_services(chain, parameters=FEW)
    assert [chain.accounts[account] for account in services] == ["hub"]
    hub = next(iter(services.values()))
    assert (hub.receipts, hub.payments, hub.senders, hub.receivers, hub.turnover) == (6, 6, 6, 6, 900)


def test_parameters_go_through_json() -> None:
    assert ServiceParameters.from_json(FEW.to_json()) == FEW
