"""Plans of what people do on an account chain, sealed into blocks and posted to the books in ledger order.

* A plan is made in any order; sealing sorts it by time, then by the order of planning, and numbers blocks.
* Sealing posts every movement to the books, which refuse what cannot be: nothing is repaired on the way.
* Block times are multiples of the chain's interval; a hash follows from the place in the plan.

The UTXO chain's are `sim.coin_plan`'s; who does what and when is the worlds' (`sim.worlds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from jindo.base.ids import ZERO_ADDRESS, Account, AssetId, ChainId, TxId, native_asset
from jindo.ledger import Kind, Transfer
from jindo.sim.books import FEE, OUTSIDE, Books
from jindo.sim.names import Namer
from jindo.sim.world import AccountSide, AccountTransaction, InternalCall, TokenMove


class TheftMark(StrEnum):
    """What a movement is to a theft, where the books cannot see it."""

    STOLEN = "stolen"
    DEPARTED = "departed"
    """Stolen value leaves its asset here."""
    ARRIVED = "arrived"
    """Stolen value comes into an asset here."""


NO_MARKS: Mapping[str, TheftMark] = {}


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
    marks: dict[TxId, Mapping[str, TheftMark]] = field(default_factory=dict)
    """By transaction, and there by movement: `value`, `call:0`, `token:0`."""
    acts: dict[TxId, str] = field(default_factory=dict)
    """What a transaction truly is."""

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
        calls: tuple[InternalCall, ...] = (),
        calldata: str = "",
        marks: Mapping[str, TheftMark] = NO_MARKS,
        act: str = "",
    ) -> TxId:
        """Plans one transaction and gives its hash."""
        tx_hash = self.names.evm_tx(len(self.planned))
        self.planned.append(
            AccountTransaction(
                0, 0, time, tx_hash, 0, sender, receiver, value, gas_used, gas_price, succeeded, memo, tokens,
                calls, calldata,
            )
        )  # fmt: skip
        if marks:
            self.marks[tx_hash] = marks
        if act:
            self.acts[tx_hash] = act
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
            tokens, count = _number_logs(tx.tokens, logs)
            time = self.start + (height - self.first_block) * self.interval
            sealed.append(replace(tx, block=height, tx_index=tx_index, time=time, nonce=nonce, tokens=tokens))
            tx_index, logs = tx_index + 1, logs + count
        return sealed

    def _post(self, tx: AccountTransaction, books: Books) -> None:
        native = native_asset(self.chain)
        books.post(native, [(tx.sender, tx.fee)], [(FEE, tx.fee)])
        if not tx.succeeded:
            return
        marks = self.marks.get(tx.tx_hash, NO_MARKS)
        if tx.tx_hash in self.thefts:
            marks = {"value": TheftMark.STOLEN}
        moves = [("value", native, tx.sender, tx.receiver, tx.value)]
        moves += [(f"call:{i}", native, c.sender, c.receiver, c.amount) for i, c in enumerate(tx.calls)]
        moves += [(f"token:{i}", t.asset, t.sender, t.receiver, t.amount) for i, t in enumerate(tx.tokens)]
        for place, asset, sender, receiver, amount in moves:
            source = OUTSIDE if sender == ZERO_ADDRESS else sender
            post_marked(books, asset, [(source, amount)], [(receiver, amount)], {0: marks.get(place)})


def post_marked(
    books: Books,
    asset: AssetId,
    sources: list[tuple[Account, int]],
    targets: list[tuple[Account, int]],
    marks: Mapping[int, TheftMark | None],
) -> None:
    """Posts with what each target's place is to a theft."""
    if not any(marks.values()):
        books.post(asset, sources, targets)
        return
    places = {mark: [p for p, m in marks.items() if m is mark] for mark in TheftMark}
    books.post(
        asset, sources, targets,
        theft_targets=places[TheftMark.STOLEN], departures=places[TheftMark.DEPARTED], arrivals=places[TheftMark.ARRIVED],
    )  # fmt: skip


def _number_logs(tokens: tuple[TokenMove, ...], first: int) -> tuple[tuple[TokenMove, ...], int]:
    """The moves with their places among the block's logs, and how many logs they are."""
    numbered, place = [], first
    for move in tokens:
        numbered.append(replace(move, log_index=place))
        place += move.logged
    return tuple(numbered), place - first
