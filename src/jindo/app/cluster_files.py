"""The folder that clusters are kept in: `clusters.json`, and three Arrow files for each chain.

    clusters.json                what was built, from which chains, by which heuristics, with the SHA-256 of each file
    <chain>/roots.arrow          the cluster of each account, by the ledger's account ids
    <chain>/forest.arrow         the unions: account, account, transaction, input, in ledger order
    <chain>/coinjoins.arrow      the transactions that were left out, with the figures that decided

* The folder is written beside its place and put there in one step; nothing in it is changed afterwards.
* The same ledger, heuristics and parameters give the same bytes.
* Ids are the ledger's: they mean nothing without a chain of the fingerprint that is stated.

What the files say is inference; `clustering` says so wherever it shows them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.errors import ConflictError, IntegrityError, NotFound
from jindo.base.ids import ChainId
from jindo.ledger import Ints
from jindo.seal import canonical_bytes, canonical_hash
from jindo.trace import clusters, coinjoins

FORMAT = "jindo.clusters/1"
FILE = "clusters.json"
ROOTS, FOREST, COINJOINS = "roots.arrow", "forest.arrow", "coinjoins.arrow"
_FOREST_COLUMNS = ("one", "other", "transaction", "input")


@dataclass(frozen=True, slots=True)
class ChainClusters:
    """What was built of one chain."""

    chain: ChainId
    fingerprint: str
    """Of the chain that it was built from, in hex."""
    clusters: clusters.Clusters
    coinjoins: coinjoins.CoinJoins


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """A folder of clusters whose list of contents was read."""

    path: Path
    content: dict[str, Any]
    """`clusters.json`."""

    def find(self, chain: ChainId) -> dict[str, Any] | None:
        """What is stated of a chain, `None` where it was not built."""
        return next((entry for entry in self.content["chains"] if entry["chain"] == chain), None)


def name_folder(ledger: Path) -> Path:
    """Where a ledger's clusters are kept where nobody says otherwise: beside it."""
    ledger = Path(ledger).absolute()
    return ledger.parent / f"{ledger.name}.clusters"


