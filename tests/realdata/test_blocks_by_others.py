"""Real blocks as somebody else's library reads them: python-bitcoinlib, which shares no line with our parsers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from bitcoin.core import CBlock
from bitcoin.wallet import CBitcoinAddress, CBitcoinAddressError, P2PKHBitcoinAddress
from tests.realdata.test_block_columns import MAIN, read_columns

from jindo.ledger.bitcoin.columns import BlockColumns
from jindo.ledger.bitcoin.kernel_scripts import ScriptKind

pytestmark = pytest.mark.realdata

THEIRS = frozenset(
    {
        ScriptKind.KEY,
        ScriptKind.KEY_HASH,
        ScriptKind.SCRIPT_HASH,
        ScriptKind.WITNESS_KEY_HASH,
        ScriptKind.WITNESS_SCRIPT_HASH,
    }
)
"""Scripts of which the library always tells the address; it knows no taproot."""


def read_theirs(columns: BlockColumns) -> list[Any]:
    return [CBlock.deserialize(columns.read_block(block)) for block in range(len(columns))]


@pytest.fixture(scope="module")
def files(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[BlockColumns, Any, bool]]:
    """Our columns and their blocks of each file, and whether they are of the main network."""
    found = read_columns(data_dir, tmp_path_factory.mktemp("blocks")).values()
    return [(columns, read_theirs(columns), network is MAIN) for columns, network in found]


def test_block_hashes_and_merkle_roots(files: list[tuple[BlockColumns, Any, bool]]) -> None:
    for columns, blocks, _ in files:
        assert [header.hash for header in columns.headers] == [block.GetHash() for block in blocks]
        assert [header.root for header in columns.headers] == [block.calc_merkle_root() for block in blocks]
        assert [header.previous for header in columns.headers] == [block.hashPrevBlock for block in blocks]
        assert [block.hashMerkleRoot for block in blocks] == [block.calc_merkle_root() for block in blocks]


def test_txids_and_wtxids(files: list[tuple[BlockColumns, Any, bool]]) -> None:
    for columns, blocks, _ in files:
        theirs = [tx for block in blocks for tx in block.vtx]
        assert columns.wtxid is not None
        assert columns.txid.tobytes() == b"".join(tx.GetTxid() for tx in theirs)
        assert columns.wtxid.tobytes() == b"".join(hash_whole(tx) for tx in theirs)


def hash_whole(tx: Any) -> bytes:
    """What BIP-141 names wtxid."""
    return hashlib.sha256(hashlib.sha256(tx.serialize()).digest()).digest()


def test_the_witnesses_are_those_that_the_coinbase_commits_to(
    files: list[tuple[BlockColumns, Any, bool]],
) -> None:
    """BIP-141: the hash over the wtxids' root and the reserved value stands in the coinbase."""
    seen = 0
    for _, blocks, _ in files:
        for block in (each for each in blocks if not each.vtx[0].wit.is_null()):
            (reserved,) = block.vtx[0].wit.vtxinwit[0].scriptWitness.stack
            root = block.calc_witness_merkle_root()
            stated = bytes(block.vtx[0].vout[block.get_witness_commitment_index()].scriptPubKey)[6:38]
            assert hashlib.sha256(hashlib.sha256(root + reserved).digest()).digest() == stated
            seen += 1
    assert seen == 2


def test_addresses(files: list[tuple[BlockColumns, Any, bool]]) -> None:
    """On the main network, whose addresses the library tells unless asked otherwise."""
    compared = 0
    for columns, blocks, _ in (file for file in files if file[2]):
        scripts = [made.scriptPubKey for block in blocks for tx in block.vtx for made in tx.vout]
        names = columns.account.to_pylist()
        for script, name, kind in zip(scripts, names, columns.kind.tolist(), strict=True):
            address = find_their_address(script)
            assert address == name or (address is None and ScriptKind(kind) not in THEIRS)
            compared += address is not None
    assert compared > 6000


def find_their_address(script: Any) -> str | None:
    """A bare key is put into its address's script first: the library cuts it a byte short when asked directly."""
    try:
        if script[-1:] == b"\xac" and len(script) in (35, 67):
            return str(P2PKHBitcoinAddress.from_pubkey(bytes(script[1:-1])))
        return str(CBitcoinAddress.from_scriptPubKey(script))
    except CBitcoinAddressError:
        return None


def test_values_and_what_is_spent(files: list[tuple[BlockColumns, Any, bool]]) -> None:
    for columns, blocks, _ in files:
        theirs = [tx for block in blocks for tx in block.vtx]
        assert columns.value.tolist() == [made.nValue for tx in theirs for made in tx.vout]
        spent = [given.prevout for tx in theirs if not tx.is_coinbase() for given in tx.vin]
        assert columns.in_txid.tobytes() == b"".join(out.hash for out in spent)
        assert columns.in_index.tolist() == [out.n for out in spent]
