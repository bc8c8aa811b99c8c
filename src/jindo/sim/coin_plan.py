"""Plans of what people do on a UTXO chain, sealed into blocks and posted to the books in ledger order.

* A coinbase stands first in its block; otherwise time and the order of planning decide.
* Data is carried by an output of no value, OP_RETURN and one push.
* What goes into a CoinJoin is paid to it, and it pays what comes out.

Who does what and when is the worlds' (`sim.worlds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from jindo.base.ids import Account, AssetId, ChainId, TxId
from jindo.ledger import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.sim.books import FEE, OUTSIDE, Books, Owner, Role
from jindo.sim.facts import TrueAct
from jindo.sim.names import Namer
from jindo.sim.plan import AccountPlan, TheftMark, post_marked
from jindo.sim.world import UtxoSide

Payee: TypeAlias = Account | bytes
"""Whom an output pays, or the data that it carries instead."""


@dataclass(frozen=True, slots=True)
class Coin:
    """An output that can be spent."""

    tx_hash: TxId
    index: int
    value: int
    account: Account
    time: int
    """When it is made, unix seconds."""
    outside: bool = False
    """It was made before the world begins."""


@dataclass(slots=True)
class UtxoPlan:
    """Transactions to be made on a UTXO chain."""

    chain: ChainId
    asset: AssetId
    names: Namer
    start: int
    first_block: int
    interval: int = 600
    planned: list[tuple[int, TxId, tuple[Coin, ...], tuple[tuple[Payee, int], ...]]] = field(
        default_factory=list
    )
    thefts: set[tuple[TxId, int]] = field(default_factory=set)
    """Outputs that are stolen by being made."""
    marks: dict[tuple[TxId, int], TheftMark] = field(default_factory=dict)
    """What an output is to a theft."""
    mixes: dict[TxId, str] = field(default_factory=dict)
    """CoinJoins, and whose service each is: what goes in is mixed, what comes out is nobody's for certain."""
    acts: dict[TxId, str] = field(default_factory=dict)
    """What a transaction truly is."""

    def outside_coin(self, label: str, account: Account, value: int) -> Coin:
        """A coin from before the world begins."""
        return Coin(
            self.names.bitcoin_tx(f"outside/{label}"), 0, value, account, self.start - 1, outside=True
        )

    def add(
        self,
        time: int,
        coins: Sequence[Coin],
        outputs: Sequence[tuple[Payee, int]],
        *,
        marks: Mapping[int, TheftMark] | None = None,
        act: str = "",
        mix: str = "",
    ) -> list[Coin]:
        """Plans one transaction, a coinbase where `coins` is empty, and gives its outputs that can be spent.

        What the outputs leave of the coins is the fee; `mix` names the service of a CoinJoin.
        """
        tx_hash = self.names.bitcoin_tx(f"{len(self.planned)}")
        self.planned.append((time, tx_hash, tuple(coins), tuple(outputs)))
        self.marks.update({(tx_hash, place): mark for place, mark in (marks or {}).items()})
        if act:
            self.acts[tx_hash] = act
        if mix:
            self.mixes[tx_hash] = mix
        return [
            Coin(tx_hash, i, value, payee, time)
            for i, (payee, value) in enumerate(outputs)
            if not isinstance(payee, bytes)
        ]

    def seal(self, books: Books) -> UtxoSide:
        """The chain, with every transaction posted to `books`.

        Raises:
            IntegrityError: the plan breaks a rule of the books.
        """
        sealed: list[UtxoTransaction] = []
        block, tx_index = -1, 0
        # Coinbases stand first in their block.
        for time, tx_hash, coins, outputs in sorted(
            self.planned, key=lambda p: (self._height(p[0]), bool(p[2]), p[0])
        ):
            height = self._height(time)
            block, tx_index = (height, tx_index + 1) if height == block else (height, 0)
            self._post(tx_hash, coins, outputs, books)
            inputs = tuple(UtxoInput(c.tx_hash, c.index, c.value, c.account) for c in coins)
            outs = tuple(_make_output(payee, value) for payee, value in outputs)
            stamp = self.start + (height - self.first_block) * self.interval
            sealed.append(UtxoTransaction(height, tx_hash, tx_index, inputs, outs, not coins, stamp))
        return UtxoSide(self.chain, tuple(sealed))

    def _height(self, time: int) -> int:
        return self.first_block + (time - self.start) // self.interval

    def _post(
        self, tx_hash: TxId, coins: tuple[Coin, ...], outputs: tuple[tuple[Payee, int], ...], books: Books
    ) -> None:
        for coin in coins:
            if coin.outside:
                books.post(self.asset, [(OUTSIDE, coin.value)], [(coin.account, coin.value)])
        # What carries data has no value.
        paid = [(FEE if isinstance(payee, bytes) else payee, value) for payee, value in outputs]
        total = sum(value for _, value in paid)
        sources = [(c.account, c.value) for c in coins] or [(OUTSIDE, total)]
        if tx_hash in self.mixes:
            sources = self._mix(tx_hash, sources, books)
        fee = sum(value for _, value in sources) - total
        marks = {i: self._mark_of(tx_hash, i) for i in range(len(outputs))}
        post_marked(books, self.asset, sources, [*paid, (FEE, fee)], marks)

    def _mark_of(self, tx_hash: TxId, place: int) -> TheftMark | None:
        return TheftMark.STOLEN if (tx_hash, place) in self.thefts else self.marks.get((tx_hash, place))

    def _mix(
        self, tx_hash: TxId, sources: list[tuple[Account, int]], books: Books
    ) -> list[tuple[Account, int]]:
        """Pays every input into the CoinJoin, which then pays its outputs."""
        pool = books.open_wallet(
            Account(f"coinjoin:{tx_hash}"), Owner(Role.SERVICE, self.mixes[tx_hash], "mixer")
        )
        for account, value in sources:
            books.post(self.asset, [(account, value)], [(pool, value)])
        return [(pool, sum(value for _, value in sources))]


def _make_output(payee: Payee, value: int) -> UtxoOutput:
    if isinstance(payee, bytes):
        return UtxoOutput(value, None, to_data_script(payee))
    return UtxoOutput(value, payee)


def to_data_script(data: bytes) -> str:
    """The script, in hex, of an output that carries data: OP_RETURN and one push."""
    push = b"" if len(data) <= 75 else b"\x4c"
    return (b"\x6a" + push + bytes([len(data)]) + data).hex()


def list_acts(plan: AccountPlan | UtxoPlan) -> list[TrueAct]:
    """What every transaction of a plan is, where it says so, in the order of planning."""
    return [TrueAct(plan.chain, tx_hash, act) for tx_hash, act in plan.acts.items()]
