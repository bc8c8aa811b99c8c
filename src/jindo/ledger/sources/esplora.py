"""The `esplora` format: kept responses of a Bitcoin block explorer that speaks Esplora's API.

* A transaction comes in where its fields give its id, its Merkle branch leads to a header, that header hashes to
  the block it is said to be in, and work was done on the header. Its place in the block is the branch's.
* What is in no block yet, or less than 6 blocks below the top when the responses were first asked for, is left out.
* Read are `/tx/:txid`, `/tx/:txid/merkle-proof`, `/block/:hash/header`, `/address/:a/txs/chain` and
  `/blocks/tip/height`, below whatever address the explorer has; other responses say nothing that moves.
* Heights are the explorer's word; that the block is in the best chain, too.

Whether a transaction can be is `utxo_import`'s to say; who asks is `app`'s.

Source: Blockstream Esplora, `API.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jindo.base.errors import InputError
from jindo.ledger.bitcoin.block import BlockHeader, check_depth, check_work, parse_header
from jindo.ledger.bitcoin.merkle import climb
from jindo.ledger.bitcoin.networks import Network, get_network
from jindo.ledger.bitcoin.proof import AMBIGUOUS_SIZE
from jindo.ledger.bitcoin.transaction import from_shown, parse_hex, to_shown
from jindo.ledger.rows import UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.esplora_transaction import ToldTransaction, parse_esplora_transaction
from jindo.ledger.sources.explorer_json import as_list, as_object, get_number, parse_json
from jindo.ledger.sources.kept import CONFIRMATIONS, KeptResponse, read_kept
from jindo.ledger.sources.request import SourceRequest, TransactionRows

_REMEDY = "Keep the responses as they are, and ask another explorer."
_ID = "([0-9a-f]{64})"
_TX = re.compile(f"/tx/{_ID}$")
_PROOF = re.compile(f"/tx/{_ID}/merkle-proof$")
_HEADER = re.compile(f"/block/{_ID}/header$")
_LIST = re.compile(f"/address/[^/]+/txs/chain(/{_ID})?$")
_TIP = re.compile("/blocks/tip/height$")
_GENESIS = re.compile("/block-height/0$")


@dataclass(slots=True)
class _Gathered:
    """What the responses say, each with the number of its file."""

    told: dict[str, tuple[int, ToldTransaction]] = field(default_factory=dict)
    proofs: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    headers: dict[str, BlockHeader] = field(default_factory=dict)
    height: int | None = None
    genesis: str = ""
    """Hash of the explorer's first block, empty where it was not asked for."""
    bad: list[tuple[int, BadRow]] = field(default_factory=list)


def read_esplora(request: SourceRequest) -> TransactionRows:
    """Every transaction that the kept responses show in a block, and every response that contradicts itself.

    Raises:
        InputError: they are of another network.
    """
    network = get_network(request.chain)
    found = _gather(read_kept(request.files), network)
    if found.genesis and not network.is_genesis(found.genesis):
        raise InputError(
            f"the explorer's first block is not that of {network.chain} ({network.name})",
            remedy="Name the chain with --chain: bip122: and the first 32 digits of its first block's hash.",
        )
    for number, bad in found.bad:
        yield number, 1, request.files[number].name, bad
    unplaced = 0
    for txid, (number, told) in sorted(found.told.items()):
        if found.height is not None and told.height > found.height:
            continue
        if txid not in found.proofs or told.block_hash not in found.headers:
            unplaced += 1
            continue
        yield number, 1, f'{{"txid": "{txid}"}}', _place(told, found, network)
    if unplaced:
        request.notes.append(
            f"{unplaced} transactions that a list of the explorer names are not in the ledger: their place in a block "
            "was not asked for"
        )


def _gather(responses: Iterable[KeptResponse], network: Network) -> _Gathered:
    found = _Gathered()
    for kept in responses:
        try:
            _take(found, kept, network)
        except InputError as error:
            problem = f"the explorer's answer for {kept.path} cannot be true: {error.problem}"
            found.bad.append((kept.file, BadRow("ledger.bad-response", problem, _REMEDY)))
    return found


