"""Swaps: what an account gave and got inside one transaction of an account chain.

* An account **swaps** where, over one transaction, its balance fell in exactly one asset and rose in exactly one. Gas,
  movements of nothing and to oneself stand aside. All its movements in that transaction are the **legs**: they move
  nothing by themselves; the units that it gave become those that it got, at the last leg.
* Where the payer of the gas swaps, nobody else does: the others are pools and routers. Otherwise everybody who swaps
  does so: the two parties of an exchange, a wallet whose relayer paid the gas.
* Minted and burned tokens count like any other. Coin sent to a known wrapper is a **wrap**, coin that it sends an
  unwrap, one for one, where no log says it; a pot that the ledger does not know then is one past the chain's.
* A transaction that a theft names is never a swap. Burn addresses and wrappers never swap.
* Several assets given or got are not guessed: the transaction is listed as unclear.

The compiled pass is `kernel_swaps`; what stolen units do at a swap is `joint`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from jindo.base.ids import BURN_ADDRESSES, ZERO_ADDRESS, Account, AssetId, native_asset, token_asset
from jindo.ledger import NOBODY, AccountChain, AccountRun, Amounts, Ints, Kind, WideColumn, add_pots
from jindo.trace.compiling import compile_stamped
from jindo.trace.crossings import kernel_swap_room, kernel_swaps
from jindo.trace.crossings.crossing import SWAP, WRAP, Crossing, Leg
from jindo.trace.crossings.kernel_swap_room import UNKNOWN_POT, Found, KnownPots, Moves, make_room
from jindo.trace.crossings.wrappers import WRAPPERS

_PIECE = 1 << 18
"""Rows that are looked at in one call; a transaction is never cut."""


@dataclass(frozen=True, slots=True)
class Swaps(Sequence[Crossing]):
    """The swaps and wraps of one chain as columns, in the order of their transactions; as a sequence, crossings."""

    chain: str
    tx: Ints
    account: Ints
    """Who gave and got."""
    source: Ints
    """The pot that was given from."""
    target: Ints
    """The pot that was filled."""
    given: Amounts
    """Base units: int64 where all fit, else a list of Python integers."""
    got: Amounts
    is_wrap: Ints
    offsets: Ints
    """One more than swaps: where the legs of each begin."""
    legs: Ints
    """Events that the swap replaces, ascending for each."""
    extra: tuple[tuple[int, AssetId], ...] = ()
    """Account and asset of each pot past the chain's own, in order."""
    unclear: Ints = ()  # type: ignore[assignment]
    """Transactions in which somebody gave and got, but not exactly one asset each."""

    def __len__(self) -> int:
        return len(self.tx)

    def __getitem__(self, place: int) -> Crossing:  # type: ignore[override]  # slices are never asked for
        i = range(len(self))[place]
        legs = self.legs[self.offsets[i] : self.offsets[i + 1]].tolist()
        source = Leg(self.chain, legs[-1], int(self.source[i]), int(self.given[i]))
        target = Leg(self.chain, legs[-1], int(self.target[i]), int(self.got[i]))
        return Crossing(WRAP if self.is_wrap[i] else SWAP, source, (target,), dropped=tuple(legs))

    def __iter__(self) -> Iterator[Crossing]:
        return (self[i] for i in range(len(self)))

    def extend(self, chain: AccountChain) -> AccountChain:
        """`chain` with the pots that only a wrapping fills."""
        return add_pots(chain, self.extra)


def find_swaps(
    chain: AccountChain,
    *,
    end: int | None = None,
    named: Collection[int] = (),
    aside: Collection[int] = (),
    wrappers: Sequence[Account] | None = None,
) -> Swaps:
    """The swaps among the events before `end`.

    `named` holds events that a theft names; those of `aside` cross a bridge and count for no swap; `wrappers` are the
    wrapping contracts, those known of the chain unless given.
    """
    contracts = WRAPPERS.get(chain.chain, ()) if wrappers is None else tuple(wrappers)
    ledger, assets = _describe(chain, [address for address in contracts if chain.accounts.find(address) >= 0])
    stop, apart = chain.event_count if end is None else end, np.array(sorted(aside), np.int64)
    pieces = [
        piece
        for run, start in zip(chain.runs, chain.row_starts, strict=False)
        for piece in _scan_run(run, start, ledger, stop, apart)
    ]
    found = _join(chain.chain, pieces)
    return _number_pots(_leave_out(found, sorted({int(chain.tx[event]) for event in named})), chain, assets)


