"""What a source is asked to read, and where it says what it found beside its rows.

* A source reads the files it is given, in any order, and never more than one import needs.
* What is missing or assumed goes into `notes`; amounts that may be off by rounding make the import `inexact`.

What becomes of the rows is the ledger's own `checking`, `merging` and `utxo_import`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jindo.base.ids import ChainId
from jindo.ledger.chain import Chain
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.staging import Staging

TransactionRows: TypeAlias = Iterator[tuple[int, int, str, UtxoTransaction | BadRow]]
"""Number of the file, line, the line itself, and the transaction or what is wrong with it."""


@dataclass(slots=True)
class SourceRequest:
    """One import's files and options, as a source is handed them."""

    staging: Staging
    files: Sequence[SourceFile]
    chain: ChainId
    old: Chain | None = None
    """The chain as the ledger holds it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The options that the format takes (see `Format.options`), by name."""
    notes: list[str] = field(default_factory=list)
    """What is missing or assumed, for whoever imports; the source appends."""
    inexact: str | None = None
    """Why amounts may be off by rounding; set by the source, `None` where they are exact."""
