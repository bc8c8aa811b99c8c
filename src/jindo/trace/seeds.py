"""Which movements are thefts: what people name, found in the chain.

* A named transaction takes every movement in it but gas; with an index, that movement or output alone. On a UTXO
  chain a transaction's outputs to its own input addresses are change and are not taken.
* A named account takes all that it sends, from a time on, to accounts that are not themselves named. On a UTXO chain
  that is what the account's own inputs bring to outputs of others, never what a co-signer brings.
* Fees are never stolen by naming. Where two rows name one movement, the first has it, and a note says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jindo.base.errors import InputError
from jindo.ledger import NOBODY, AccountChain, Chain, Kind, UtxoChain


@dataclass(frozen=True, slots=True)
class NamedTransfer:
    """A transaction, or one movement of it, named as stolen."""

    theft: str
    tx_hash: str
    index: int | None = None
    """Log index on an account chain, output index on a UTXO chain."""
    place: str = ""
    """File and line that name it, for messages."""


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account whose sends are stolen."""

    theft: str
    address: str
    from_time: int | None = None
    """Unix seconds; from the first block whose running maximum of times reaches it."""
    place: str = ""


Named = NamedTransfer | NamedAccount


@dataclass(frozen=True, slots=True)
class AccountSeeds:
    """Events that are stolen, and by which theft."""

    theft_of: dict[int, int]


@dataclass(frozen=True, slots=True)
class UtxoSeed:
    """What one transaction's naming takes, as ranks of the rows that name it: the lowest rank has it."""

    input_rank: tuple[int, ...]
    """Per input, the rank of the row that names its account; -1 for none."""
    output_rank: tuple[int, ...]
    """Per output, the rank of the row that names the transaction or output; -1 for none."""
    output_named: tuple[bool, ...]
    """Per output, whether its account is itself named: account rows then do not take it."""


@dataclass(frozen=True, slots=True)
class UtxoSeeds:
    """Transactions that are stolen, and the theft of each rank."""

    seeds: dict[int, UtxoSeed]
    rank_theft: tuple[int, ...]


@dataclass(slots=True)
class Resolution:
    """Seeds by chain, with what has to be said about them."""

    thefts: tuple[str, ...]
    seeds: dict[str, AccountSeeds | UtxoSeeds]
    notes: list[str] = field(default_factory=list)


def resolve(named: Sequence[Named], chains: Iterable[Chain]) -> Resolution:
    """Find what was named in the chains; thefts are numbered in the order in which they first stand in `named`.

    Raises:
        InputError: a named transaction or movement is in no chain, or nothing at all was found.
    """
    thefts = tuple(dict.fromkeys(row.theft for row in named))
    resolution = Resolution(thefts, {})
    found: set[int] = set()
    for chain in chains:
        resolution.seeds[chain.chain] = (
            _resolve_utxo(chain, named, thefts, found, resolution.notes)
            if isinstance(chain, UtxoChain)
            else _resolve_account(chain, named, thefts, found, resolution.notes)
        )
    _check_found(named, found, resolution.notes)
    return resolution


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
    chain: AccountChain, named: Sequence[Named], thefts: tuple[str, ...], found: set[int], notes: list[str]
) -> AccountSeeds:
    theft_of: dict[int, int] = {}
    accounts = {chain.accounts.find(row.address) for row in named if isinstance(row, NamedAccount)}
    for rank, row in enumerate(named):
        events = (
            _events_of_transfer(chain, row)
            if isinstance(row, NamedTransfer)
            else _events_of_account(chain, row, accounts)
        )
        for event in events:
            found.add(rank)
            if theft_of.setdefault(event, thefts.index(row.theft)) != thefts.index(row.theft):
                notes.append(_already(row, chain.tx_hashes[int(chain.tx[event])], thefts[theft_of[event]]))
    return AccountSeeds(theft_of)


def _already(row: Named, tx_hash: str, theft: str) -> str:
    return f"{row.place}: {tx_hash} is named by two thefts; {theft!r} stands first and has it"


def _events_of_transfer(chain: AccountChain, row: NamedTransfer) -> list[int]:
    tx = chain.tx_hashes.find(row.tx_hash)
    if tx < 0:
        return []
    events = [int(e) for e in chain.tx_events[chain.tx_offsets[tx] : chain.tx_offsets[tx + 1]]]
    if row.index is not None:
        logs = (Kind.TOKEN, Kind.TRANSFER)
        return [e for e in events if chain.position[e] == row.index and chain.kind[e] in logs]
    return [e for e in events if chain.kind[e] != Kind.GAS]


def _events_of_account(chain: AccountChain, row: NamedAccount, named: set[int]) -> list[int]:
    first = _first_row(chain, row)
    events: list[int] = []
    for pot in chain.find_pots(row.address):
        for event in chain.out_events[chain.out_offsets[pot] : chain.out_offsets[pot + 1]]:
            receiver = int(chain.dst[event])
            if event >= first and receiver != NOBODY and int(chain.pot_account[receiver]) not in named:
                events.append(int(event))
    return events


