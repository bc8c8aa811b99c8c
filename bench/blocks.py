"""How fast raw Bitcoin blocks become columns: parsed, every id hashed, Merkle roots checked, every script named.

* One run, one process, one thread unless it says otherwise; real blocks, each repeated until there are `--megabytes`
  of it. After a warm-up the peers take turns; a figure is the median of five turns.
* Time is the processor's for this process, so that others on the machine count little; with two threads, the clock's.
* The floor hashes the transactions' ids alone: `hashlib`, over bytes that were cut out beforehand. The second floor
  does the same with our compiled hashing.
* The peers must agree: the same ids, roots and addresses. A bench that finds them apart fails.
* It prints ratios. Nothing here asserts a time.

    python bench/blocks.py [--blocks FOLDER] [--megabytes 64] [--json OUT]

The blocks are those of FOLDER, or of $JINDO_DATA/blocks/bitcoin, or, where neither is there, made here.
"""

from __future__ import annotations

import argparse
import bz2
import hashlib
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

from jindo.base.compiling import compile_kept
from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ChainId
from jindo.ledger import NETWORKS, get_network
from jindo.ledger.bitcoin.block import check_block, parse_block
from jindo.ledger.bitcoin.columns import BlockColumns, parse_blocks
from jindo.ledger.bitcoin.kernel_sha256 import HAS_INSTRUCTIONS, hash_twice, make_hash_room
from jindo.ledger.bitcoin.merkle import build_root
from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.script import find_address
from jindo.ledger.bitcoin.transaction import double_sha256
from jindo.ledger.sources.block_batches import iter_block_columns
from jindo.ledger.sources.block_files import find_block_files

SEED = 2025
RUNS = 5
CLOCKS = {"two_threads": time.perf_counter}
LEAST = 50_000
"""Bytes of the smallest block that is measured: below, it is the calls that count."""
KEY = bytes(range(1, 9))
REGTEST = ChainId("bip122:0f9188f13cb7b2c71f2a335e3a4fc328")