def write_folder(
    out: Path, built: Iterable[ChainClusters], stated: Mapping[str, Any], *, replace: bool
) -> ClusterFolder:
    """Write a folder of clusters; chains are written one by one, as `built` gives them.

    Raises:
        ConflictError: `out` holds something, and it is not to be replaced or is no folder of clusters.
    """
    _check_room(out, replace=replace)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        chains = [_write_chain(draft, chain) for chain in built]
        content = {"format": FORMAT, **stated, "chains": chains}
        content["hash"] = canonical_hash(content)
        (draft / FILE).write_bytes(canonical_bytes(content) + b"\n")
        draft.chmod(0o755)
        _put(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return ClusterFolder(out, content)


def read_folder(path: Path) -> ClusterFolder:
    """A folder of clusters, by its list of contents.

    Raises:
        NotFound: there is none.
        IntegrityError: the list is not what was written.
    """
    try:
        content = json.loads((path / FILE).read_bytes())
        stated = {name: value for name, value in content.items() if name != "hash"}
        is_whole = content["format"] == FORMAT and content["hash"] == canonical_hash(stated)
    except FileNotFoundError as error:
        raise NotFound(
            "no clusters were built here", place=str(path), remedy="Run `jindo cluster build LEDGER`."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path / FILE) from error
    if not is_whole:
        raise _damaged(path / FILE)
    return ClusterFolder(path, content)


def read_chain(folder: ClusterFolder, entry: Mapping[str, Any]) -> ChainClusters:
    """What was built of one chain, its files held against their hashes and mapped.

    Raises:
        IntegrityError: a file is missing or is not what was written.
    """
    place = folder.path / name_chain(entry["chain"])
    for name, digest in entry["files"].items():
        if _hash_or_nothing(place / name) != digest:
            raise _damaged(place / name)
    forest = _map_columns(place / FOREST)
    found = clusters.Clusters(
        _map_columns(place / ROOTS)["cluster"],
        clusters.Forest(*(forest[name] for name in _FOREST_COLUMNS)),
        int(entry["transactions"]),
    )
    return ChainClusters(
        ChainId(entry["chain"]), entry["fingerprint"], found, _read_coinjoins(place, entry, folder)
    )


def name_chain(chain: str) -> str:
    """The name of a chain's folder."""
    return re.sub(r"[^-a-zA-Z0-9]", "_", chain)


def _check_room(out: Path, *, replace: bool) -> None:
    is_empty = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    if is_empty or (replace and _holds_clusters_alone(out)):
        return
    remedy = "Choose another --out, or give --replace where it holds clusters that are no longer wanted."
    raise ConflictError("the folder holds something already", place=str(out), remedy=remedy)


def _holds_clusters_alone(out: Path) -> bool:
    """Whether a folder is one of clusters, and nobody has put anything else into it."""
    if not (out / FILE).is_file():
        return False
    files = {path.relative_to(out) for path in out.rglob("*") if not path.is_dir()} - {Path(FILE)}
    return all(len(f.parts) == 2 and f.name in (ROOTS, FOREST, COINJOINS) for f in files)


def _put(draft: Path, out: Path) -> None:
    """The draft in its place; what was there is moved aside first, so that no mixture is ever seen."""
    if not out.exists():
        draft.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    out.rename(old / "was")
    draft.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _write_chain(folder: Path, built: ChainClusters) -> dict[str, Any]:
    place, found = folder / name_chain(built.chain), built.clusters
    place.mkdir()
    _write_columns(place / ROOTS, {"cluster": found.roots})
    _write_columns(place / FOREST, {name: getattr(found.forest, name) for name in _FOREST_COLUMNS})
    _write_coinjoins(place / COINJOINS, built.coinjoins)
    kinds = np.bincount(built.coinjoins.kinds, minlength=len(coinjoins.KINDS)).tolist()
    sizes = found.sizes
    return {
        "chain": built.chain,
        "fingerprint": built.fingerprint,
        "transactions": found.end,
        "accounts": len(found.roots),
        "clusters": found.joined_count,
        "accounts_joined": int(sizes[sizes > 1].sum()),
        "largest": int(sizes.max(initial=0)),
        "unions": len(found.forest),
        "coinjoins": dict(zip(coinjoins.KINDS, kinds, strict=True)),
        "files": {name: _hash_or_nothing(place / name) for name in (ROOTS, FOREST, COINJOINS)},
    }


def _write_coinjoins(path: Path, found: coinjoins.CoinJoins) -> None:
    columns = dict(zip(coinjoins.COLUMNS, found.figures.T, strict=True))
    _write_columns(path, {name: np.ascontiguousarray(column) for name, column in columns.items()})


def _read_coinjoins(place: Path, entry: Mapping[str, Any], folder: ClusterFolder) -> coinjoins.CoinJoins:
    columns = _map_columns(place / COINJOINS)
    figures = np.stack([columns[name] for name in coinjoins.COLUMNS], axis=1)
    stated = next(h for h in folder.content["heuristics"] if h["name"] == coinjoins.HEURISTIC)
    parameters = coinjoins.CoinJoinParameters.from_json(stated["parameters"])
    return coinjoins.CoinJoins(figures, int(entry["transactions"]), parameters)


def _write_columns(path: Path, columns: Mapping[str, Ints]) -> None:
    batch = pa.record_batch([pa.array(column) for column in columns.values()], names=list(columns))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def _map_columns(path: Path) -> dict[str, Ints]:
    try:
        batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        return {name: batch.column(name).to_numpy(zero_copy_only=True) for name in batch.schema.names}
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(path) from error


def _hash_or_nothing(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        "the file is not what `jindo cluster build` wrote",
        place=str(path),
        remedy="Do not use these clusters: build them again with --replace.",
    )
