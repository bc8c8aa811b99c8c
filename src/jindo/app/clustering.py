"""Clusters of a ledger's accounts: build them, say why two addresses are in one, show one.

* CoinJoins are found first and join nothing; both heuristics are stated with version and parameters.
* Everything here is inference, and says so: that who signs together is one may be wrong, and is no fact of the chain.
* A figure is of addresses or of clusters, and says which.

What joins and what does not is `trace`'s; which chain is meant, `cluster_chains`'; how it is kept, `cluster_files`'.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from jindo.app.cluster_chains import (
    ClusterRequest,
    choose_chains,
    describe_heuristics,
    open_built,
    read_one_version,
)
from jindo.app.cluster_files import ChainClusters, ClusterFolder, name_folder, write_folder
from jindo.app.study import Progress
from jindo.base.errors import InputError
from jindo.base.ids import ChainId, parse_address
from jindo.base.times import format_time
from jindo.base.version import VERSION
from jindo.ledger import Ints, Ledger, UtxoChain, open_ledger
from jindo.trace import clusters, coinjoins

STATEMENT = (
    "Inference, not fact: that all inputs of one transaction have one owner. CoinJoins that were recognised are left "
    "out; those that were not, PayJoins, and services that sign for their customers join strangers."
)
ERROR = {"population": "unknown", "measured": "not yet"}
"""What is known of the error, until it is measured."""


def build_cluster_folder(
    ledger: Path,
    *,
    out: Path | None = None,
    chain: ChainId | None = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Build the clusters of a ledger's UTXO chains, or of one, and write their folder; what was built, as JSON.

    Raises:
        NoCommonInputs: there is no UTXO chain, or the one named is none.
        NotFound: the ledger does not hold the chain.
        ConflictError: `out` holds something already.
        IntegrityError: the ledger's files are not what was written.
    """
    opened, out = open_ledger(ledger), out or name_folder(ledger)
    names, left_out = choose_chains(opened, chain)
    stated = {
        "heuristics": describe_heuristics(),
        "left_out": left_out,
        "statement": STATEMENT,
        "error": ERROR,
        "software": {"name": "jindo", "version": VERSION},
    }
    built = (_build_chain(opened, name, progress) for name in names)
    folder = write_folder(out, built, stated, replace=replace)
    return {"ledger": str(ledger), "out": str(out), **folder.content}


def explain_cluster(request: ClusterRequest, start: str, stop: str) -> dict[str, Any]:
    """Why two addresses are in one cluster: the transactions from one to the other, or that there are none; as JSON.

    Raises:
        NotFound: no clusters were built, or the ledger does not know an address.
        NoCommonInputs: an address is on an account chain.
        LedgerChanged: the ledger is not the one that the clusters are of.
        IntegrityError: the clusters' files are not what was written.
    """
    addresses = [parse_address(start), parse_address(stop)]
    built, chain, folder = open_built(request, addresses)
    ends = [chain.accounts.find(address) for address in addresses]
    path = built.clusters.explain(ends[0], ends[1])
    cluster = None if path is None else chain.accounts[built.clusters.cluster_of(ends[0])]
    return {
        **_head(request, built, folder),
        "start": addresses[0],
        "stop": addresses[1],
        "joined": path is not None,
        "cluster": cluster,
        "path": [
            {
                "from": chain.accounts[union.start],
                "to": chain.accounts[union.stop],
                **_describe_transaction(chain, union.transaction),
                "inputs": len(chain.inputs_of(union.transaction)),
            }
            for union in path or ()
        ],
        "coinjoins_of_both": _describe_coinjoins(chain, built, _find_joint(chain, built, ends)),
    }


def show_cluster(request: ClusterRequest, address: str, *, limit: int = 100) -> dict[str, Any]:
    """The cluster that an address is in, with its first `limit` members by appearance, as JSON.

    Raises:
        InputError: the limit is below 1.
        NotFound, NoCommonInputs, LedgerChanged, IntegrityError: as `explain_cluster`.
    """
    if limit < 1:
        raise InputError("the number of members must be 1 or more", place="--limit")
    asked = parse_address(address)
    built, chain, folder = open_built(request, [asked])
    account = chain.accounts.find(asked)
    cluster = built.clusters.cluster_of(account)
    members = built.clusters.members(cluster)
    return {
        **_head(request, built, folder),
        "address": asked,
        "cluster": chain.accounts[cluster],
        "size": len(members),
        "members": [chain.accounts[int(member)] for member in islice(members, limit)],
        "complete": len(members) <= limit,
        "coinjoins_of_address": _describe_coinjoins(chain, built, _find_joint(chain, built, [account])),
    }


def _build_chain(ledger: Ledger, name: ChainId, progress: Progress | None) -> ChainClusters:
    chain, fingerprint = read_one_version(ledger, name)
    _say(progress, f"looking for CoinJoins on {name}", 0)
    found = coinjoins.find_coinjoins(chain)
    _say(progress, f"joining inputs on {name}", 1)
    return ChainClusters(name, fingerprint, clusters.build_clusters(chain, found.transactions), found)


def _head(request: ClusterRequest, built: ChainClusters, folder: ClusterFolder) -> dict[str, Any]:
    return {
        "ledger": str(request.ledger),
        "folder": str(folder.path),
        "chain": built.chain,
        "fingerprint": built.fingerprint,
        "hash": folder.content["hash"],
        "heuristics": [{k: h[k] for k in ("name", "version")} for h in folder.content["heuristics"]],
        "statement": STATEMENT,
        "error": ERROR,
    }


def _describe_transaction(chain: UtxoChain, transaction: int) -> dict[str, Any]:
    time = int(chain.time[transaction])
    return {
        "tx_hash": chain.tx_hashes[transaction],
        "block": int(chain.block[transaction]),
        "time": None if time < 0 else format_time(time),
    }


def _find_joint(chain: UtxoChain, built: ChainClusters, accounts: list[int]) -> Iterator[int]:
    """The places of the CoinJoins that all of these accounts have an input in."""
    spans = [chain.inputs_of(int(tx)) for tx in built.coinjoins.transactions]
    for place, span in enumerate(spans):
        owners: Ints = np.asarray(chain.in_account[span.start : span.stop])
        if all(np.any(owners == account) for account in accounts):
            yield place


def _describe_coinjoins(
    chain: UtxoChain, built: ChainClusters, places: Iterator[int]
) -> list[dict[str, Any]]:
    return [
        {**_describe_transaction(chain, join.transaction), **join.to_json()}
        for join in (built.coinjoins[place] for place in places)
    ]


def _say(progress: Progress | None, step: str, done: int) -> None:
    if progress:
        progress(step, done, 2)