@dataclass(frozen=True, slots=True)
class Case:
    """One block, and what its transactions' ids are hashed from."""

    name: str
    raw: bytes
    network: Network
    stripped: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Megabytes of block in a second."""

    floor: float
    own_floor: float
    ours: float
    without_names: float
    with_wtxids: float
    from_file: float
    two_threads: float
    readable: float
    bitcoinlib: float | None


@compile_kept
def hash_all(room: Any, data: Any, ends: Any, out: Any) -> None:
    """The double SHA-256 of runs that lie end to end."""
    start = 0
    for i in range(len(ends)):
        hash_twice(room, data, start, ends[i] - start, out, 32 * i)
        start = ends[i]


def read_blocks(folder: Path | None) -> list[Case]:
    """The blocks of a folder that are worth measuring, or one that is made."""
    paths = sorted(folder.iterdir()) if folder is not None else []
    found = [case for path in paths if path.is_file() and (case := read_case(path)) is not None]
    return found or [make_case()]


def read_case(path: Path) -> Case | None:
    """The block of a file, packed or not, with or without magic; `None` where it is none, or too small."""
    data = path.read_bytes()
    data = bz2.decompress(data) if path.suffix == ".bz2" else data
    for network in NETWORKS.values():
        raw = data[8:] if data[:4] == network.magic else data
        if len(raw) < LEAST:
            continue
        try:
            check_block(parse_block(raw), network)
        except InputError:
            continue
        return build_case(path.name[:24], raw, network)
    return None


def build_case(name: str, raw: bytes, network: Network) -> Case:
    """The block with its transactions as they are hashed."""
    block = parse_block(raw)
    stripped = []
    for start, tx in zip(block.starts, block.transactions, strict=True):
        whole = raw[start : start + tx.size]
        body = whole[6:] if tx.size != tx.stripped_size else whole[4:]
        stripped.append(whole[:4] + body[: tx.stripped_size - 8] + whole[-4:])
        assert double_sha256(stripped[-1]) == tx.txid
    return Case(name, raw, network, tuple(stripped))


def make_case() -> Case:
    """A block of two thousand payments with witnesses, made here."""
    dice, network = random.Random(SEED), get_network(REGTEST)
    forms = (
        (b"\0\x14", 20, b""),
        (b"\x76\xa9\x14", 20, b"\x88\xac"),
        (b"\xa9\x14", 20, b"\x87"),
        (b"\x51\x20", 32, b""),
    )

    def pay() -> bytes:
        before, size, after = dice.choice(forms)
        script = before + dice.randbytes(size) + after
        return dice.randrange(10**9).to_bytes(8, "little") + bytes([len(script)]) + script

    coinbase = b"\1\0\0\0\1" + bytes(32) + b"\xff" * 4 + b"\2\x51\0" + b"\xff" * 4 + b"\1" + pay() + bytes(4)
    spends = [
        b"\2\0\0\0\0\1\1" + dice.randbytes(36) + b"\0" + b"\xff" * 4 + b"\2" + pay() + pay()
        + b"\2\x47" + dice.randbytes(71) + b"\x21" + dice.randbytes(33) + bytes(4)
        for _ in range(2000)
    ]  # fmt: skip
    body = b"\xfd" + (len(spends) + 1).to_bytes(2, "little") + coinbase + b"".join(spends)
    header = b"\4\0\0\0" + bytes(64) + bytes(4) + (0x207FFFFF).to_bytes(4, "little") + bytes(4)
    root = build_root([tx.txid for tx in parse_block(header + body).transactions])
    for nonce in range(1000):
        raw = header[:36] + root + header[68:76] + nonce.to_bytes(4, "little") + body
        if int.from_bytes(double_sha256(raw[:80]), "little") >> 255 == 0:
            return build_case("made here", raw, network)
    raise AssertionError("no nonce was found")


def measure(case: Case, megabytes: int) -> Figures:
    """Every peer on one block, after they were found to agree."""
    check_agreement(case)
    count = max(1, megabytes * 10**6 // len(case.raw))
    blocks, size = [case.raw] * count, count * len(case.raw) / 1e6
    data = np.frombuffer(b"".join(case.stripped), dtype=np.uint8)
    ends, room = np.cumsum([len(part) for part in case.stripped]), make_hash_room()
    out = np.empty(32 * len(ends), dtype=np.uint8)

    def own_floor() -> None:
        for _ in blocks:
            hash_all(room, data, ends, out)

    def in_two_threads() -> None:
        half = count // 2
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda part: parse(part, case), (blocks[:half], blocks[half:])))

    with tempfile.TemporaryDirectory() as folder:
        path = write_core_file(Path(folder), case, count)
        seconds = time_in_turns(
            {
                "floor": lambda: hash_by_hashlib(case, count),
                "own_floor": own_floor,
                "ours": lambda: parse(blocks, case),
                "without_names": lambda: parse(blocks, case, names=False),
                "with_wtxids": lambda: parse(blocks, case, wtxids=True),
                "from_file": lambda: read_file(path, case.network),
                "two_threads": in_two_threads,
            }
        )
    once = len(case.raw) / 1e6
    return Figures(
        **{name: size / taken for name, taken in seconds.items()},
        readable=once / time_once(lambda: read_slowly(case)),
        bitcoinlib=once / time_once(lambda: read_by_bitcoinlib(case)) if has_bitcoinlib(case) else None,
    )


def parse(blocks: Sequence[bytes], case: Case, **asked: bool) -> list[BlockColumns]:
    """Blocks as columns, 16 MB at a time as the import takes them."""
    step = max(1, (16 << 20) // len(case.raw))
    return [parse_blocks(blocks[n : n + step], case.network, **asked)[0] for n in range(0, len(blocks), step)]


def hash_by_hashlib(case: Case, count: int) -> None:
    """The floor."""
    sha256 = hashlib.sha256
    for _ in range(count):
        for part in case.stripped:
            sha256(sha256(part).digest()).digest()


def write_core_file(folder: Path, case: Case, count: int) -> Path:
    """The block as often in a blk*.dat, under a key."""
    record = case.network.magic + len(case.raw).to_bytes(4, "little") + case.raw
    plain = np.frombuffer(record * count, dtype=np.uint8)
    path = folder / "blk00000.dat"
    path.write_bytes((plain ^ np.resize(np.frombuffer(KEY, dtype=np.uint8), len(plain))).tobytes())
    (folder / "xor.dat").write_bytes(KEY)
    return path


def read_file(path: Path, network: Network) -> None:
    """What the import in bulk does."""
    for batch in iter_block_columns(find_block_files(str(path)), network):
        assert not batch.refused


def read_slowly(case: Case) -> list[Any]:
    """The same by the parser that is written to be read."""
    block = parse_block(case.raw)
    check_block(block, case.network)
    return [find_address(made.script, case.network) for tx in block.transactions for made in tx.outputs]


def has_bitcoinlib(case: Case) -> bool:
    """Whether python-bitcoinlib is there, and knows the block's network."""
    try:
        import bitcoin  # noqa: F401
    except ImportError:
        return False
    return case.network.chain == BITCOIN