def _describe(chain: AccountChain, contracts: Sequence[Account]) -> tuple[KnownPots, list[AssetId]]:
    """What the pass knows of the chain, and the wrapped asset of each wrapper."""
    account, asset = (
        np.concatenate([np.zeros(0, np.int32), *(getattr(run, name) for run in chain.runs)]).astype(np.int32)
        for name in ("pot_account", "pot_asset")
    )
    places = {name: place for place, name in enumerate(chain.assets)}
    wrapped = [token_asset(chain.chain, address) for address in contracts]
    pots = [np.flatnonzero(asset == places.get(name, -1)) for name in wrapped]
    pots = [of_one[np.argsort(account[of_one], kind="stable")] for of_one in pots]
    everything = np.concatenate([np.zeros(0, np.int64), *pots])
    ids = [chain.accounts.find(address) for address in contracts]
    bars = {chain.accounts.find(address) for address in BURN_ADDRESSES} | set(ids)
    return KnownPots(
        account=account,
        asset=asset,
        native=places.get(native_asset(chain.chain), -1),
        bars=np.array(sorted(bars - {-1}), np.int64),
        zero=chain.accounts.find(ZERO_ADDRESS),
        wrappers=np.array(ids, np.int64),
        wrapped=np.array([places.get(name, -1) for name in wrapped], np.int64),
        holders=account[everything].astype(np.int64),
        holder_pots=everything,
        holder_offsets=np.cumsum([0, *(len(of_one) for of_one in pots)]).astype(np.int64),
    ), wrapped


def _scan_run(
    run: AccountRun, start: int, ledger: KnownPots, end: int, aside: Ints
) -> Iterator[tuple[Found, Ints, int]]:
    """What each piece of a run holds: the room, the events of its rows, and the transaction that local ids count from."""
    rows = min(len(run.src), end - start)
    order = None
    if run.tx_events is not None:
        order = np.asarray(run.tx_events.rows)
        order = order[order < rows]
    first = 0
    while first < rows:
        last = _find_stop(run, order, first, rows)
        which: Ints | slice = slice(first, last) if order is None else order[first:last]
        moves = _read(run, which)
        found = make_room(last - first, moves.limbs.shape[1])
        events = start + (np.arange(first, last) if order is None else order[first:last].astype(np.int64))
        apart = np.isin(events, aside) if len(aside) else slice(0, 0)
        moves.src[apart], moves.dst[apart] = NOBODY, NOBODY
        _compiled()(moves, ledger, found)
        yield found, events, run.first_transaction
        first = last


@cache
def _compiled() -> Callable[..., int]:
    return compile_stamped(kernel_swaps.scan, kernel_swap_room, kernel_swaps, makes_arrays=True)


def _find_stop(run: AccountRun, order: Ints | None, first: int, rows: int) -> int:
    """Where the piece that begins at `first` stops: after some rows, between two transactions."""
    stop = min(first + _PIECE, rows)
    if stop == rows:
        return rows
    of_row = run.tx if order is None else run.tx[order]
    return min(int(np.searchsorted(of_row, int(of_row[stop - 1]), side="right")), rows)


def _read(run: AccountRun, which: Ints | slice) -> Moves:
    src, dst, tx = (np.asarray(column[which]).astype(np.int64) for column in (run.src, run.dst, run.tx))
    return Moves(tx, src, dst, _to_limbs(run.amount, which), np.asarray(run.kind[which]) == Kind.GAS)


def _to_limbs(amount: Amounts, which: Ints | slice) -> Ints:
    """Amounts as limbs of 32 bits, the lowest first."""
    if hasattr(amount, "dtype"):
        units = np.asarray(amount[which]).astype(np.int64)
        return np.stack([units & 0xFFFFFFFF, units >> 32], axis=1)
    if isinstance(amount, WideColumn):
        data = np.ascontiguousarray(amount.data[which])
    else:
        rows = range(len(amount))[which] if isinstance(which, slice) else which.tolist()
        data = WideColumn.from_ints(int(amount[row]) for row in rows).data
    return np.ascontiguousarray(data).view(">u4").astype(np.int64)[:, ::-1].copy()


