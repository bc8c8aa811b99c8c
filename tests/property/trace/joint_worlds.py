"""Small hostile worlds of two chains: swaps, wraps, bridges both ways, refunds, lies, times that step back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st
from tests.property.trace.many_runs import split_account_chain, split_utxo_chain
from tests.property.trace.strategies import Labels, amounts, cuts
from tests.unit.trace.chains import tx
from tests.unit.trace.crossing_chains import ETH, USDT, WETH, WETH_CONTRACT, move, pay, person

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, AssetId
from jindo.ledger import (
    AccountChain,
    Transfer,
    UtxoChain,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
)
from jindo.trace import Named, NamedAccount, NamedTransfer, Stop, resolve

PEOPLE = ("ann", "bob", "cid", "pool")
OWNERS = ("bc1-ann", "bc1-bob", "bc1-cid")
VAULT, COIN_VAULT = "asgard", "bc1-vault"


@dataclass
class World:
    """Two chains, whole and in runs, and what is asked of them."""

    ether: AccountChain
    coins: UtxoChain
    split: tuple[AccountChain, UtxoChain]
    texts: dict[str, dict[int, list[str]]]
    named: list[Named]
    labels: Labels
    max_hops: int | None
    ends: dict[str, int]


@dataclass
class _Maker:
    draw: st.DrawFn
    size: st.SearchStrategy[int]
    rows: list[Transfer] = field(default_factory=list)
    transactions: list[UtxoTransaction] = field(default_factory=list)
    texts: dict[int, list[str]] = field(default_factory=dict)
    unspent: list[tuple[str, str, int]] = field(default_factory=list)
    """Output (`name:index`), owner and value."""
    number: int = 0

    def name(self) -> str:
        self.number += 1
        return f"{self.number:x}"

    def person(self) -> str:
        return self.draw(st.sampled_from(PEOPLE))

    def amount(self) -> int:
        return self.draw(self.size)

    def coin(self) -> int:
        return self.draw(st.integers(0, 12))

    def move(self, name: str, *given: object, memo: str | None = None) -> None:
        self.rows.append(replace(move(name, *given, memo=memo), time=self.draw(st.integers(1, 40))))  # type: ignore[arg-type]

    def pay(self, name: str, owner: str, outputs: list[tuple[str, int]], data: str = "") -> None:
        """Spend what an owner has, or new coins, on these outputs; the rest goes back."""
        mine = [coin for coin in self.unspent if coin[1] == owner][: self.draw(st.integers(1, 3))]
        wanted, there = sum(value for _, value in outputs), sum(value for _, _, value in mine)
        if there < wanted:
            issue = self.name()
            self._add(pay(issue, [], [(owner, wanted - there)]))
            mine.append(self.unspent[-1])
        change = max(there - wanted, 0)
        self.unspent = [coin for coin in self.unspent if coin not in mine]
        self._add(
            pay(
                name,
                [coin[0] for coin in mine],
                [*outputs, *([(owner, change)] if change else [])],
                data=data,
            )
        )
        if data and self.draw(st.integers(0, 3)):
            self.texts[len(self.transactions) - 1] = [data]

    def _add(self, row: UtxoTransaction) -> None:
        self.transactions.append(replace(row, time=self.draw(st.integers(1, 40))))
        name = row.tx_hash.lstrip("0")
        made = [(f"{name}:{i}", str(output.address), output.value) for i, output in enumerate(row.outputs)]
        self.unspent += [coin for coin in made if coin[1] != "None"]


def _transfer(make: _Maker) -> None:
    asset = make.draw(st.sampled_from([ETH, ETH, USDT, WETH]))
    make.move(make.name(), make.person(), make.draw(st.sampled_from([*PEOPLE, VAULT])), make.amount(), asset)


def _swap(make: _Maker) -> None:
    name, who, other = make.name(), make.person(), make.person()
    gave, got = make.draw(st.permutations([ETH, USDT, WETH]))[:2]
    if make.draw(st.booleans()):
        make.move(name, who, None, make.coin(), ETH)
    legs: list[tuple[str, str, int, AssetId]] = [
        (who, other, make.amount(), gave),
        (other, who, make.amount(), got),
    ]
    if make.draw(st.booleans()):
        legs.append((other, who, make.amount(), gave))
    for leg in make.draw(st.permutations(legs)):
        make.move(name, *leg)


def _wrap(make: _Maker) -> None:
    pair = make.draw(st.permutations([make.person(), WETH_CONTRACT]))
    make.move(make.name(), *pair, make.amount())


def _bridge_out(make: _Maker) -> None:
    name, who, dest = make.name(), make.person(), make.draw(st.sampled_from(OWNERS))
    answer = tx(name).upper()
    make.move(
        name, who, VAULT, make.amount(), memo=f"=:{make.draw(st.sampled_from(['b', 'BTC.BTC', 'l']))}:{dest}"
    )
    for _ in range(make.draw(st.integers(0, 2))):
        paid, payer = (
            make.draw(st.sampled_from([dest, dest, *OWNERS])),
            make.draw(st.sampled_from([COIN_VAULT, COIN_VAULT, *OWNERS])),
        )
        make.pay(make.name(), payer, [(paid, make.coin())], f"OUT:{answer}")
    if make.draw(st.integers(0, 2)) == 0:
        back = make.draw(st.sampled_from([who, who, *PEOPLE]))
        make.move(
            make.name(),
            make.draw(st.sampled_from([VAULT, *PEOPLE])),
            back,
            make.amount(),
            memo=f"REFUND:{answer}",
        )


def _bridge_in(make: _Maker) -> None:
    name, owner, dest = make.name(), make.draw(st.sampled_from(OWNERS)), make.person()
    make.pay(
        name,
        owner,
        [(COIN_VAULT, make.coin())],
        f"=:ETH.{make.draw(st.sampled_from(['ETH', 'USDT']))}:{person(dest)}",
    )
    for _ in range(make.draw(st.integers(0, 2))):
        asset = make.draw(st.sampled_from([ETH, USDT]))
        payer = make.draw(st.sampled_from([VAULT, VAULT, *PEOPLE]))
        make.move(make.name(), payer, dest, make.amount(), asset, memo=f"OUT:{tx(name).upper()}")
    if make.draw(st.integers(0, 3)) == 0:
        make.pay(make.name(), COIN_VAULT, [(owner, make.coin())], f"REFUND:{tx(name).upper()}")


def _pay(make: _Maker) -> None:
    make.pay(
        make.name(),
        make.draw(st.sampled_from([*OWNERS, COIN_VAULT])),
        [(make.draw(st.sampled_from(OWNERS)), make.coin())],
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world of up to 14 things that happen."""
    make = _Maker(draw, draw(st.sampled_from([st.integers(0, 12), amounts()])))
    steps = [_transfer, _transfer, _swap, _swap, _wrap, _bridge_out, _bridge_out, _bridge_in, _pay]
    for step in draw(st.lists(st.sampled_from(steps), min_size=2, max_size=14)):
        step(make)
    if not make.rows:
        _transfer(make)
    if not make.transactions:
        _pay(make)
    blocks: dict[str, int] = {}
    rows = [
        replace(row, block=blocks.setdefault(row.tx_hash, len(blocks)), tx_index=0, position=i)
        for i, row in enumerate(make.rows)
    ]
    transactions = [replace(row, block=i) for i, row in enumerate(make.transactions)]
    ether, coins = build_account_chain(ETHEREUM, rows), build_utxo_chain(BITCOIN, transactions)
    split = split_account_chain(ether, draw(cuts(20))), split_utxo_chain(coins, transactions, draw(cuts(20)))
    named = draw(st.lists(_named([*rows, *transactions]), min_size=1, max_size=3))
    ends: dict[str, int] = {
        ETHEREUM: draw(st.integers(max(0, ether.event_count - 4), ether.event_count)),
        BITCOIN: draw(st.integers(max(0, coins.tx_count - 2), coins.tx_count)),
    }
    stopped = draw(st.sets(st.sampled_from([person("cid"), "bc1-cid"]), max_size=1))
    whole: dict[str, int] = {ETHEREUM: ether.event_count, BITCOIN: coins.tx_count}
    return World(
        ether,
        coins,
        split,
        {BITCOIN: dict(make.texts)},
        _known(named, ether, coins),
        Labels({address: Stop("service", "S", "exchange") for address in stopped}),
        draw(st.sampled_from([None, None, 1, 2, 3])),
        draw(st.sampled_from([whole, ends])),
    )


def _known(named: list[Named], ether: AccountChain, coins: UtxoChain) -> list[Named]:
    try:
        resolve(named, [ether, coins])
    except InputError:
        return [NamedTransfer("first", ether.tx_hashes[0])]
    return named


@st.composite
def _named(draw: st.DrawFn, rows: Sequence[Transfer | UtxoTransaction]) -> Named:
    theft = draw(st.sampled_from(["first", "second"]))
    if draw(st.integers(0, 3)):
        return NamedTransfer(theft, draw(st.sampled_from(rows)).tx_hash)
    return NamedAccount(theft, draw(st.sampled_from([person("ann"), "bc1-ann"])))