def read_by_bitcoinlib(case: Case) -> tuple[list[bytes], bytes, list[str | None]]:
    """Ids, Merkle root and addresses by python-bitcoinlib; it knows no taproot."""
    from bitcoin.core import CBlock
    from bitcoin.wallet import CBitcoinAddress, CBitcoinAddressError

    def name(script: Any) -> str | None:
        try:
            return str(CBitcoinAddress.from_scriptPubKey(script))
        except CBitcoinAddressError:
            return None

    block = CBlock.deserialize(case.raw)
    ids = [tx.GetTxid() for tx in block.vtx]
    return ids, block.calc_merkle_root(), [name(made.scriptPubKey) for tx in block.vtx for made in tx.vout]


def check_agreement(case: Case) -> None:
    """Fail where the peers find different things."""
    columns, refused = parse_blocks([case.raw], case.network)
    assert not refused
    ids = [digest.tobytes() for digest in columns.txid]
    assert ids == [double_sha256(part) for part in case.stripped]
    names = columns.account.to_pylist()
    assert all(slow in (None, ours) for slow, ours in zip(read_slowly(case), names, strict=True))
    if has_bitcoinlib(case):
        theirs, root, addresses = read_by_bitcoinlib(case)
        assert (theirs, root) == (ids, case.raw[36:68])
        assert all(other in (None, ours) for other, ours in zip(addresses, names, strict=True))
        assert sum(address is not None for address in addresses) > len(addresses) // 2


def time_in_turns(peers: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each peer, all of them taking turns."""
    taken: dict[str, list[float]] = {name: [] for name in peers}
    for run in peers.values():
        run()
    for _ in range(RUNS):
        for name, run in peers.items():
            taken[name].append(time_once(run, CLOCKS.get(name, time.process_time)))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def time_once(run: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of one run."""
    start = clock()
    run()
    return clock() - start


def show(case: Case, found: Figures) -> str:
    """One line of the table: the floor's rate, then each rate as a share of it, bitcoinlib's as how often ours is it."""
    peer = f"{found.ours / found.bitcoinlib:.0f}" if found.bitcoinlib else "-"
    shares = (found.ours, found.without_names, found.with_wtxids, found.from_file, found.two_threads)
    columns = [case.name, f"{found.floor:.0f}", f"{found.own_floor / found.floor:.2f}"]
    columns += [f"{rate / found.floor:.2f}" for rate in shares]
    columns += [peer, f"{found.ours / found.readable:.0f}"]
    return "| " + " | ".join(columns) + " |"


def find_folder(named: str | None) -> Path | None:
    """Where blocks are: as named, or the real data."""
    if named:
        return Path(named)
    data = os.environ.get("JINDO_DATA")
    folder = Path(data) / "blocks/bitcoin" if data else None
    return folder if folder is not None and folder.is_dir() else None


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blocks", help="folder of raw blocks, one a file (.bz2 too)")
    parser.add_argument("--megabytes", type=int, default=64, help="how much of each block, repeated")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    asked = parser.parse_args()
    cores, by = os.cpu_count(), "the processor's instructions" if HAS_INSTRUCTIONS else "plain arithmetic"
    print(f"Python {platform.python_version()}, numba {numba.__version__}, {cores} cores, SHA-256 by {by}\n")
    print(
        "| block | floor MB/s | own floor | ours | no names | wtxids | file | 2 threads | bitcoinlib | readable |"
    )
    print("|" + "--|" + "--:|" * 9)
    results = []
    for case in read_blocks(find_folder(asked.blocks)):
        found = measure(case, asked.megabytes)
        print(show(case, found), flush=True)
        results.append({"block": case.name, "bytes": len(case.raw), **asdict(found)})
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
