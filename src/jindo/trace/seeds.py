"""Which movements are thefts: what people name, found in the chain.

* A named transaction takes every movement in it but gas; with an index, that movement or output alone. On a UTXO
  chain a transaction's outputs to its own input addresses are change and are not taken.
* A named account takes all that it sends, from a time on, to accounts that are not themselves named. On a UTXO chain
  that is what the account's own inputs bring to outputs of others, never what a co-signer brings.
* Fees are never stolen by naming. Where two rows name one movement, the first has it, and a note says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jindo.base.errors import InputError
from jindo.ledger import NOBODY, AccountChain, Chain, Kind, UtxoChain
from jindo.trace.naming import (
    AccountSeeds,
    Named,
    NamedAccount,
    NamedTransfer,
    Resolution,
)
from jindo.trace.seeds_utxo import UtxoNaming, say_already


def resolve(named: Sequence[Named], chains: Iterable[Chain]) -> Resolution:
    """Find what was named in the chains; thefts are numbered in the order in which they first stand in `named`.

    Raises:
        InputError: a named transaction or movement is in no chain, or nothing at all was found.
    """
    resolution = Resolution(tuple(dict.fromkeys(row.theft for row in named)), {})
    found: set[int] = set()
    for chain in chains:
        if isinstance(chain, UtxoChain):
            naming = UtxoNaming(chain, named, _find_first_rows(chain, named))
            resolution.seeds[chain.chain] = naming.build_seeds(resolution.thefts)
            found |= naming.found
            resolution.notes += naming.notes
        else:
            resolution.seeds[chain.chain] = _resolve_account(chain, named, resolution, found)
    _check_found(named, found, resolution.notes)
    return resolution


def _find_first_rows(chain: Chain, named: Sequence[Named]) -> dict[int, int]:
    """By rank of the account rows that the chain knows: the first row from which each takes."""
    return {
        rank: _first_row(chain, row)
        for rank, row in enumerate(named)
        if isinstance(row, NamedAccount) and chain.accounts.find(row.address) >= 0
    }


def _check_found(named: Sequence[Named], found: set[int], notes: list[str]) -> None:
    for rank, row in enumerate(named):
        if rank in found:
            continue
        if isinstance(row, NamedTransfer):
            which = row.tx_hash if row.index is None else f"{row.tx_hash} with index {row.index}"
            raise InputError(
                f"the ledger holds no movement {which}",
                place=row.place,
                remedy="Check the hash and index, or import the block that holds it.",
            )
        notes.append(f"{row.place}: account {row.address} sends nothing in this ledger that can be stolen")
    if not found:
        raise InputError("nothing that was named as stolen is in the ledger")


def _resolve_account(
    chain: AccountChain, named: Sequence[Named], resolution: Resolution, found: set[int]
) -> AccountSeeds:
    theft_of: dict[int, int] = {}
    thefts, first_rows = resolution.thefts, _find_first_rows(chain, named)
    accounts = {chain.accounts.find(row.address) for row in named if isinstance(row, NamedAccount)}
    for rank, row in enumerate(named):
        events = (
            _events_of_transfer(chain, row)
            if isinstance(row, NamedTransfer)
            else _events_of_account(chain, row, first_rows.get(rank, 0), accounts)
        )
        for event in events:
            found.add(rank)
            if theft_of.setdefault(event, thefts.index(row.theft)) != thefts.index(row.theft):
                tx_hash = chain.tx_hashes[int(chain.tx[event])]
                resolution.notes.append(say_already(row.place, tx_hash, thefts[theft_of[event]]))
    return AccountSeeds(theft_of)


def _events_of_transfer(chain: AccountChain, row: NamedTransfer) -> list[int]:
    tx = chain.tx_hashes.find(row.tx_hash)
    if tx < 0:
        return []
    events = chain.events_of(tx).tolist()
    if row.index is not None:
        logs = (Kind.TOKEN, Kind.TRANSFER)
        return [e for e in events if chain.position[e] == row.index and chain.kind[e] in logs]
    return [e for e in events if chain.kind[e] != Kind.GAS]


def _events_of_account(chain: AccountChain, row: NamedAccount, first: int, named: set[int]) -> list[int]:
    events: list[int] = []
    by_asset = sorted(chain.find_pots(row.address), key=lambda pot: chain.assets[int(chain.pot_asset[pot])])
    for pot in by_asset:
        for event in chain.draws_of(pot).tolist():
            receiver = int(chain.dst[event])
            if event >= first and receiver != NOBODY and int(chain.pot_account[receiver]) not in named:
                events.append(event)
    return events


def _first_row(chain: Chain, row: NamedAccount) -> int:
    if row.from_time is None:
        return 0
    if chain.last_time == NOBODY:
        raise InputError(
            f"from_time cannot be used: the ledger has no times for {chain.chain}",
            place=row.place,
            remedy="Import a source with times, or leave from_time out.",
        )
    return chain.row_from(row.from_time)
