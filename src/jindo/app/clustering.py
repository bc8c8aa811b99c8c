"""Clusters of a ledger's accounts: build them, say why two addresses are in one, show one.

* CoinJoins are found first and join nothing; both heuristics are stated with version and parameters.
* Everything here is inference, and says so: that who signs together is one may be wrong, and is no fact of the chain.
* Clusters are of one ledger as it was. Where a chain has changed since, they are refused, not used.
* A figure is of addresses or of clusters, and says which.

What joins and what does not is `trace`'s; how it is kept, `cluster_files`'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from jindo.app.cluster_files import (
    ChainClusters,
    ClusterFolder,
    name_folder,
    read_chain,
    read_folder,
    write_folder,
)
from jindo.app.study import Progress
from jindo.base.errors import ConflictError, InputError, NotFound
from jindo.base.ids import Account, ChainId, parse_address
from jindo.base.times import format_time
from jindo.base.version import VERSION
from jindo.ledger import NOBODY, Chain, Ints, Ledger, UtxoChain, open_ledger
from jindo.trace import clusters, coinjoins

STATEMENT = (
    "Inference, not fact: that all inputs of one transaction have one owner. CoinJoins that were recognised are left "
    "out; those that were not, PayJoins, and services that sign for their customers join strangers."
)
ERROR = {"population": "unknown", "measured": "not yet"}
"""What is known of the error, until it is measured."""


class NoCommonInputs(InputError):
    """Common-input clusters were asked for on a chain whose transactions have one sender each."""

    code = "cluster.account-chain"

    def default_remedy(self) -> str:
        """Where accounts are joined otherwise."""
        return "Name a UTXO chain. On account chains deposit addresses are told by their sweeps, as likely services."


class LedgerChanged(ConflictError):
    """Clusters are of the ledger as it was before something was imported or taken off."""

    code = "cluster.ledger-changed"


@dataclass(frozen=True, slots=True)
class ClusterRequest:
    """What `jindo cluster why` and `show` ask about."""

    ledger: Path
    folder: Path | None = None
    """Where the clusters are; beside the ledger where it is not given."""
    chain: ChainId | None = None
    """Needed only where two chains know the addresses."""


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
    names, left_out = _choose_chains(opened, chain)
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
    built, chain, folder = _open_built(request, addresses)
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
    built, chain, folder = _open_built(request, [asked])
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


def describe_heuristics() -> list[dict[str, Any]]:
    """The heuristics that clusters rest on, with version and parameters, as JSON."""
    parameters = coinjoins.CoinJoinParameters().to_json()
    return [
        {"name": coinjoins.HEURISTIC, "version": coinjoins.VERSION, "parameters": parameters},
        {"name": clusters.HEURISTIC, "version": clusters.VERSION, "parameters": {}},
    ]


def _choose_chains(ledger: Ledger, chain: ChainId | None) -> tuple[list[ChainId], list[str]]:
    """The chains to build, and those left out."""
    kinds = {name: ledger.manifest.chains[name].kind for name in ledger.chain_ids()}
    if chain is not None and chain not in kinds:
        raise NotFound(
            f"the ledger has no chain {chain}; it has {', '.join(kinds) or 'none'}", place="--chain"
        )
    asked = [chain] if chain is not None else list(kinds)
    found = [name for name in asked if kinds[name] == "utxo"]
    if not found:
        raise _refuse(", ".join(asked) or "an empty ledger", "--chain" if chain else str(ledger.folder))
    return found, [name for name in asked if name not in found]


def _refuse(chain: str, place: str) -> NoCommonInputs:
    return NoCommonInputs(
        f"clusters join the owners of one transaction's inputs, and {chain} has no inputs: "
        "each of its transactions has one sender",
        place=place,
    )


def _build_chain(ledger: Ledger, name: ChainId, progress: Progress | None) -> ChainClusters:
    chain, fingerprint = _read_one_version(ledger, name)
    _say(progress, f"looking for CoinJoins on {name}", 0)
    found = coinjoins.find_coinjoins(chain)
    _say(progress, f"joining inputs on {name}", 1)
    return ChainClusters(name, fingerprint, clusters.build_clusters(chain, found.transactions), found)


def _read_one_version(ledger: Ledger, name: ChainId) -> tuple[UtxoChain, str]:
    """A chain and its fingerprint, both of one version, whatever is imported meanwhile."""
    while True:
        chain, fingerprint = ledger.chain(name), ledger.chain_fingerprint(name)
        now = open_ledger(ledger.folder)
        if now.manifest.chains.get(name) == ledger.manifest.chains.get(name):
            return as_utxo(chain), fingerprint
        ledger = now


def as_utxo(chain: Chain) -> UtxoChain:
    """The chain as a UTXO chain.

    Raises:
        NoCommonInputs: it is none.
    """
    if not isinstance(chain, UtxoChain):
        raise _refuse(chain.chain, chain.chain)
    return chain


def _open_built(
    request: ClusterRequest, addresses: list[Account]
) -> tuple[ChainClusters, UtxoChain, ClusterFolder]:
    """What was built of the chain that knows these addresses, and the chain itself, unchanged since."""
    ledger, folder = open_ledger(request.ledger), read_folder(request.folder or name_folder(request.ledger))
    chain = _find_chain(ledger, request.chain, addresses)
    entry = folder.find(chain.chain)
    if entry is None:
        raise NotFound(
            f"no clusters of {chain.chain} were built",
            place=str(folder.path),
            remedy=_rebuild(request, folder),
        )
    fingerprint = ledger.chain_fingerprint(chain.chain)
    if fingerprint != entry["fingerprint"]:
        raise LedgerChanged(
            f"{chain.chain} has changed since its clusters were built: its fingerprint is {fingerprint}, "
            f"theirs {entry['fingerprint']}",
            place=str(folder.path),
            remedy=_rebuild(request, folder),
        )
    if folder.content["heuristics"] != describe_heuristics():
        raise LedgerChanged(
            "these clusters were built by heuristics of another version or with other parameters",
            place=str(folder.path),
            remedy=_rebuild(request, folder),
        )
    return read_chain(folder, entry), chain, folder


def _rebuild(request: ClusterRequest, folder: ClusterFolder) -> str:
    return f"Build them again: jindo cluster build {request.ledger} --out {folder.path} --replace"


def _find_chain(ledger: Ledger, named: ChainId | None, addresses: list[Account]) -> UtxoChain:
    """The one chain that knows all of these addresses."""
    mapped = [ledger.chain(named)] if named is not None else [ledger.chain(n) for n in ledger.chain_ids()]
    knowing = [
        chain for chain in mapped if all(chain.accounts.find(address) != NOBODY for address in addresses)
    ]
    utxo = [chain for chain in knowing if isinstance(chain, UtxoChain)]
    if len(utxo) == 1:
        return utxo[0]
    if utxo:
        there = ", ".join(chain.chain for chain in utxo)
        raise InputError(
            f"several chains know the addresses: {there}", place="--chain", remedy="Name one of them."
        )
    if knowing:
        raise _refuse(knowing[0].chain, addresses[0])
    known = [{chain.accounts.find(address) != NOBODY for chain in mapped} for address in addresses]
    unknown = [address for address, found in zip(addresses, known, strict=True) if True not in found]
    problem = (
        f"no chain of the ledger knows {' and '.join(unknown)}"
        if unknown
        else "no chain knows both addresses"
    )
    raise NotFound(problem, place=str(ledger.folder))


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
