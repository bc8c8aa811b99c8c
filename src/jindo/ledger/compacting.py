"""Which runs of a chain are joined, and how the runs that result get to the disk.

* Neighbours are joined while the older one has fewer than eight times the rows of the newer: there are few runs,
  and a row is written again a few times only, however many blocks come one by one.
* No run grows past 32 million rows by joining, so that memory stays bounded.
* A leaf of the fingerprint is kept with the run whose last block shows its segment to be over.

What counts is said by `folder`, once all is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from jindo.ledger.account_chain import AccountChain
from jindo.ledger.chain import Chain
from jindo.ledger.fingerprint import SEGMENT, Leaf, compute_leaves
from jindo.ledger.hashing import sync_folder
from jindo.ledger.joining import join_runs
from jindo.ledger.manifest import RunEntry
from jindo.ledger.run_columns import Notes
from jindo.ledger.run_counts import Run, count_run
from jindo.ledger.run_files import SUFFIX, is_small, read_notes, write_run
from jindo.ledger.runs import MOST_ROWS, AccountRun
from jindo.ledger.stored import PIECE, PerBlock

RATIO = 8


@dataclass(frozen=True, slots=True)
class RunPart:
    """A run of the chain to be: one that is kept as it is, or a new one."""

    run: Run
    kept: RunEntry | None


def plan_joins(rows: Sequence[int]) -> list[range]:
    """Which neighbours of runs of so many rows become one run."""
    groups: list[range] = []
    for place in range(len(rows)):
        groups.append(range(place, place + 1))
        while len(groups) > 1 and _belong(sum(rows[i] for i in groups[-2]), sum(rows[i] for i in groups[-1])):
            newer = groups.pop()
            groups[-1] = range(groups[-1].start, newer.stop)
    return groups


def write_parts(
    ledger: Path, chain: Chain, parts: Sequence[RunPart], *, folder: str, number: int
) -> list[RunEntry]:
    """Write the runs of `chain`, whose runs the parts are, joined where they should be; gives all that are to count.

    New ones are written below `folder`, from `number` on.
    """
    entries: list[RunEntry] = []
    groups = plan_joins([count_run(part.run).rows for part in parts])
    made = (ledger / folder).exists()
    for group in groups:
        first = parts[group.start]
        if len(group) == 1 and first.kept is not None:
            entries.append(first.kept)
            continue
        run = _join([parts[i].run for i in group])
        notes = _note(
            ledger, chain, [parts[i] for i in group], last_before=entries[-1].blocks[1] if entries else None
        )
        place = f"{folder}/{number + len(entries):04d}{SUFFIX if is_small(run) else ''}"
        entries.append(_write(ledger, run, notes, place, before=entries[-1].assets if entries else 0))
    for parent in [ledger / folder] if made else [ledger / folder, (ledger / folder).parent, ledger]:
        sync_folder(parent)
    return entries


def _belong(older: int, newer: int) -> bool:
    return older < RATIO * newer and older + newer <= MOST_ROWS


def _join(runs: Sequence[Run]) -> Run:
    """All as one; the newest, which are the smallest, first."""
    if len(runs) == 1:
        return runs[0]
    return reduce(lambda newer, older: join_runs(older, newer), reversed(runs))


def _note(ledger: Path, chain: Chain, parts: Sequence[RunPart], *, last_before: int | None) -> Notes:
    leaves: list[Leaf] = []
    counts: dict[int, int] = {}
    done = 0 if last_before is None else last_before // SEGMENT
    for part in parts:
        over = int(part.run.blocks.height[-1]) // SEGMENT
        if part.kept is not None:
            notes = read_notes(ledger / part.kept.place)
        else:
            notes = Notes(tuple(compute_leaves(chain, done, over)), count_assets(chain, part.run))
        leaves += notes.leaves
        for asset, rows in notes.asset_rows:
            counts[asset] = counts.get(asset, 0) + rows
        done = over
    return Notes(tuple(leaves), tuple(sorted(counts.items())))


def count_assets(chain: Chain, run: Run) -> tuple[tuple[int, int], ...]:
    """Asset and rows of each asset that a run of the chain has; on a UTXO chain outputs."""
    if not isinstance(run, AccountRun) or not isinstance(chain, AccountChain):
        return ((0, count_run(run).pots),)
    if len(chain.assets) == 1:
        return ((0, len(run.src)),)
    counts = np.zeros(len(chain.assets), np.int64)
    for start in range(0, len(run.src), PIECE):
        src = np.asarray(run.src[start : start + PIECE])
        pots = np.where(src >= 0, src, run.dst[start : start + PIECE])
        counts += np.bincount(chain.pot_asset[pots], minlength=len(counts))
    there = np.flatnonzero(counts)
    return tuple(zip(there.tolist(), counts[there].tolist(), strict=True))


def _write(ledger: Path, run: Run, notes: Notes, place: str, *, before: int) -> RunEntry:
    files = write_run(run, ledger / place, notes)
    counts = count_run(run)
    return RunEntry(
        place=place,
        rows=counts.rows,
        transactions=counts.transactions,
        accounts=counts.accounts,
        pots=counts.pots,
        inputs=counts.inputs,
        blocks=[int(run.blocks.height[0]), int(run.blocks.height[-1])],
        times=_find_times(run),
        assets=max(before, 1 + max((asset for asset, _ in notes.asset_rows), default=-1)),
        max_traffic=str(run.max_traffic),
        size=files.size,
        files=files.files,
    )


def _find_times(run: Run) -> list[int]:
    """Least and greatest known time; empty where none is known."""
    times: Any = run.time
    times = times.values if isinstance(times, PerBlock) else times
    ends = []
    for start in range(0, len(times), PIECE):
        piece = np.asarray(times[start : start + PIECE])
        known = piece[piece >= 0]
        ends += [int(known.min()), int(known.max())] if len(known) else []
    return [min(ends), max(ends)] if ends else []
