"""Plans of what people do on a chain, sealed into blocks and posted to the books in ledger order.

* A plan is made in any order; sealing sorts it by time, then by the order of planning, and numbers blocks.
* Sealing posts every movement to the books, which refuse what cannot be: nothing is repaired on the way.
* Block times are multiples of the chain's interval; a hash follows from the place in the plan.

Who does what and when is the worlds' (`sim.worlds`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from jindo.base.ids import ZERO_ADDRESS, Account, AssetId, ChainId, TxId, native_asset
from jindo.ledger import Kind, Transfer, UtxoInput, UtxoOutput, UtxoTransaction
from jindo.sim.books import FEE, OUTSIDE, Books
from jindo.sim.names import Namer
from jindo.sim.world import AccountSide, AccountTransaction, TokenMove, UtxoSide


@dataclass(slots=True)
class AccountPlan:
    """Transactions to be made on an account chain."""

    chain: ChainId
    names: Namer
    start: int
    """Unix seconds of the first block."""
    first_block: int
    interval: int = 12
    """Seconds between blocks."""
    openings: list[tuple[Account, int]] = field(default_factory=list)
    planned: list[AccountTransaction] = field(default_factory=list)
    thefts: set[TxId] = field(default_factory=set)
    """Transactions whose native value is stolen by them."""

    def add(
        self,
        time: int,
        sender: Account,
        receiver: Account,
        value: int,
        *,
        gas_used: int,
        gas_price: int,
        succeeded: bool = True,
        memo: str | None = None,
        tokens: tuple[TokenMove, ...] = (),
    ) -> TxId:
        """Plans one transaction and gives its hash."""
        tx_hash = self.names.evm_tx(len(self.planned))
        self.planned.append(
            AccountTransaction(
                0, 0, time, tx_hash, 0, sender, receiver, value, gas_used, gas_price, succeeded, memo, tokens
            )
        )
        return tx_hash

    def seal(self, books: Books) -> AccountSide:
        """The chain, with every movement posted to `books`.

        Raises:
            IntegrityError: the plan breaks a rule of the books.
        """
        side = AccountSide(self.chain, tuple(self._issue(books)), tuple(self._number()))
        for tx in side.transactions:
            self._post(tx, books)
        return side

    def _issue(self, books: Books) -> list[Transfer]:
        native = native_asset(self.chain)
        rows = []
        for place, (account, amount) in enumerate(self.openings):
            books.post(native, [(OUTSIDE, amount)], [(account, amount)])
            tx_hash = TxId(f"genesis_{self.first_block - 1}_{place}")
            row = Transfer(
                self.first_block - 1, tx_hash, None, account, amount, native, Kind.ISSUANCE,
                self.start - self.interval, place, 0,
            )  # fmt: skip
            rows.append(row)
        return rows

    def _number(self) -> list[AccountTransaction]:
        sealed: list[AccountTransaction] = []
        nonces: dict[Account, int] = {}
        block, tx_index, logs = -1, 0, 0
        for tx in sorted(self.planned, key=lambda tx: tx.time):
            height = self.first_block + (tx.time - self.start) // self.interval
            block, tx_index, logs = (height, tx_index, logs) if height == block else (height, 0, 0)
            nonce = nonces[tx.sender] = nonces.get(tx.sender, -1) + 1
            tokens = tuple(replace(move, log_index=logs + i) for i, move in enumerate(tx.tokens))
            time = self.start + (height - self.first_block) * self.interval
            sealed.append(replace(tx, block=height, tx_index=tx_index, time=time, nonce=nonce, tokens=tokens))
            tx_index, logs = tx_index + 1, logs + len(tokens)
        return sealed

    def _post(self, tx: AccountTransaction, books: Books) -> None:
        native = native_asset(self.chain)
        books.post(native, [(tx.sender, tx.fee)], [(FEE, tx.fee)])
        if not tx.succeeded:
            return
        stolen = (0,) if tx.tx_hash in self.thefts else ()
        books.post(native, [(tx.sender, tx.value)], [(tx.receiver, tx.value)], theft_targets=stolen)
        for move in tx.tokens:
            source = OUTSIDE if move.sender == ZERO_ADDRESS else move.sender
            books.post(move.asset, [(source, move.amount)], [(move.receiver, move.amount)])


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
    planned: list[tuple[int, TxId, tuple[Coin, ...], tuple[tuple[Account, int], ...]]] = field(
        default_factory=list
    )
    thefts: set[tuple[TxId, int]] = field(default_factory=set)
    """Outputs that are stolen by being made."""

    def outside_coin(self, label: str, account: Account, value: int) -> Coin:
        """A coin from before the world begins."""
        return Coin(
            self.names.bitcoin_tx(f"outside/{label}"), 0, value, account, self.start - 1, outside=True
        )

    def add(self, time: int, coins: list[Coin], outputs: list[tuple[Account, int]]) -> list[Coin]:
        """Plans one transaction, a coinbase where `coins` is empty, and gives its outputs.

        What the outputs leave of the coins is the fee.
        """
        tx_hash = self.names.bitcoin_tx(f"{len(self.planned)}")
        self.planned.append((time, tx_hash, tuple(coins), tuple(outputs)))
        return [Coin(tx_hash, i, value, account, time) for i, (account, value) in enumerate(outputs)]

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
            outs = tuple(UtxoOutput(value, account) for account, value in outputs)
            stamp = self.start + (height - self.first_block) * self.interval
            sealed.append(UtxoTransaction(height, tx_hash, tx_index, inputs, outs, not coins, stamp))
        return UtxoSide(self.chain, tuple(sealed))

    def _height(self, time: int) -> int:
        return self.first_block + (time - self.start) // self.interval

    def _post(
        self, tx_hash: TxId, coins: tuple[Coin, ...], outputs: tuple[tuple[Account, int], ...], books: Books
    ) -> None:
        for coin in coins:
            if coin.outside:
                books.post(self.asset, [(OUTSIDE, coin.value)], [(coin.account, coin.value)])
        paid = sum(value for _, value in outputs)
        sources = [(c.account, c.value) for c in coins] or [(OUTSIDE, paid)]
        fee = sum(value for _, value in sources) - paid
        stolen = [i for i in range(len(outputs)) if (tx_hash, i) in self.thefts]
        books.post(self.asset, sources, [*outputs, (FEE, fee)], theft_targets=stolen)
