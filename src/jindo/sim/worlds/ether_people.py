"""Wallets on the account chain: what each holds as acts are planned, and how it is moved.

* Planned in order of time, so what a wallet holds is known: nobody plans what he cannot pay.
* What a thief pays to others departs where the caller says so; what others pay to a thief arrives, or is stolen.
* Gas is paid by the sender out of what it holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jindo.base.ids import ETHEREUM, ZERO_ADDRESS, Account, AssetId, TxId, token_asset
from jindo.sim.books import Owner, Role
from jindo.sim.plan import TheftMark
from jindo.sim.world import InternalCall, TokenMove
from jindo.sim.worlds.agenda import Agenda
from jindo.sim.worlds.scene import ETH, ETHER, WorldScene

PLAIN, TOKEN, CALL, SWAP = 21_000, 63_000, 84_000, 160_000
"""Gas of a payment, a token transfer, a contract's call, a swap."""


@dataclass(slots=True)
class House:
    """All wallets of the account chain."""

    scene: WorldScene
    agenda: Agenda
    held: dict[tuple[Account, AssetId], int] = field(default_factory=dict)
    shared: set[Account] = field(default_factory=set)
    """Wallets that many acts pay: what is planned for later is not theirs to spend before."""

    def open(self, owner: Owner, *, ether: int = 0, labelled: bool = False) -> Account:
        """A fresh wallet, with ether that it holds when the world begins."""
        account = self.scene.ether_wallet(owner)
        if ether:
            self.scene.ether.openings.append((account, ether))
            self.held[account, ETHER] = ether
        return self.scene.label(account) if labelled else account

    def person(self, *, ether: int = 0) -> Account:
        """A new person's wallet."""
        return self.open(Owner(Role.CUSTOMER, f"person-{self.scene.wallets + 1}"), ether=ether)

    def token(self, label: str) -> AssetId:
        """A token whose contract is a wallet that nobody spends from."""
        contract = self.scene.names.evm(f"token-{label}")
        self.scene.books.open_wallet(contract, Owner(Role.CUSTOMER, f"contract of {label}"))
        return token_asset(ETHEREUM, contract)

    def balance(self, account: Account, asset: AssetId = ETHER) -> int:
        """What a wallet holds by plan."""
        return self.held.get((account, asset), 0)

    def owner(self, account: Account) -> Owner:
        """Who controls a wallet."""
        return self.scene.books.owner(account)

    def thief(self, account: Account) -> str:
        """The theft whose thief controls a wallet; empty where none does."""
        if account == ZERO_ADDRESS:
            return ""
        owner = self.owner(account)
        return owner.name if owner.role is Role.THIEF else ""

    def send(
        self,
        time: int,
        sender: Account,
        receiver: Account,
        value: int | None = 0,
        *,
        gas: int = PLAIN,
        act: str,
        memo: str | None = None,
        calldata: str = "",
        calls: tuple[InternalCall, ...] = (),
        tokens: tuple[TokenMove, ...] = (),
        departs: bool = False,
        stolen: bool = False,
        succeeded: bool = True,
    ) -> tuple[TxId, int]:
        """Plans a transaction; `None` sends all that the gas leaves. Gives its hash and the value sent."""
        price = self.scene.gas_price()
        value = self.balance(sender) - gas * price if value is None else value
        self._move(time, sender, None, ETHER, gas * price)
        moves = [("value", ETHER, sender, receiver, value)]
        moves += [(f"call:{i}", ETHER, c.sender, c.receiver, c.amount) for i, c in enumerate(calls)]
        moves += [(f"token:{i}", t.asset, t.sender, t.receiver, t.amount) for i, t in enumerate(tokens)]
        marks = {}
        for place, asset, giver, getter, amount in moves if succeeded else ():
            self._move(time, giver, getter, asset, amount)
            mark = self._mark(giver, getter, departs=departs, stolen=stolen)
            if mark and amount:
                marks[place] = mark
        tx_hash = self.scene.ether.add(
            time, sender, receiver, value, gas_used=gas, gas_price=price, memo=memo, tokens=tokens, calls=calls,
            calldata=calldata, marks=marks, act=act, succeeded=succeeded,
        )  # fmt: skip
        return tx_hash, value

    def pay_token(
        self, time: int, sender: Account, receiver: Account, asset: AssetId, amount: int, *, act: str,
        departs: bool = False, stolen: bool = False,
    ) -> TxId:  # fmt: skip
        """Plans a token's transfer."""
        contract = Account(asset.rpartition(":")[2])
        move = TokenMove(asset, sender, receiver, amount)
        return self.send(
            time, sender, contract, 0, gas=TOKEN, act=act, tokens=(move,), departs=departs, stolen=stolen
        )[0]

    def mint(self, time: int, receiver: Account, asset: AssetId, amount: int, *, logged: bool = True) -> None:
        """Plans the issue of tokens by somebody who does nothing else."""
        issuer = self.open(Owner(Role.CUSTOMER, f"issuer-{self.scene.wallets + 1}"), ether=ETH)
        move = TokenMove(asset, ZERO_ADDRESS, receiver, amount, logged=logged)
        self.send(time, issuer, Account(asset.rpartition(":")[2]), 0, gas=TOKEN, act="mint", tokens=(move,))

    def _mark(self, giver: Account, getter: Account, *, departs: bool, stolen: bool) -> TheftMark | None:
        gives, gets = self.thief(giver), self.thief(getter)
        if gets and not gives:
            return TheftMark.STOLEN if stolen else TheftMark.ARRIVED
        return TheftMark.DEPARTED if gives and not gets and departs else None

    def _move(self, time: int, giver: Account, getter: Account | None, asset: AssetId, amount: int) -> None:
        if giver != ZERO_ADDRESS:
            self._add(giver, asset, -amount)
        if getter is not None and getter in self.shared and time > self.agenda.now and amount:
            self.agenda.at(time, lambda _: self._add(getter, asset, amount))
        elif getter is not None:
            self._add(getter, asset, amount)

    def _add(self, account: Account, asset: AssetId, amount: int) -> None:
        self.held[account, asset] = self.held.get((account, asset), 0) + amount