def _first_row(chain: Chain, row: NamedAccount) -> int:
    if row.from_time is None:
        return 0
    if not len(chain.blocks.time_max) or chain.blocks.time_max[-1] < 0:
        raise InputError(
            f"from_time cannot be used: the ledger has no times for {chain.chain}",
            place=row.place,
            remedy="Import a source with times, or leave from_time out.",
        )
    return chain.blocks.row_from(row.from_time)


def _resolve_utxo(
    chain: UtxoChain, named: Sequence[Named], thefts: tuple[str, ...], found: set[int], notes: list[str]
) -> UtxoSeeds:
    transactions: dict[int, list[int]] = {}
    accounts: dict[int, list[int]] = {}
    for rank, row in enumerate(named):
        if isinstance(row, NamedTransfer):
            tx = chain.tx_hashes.find(row.tx_hash)
            if tx >= 0:
                transactions.setdefault(tx, []).append(rank)
        else:
            account = chain.accounts.find(row.address)
            if account >= 0:
                accounts.setdefault(account, []).append(rank)
    for account in accounts:
        for output in chain.account_outputs[
            chain.account_offsets[account] : chain.account_offsets[account + 1]
        ]:
            if chain.out_spender[output] != NOBODY:
                transactions.setdefault(int(chain.out_spender[output]), [])
    for i in _external_inputs(chain, accounts):
        transactions.setdefault(int(i), [])
    seeds = {}
    for tx in sorted(transactions):
        seed = _seed_of(chain, tx, transactions[tx], accounts, named, found, notes, thefts)
        if seed is not None:
            seeds[tx] = seed
    return UtxoSeeds(seeds, tuple(thefts.index(row.theft) for row in named))


def _external_inputs(chain: UtxoChain, accounts: dict[int, list[int]]) -> list[int]:
    """Transactions that spend, from outside the ledger, outputs which a source says are a named account's."""
    if not accounts:
        return []
    import numpy as np

    inputs = np.flatnonzero((np.asarray(chain.in_output) < 0) & np.isin(chain.in_account, list(accounts)))
    return [int(t) for t in np.searchsorted(chain.in_offsets, inputs, side="right") - 1]


def _seed_of(
    chain: UtxoChain,
    tx: int,
    ranks: list[int],
    accounts: dict[int, list[int]],
    named: Sequence[Named],
    found: set[int],
    notes: list[str],
    thefts: tuple[str, ...],
) -> UtxoSeed | None:
    inputs = range(int(chain.in_offsets[tx]), int(chain.in_offsets[tx + 1]))
    outputs = range(int(chain.out_offsets[tx]), int(chain.out_offsets[tx + 1]))
    own = {int(chain.in_account[i]) for i in inputs} - {NOBODY}
    if any(chain.in_account[i] == NOBODY for i in inputs) and any(
        _transfer_index(named[r]) is None for r in ranks
    ):
        notes.append(
            f"{named[ranks[0]].place}: {chain.tx_hashes[tx]} has inputs whose addresses the ledger does not know; "
            "change to them cannot be told apart and counts as stolen (name the outputs by index to exclude it)"
        )
    input_rank = tuple(_account_rank(chain, tx, int(chain.in_account[i]), accounts, named) for i in inputs)
    output_rank = tuple(
        _output_rank(chain, ranks, named, index, is_change=int(chain.out_account[o]) in own)
        for index, o in enumerate(outputs)
    )
    output_named = tuple(int(chain.out_account[o]) in accounts for o in outputs)
    found.update(rank for rank in output_rank if rank >= 0)
    if not all(output_named):
        found.update(rank for rank in input_rank if rank >= 0)
    _note_shared(chain, tx, ranks, named, notes, thefts, output_rank)
    found.update(r for r in ranks if any(_names(named[r], index) for index in range(len(outputs))))
    return (
        UtxoSeed(input_rank, output_rank, output_named)
        if max((*input_rank, *output_rank), default=-1) >= 0
        else None
    )


def _transfer_index(row: Named) -> int | None:
    return row.index if isinstance(row, NamedTransfer) else None


def _names(row: Named, index: int) -> bool:
    return _transfer_index(row) in (None, index)


def _output_rank(
    chain: UtxoChain, ranks: list[int], named: Sequence[Named], index: int, *, is_change: bool
) -> int:
    takers = [
        r
        for r in ranks
        if _transfer_index(named[r]) == index or (_transfer_index(named[r]) is None and not is_change)
    ]
    return min(takers, default=-1)


def _account_rank(
    chain: UtxoChain, tx: int, account: int, accounts: dict[int, list[int]], named: Sequence[Named]
) -> int:
    ranks = []
    for rank in accounts.get(account, []):
        row = named[rank]
        if isinstance(row, NamedAccount) and tx >= _first_row(chain, row):
            ranks.append(rank)
    return min(ranks, default=-1)


def _note_shared(
    chain: UtxoChain,
    tx: int,
    ranks: list[int],
    named: Sequence[Named],
    notes: list[str],
    thefts: tuple[str, ...],
    output_rank: tuple[int, ...],
) -> None:
    for rank in ranks:
        taken = [w for i, w in enumerate(output_rank) if w >= 0 and _names(named[rank], i) and w < rank]
        other = next((w for w in taken if named[w].theft != named[rank].theft), None)
        if other is not None:
            notes.append(_already(named[rank], chain.tx_hashes[tx], named[other].theft))
