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
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, TRON, ChainId
from jindo.ledger.files import SourceFile, find_files
from jindo.ledger.sources.aws_bitcoin import read_aws_bitcoin
from jindo.ledger.sources.aws_ethereum import stage_aws_ethereum
from jindo.ledger.sources.bigquery_bitcoin import read_bigquery_bitcoin
from jindo.ledger.sources.bitcoin_etl import read_bitcoin_etl
from jindo.ledger.sources.block_files import find_block_files
from jindo.ledger.sources.cryo import stage_cryo
from jindo.ledger.sources.esplora import read_esplora
from jindo.ledger.sources.ethereum_etl import stage_ethereum_etl
from jindo.ledger.sources.etherscan import stage_etherscan
from jindo.ledger.sources.graphsense import stage_graphsense
from jindo.ledger.sources.kept import find_kept
from jindo.ledger.sources.nodes import fetch_bitcoin, fetch_ethereum, find_no_files, unpack_ethereum
from jindo.ledger.sources.request import SourceRequest, TransactionRows
from jindo.ledger.sources.transfers import stage_transfer_files
from jindo.ledger.sources.trongrid import stage_trongrid

if TYPE_CHECKING:
    from jindo.ledger.fetching import FetchedBlocks, FetchOrder


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
    fetch: Callable[[FetchOrder], FetchedBlocks] | None = None
    """Nodes: asks for the blocks, and gives the lists of the kept answers in the place of files."""
    unpack: Callable[[SourceRequest], list[SourceFile]] | None = None
    """Nodes: the kept answers as tables, for `stage`."""
    raw_blocks: bool = False
    """UTXO chains: the files hold raw blocks, which are proved and kept (`BlockSource`)."""
    options: frozenset[str] = field(default_factory=frozenset)
    """Names of the import options that mean something here."""

    @property
    def kind(self) -> str:
        """`account` or `utxo`."""
        return "utxo" if self.stage is None else "account"


_OF_NODES = frozenset({"from_block", "to_block", "confirmations", "per_second"})

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
        "aws-eth", ETHEREUM,
        "Parquet of AWS's public blockchain data, v1.0/eth: transactions, traces, logs or token_transfers (doubles of wei), blocks.",
        stage=stage_aws_ethereum,
    ),
    Format(
        "cryo", ETHEREUM,
        "Parquet as Paradigm's cryo collects it: transactions, traces, logs or erc20_transfers (u256 as string or binary), blocks.",
        stage=stage_cryo,
    ),
    Format(
        "graphsense-ethereum", ETHEREUM,
        "blocks, transactions and traces (CSV) and logs (JSON lines) as GraphSense's Ethereum exports have them.",
        stage=stage_graphsense,
    ),
    Format(
        "bitcoin-etl", BITCOIN,
        "transactions with their inputs and outputs as JSON lines or Parquet, as bitcoin-etl writes them, enriched or not.",
        read=read_bitcoin_etl,
    ),
    Format(
        "aws-btc", BITCOIN,
        "Parquet of AWS's public blockchain data, v1.0/btc: transactions by day (doubles of bitcoin), and blocks.",
        read=read_aws_bitcoin,
    ),
    Format(
        "bigquery-btc", BITCOIN,
        "JSON lines or Parquet exported from BigQuery's crypto_bitcoin: transactions (NUMERIC satoshi), and blocks.",
        read=read_bigquery_bitcoin,
    ),
    Format(
        "bitcoin-blocks", BITCOIN,
        "raw blocks, one a file (.raw, .blk, .bin, .hex), or the blk*.dat files of Bitcoin Core with their xor.dat.",
        find=find_block_files, raw_blocks=True,
    ),
    Format(
        "ethereum-rpc", ETHEREUM,
        "the URL of an Ethereum node (JSON-RPC), and --from-block: blocks, receipts, and traces where it has them.",
        find=find_no_files, fetch=fetch_ethereum, unpack=unpack_ethereum, stage=stage_ethereum_etl,
        options=_OF_NODES,
    ),
    Format(
        "bitcoin-rpc", BITCOIN,
        "the URL of Bitcoin Core (JSON-RPC), and --from-block: raw blocks.",
        find=find_no_files, fetch=fetch_bitcoin, raw_blocks=True, options=_OF_NODES,
    ),
    Format(
        "esplora", BITCOIN,
        "a folder of responses that `jindo trace --fetch esplora=URL` kept.",
        find=partial(find_kept, format="esplora"), read=read_esplora,
    ),
    Format(
        "etherscan", ETHEREUM,
        "a folder of responses that `jindo trace --fetch etherscan=URL` kept.",
        find=partial(find_kept, format="etherscan"), stage=stage_etherscan,
    ),
    Format(
        "trongrid", TRON,
        "a folder of responses that `jindo trace --fetch trongrid=URL` kept.",
        find=partial(find_kept, format="trongrid"), stage=stage_trongrid,
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, Format] = {entry.name: entry for entry in _TABLE}
"""Every format by its name, in the order in which they are shown."""


def get_format(name: str) -> Format:
    """The format of this name.

    Raises:
        InputError: there is none; all of them are named, and what those expect that are called alike.
    """
    found = CATALOGUE.get(name)
    if found is None:
        near = [CATALOGUE[other] for other in get_close_matches(name, CATALOGUE, n=2)]
        meant = "".join(f" {entry.name} expects {entry.expects}" for entry in near)
        listed = f"Use one of {', '.join(CATALOGUE)}: `jindo ledger import --help` says what each expects."
        raise InputError(f"there is no format {name!r}", remedy=listed + meant)
    return found


def check_options(entry: Format, given: Mapping[str, Any]) -> None:
    """Refuse an option that means nothing to the format.

    Raises:
        InputError: one is given.
    """
    for name, value in given.items():
        if value not in (None, {}, ()) and name not in entry.options:
            of = _list_formats(other for other in CATALOGUE.values() if name in other.options)
            raise InputError(
                f"the option {name} belongs to {of}, not to {entry.name}", remedy="Leave it out."
            )


def _list_formats(entries: Iterable[Format]) -> str:
    return "the format " + " or ".join(entry.name for entry in entries)
