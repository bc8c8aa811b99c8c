"""The evidence that a result carries for its Bitcoin transactions: raw bytes, Merkle branches and headers.

* For each transaction of the history that the ledger can prove, one line; so for the transactions whose outputs it
  spends, which prove what its inputs are worth; and for the first transaction of each of these blocks, which states
  the block's height since BIP-34 and shows how deep its tree is. Lines stand by chain, block and index.
* What contradicts the history is an `IntegrityError`, when it is written and when it is verified.

It shows that work was done on these transactions. Whether the blocks are in the best chain, a node of the chain says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from jindo.app.evidence_lines import ProvenTransaction, parse_line, prove, to_line
from jindo.app.history import read_bitcoin_history
from jindo.base.errors import InputError, IntegrityError
from jindo.base.ids import ChainId
from jindo.ledger import (
    BlockStore,
    Ledger,
    RawTransaction,
    TransactionPlace,
    TransactionProof,
    UtxoInput,
    UtxoTransaction,
    check_depth,
    find_height,
    get_network,
    name_accounts,
    to_shown,
)

FILE = "evidence-bitcoin.jsonl"


def write_evidence(history: Path, ledger: Ledger, folder: Path) -> dict[str, Any] | None:
    """Write the evidence that `ledger` has for a history into `folder`, and say what it is.

    Where there is none, nothing is written and the answer is `None`.

    Raises:
        IntegrityError: the history is not what the raw bytes say, or the raw blocks are damaged.
    """
    if not ledger.manifest.blocks:
        return None
    told, path = read_bitcoin_history(history), folder / FILE
    with path.open("wb") as stream:
        for chain in sorted(told):
            for proof in _iter_proofs(told[chain], ledger.blocks(chain)):
                stream.write(to_line(prove(proof)))
    if not path.stat().st_size:
        path.unlink()
        return None
    try:
        return _check_lines(path, told)
    except InputError as error:
        raise IntegrityError(
            f"what the ledger holds is not what its raw blocks say: {error.problem}",
            place=str(ledger.folder),
            remedy="Import the raw blocks into a new ledger, and ask where the other source's rows came from.",
        ) from error


def check_evidence(folder: Path, stated: dict[str, Any] | None) -> str | None:
    """What a result's evidence shows, in words; `None` where the result says that there is none.

    Raises:
        IntegrityError: it does not show what the result says; the line is named, and what is broken.
    """
    path = folder / FILE
    if stated is None and not path.exists():
        return None
    try:
        found = _check_lines(path, read_bitcoin_history(folder / "history.parquet"))
    except InputError as error:
        raise IntegrityError(error.problem, place=error.place) from error
    if found != stated:
        raise IntegrityError("the evidence is not the one that the result names", place=str(path))
    return (
        f"{found['proven']} of {found['transactions']} Bitcoin transactions of the history are proven by raw bytes, "
        f"Merkle branch and a header with work, {found['inputs_proven']} of {found['inputs']} inputs by the "
        f"transaction that made them; {found['heights_proven']} of {found['blocks']} blocks state their own height; "
        "not shown: that the blocks are in the best chain"
    )


def find_break(folder: Path) -> str:
    """The line of a result's evidence that is broken and how, empty where each line still proves what it should."""
    try:
        _check_lines(folder / FILE, read_bitcoin_history(folder / "history.parquet"))
    except (InputError, IntegrityError) as error:
        return f"{Path(error.place).name}: {error.problem}"
    return ""


def _iter_proofs(told: Mapping[str, UtxoTransaction], store: BlockStore) -> Iterator[TransactionProof]:
    """The proofs that a chain's history gets, in order."""
    found: set[TransactionPlace | None] = set()
    if len(store):
        found |= {store.find(name, block=row.block) for name, row in told.items()}
        parents = {given.prev_hash for row in told.values() for given in row.inputs} - told.keys()
        found |= {store.find(name) for name in parents}
    places = sorted((p for p in found if p is not None), key=lambda place: (place.block, place.index))
    for _, of_block in groupby(places, key=lambda place: place.coinbase()):
        first, *others = of_block
        coinbase = store.prove(first.coinbase())
        if coinbase is None:
            continue
        yield coinbase
        proofs = (store.prove(place) for place in (first, *others) if place.index)
        yield from (proof for proof in proofs if proof is not None)


def _check_lines(path: Path, told: Mapping[ChainId, Mapping[str, UtxoTransaction]]) -> dict[str, Any]:
    """Check every line by itself, against its block's other lines and against the history; what it all shows.

    Raises:
        InputError: something does not hold; the line is named.
    """
    gathered, digest = _Gathered(told), hashlib.sha256()
    if not path.is_file():
        raise InputError("the evidence that the result names is missing", place=str(path))
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            digest.update(line)
            with _placed(f"{path}:{number}"):
                gathered.take(parse_line(line))
    with _placed(str(path)):
        gathered.check_inputs()
    return {"sha256": digest.hexdigest(), **gathered.count()}


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """An `InputError` from inside names this place."""
    try:
        yield
    except InputError as error:
        raise InputError(error.problem, place=place) from error


