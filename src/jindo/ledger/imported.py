"""What an importer hands back: what it built, and what became of every row.

Putting it into the folder is `folder`'s; the report, `importing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jindo.base.ids import AssetId
from jindo.ledger.bitcoin.parcel import BlockParcel
from jindo.ledger.rejects import Reject
from jindo.ledger.runs import AccountRun, UtxoRun


@dataclass(frozen=True, slots=True)
class Built:
    """The runs that take the place of those after the first `keep`."""

    keep: int
    runs: tuple[AccountRun, ...] | tuple[UtxoRun, ...]
    assets: tuple[AssetId, ...]
    """All assets of the chain, in order of appearance."""
    decimals: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """The outcome of reading a source; `built` is `None` where nothing is new."""

    built: Built | None
    counts: dict[str, int]
    rejects: list[Reject]
    source_rows: dict[str, int]
    notes: list[str]
    inexact: str | None = None
    """Why amounts may be off by rounding; `None` where they are exact."""
    staged: tuple[Path, BlockParcel] | None = None
    """Raw blocks to keep for proofs, and the folder that they were written into."""
