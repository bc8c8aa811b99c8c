"""Real Bitcoin blocks: the world's first payment, traced and proven, and later blocks read whole."""

from __future__ import annotations

import bz2
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jindo.app import TraceRequest, import_source, trace_ledger, verify_result
from jindo.base.errors import IntegrityError
from jindo.base.ids import BITCOIN, ChainId, parse_address
from jindo.ledger import NETWORKS, UtxoChain, open_ledger, read_transactions

pytestmark = pytest.mark.realdata

MAINNET = "000000000000000000000c835b2adcaedc20fdf6ee440009c249452c726dafae"
TESTNET = "000000000000045e0b1660b6445b5e5c5ab63c9a4f956be7e1e69be04fa4497b"
TESTNET3 = ChainId("bip122:000000000933ea01ad0ee984209779ba")
BLOCK_9 = "0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9"
BLOCK_170 = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
SATOSHI, FINNEY = "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S", "1Q2TWHE3GMdB6BZKafqwxXtWAWgFt5Jvm3"


@pytest.fixture
def early(data_dir: Path, tmp_path: Path) -> Path:
    """A ledger of the blocks after the genesis block."""
    packed = (data_dir / "blocks/bitcoin/blocks1-256.bz2").read_bytes()
    (tmp_path / "early.dat").write_bytes(bz2.decompress(packed))
    report = import_source(str(tmp_path / "early.dat"), format="bitcoin-blocks", into=tmp_path / "ledger")
    assert (report.rejected, report.source_rows) == (0, {"blocks": 255, "transactions": 262})
    return tmp_path / "ledger"


def load(ledger: Path, chain: ChainId = BITCOIN) -> UtxoChain:
    found = open_ledger(ledger).chain(chain)
    assert isinstance(found, UtxoChain)
    return found


def find(chain: UtxoChain, tx_hash: str) -> Any:
    (row,) = read_transactions(chain, [chain.tx_hashes.find(tx_hash)])
    return row


def test_the_first_blocks_stand_at_their_heights(early: Path) -> None:
    chain = load(early)
    assert chain.heights().tolist() == list(range(1, 256))
    assert np.count_nonzero(chain.coinbase) == 255
    assert min(chain.in_output) >= 0


def test_the_first_payment_is_read_as_the_world_knows_it(early: Path) -> None:
    row = find(load(early), BLOCK_170)
    assert (row.block, row.tx_index, row.time) == (170, 1, 1231731025)
    assert [(i.prev_hash, i.prev_index, i.value, i.address) for i in row.inputs] == [
        (BLOCK_9, 0, 50 * 10**8, SATOSHI)
    ]
    assert [(o.value, o.address) for o in row.outputs] == [(10 * 10**8, FINNEY), (40 * 10**8, SATOSHI)]


def trace(ledger: Path, out: Path) -> dict[str, Any]:
    stolen = out.parent / "stolen.csv"
    stolen.write_text(f"tx_hash,index\n{BLOCK_9},0\n")
    return trace_ledger(TraceRequest(ledger, stolen, out)).result


def test_the_coins_of_block_9_are_traced_and_proven(early: Path, tmp_path: Path) -> None:
    result = trace(early, tmp_path / "out")
    (sheet,) = result["findings"]["sheets"]
    assert (sheet["stolen"], sheet["held"]) == (str(50 * 10**8), str(50 * 10**8))
    held = {row["account"]: int(row["amount"]) for row in result["findings"]["endpoints"]}
    assert held[FINNEY] == 10 * 10**8
    told = result["provenance"]["evidence"]
    assert (told["transactions"], told["proven"], told["inputs"], told["inputs_proven"]) == (8, 8, 7, 7)
    lines = (tmp_path / "out" / "evidence-bitcoin.jsonl").read_bytes().splitlines()
    (payment,) = [row for row in map(json.loads, lines) if row["txid"] == BLOCK_170]
    assert payment["block_hash"] == "00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee"
    (check,) = [c for c in verify_result(tmp_path / "out").checks if c.name == "evidence"]
    assert check.detail.startswith("8 of 8 Bitcoin transactions")


def test_a_flipped_byte_of_the_first_payment_is_named(early: Path, tmp_path: Path) -> None:
    trace(early, tmp_path / "out")
    path = tmp_path / "out" / "evidence-bitcoin.jsonl"
    data = path.read_bytes()
    at = data.index(b"00ca9a3b")  # the 10 coins, in the payment's bytes
    path.write_bytes(data[:at] + b"1" + data[at + 1 :])
    with pytest.raises(
        IntegrityError, match=r"evidence-bitcoin\.jsonl:3: the branch does not lead"
    ) as caught:
        verify_result(tmp_path / "out")
    assert caught.value.place == str(path)


def test_a_later_block_is_read_where_its_inputs_are_unknown(data_dir: Path, tmp_path: Path) -> None:
    packed = (data_dir / "blocks/bitcoin/277647.dat.bz2").read_bytes()
    (tmp_path / "later.dat").write_bytes(bz2.decompress(packed))
    report = import_source(str(tmp_path / "later.dat"), format="bitcoin-blocks", into=tmp_path / "ledger")
    assert (report.added, report.rejected) == (213, 0)
    chain = load(tmp_path / "ledger")
    assert chain.heights().tolist() == [277647]
    unknown = sum(output < 0 for output in chain.in_output)
    (note,) = report.notes
    assert note.startswith(f"{unknown} inputs spend outputs that are not in the ledger")


@pytest.mark.parametrize(
    ("name", "chain", "height", "count"),
    [(f"mainnet_block_{MAINNET}", BITCOIN, 702861, 2500), (f"testnet_block_{TESTNET}", TESTNET3, 924634, 15)],
)
def test_a_raw_block_is_read_and_every_transaction_of_it_proven(
    data_dir: Path, tmp_path: Path, name: str, chain: ChainId, height: int, count: int
) -> None:
    source = data_dir / f"blocks/bitcoin/{name}.raw"
    report = import_source(str(source), format="bitcoin-blocks", into=tmp_path / "ledger", chain=chain)
    assert (report.added, report.rejected) == (count, 0)
    found, store = load(tmp_path / "ledger", chain), open_ledger(tmp_path / "ledger").blocks(chain)
    assert found.heights().tolist() == [height]
    (block_hash,) = store.held()
    assert block_hash[::-1].hex() == name.rpartition("_")[2]
    places = [store.find(found.tx_hashes[tx]) for tx in range(found.tx_count)]
    assert [place.index for place in places if place is not None] == list(range(found.tx_count))
    assert all(place is not None and store.prove(place) is not None for place in places)
    names = [found.accounts[n] for n in range(len(found.accounts))]
    addresses = [name for name in names if not name.startswith(("script:", "multisig:"))]
    assert [parse_address(address) for address in addresses] == addresses
    assert any(address.startswith(NETWORKS[chain].prefix) for address in addresses) or chain != BITCOIN