def _take(found: _Gathered, kept: KeptResponse, network: Network) -> None:
    if match := _TX.search(kept.path):
        _tell(found, kept.file, parse_json(kept.body), network, asked=match[1])
    elif _LIST.search(kept.path):
        for value in as_list(parse_json(kept.body), "list of transactions"):
            _tell(found, kept.file, value, network)
    elif match := _PROOF.search(kept.path):
        found.proofs[match[1]] = (kept.file, as_object(parse_json(kept.body), "Merkle proof"))
    elif match := _HEADER.search(kept.path):
        found.headers[match[1]] = _parse_header(kept.body, match[1], network)
    elif _GENESIS.search(kept.path):
        found.genesis = kept.body.decode("ascii", "replace").strip()
    elif _TIP.search(kept.path):
        tip = get_number({"height": kept.body.decode("ascii", "replace").strip()}, "height")
        height = max(0, tip - CONFIRMATIONS["esplora"])
        found.height = height if found.height is None else min(found.height, height)


def _tell(found: _Gathered, number: int, value: Any, network: Network, *, asked: str | None = None) -> None:
    told = parse_esplora_transaction(value, network)
    if told is None:
        return
    if asked is not None and told.txid != asked:
        raise InputError(f"it is the transaction {told.txid}, and {asked} was asked for")
    _, there = found.told.setdefault(told.txid, (number, told))
    if there.block_hash != told.block_hash or there.inputs != told.inputs:
        raise InputError(f"the transaction {told.txid} has another block, or other inputs, in another answer")


def _parse_header(body: bytes, asked: str, network: Network) -> BlockHeader:
    header = parse_header(parse_hex(body.decode("ascii", "replace").strip()))
    if to_shown(header.hash) != asked:
        raise InputError(f"the header is that of block {to_shown(header.hash)}")
    check_work(header, network)
    return header


def _place(told: ToldTransaction, found: _Gathered, network: Network) -> UtxoTransaction | BadRow:
    """The transaction at the place in its block that its Merkle branch proves."""
    header = found.headers[told.block_hash]
    try:
        index = _check_branch(told, found.proofs[told.txid][1], header)
        _check_block(told, header, network)
    except InputError as error:
        problem = f"the explorer's answers on {told.txid} cannot all be true: {error.problem}"
        return BadRow("ledger.bad-proof", problem, _REMEDY)
    return UtxoTransaction(
        block=told.height,
        tx_hash=told.txid,
        tx_index=index,
        inputs=told.inputs,
        outputs=told.outputs,
        coinbase=told.coinbase,
        time=header.time,
    )


def _check_block(told: ToldTransaction, header: BlockHeader, network: Network) -> None:
    if told.time != header.time:
        raise InputError(f"its block's time is said to be {told.time}, and the header states {header.time}")
    check_depth(header, told.height, network)
    if not told.height and not network.is_genesis(told.block_hash):
        raise InputError("it is said to be in the first block, which this block is not")


def _check_branch(told: ToldTransaction, proof: dict[str, Any], header: BlockHeader) -> int:
    index, height = get_number(proof, "pos"), get_number(proof, "block_height")
    branch = [from_shown(str(digest)) for digest in as_list(proof.get("merkle"), "merkle")]
    if height != told.height:
        raise InputError(f"its block stands at {told.height} by one answer, and at {height} by another")
    if told.raw.stripped_size == AMBIGUOUS_SIZE:
        raise InputError(
            "a transaction of 64 bytes could pass for two hashes of a Merkle tree, and proves nothing"
        )
    if climb(told.raw.txid, index, branch) != header.root:
        raise InputError("its Merkle branch does not lead to its block's root")
    if told.coinbase != (index == 0):
        raise InputError("a coinbase stands first in its block, and nothing else does")
    return index
