"""The ledger: chain data in one order, exact, in a folder that opens at once.

* `build_…_chain` makes a chain from rows in memory, `open_ledger` maps one from a folder.
* `import_source` brings files in; nothing is dropped in silence.
* `Fetcher` asks servers and keeps what they answer; `build_cluster_ledger`, `extracting` and the rest of `engines`
  work on a cluster: both are heavy, and load where they are first used.
* A chain (`AccountChain`, `UtxoChain`) is a row of runs: columns by dense ids; `read_…` gives rows back.

What the movements mean is `trace`'s.
"""

import importlib
from typing import TYPE_CHECKING, Any

from jindo.ledger.appending import append_rows, roll_back
from jindo.ledger.bitcoin.block import BlockHeader, find_height
from jindo.ledger.bitcoin.networks import NETWORKS, get_network
from jindo.ledger.bitcoin.proof import TransactionProof, check_depth, check_proof
from jindo.ledger.bitcoin.script import name_accounts
from jindo.ledger.bitcoin.store import BlockStore, TransactionPlace
from jindo.ledger.bitcoin.transaction import RawTransaction, from_shown, parse_hex, to_shown
from jindo.ledger.build import assemble_account_chain, build_account_chain
from jindo.ledger.build_utxo import build_utxo_chain
from jindo.ledger.chain import AccountChain, Chain, UtxoChain
from jindo.ledger.columns import ChainColumn
from jindo.ledger.extract import read_transactions, read_transfers
from jindo.ledger.fingerprint import compute_fingerprint
from jindo.ledger.importing import FORMATS, ImportReport, build_ledger_from_columns, import_source
from jindo.ledger.manifest import ImportEntry
from jindo.ledger.opened import ChainStatus, Ledger, LedgerStatus, open_ledger
from jindo.ledger.rows import RANK, Kind, Transfer, UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.runs import NOBODY, AccountRun, Adjacency, Amounts, Blocks, Ints, Texts, UtxoRun
from jindo.ledger.sources import CATALOGUE, Format
from jindo.ledger.sources.etherscan import read_etherscan_facts
from jindo.ledger.sources.etherscan_answers import ETHERSCAN_LISTS
from jindo.ledger.sources.etherscan_envelope import (
    lacks_proxy,
    parse_etherscan_list,
    parse_etherscan_result,
)
from jindo.ledger.sources.kept import CONFIRMATIONS, KeptAnswer, find_kept, list_kept
from jindo.ledger.sources.trongrid import read_trongrid_answers
from jindo.ledger.sources.trongrid_answers import parse_tron_fingerprint, parse_tron_header
from jindo.ledger.texts import MemoryTexts
from jindo.ledger.wide import WideColumn

if TYPE_CHECKING:
    from jindo.ledger.engines.building import build_cluster_ledger
    from jindo.ledger.engines.cluster_ledger import ClusterLedger, open_cluster_ledger
    from jindo.ledger.engines.extracting import extracting
    from jindo.ledger.engines.session import Engine, open_engine
    from jindo.ledger.engines.wanted import LIMIT, Wanted
    from jindo.ledger.fetching import Fetcher, SourceDeclined, name_keep, parse_service_address

__all__ = [
    "import_source",
    "ImportReport",
    "FORMATS",
    "append_rows",
    "roll_back",
    "CATALOGUE",
    "Format",
    "open_ledger",
    "Ledger",
    "LedgerStatus",
    "ChainStatus",
    "ImportEntry",
    "build_ledger_from_columns",
    "assemble_account_chain",
    "compute_fingerprint",
    "build_account_chain",
    "build_utxo_chain",
    "read_transfers",
    "read_transactions",
    "AccountChain",
    "UtxoChain",
    "Chain",
    "AccountRun",
    "UtxoRun",
    "Adjacency",
    "ChainColumn",
    "Blocks",
    "Texts",
    "MemoryTexts",
    "WideColumn",
    "Ints",
    "Amounts",
    "NOBODY",
    "Kind",
    "RANK",
    "BlockStore",
    "TransactionPlace",
    "TransactionProof",
    "check_proof",
    "check_depth",
    "find_height",
    "BlockHeader",
    "RawTransaction",
    "NETWORKS",
    "get_network",
    "name_accounts",
    "from_shown",
    "to_shown",
    "parse_hex",
    "Transfer",
    "UtxoInput",
    "UtxoOutput",
    "UtxoTransaction",
    "find_kept",
    "list_kept",
    "KeptAnswer",
    "read_etherscan_facts",
    "CONFIRMATIONS",
    "ETHERSCAN_LISTS",
    "lacks_proxy",
    "parse_etherscan_list",
    "parse_etherscan_result",
    "read_trongrid_answers",
    "parse_tron_fingerprint",
    "parse_tron_header",
    "Fetcher",
    "SourceDeclined",
    "name_keep",
    "parse_service_address",
    "build_cluster_ledger",
    "open_cluster_ledger",
    "ClusterLedger",
    "open_engine",
    "Engine",
    "extracting",
    "Wanted",
    "LIMIT",
]

_MODULES = {
    "jindo.ledger.engines.building": "build_cluster_ledger",
    "jindo.ledger.engines.cluster_ledger": "ClusterLedger open_cluster_ledger",
    "jindo.ledger.engines.extracting": "extracting",
    "jindo.ledger.engines.session": "Engine open_engine",
    "jindo.ledger.engines.wanted": "LIMIT Wanted",
    "jindo.ledger.fetching": "Fetcher SourceDeclined name_keep parse_service_address",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Load what asks servers or a cluster when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'jindo.ledger' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
