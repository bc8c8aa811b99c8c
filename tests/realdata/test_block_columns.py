"""Real blocks as columns, to the very last script: hashes, roots, witnesses, names, and what consensus leaves unspent."""

from __future__ import annotations

import bz2
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.property.ledger.test_block_columns import show_block, show_columns
from tests.unit.ledger.bitcoin.test_bytes import GENESIS_BLOCK

from jindo.app import import_source
from jindo.base.ids import BITCOIN, ChainId
from jindo.ledger import UtxoChain, get_network, open_ledger, to_shown
from jindo.ledger.bitcoin.block import parse_block
from jindo.ledger.bitcoin.columns import BlockColumns, parse_blocks
from jindo.ledger.bitcoin.kernel_scripts import ScriptKind
from jindo.ledger.bitcoin.merkle import build_root
from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.script import find_address, name_script
from jindo.ledger.bitcoin.transaction import double_sha256
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.block_batches import iter_block_columns
from jindo.ledger.sources.block_files import find_block_files

pytestmark = pytest.mark.realdata

MAIN, TEST = get_network(BITCOIN), get_network(ChainId("bip122:000000000933ea01ad0ee984209779ba"))
COMMITMENT = b"\x6a\x24\xaa\x21\xa9\xed"
"""How the output begins that commits a coinbase to the witnesses (BIP-141)."""
COIN = 10**8
MATURITY = 100
BLOCK_50001 = "etl/bitcoin/rpc_response_getblock_000000001c920d495e1eeef2452b6d1c6c229a919b28196c103ecffebabee141_2.json"


def read_files(data_dir: Path, tmp_path: Path) -> list[tuple[SourceFile, Network]]:
    """Every file of real blocks, unpacked."""
    found = []
    for path in sorted((data_dir / "blocks/bitcoin").iterdir()):
        name = path.name.removesuffix(".bz2")
        if name == "reorgtest.hex":
            continue
        data = path.read_bytes()
        target = tmp_path / (name if "." in name else f"{name}.dat")
        target.write_bytes(bz2.decompress(data) if path.suffix == ".bz2" else data)
        (file,) = find_block_files(str(target))
        found.append((file, TEST if name.startswith("testnet") else MAIN))
    return found


def read_columns(data_dir: Path, tmp_path: Path) -> dict[str, tuple[BlockColumns, Network]]:
    """The columns of each file."""
    shown = {}
    for file, network in read_files(data_dir, tmp_path):
        (batch,) = iter_block_columns([file], network, wtxids=True)
        assert batch.refused == ()
        shown[file.name[:6]] = batch.columns, network
    return shown


def test_every_block_is_the_same_as_read_slowly(data_dir: Path, tmp_path: Path) -> None:
    read = read_columns(data_dir, tmp_path)
    assert sorted((len(c), len(c.txid), len(c.in_txid), len(c.value)) for c, _ in read.values()) == [
        (1, 15, 15, 29),
        (1, 213, 732, 769),
        (1, 2500, 6517, 6015),
        (255, 262, 7, 267),
    ]
    for columns, network in read.values():
        for block in range(len(columns)):
            raw = columns.read_block(block)
            assert show_columns(columns, block) == show_block(parse_block(raw), raw, network)


def test_the_witness_commitment_of_the_block_of_2021_is_met(data_dir: Path, tmp_path: Path) -> None:
    columns, _ = read_columns(data_dir, tmp_path)["mainne"]
    outputs = range(int(columns.out_offsets[1]))
    (stated,) = [s[6:38] for s in map(columns.read_script, outputs) if s.startswith(COMMITMENT)]
    reserved = columns.read_transaction(0)[-36:-4]
    assert columns.wtxid is not None
    leaves = [bytes(32), *(digest.tobytes() for digest in columns.wtxid[1:])]
    assert double_sha256(build_root(leaves) + reserved) == stated
    assert sum(a.tobytes() != b.tobytes() for a, b in zip(columns.txid, columns.wtxid, strict=True)) > 1000


def test_every_script_has_a_name_and_every_sort_of_it_is_there(data_dir: Path, tmp_path: Path) -> None:
    kinds: set[ScriptKind] = set()
    for columns, network in read_columns(data_dir, tmp_path).values():
        kinds |= set(map(ScriptKind, columns.kind.tolist()))
        for output, name in enumerate(columns.account.to_pylist()):
            script = columns.read_script(output)
            assert name == (find_address(script, network) or name_script(script))
    assert kinds >= {
        ScriptKind.SCRIPT,
        ScriptKind.KEY,
        ScriptKind.KEY_HASH,
        ScriptKind.SCRIPT_HASH,
        ScriptKind.WITNESS_KEY_HASH,
        ScriptKind.WITNESS_SCRIPT_HASH,
    }


def test_coins_are_paid_to_miners_whom_others_know(data_dir: Path, tmp_path: Path) -> None:
    packs = data_dir / "labels/graphsense-tagpacks/packs"
    known = "".join((packs / name).read_text() for name in ("miners.yaml", "miners_additional.yaml"))
    read = read_columns(data_dir, tmp_path)
    for name, miner in (
        ("277647", "14cZMQk89mRYQkDEj8Rn25AnGoBi5H6uer"),
        ("mainne", "bc1qx9t2l3pyny2spqpqlye8svce70nppwtaxwdrp4"),
    ):
        assert miner in known
        assert miner in read[name][0].account.to_pylist()


