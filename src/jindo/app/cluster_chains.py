"""Which of a ledger's chains clusters are of, and whether they still are of it.

* Only UTXO chains have clusters; asking for others is refused with the reason.
* Clusters are of one chain as it was, by heuristics of one version with their parameters. Where either has changed they are
  refused, with the command that builds them again.
* A chain and its fingerprint are read of one version, whatever is imported meanwhile.

What is said of clusters is `clustering`'s, how they are kept `cluster_files`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.cluster_files import ChainClusters, ClusterFolder, name_folder, read_chain, read_folder
from jindo.base.errors import ConflictError, InputError, NotFound
from jindo.base.ids import Account, ChainId
from jindo.ledger import NOBODY, Chain, Ledger, UtxoChain, open_ledger
from jindo.trace import clusters, coinjoins


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


def describe_heuristics() -> list[dict[str, Any]]:
    """The heuristics that clusters rest on, with version and parameters, as JSON."""
    parameters = coinjoins.CoinJoinParameters().to_json()
    return [
        {"name": coinjoins.HEURISTIC, "version": coinjoins.VERSION, "parameters": parameters},
        {"name": clusters.HEURISTIC, "version": clusters.VERSION, "parameters": {}},
    ]


def choose_chains(ledger: Ledger, chain: ChainId | None) -> tuple[list[ChainId], list[str]]:
    """The chains to build, and those left out.

    Raises:
        NoCommonInputs: there is no UTXO chain, or the one named is none.
        NotFound: the ledger does not hold the chain.
    """
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


def read_one_version(ledger: Ledger, name: ChainId) -> tuple[UtxoChain, str]:
    """A chain and its fingerprint, both of one version, whatever is imported meanwhile."""
    while True:
        chain, fingerprint = ledger.chain(name), ledger.chain_fingerprint(name)
        now = open_ledger(ledger.folder)
        if now.manifest.chains.get(name) == ledger.manifest.chains.get(name):
            return _as_utxo(chain), fingerprint
        ledger = now


def open_built(
    request: ClusterRequest, addresses: list[Account]
) -> tuple[ChainClusters, UtxoChain, ClusterFolder]:
    """What was built of the chain that knows these addresses, and the chain itself, unchanged since.

    Raises:
        NotFound: no clusters were built, or the ledger does not know an address.
        NoCommonInputs: an address is on an account chain.
        LedgerChanged: the chain or the heuristics have changed.
        InputError: two chains know the addresses, and none is named.
        IntegrityError: a file is not what was written.
    """
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


def _as_utxo(chain: Chain) -> UtxoChain:
    """The chain as a UTXO chain.

    Raises:
        NoCommonInputs: it is none.
    """
    if not isinstance(chain, UtxoChain):
        raise _refuse(chain.chain, chain.chain)
    return chain


def _rebuild(request: ClusterRequest, folder: ClusterFolder) -> str:
    return f"Build them again: jindo cluster build {request.ledger} --out {folder.path} --replace"


def _refuse(chain: str, place: str) -> NoCommonInputs:
    return NoCommonInputs(
        f"clusters join the owners of one transaction's inputs, and {chain} has no inputs: "
        "each of its transactions has one sender",
        place=place,
    )
