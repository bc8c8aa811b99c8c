"""Small chains made by hand, and one way to ask either tracer about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from jindo.base.ids import BITCOIN, ETHEREUM, UNNAMED_ASSET, Account, AssetId, TxId
from jindo.ledger import (
    AccountChain,
    Chain,
    Kind,
    Transfer,
    UtxoChain,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
)
from jindo.trace import FEE, Findings, Named, Stop, build_stops
from jindo.trace.outcome import Outcome, build_outcome

Move = tuple[str | None, str | None, int]
"""Sender, receiver and amount; nobody sends what is issued, nobody receives gas."""


class Tracer(Protocol):
    """Asks one of the two tracers."""

    def __call__(
        self,
        chain: Chain,
        named: Sequence[Named],
        rule: str,
        *,
        labels: Labels | None = None,
        max_hops: int | None = None,
        opening: Mapping[int, int] | None = None,
        end: int | None = None,
    ) -> Findings: ...


@dataclass(frozen=True)
class Labels:
    """Stops by address."""

    found: Mapping[str, Stop]

    def stops(self) -> Mapping[str, Stop]:
        return self.found


def stop_at(*accounts: str, reason: str = "service") -> Labels:
    """Labels that stop following at these accounts."""
    return Labels({account: Stop(reason, "Acme", "exchange", "labels.csv") for account in accounts})


def tx(name: str) -> TxId:
    """A transaction hash made of a short name."""
    return TxId(name.rjust(64, "0"))


def transfer(name: str, move: Move, *, asset: str = UNNAMED_ASSET, kind: Kind = Kind.TRANSFER) -> Transfer:
    """A movement of transaction `name`, without place or time."""
    sender, receiver, amount = move
    return Transfer(
        0,
        tx(name),
        None if sender is None else Account(sender),
        None if receiver is None else Account(receiver),
        amount,
        AssetId(asset),
        kind,
    )


def account_chain(*moves: Move, times: Sequence[int | None] | None = None) -> AccountChain:
    """A chain of these movements, one a block; transaction i is `tx(str(i))`."""
    rows = [replace(transfer(str(i), move), time=times[i] if times else None) for i, move in enumerate(moves)]
    return transfers_chain(*rows)


def transfers_chain(*rows: Transfer) -> AccountChain:
    """A chain of these rows, one a block; rows of one transaction share the block of its first."""
    blocks: dict[str, int] = {}
    return build_account_chain(
        ETHEREUM, [replace(row, block=blocks.setdefault(row.tx_hash, i)) for i, row in enumerate(rows)]
    )


def pot_of(chain: AccountChain, account: str, *, asset: str = UNNAMED_ASSET) -> int:
    """The pot of one account in one asset."""
    return next(
        pot for pot in chain.find_pots(Account(account)) if chain.assets[int(chain.pot_asset[pot])] == asset
    )


def coin(name: str, *outputs: tuple[str, int]) -> UtxoTransaction:
    """A coinbase that pays these accounts."""
    made = tuple(UtxoOutput(value, Account(address)) for address, value in outputs)
    return UtxoTransaction(0, tx(name), 0, (), made, coinbase=True)


def spend(name: str, inputs: Sequence[str | UtxoInput], *outputs: tuple[str, int]) -> UtxoTransaction:
    """A transaction that spends outputs written as `name:index` and pays these accounts."""
    spent = []
    for given in inputs:
        if isinstance(given, str):
            maker, _, index = given.partition(":")
            spent.append(UtxoInput(tx(maker), int(index or 0)))
        else:
            spent.append(given)
    made = tuple(UtxoOutput(value, Account(address)) for address, value in outputs)
    return UtxoTransaction(0, tx(name), 0, tuple(spent), made)


def outside(value: int | None, address: str | None = None, *, index: int = 0) -> UtxoInput:
    """An input whose output the ledger does not hold."""
    return UtxoInput(tx("fff"), index, value, None if address is None else Account(address))


def utxo_chain(*rows: UtxoTransaction, times: Sequence[int] | None = None) -> UtxoChain:
    """A chain of these transactions, one a block."""
    return build_utxo_chain(
        BITCOIN, [replace(row, block=i, time=times[i] if times else None) for i, row in enumerate(rows)]
    )


def outcome_of(chain: Chain, findings: Findings, labels: Labels | None = None) -> Outcome:
    """What a conserving rule's findings come to."""
    return build_outcome(chain, build_stops(chain, labels), findings, conserves=True)


def ended(chain: Chain, findings: Findings, labels: Labels | None = None) -> dict[str, int]:
    """Stolen units by reason over all sheets, zeros left out."""
    total: dict[str, int] = {}
    for sheet in outcome_of(chain, findings, labels).sheets:
        for reason, units in sheet.by_reason.items():
            total[reason] = total.get(reason, 0) + units
    return {reason: units for reason, units in total.items() if units}


def moved(findings: Findings, row: int) -> int:
    """Stolen units that a row laid, fees included."""
    return sum(flow.amount for flow in findings.flows if flow.row == row)


def laid(chain: UtxoChain, findings: Findings, row: int) -> list[int]:
    """Stolen units in each output of a transaction and, last, in its fee."""
    places = [*chain.outputs_of(row), FEE]
    flows = [flow for flow in findings.flows if flow.row == row]
    return [sum(flow.amount for flow in flows if flow.pot == place) for place in places]


def newly_stolen(findings: Findings) -> dict[int, int]:
    """Units that became stolen by being named, by theft."""
    total: dict[int, int] = {}
    for flow in findings.flows:
        if flow.named:
            total[flow.theft] = total.get(flow.theft, 0) + flow.amount
    return total