def test_a_block_that_bitcoin_core_spells_out_is_met(data_dir: Path) -> None:
    """Core's own words on mainnet block 50001, put together to the block's bytes again."""
    told = json.loads((data_dir / BLOCK_50001).read_text())
    told = told.get("result", told)
    header = (
        told["version"].to_bytes(4, "little")
        + bytes.fromhex(told["previousblockhash"])[::-1]
        + bytes.fromhex(told["merkleroot"])[::-1]
        + told["time"].to_bytes(4, "little")
        + bytes.fromhex(told["bits"])[::-1]
        + told["nonce"].to_bytes(4, "little")
    )
    raw = header + bytes([told["nTx"]]) + b"".join(bytes.fromhex(tx["hex"]) for tx in told["tx"])
    columns, refused = parse_blocks([raw], MAIN)
    assert refused == {}
    assert to_shown(columns.headers[0].hash) == told["hash"]
    assert [to_shown(digest.tobytes()) for digest in columns.txid] == [tx["txid"] for tx in told["tx"]]
    outputs = [made for tx in told["tx"] for made in tx["vout"]]
    for number, made in enumerate(outputs):
        script = made["scriptPubKey"]
        assert columns.read_script(number).hex() == script["hex"]
        assert round(made["value"] * COIN) == columns.value[number]
        if script["type"] == "pubkeyhash":
            assert [columns.account[number].as_py()] == script["addresses"]


def test_cut_and_flipped_real_blocks_are_refused(data_dir: Path, tmp_path: Path) -> None:
    (raw,) = (f.path.read_bytes() for f, network in read_files(data_dir, tmp_path) if network is TEST)
    cuts = [raw[:size] for size in range(len(raw))]
    columns, refused = parse_blocks(cuts, TEST)
    assert (len(columns), len(refused)) == (0, len(raw))
    flipped = [raw[:at] + bytes([raw[at] ^ 0x80]) + raw[at + 1 :] for at in range(0, len(raw), 3)]
    columns, refused = parse_blocks(flipped, TEST)
    kept = set(columns.number.tolist())
    for number in kept:  # the root says nothing of witnesses
        assert (
            parse_blocks([flipped[number]], TEST)[0].txid.tobytes()
            == parse_blocks([raw], TEST)[0].txid.tobytes()
        )
    assert len(refused) + len(kept) == len(flipped)


@dataclass(frozen=True)
class Coin:
    """An output that nobody has spent."""

    height: int
    value: int
    name: str
    issued: bool


def replay_consensus(blocks: list[bytes]) -> dict[tuple[str, int], Coin]:
    """What the rules of the first years leave unspent, written down from the readable parser alone.

    The coins of block 0 are not among what can be spent.
    """
    coins: dict[tuple[str, int], Coin] = {}
    for height, raw in enumerate(blocks):
        fees = 0
        block = parse_block(raw)
        for tx in block.transactions[1:]:
            spent = [coins.pop((to_shown(txid), index)) for txid, index in tx.spent]
            assert all(not coin.issued or height - coin.height >= MATURITY for coin in spent)
            fees += sum(coin.value for coin in spent) - sum(made.value for made in tx.outputs)
            assert fees >= 0
            add_coins(coins, height, tx, issued=False)
        claimed = sum(made.value for made in block.transactions[0].outputs)
        assert claimed <= 50 * COIN + fees
        if height:
            add_coins(coins, height, block.transactions[0], issued=True)
    return coins


def add_coins(coins: dict[tuple[str, int], Coin], height: int, tx: object, *, issued: bool) -> None:
    for index, made in enumerate(tx.outputs):  # type: ignore[attr-defined]
        name = find_address(made.script, MAIN) or name_script(made.script)
        coins[to_shown(tx.txid), index] = Coin(height, made.value, name, issued)  # type: ignore[attr-defined]


def test_the_first_blocks_leave_unspent_what_consensus_says(data_dir: Path, tmp_path: Path) -> None:
    (early,) = (f for f, _ in read_files(data_dir, tmp_path) if f.name.startswith("blocks1"))
    (batch,) = iter_block_columns([early], MAIN)
    blocks = [GENESIS_BLOCK, *(batch.columns.read_block(k) for k in range(len(batch.columns)))]
    folder = tmp_path / "source"
    folder.mkdir()
    for height, raw in enumerate(blocks):
        (folder / f"{height:03d}.raw").write_bytes(raw)
    report = import_source(str(folder), format="bitcoin-blocks", into=tmp_path / "ledger")
    assert (report.added, report.rejected) == (263, 0)
    chain = open_ledger(tmp_path / "ledger").chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    assert chain.heights().tolist() == list(range(256))
    unspent = {}
    for output in range(chain.output_count):
        if chain.spender_of(output) >= 0:
            continue
        tx = chain.output_tx(output)
        place = chain.tx_hashes[tx], output - chain.outputs_of(tx).start
        name = chain.accounts[int(chain.out_account[output])]
        unspent[place] = Coin(
            int(chain.block[tx]), int(chain.out_amount[output]), name, bool(chain.coinbase[tx])
        )
    genesis = (to_shown(parse_block(GENESIS_BLOCK).transactions[0].txid), 0)
    assert unspent.pop(genesis) == Coin(0, 50 * COIN, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", True)
    assert unspent == replay_consensus(blocks)
    assert (len(unspent), sum(coin.value for coin in unspent.values())) == (260, 255 * 50 * COIN)