class _Gathered:
    """What the lines taken so far show of a history."""

    def __init__(self, told: Mapping[ChainId, Mapping[str, UtxoTransaction]]) -> None:
        self._told = told
        self._seen: dict[tuple[ChainId, str], RawTransaction] = {}
        self._first: ProvenTransaction | None = None
        """The first line of the block that is being read."""
        self._last: ProvenTransaction | None = None
        self._proven = self._inputs_proven = self._blocks = self._heights_proven = 0

    def take(self, proven: ProvenTransaction) -> None:
        """Check one line against the lines before and the history."""
        if self._last is not None and proven.key <= self._last.key:
            raise InputError("the line is out of order, or there twice")
        if self._first is None or self._first.key[:2] != proven.key[:2]:
            self._begin_block(proven)
        elif self._first.proof.header != proven.proof.header:
            raise InputError("the line names another block than the lines before, at the same height")
        else:
            check_depth(proven.proof, len(self._first.proof.branch))
        self._last = proven
        row = self._told.get(proven.proof.chain, {}).get(proven.name)
        # Two coinbases of 2010 stand in two blocks each (BIP-30): one may be here for its block alone.
        if row is not None and not (proven.transaction.is_coinbase and row.block != proven.proof.block):
            _check_row(row, proven)
            self._proven += 1
        self._seen[proven.proof.chain, proven.name] = proven.transaction

    def _begin_block(self, proven: ProvenTransaction) -> None:
        if proven.proof.index or not proven.transaction.is_coinbase:
            raise InputError("the first line of a block is not its first transaction")
        network = get_network(proven.proof.chain)
        stated = find_height(proven.header, proven.transaction, network)
        if stated != proven.proof.block and (
            stated is not None or proven.proof.block >= network.heights_from
        ):
            raise InputError(f"the block does not state the height {proven.proof.block}")
        below = self._first
        is_next = below is not None and below.key[:2] == (proven.proof.chain, proven.proof.block - 1)
        if below is not None and is_next and proven.header.previous != below.header.hash:
            raise InputError("the block does not stand on the one before")
        self._first = proven
        self._blocks += 1
        self._heights_proven += stated is not None

    def check_inputs(self) -> None:
        """Hold the history's inputs against the transactions that made them; no line may be there for nothing."""
        needed: set[tuple[ChainId, str]] = set()
        for chain, rows in self._told.items():
            needed |= {(chain, name) for name in rows}
            for row in rows.values():
                for given in row.inputs:
                    needed.add((chain, given.prev_hash))
                    self._check_input(chain, row, given)
        for (chain, name), transaction in self._seen.items():
            if (chain, name) not in needed and not transaction.is_coinbase:
                raise InputError(f"the history has nothing to do with the transaction {name}")

    def _check_input(self, chain: ChainId, row: UtxoTransaction, given: UtxoInput) -> None:
        maker = self._seen.get((chain, given.prev_hash))
        if maker is None:
            return
        made = maker.outputs[given.prev_index] if given.prev_index < len(maker.outputs) else None
        names = name_accounts(made.script, get_network(chain)) if made is not None else frozenset()
        if made is None or given.value != made.value or given.address not in names:
            raise InputError(
                f"output {given.prev_index} of {given.prev_hash}, which the history's transaction {row.tx_hash} spends, "
                "has another value or address by its bytes"
            )
        self._inputs_proven += 1

    def count(self) -> dict[str, int]:
        """How much of the history is proven."""
        rows = [row for of_chain in self._told.values() for row in of_chain.values()]
        return {
            "transactions": len(rows),
            "proven": self._proven,
            "inputs": sum(len(row.inputs) for row in rows),
            "inputs_proven": self._inputs_proven,
            "blocks": self._blocks,
            "heights_proven": self._heights_proven,
        }


def _check_row(row: UtxoTransaction, proven: ProvenTransaction) -> None:
    """Hold the history's transaction against its bytes."""
    says, transaction, proof = f"the history's transaction {row.tx_hash}", proven.transaction, proven.proof
    if (row.block, row.tx_index) != (proof.block, proof.index) or row.time not in (None, proven.header.time):
        raise InputError(f"{says} has another block, place or time than its bytes have")
    spent = () if transaction.is_coinbase else tuple((to_shown(txid), i) for txid, i in transaction.spent)
    if row.coinbase != transaction.is_coinbase or spent != tuple(
        (i.prev_hash, i.prev_index) for i in row.inputs
    ):
        raise InputError(f"{says} spends other outputs than its bytes say")
    if len(row.outputs) != len(transaction.outputs):
        raise InputError(f"{says} has {len(row.outputs)} outputs, and its bytes {len(transaction.outputs)}")
    network = get_network(proof.chain)
    for index, (made, raw) in enumerate(zip(row.outputs, transaction.outputs, strict=True)):
        if made.value != raw.value or made.address not in name_accounts(raw.script, network):
            raise InputError(f"output {index} of {says} has another value or address than its bytes say")
