"""The runs of a chain as they lie below a ledger's folder: mapped, checked, and put together.

* Files are held against their hashes, and numbers against what they name, when they are read for the first time: a
  ledger may come from anybody, and whoever follows a number does not look again.
* What can be computed from the rows is computed again where that is asked for.

What counts is `manifest`'s; who asks, `opened`'s and `folder`'s; the checks themselves, `ranges`' and `derived`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jindo.base.errors import IntegrityError
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.chain import Chain
from jindo.ledger.checked import check_unless_known
from jindo.ledger.derived import check_derived
from jindo.ledger.hashing import check_no_others
from jindo.ledger.manifest import ChainEntry, RunEntry
from jindo.ledger.ranges import check_ranges
from jindo.ledger.run_counts import ACCOUNT, Counts, Run
from jindo.ledger.run_files import SUFFIX, map_run
from jindo.ledger.runs import NOBODY
from jindo.ledger.utxo_chain import UtxoChain

REMEDY = "Do not use this ledger: keep it as it is, and import the sources into a new folder."


def map_runs(folder: Path, kind: str, runs: Sequence[RunEntry]) -> list[Run]:
    """The first runs of a chain, mapped as they are.

    Raises:
        IntegrityError: a file is missing or not whole.
    """
    found, start = [], Counts()
    for run in runs:
        traffic = int(run.max_traffic)
        found.append(
            map_run(
                folder / run.place, kind, start=start, counts=run.counts, max_traffic=traffic, names=run.files
            )
        )
        start += run.counts
    return found


def to_chain(chain: ChainId, entry: ChainEntry, runs: Sequence[Run]) -> Chain:
    """The chain of these runs."""
    if entry.kind == ACCOUNT:
        assets = tuple(AssetId(asset) for asset in entry.assets)
        return AccountChain(chain, assets, tuple(entry.decimals), entry.narrow, tuple(runs))  # type: ignore[arg-type]
    return UtxoChain(chain, AssetId(entry.assets[0]), entry.narrow, tuple(runs))  # type: ignore[arg-type]


def check_runs(folder: Path, entry: ChainEntry, *, again: bool) -> None:
    """Hold a chain's files against their hashes, and their numbers against what they name; `again` reads all of them.

    Raises:
        IntegrityError: a file is not what was written, or leads astray; it is named.
    """
    for run in entry.runs:
        if not run.place.endswith(SUFFIX):
            check_no_others(folder / run.place, run.files, pattern=f"*{SUFFIX}")
    files = {path: digest for run in entry.runs for path, digest in run.paths().items()}
    check_unless_known(folder, files, again=again, then=lambda read: _check_ranges(folder, entry, read))


def _check_ranges(folder: Path, entry: ChainEntry, read: Collection[str]) -> None:
    """Hold the numbers of those runs whose files were read against what they name: not all ledgers are ours."""
    for run, mapped in zip(entry.runs, map_runs(folder, entry.kind, entry.runs), strict=True):
        if any(path in read for path in run.paths()):
            with _naming(folder / run.place):
                check_ranges(mapped, assets=len(entry.assets))


def check_columns(folder: Path, entry: ChainEntry, mapped: Chain) -> None:
    """Compute what follows from the rows of each run again.

    Raises:
        IntegrityError: a column says something else; the run is named.
    """
    last_time = NOBODY
    runs: Sequence[Any] = mapped.runs
    for run, columns in zip(entry.runs, runs, strict=True):
        with _naming(folder / run.place):
            check_derived(columns, last_time=last_time)
        last_time = int(columns.blocks.time_max[-1])


@contextmanager
def _naming(place: Path) -> Iterator[None]:
    """What a check says of a run is an `IntegrityError` at its place."""
    try:
        yield
    except ValueError as error:
        raise IntegrityError(
            f"the ledger's columns contradict each other: {error}", place=str(place), remedy=REMEDY
        ) from error
