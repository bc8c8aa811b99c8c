"""Blocks are put on a chain one by one as they come, and taken off again where the network took them back.

* What is appended stands above the last block; a block stands once, with all its rows.
* Rolling back to a height leaves the ledger as if nothing above had ever come: the same rows, ids and fingerprint.
* Either is done in full or not at all, and is on the disk when the call returns.

How runs are joined is `compacting`'s; the folder, `folder`'s; bringing files in, `importing`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np

from jindo.base.errors import InputError, NotFound
from jindo.base.ids import AssetId, ChainId, native_asset
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.bitcoin.parcel import BlockParcel
from jindo.ledger.build import build_account_chain
from jindo.ledger.build_utxo import build_utxo_run
from jindo.ledger.chain import Chain
from jindo.ledger.cutting import cut_run
from jindo.ledger.folder import record_built, writing
from jindo.ledger.imported import Built
from jindo.ledger.manifest import ROLLBACK, ChainEntry, ImportEntry
from jindo.ledger.opened import Ledger
from jindo.ledger.rows import Transfer, UtxoTransaction
from jindo.ledger.run_counts import count_run
from jindo.ledger.runs import AccountRun
from jindo.ledger.stacking import stack_account_chain
from jindo.ledger.utxo_chain import UtxoChain

Rows: TypeAlias = Sequence[Transfer] | Sequence[UtxoTransaction]
APPEND = "append"
_WIDEST = 1 << 256


def append_rows(
    path: Path, chain: ChainId, rows: Rows, *, decimals: Mapping[AssetId, int] | None = None
) -> None:
    """Put the rows of one or more whole blocks above the last block of a chain; the ledger is made where it is absent.

    Raises:
        InputError: there is no row, a block is not above the last one, the rows are of the other sort of chain, a
            transaction stands at two places, or an output cannot be spent so.
        ConflictError: somebody else is writing to the ledger.
        IntegrityError: the ledger is damaged.
    """
    if not rows:
        raise InputError("there is no row to append")
    with writing(Path(path)) as ledger:
        old = ledger.chain(chain) if chain in ledger.chain_ids() else None
        built = (
            _stack_transactions(chain, old, cast("Sequence[UtxoTransaction]", rows))
            if isinstance(rows[0], UtxoTransaction)
            else _stack_transfers(chain, old, cast("Sequence[Transfer]", rows), decimals or {})
        )
        held = () if old is None else old.runs
        record_built(ledger, chain, built, _count_append(ledger, chain, len(rows)), held=held)


def roll_back(path: Path, chain: ChainId, height: int) -> int:
    """Take every block above `height` off a chain; gives how many rows went.

    Raw blocks above it that are kept for proofs count no more. The ledger's imports tell that it was rolled back.

    Raises:
        InputError: the height is negative.
        NotFound: there is no ledger, or no such chain in it.
        ConflictError: somebody else is writing to the ledger.
        IntegrityError: the ledger is damaged.
    """
    if height < 0:
        raise InputError(f"the height {height} is negative", remedy="Name the last block that is to stay.")
    if not Path(path).exists():
        raise NotFound(f"there is no ledger in {str(path)!r}")
    with writing(Path(path)) as ledger:
        mapped = ledger.chain(chain)
        entry = ledger.manifest.chains[chain]
        parcels = _cut_parcels(ledger.manifest.blocks.get(chain, []), height)
        built = _cut_chain(entry, mapped, height)
        removed = (
            entry.counts().rows
            - entry.counts(built.keep).rows
            - sum(count_run(run).rows for run in built.runs)
        )
        if not removed and parcels == ledger.manifest.blocks.get(chain, []):
            return 0
        noted = _note_rollback(ledger, chain, height, removed, parcels)
        record_built(noted, chain, built, None, held=mapped.runs)
        return removed


def _stack_transfers(
    chain: ChainId, old: Chain | None, rows: Sequence[Transfer], decimals: Mapping[AssetId, int]
) -> Built:
    before = AccountChain(chain, (), (), narrow=True, runs=()) if old is None else old
    if not isinstance(before, AccountChain) or not all(isinstance(row, Transfer) for row in rows):
        raise _other_sort(chain)
    _check_amounts(rows)
    _check_decimals(before, decimals)
    whole = stack_account_chain(before, build_account_chain(chain, rows, decimals=decimals))
    return Built(len(before.runs), whole.runs[len(before.runs) :], whole.assets, whole.decimals)


def _stack_transactions(chain: ChainId, old: Chain | None, rows: Sequence[UtxoTransaction]) -> Built:
    asset = native_asset(chain)
    before = UtxoChain(chain, asset, narrow=True, runs=()) if old is None else old
    if not isinstance(before, UtxoChain) or not all(isinstance(row, UtxoTransaction) for row in rows):
        raise _other_sort(chain)
    _check_values(rows)
    return Built(len(before.runs), (build_utxo_run(before, rows),), (asset,), (8,))


def _other_sort(chain: ChainId) -> InputError:
    return InputError(
        f"the rows are not of the sort of chain that {chain} is", remedy="Name the right chain."
    )


def _check_amounts(rows: Sequence[Transfer]) -> None:
    for row in rows:
        _check_amount(row.amount, row.tx_hash)


def _check_values(rows: Sequence[UtxoTransaction]) -> None:
    for row in rows:
        values = [given.value for given in row.inputs] + [made.value for made in row.outputs]
        for value in values:
            _check_amount(value or 0, row.tx_hash)


def _check_amount(amount: int, tx_hash: str) -> None:
    if not 0 <= amount < _WIDEST:
        raise InputError(
            f"the amount {amount} in {tx_hash} is not from 0 to 2^256-1",
            remedy="Give each amount in the smallest unit of its asset.",
        )


def _check_decimals(before: AccountChain, decimals: Mapping[AssetId, int]) -> None:
    """One asset has one scale: amounts at two would be added as if they were alike."""
    for asset, places in zip(before.assets, before.decimals, strict=True):
        if places is not None and decimals.get(asset, places) != places:
            raise InputError(
                f"the asset {asset!r} has {places} and {decimals[asset]} decimals at once",
                remedy="Give the asset's true decimals.",
            )


def _count_append(ledger: Ledger, chain: ChainId, rows: int) -> ImportEntry:
    """One record for all that was appended to a chain, however often, until it is rolled back."""
    entry = _draft(APPEND, chain, {})
    place = ledger.manifest.find_record(entry)
    before = entry if place is None else ledger.manifest.imports[place]
    return replace(entry, read=before.read + rows, added=before.added + rows)


def _note_rollback(
    ledger: Ledger, chain: ChainId, height: int, removed: int, parcels: list[BlockParcel]
) -> Ledger:
    entry = _draft(ROLLBACK, chain, {"to": height, "removed": removed})
    blocks = {name: kept for name, kept in (ledger.manifest.blocks | {chain: parcels}).items() if kept}
    imports = [*ledger.manifest.imports, entry]
    return replace(ledger, manifest=replace(ledger.manifest, imports=imports, blocks=blocks))


def _draft(name: str, chain: ChainId, options: dict[str, Any]) -> ImportEntry:
    return ImportEntry(
        format=name,
        chain=chain,
        sources=[],
        options=options,
        read=0,
        added=0,
        already_there=0,
        left_by_distinct=0,
        superseded=0,
        rejected=0,
        rejects=None,
        notes=[],
    )


def _cut_parcels(parcels: Sequence[BlockParcel], height: int) -> list[BlockParcel]:
    """The parcels that still have blocks that count."""
    kept = [parcel for parcel in parcels if parcel.heights[0] <= height]
    return [
        replace(parcel, up_to=min(height, parcel.heights[1] if parcel.up_to is None else parcel.up_to))
        if height < parcel.heights[1]
        else parcel
        for parcel in kept
    ]


def _cut_chain(entry: ChainEntry, mapped: Chain, height: int) -> Built:
    """What of a chain stands at or below a height: whole runs, and the first blocks of one."""
    keep = sum(run.blocks[1] <= height for run in entry.runs)
    assets = entry.runs[keep - 1].assets if keep else 0
    runs: tuple[Any, ...] = ()
    if keep < len(entry.runs) and entry.runs[keep].blocks[0] <= height:
        run = mapped.runs[keep]
        blocks = int(np.searchsorted(run.blocks.height, height, side="right"))
        runs = (cut_run(run, blocks),)
        assets = max(assets, _count_assets(runs[0]))
    return Built(keep, runs, tuple(AssetId(a) for a in entry.assets[:assets]), tuple(entry.decimals[:assets]))


def _count_assets(run: Any) -> int:
    """How many assets are known by the end of a run that brings new ones."""
    if not isinstance(run, AccountRun):
        return 1
    return 1 + int(run.pot_asset.max()) if len(run.pot_asset) else 0