def _join(chain: str, pieces: Sequence[tuple[Found, Ints, int]]) -> Swaps:
    swaps, given, got, legs, starts, unclear = [], [], [], [], [], []
    before = 0
    for found, events, first_tx in pieces:
        count, rows, lost = (int(number) for number in found.counts)
        swap = found.swap[:count].copy()
        swap[:, 0] += first_tx
        swaps.append(swap)
        starts.append(before + swap[:, 4])
        given.append(found.given[:count])
        got.append(found.got[:count])
        legs.append(events[found.legs[:rows]])
        unclear.append(first_tx + found.unclear[:lost])
        before += rows
    nothing = np.zeros(0, np.int64)
    swap = np.concatenate([np.zeros((0, 6), np.int64), *swaps])
    return Swaps(
        chain,
        tx=swap[:, 0],
        account=swap[:, 1],
        source=swap[:, 2],
        target=swap[:, 3],
        given=_to_units(_level(given)),
        got=_to_units(_level(got)),
        is_wrap=swap[:, 5],
        offsets=np.append(np.concatenate([nothing, *starts]), before),
        legs=np.concatenate([nothing, *legs]),
        unclear=np.concatenate([nothing, *unclear]),
    )


def _level(limbs: Sequence[Ints]) -> list[Ints]:
    """Pieces of limbs, all of the width of the widest: runs of a chain may differ."""
    width = max((piece.shape[1] for piece in limbs), default=0)
    return [np.pad(piece, ((0, 0), (0, width - piece.shape[1]))) for piece in limbs]


def _to_units(limbs: Sequence[Ints]) -> Amounts:
    """The numbers that rows of limbs stand for: int64 where every one is below 2^62, else a list."""
    rows = np.concatenate(limbs) if limbs else np.zeros((0, 3), np.int64)
    if not rows[:, 2:].any() and not (rows[:, 1] >> 30).any():
        return rows[:, 0] + (rows[:, 1] << 32)
    return [sum(limb << (32 * place) for place, limb in enumerate(row)) for row in rows.tolist()]


def _leave_out(swaps: Swaps, txs: Sequence[int]) -> Swaps:
    """The swaps of other transactions."""
    if not txs:
        return swaps
    kept = np.flatnonzero(~np.isin(swaps.tx, txs))
    sizes = np.diff(swaps.offsets)
    return Swaps(
        swaps.chain,
        swaps.tx[kept],
        swaps.account[kept],
        swaps.source[kept],
        swaps.target[kept],
        given=_take(swaps.given, kept),
        got=_take(swaps.got, kept),
        is_wrap=swaps.is_wrap[kept],
        offsets=np.append(0, np.cumsum(sizes[kept])),
        legs=swaps.legs[np.repeat(~np.isin(swaps.tx, txs), sizes)],
        unclear=swaps.unclear[~np.isin(swaps.unclear, txs)],
    )


def _take(units: Amounts, kept: Ints) -> Amounts:
    return units[kept] if hasattr(units, "dtype") else [units[i] for i in kept.tolist()]


def _number_pots(swaps: Swaps, chain: AccountChain, wrapped: Sequence[AssetId]) -> Swaps:
    """Pots that the chain does not know, numbered past its own as they first appear."""
    source, target = swaps.source.copy(), swaps.target.copy()
    unknown = np.flatnonzero((source >= UNKNOWN_POT) | (target >= UNKNOWN_POT))
    extra: dict[tuple[int, AssetId], int] = {}
    for i in unknown.tolist():
        for column in (source, target):
            if column[i] >= UNKNOWN_POT:
                whose = int(swaps.account[i]), wrapped[int(column[i]) - UNKNOWN_POT]
                column[i] = extra.setdefault(whose, chain.pot_count + len(extra))
    return Swaps(
        swaps.chain,
        swaps.tx,
        swaps.account,
        source,
        target,
        given=swaps.given,
        got=swaps.got,
        is_wrap=swaps.is_wrap,
        offsets=swaps.offsets,
        legs=swaps.legs,
        extra=tuple(extra),
        unclear=swaps.unclear,
    )
