"""The formats that a ledger reads: one table, from which the command line, the errors and the docs take theirs.

* A format is one line here and one small file beside.
* An account format makes the DuckDB tables `raw` (see `checking`) and `failed_txs`; a UTXO format yields
  transactions. Both get a `SourceRequest`.
* `expects` is one sentence that says what the format wants to find, for the user who has files and no name for them.

Which files a SOURCE is, `files` and each format's own finder say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, ChainId
from jindo.ledger.files import SourceFile, find_files
from jindo.ledger.sources.bitcoin_etl import read_bitcoin_etl
from jindo.ledger.sources.block_files import find_block_files
from jindo.ledger.sources.ethereum_etl import stage_ethereum_etl
from jindo.ledger.sources.request import SourceRequest, TransactionRows
from jindo.ledger.sources.transfers import stage_transfer_files


@dataclass(frozen=True, slots=True)
class Format:
    """One format; exactly one of `stage`, `read` and `raw_blocks` is set."""

    name: str
    """As it is given to `--format`."""
    chain: ChainId
    """The chain that is meant where none is named."""
    expects: str
    """One sentence: what the format wants to find."""
    find: Callable[[str], list[SourceFile]] = find_files
    """The files of a SOURCE, in order of name."""
    stage: Callable[[SourceRequest], dict[str, int]] | None = None
    """Account chains: makes `raw` and `failed_txs`, and gives the rows of each table that was read."""
    read: Callable[[SourceRequest], TransactionRows] | None = None
    """UTXO chains: yields every row of the files."""
    raw_blocks: bool = False
    """UTXO chains: the files hold raw blocks, which are proved and kept (`BlockSource`)."""
    options: frozenset[str] = field(default_factory=frozenset)
    """Names of the import options that mean something here."""

    @property
    def kind(self) -> str:
        """`account` or `utxo`."""
        return "utxo" if self.stage is None else "account"


_TABLE = (
    Format(
        "transfers", ETHEREUM,
        "CSV, JSON lines or Parquet with one movement a row: block, tx_hash, from, to, amount.",
        stage=stage_transfer_files, options=frozenset({"columns", "asset", "decimals"}),
    ),
    Format(
        "ethereum-etl", ETHEREUM,
        "transactions, token_transfers, traces, receipts and blocks as ethereum-etl or BigQuery's crypto_ethereum write them.",
        stage=stage_ethereum_etl,
    ),
    Format(
        "bitcoin-etl", BITCOIN,
        "transactions with their inputs and outputs as JSON lines, as bitcoin-etl writes them, enriched or not.",
        read=read_bitcoin_etl,
    ),
    Format(
        "bitcoin-blocks", BITCOIN,
        "raw blocks, one a file (.raw, .blk, .bin, .hex), or the blk*.dat files of Bitcoin Core with their xor.dat.",
        find=find_block_files, raw_blocks=True,
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, Format] = {entry.name: entry for entry in _TABLE}
"""Every format by its name, in the order in which they are shown."""


def get_format(name: str) -> Format:
    """The format of this name.

    Raises:
        InputError: there is none; all of them are named with what they expect.
    """
    found = CATALOGUE.get(name)
    if found is None:
        known = "; ".join(f"{entry.name}: {entry.expects}" for entry in CATALOGUE.values())
        raise InputError(f"there is no format {name!r}", remedy=f"Use one of {', '.join(CATALOGUE)}. {known}")
    return found


def check_options(entry: Format, given: Mapping[str, Any]) -> None:
    """Refuse an option that means nothing to the format.

    Raises:
        InputError: one is given.
    """
    for name, value in given.items():
        if value not in (None, {}, ()) and name not in entry.options:
            of = _list_formats(other for other in CATALOGUE.values() if name in other.options)
            raise InputError(f"the option {name} belongs to {of}, not to {entry.name}", remedy="Leave it out.")


def _list_formats(entries: Iterable[Format]) -> str:
    return "the format " + " or ".join(entry.name for entry in entries)
