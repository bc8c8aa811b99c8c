"""Laws of the compiled parser: it takes the blocks that the readable one takes, and gives the same of each.

* A block that is cut, or whose bytes are others, is taken by both or by neither, whatever bytes follow it.
* What is taken has the same transactions, spends, outputs, hashes and names.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.ledger.bitcoin.mining import (
    EASY,
    GENESIS,
    REGTEST,
    MadeTx,
    make_block,
    make_coinbase,
    make_tx,
    sha256d,
)

from jindo.base.errors import InputError
from jindo.ledger.bitcoin.block import HEADER_SIZE, RawBlock, check_block, parse_block
from jindo.ledger.bitcoin.columns import BlockColumns, find_script_kinds, name_scripts, parse_blocks
from jindo.ledger.bitcoin.kernel_scripts import ScriptKind
from jindo.ledger.bitcoin.merkle import build_root
from jindo.ledger.bitcoin.networks import NETWORKS, Network, get_network
from jindo.ledger.bitcoin.script import find_address, name_script

TEST = get_network(REGTEST)
KEYS = st.one_of(
    st.binary(min_size=32, max_size=32).map(lambda x: b"\2" + x),
    st.binary(min_size=64, max_size=64).map(lambda x: b"\4" + x),
    st.binary(min_size=64, max_size=64).map(lambda x: b"\6" + x),
)


def push(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def to_multisig(needed: int, keys: list[bytes]) -> bytes:
    return bytes([0x50 + needed]) + b"".join(map(push, keys)) + bytes([0x50 + len(keys), 0xAE])


HASHES = st.one_of(st.binary(min_size=20, max_size=20), st.just(bytes(20)), st.just(b"\xff" * 20))
STANDARD = st.one_of(
    HASHES.map(lambda h: b"\x76\xa9\x14" + h + b"\x88\xac"),
    HASHES.map(lambda h: b"\xa9\x14" + h + b"\x87"),
    HASHES.map(lambda h: b"\x00\x14" + h),
    st.binary(min_size=32, max_size=32).map(lambda h: b"\x00\x20" + h),
    st.builds(
        lambda v, p: bytes([0x50 + v]) + push(p), st.integers(1, 16), st.binary(min_size=2, max_size=40)
    ),
    KEYS.map(lambda key: push(key) + b"\xac"),
    st.builds(to_multisig, st.integers(0, 4), st.lists(KEYS, max_size=4)),
    st.builds(to_multisig, st.integers(1, 17), st.lists(KEYS, min_size=16, max_size=17)),
    st.builds(lambda data: b"\x6a" + push(data), st.binary(max_size=80)),
)
SCRIPTS = st.one_of(
    STANDARD,
    st.binary(max_size=70),
    st.builds(
        lambda script, at, byte: script[: at % len(script)] + bytes([byte]) + script[at % len(script) + 1 :],
        STANDARD,
        st.integers(0, 2000),
        st.integers(0, 255),
    ),
)
VALUES = st.one_of(st.integers(0, 10**6), st.integers(0, 21 * 10**14 // 8))
TRANSACTIONS = st.builds(
    make_tx,
    st.lists(
        st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1)), min_size=1, max_size=4
    ),
    st.lists(st.tuples(VALUES, SCRIPTS), min_size=1, max_size=4),
    script=st.one_of(st.just(b""), st.binary(max_size=300)),
    witness=st.one_of(st.just(b""), st.binary(max_size=300)),
)
BLOCKS = st.lists(TRANSACTIONS, max_size=4, unique_by=lambda tx: tx.txid).map(
    lambda txs: make_block(GENESIS, [make_coinbase(1, 1), *txs])
)
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.integers(0, 9),
        st.one_of(
            st.binary(min_size=1, max_size=9),
            st.sampled_from([b"\xff" * 9, b"\xfe" + b"\xff" * 4, b"\xfd\0\0", b"\xff" + bytes(7) + b"\x80"]),
        ),
    ),
    min_size=1,
    max_size=2,
)


def find_reason(raw: bytes, network: Network = TEST) -> str | None:
    """What the readable parser says against a block."""
    try:
        check_block(parse_block(raw), network)
    except InputError as error:
        return error.problem
    return None


def show_block(block: RawBlock, raw: bytes, network: Network) -> list[object]:
    """A block as the readable parser has it."""
    shown: list[object] = [block.header]
    for start, tx in zip(block.starts, block.transactions, strict=True):
        spent = () if tx.is_coinbase else tx.spent
        made = [
            (o.value, o.script, find_address(o.script, network) or name_script(o.script)) for o in tx.outputs
        ]
        shown.append((start, tx.size, tx.txid, sha256d(raw[start : start + tx.size]), spent, made))
    return shown


def show_columns(columns: BlockColumns, block: int) -> list[object]:
    """A block as the columns have it."""
    shown: list[object] = [columns.headers[block]]
    assert columns.wtxid is not None
    for tx in columns.transactions(block):
        inputs = range(int(columns.in_offsets[tx]), int(columns.in_offsets[tx + 1]))
        outputs = range(int(columns.out_offsets[tx]), int(columns.out_offsets[tx + 1]))
        start = int(columns.tx_start[tx] - columns.starts[block])
        spent = tuple((columns.in_txid[i].tobytes(), int(columns.in_index[i])) for i in inputs)
        made = [(int(columns.value[o]), columns.read_script(o), columns.account[o].as_py()) for o in outputs]
        hashes = columns.txid[tx].tobytes(), columns.wtxid[tx].tobytes()
        shown.append((start, int(columns.tx_size[tx]), *hashes, spent, made))
    return shown


def assert_same(blocks: list[bytes]) -> None:
    """Both parsers say the same of blocks that are parsed together."""
    columns, refused = parse_blocks(blocks, TEST, wtxids=True)
    reasons = {n: reason for n, raw in enumerate(blocks) if (reason := find_reason(raw)) is not None}
    assert {n: error.problem for n, error in refused.items()} == reasons
    assert columns.number.tolist() == [n for n in range(len(blocks)) if n not in reasons]
    for block, number in enumerate(columns.number.tolist()):
        raw = blocks[number]
        assert columns.read_block(block) == raw
        assert show_columns(columns, block) == show_block(parse_block(raw), raw, TEST)


def remine(raw: bytes) -> bytes:
    """The block with the root of its transactions and work for it, where they can be read at all."""
    try:
        root = build_root([tx.txid for tx in parse_block(raw).transactions])
    except (InputError, IndexError):  # no transactions, no root
        return raw
    for nonce in range(1000):
        header = raw[:36] + root + raw[68:76] + nonce.to_bytes(4, "little")
        if int.from_bytes(sha256d(header), "little") <= (EASY & 0xFFFFFF) << 8 * ((EASY >> 24) - 3):
            return header + raw[HEADER_SIZE:]
    raise AssertionError("no nonce was found")


@given(st.lists(BLOCKS, min_size=1, max_size=3))
def test_blocks_are_the_same_as_columns(blocks: list[bytes]) -> None:
    assert_same(blocks)


@given(BLOCKS, CHANGES)
def test_blocks_with_other_bytes_are_the_same_or_refused(
    raw: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    for at, cut, into in changes:
        place = HEADER_SIZE + at % (len(raw) - HEADER_SIZE)
        raw = raw[:place] + into + raw[place + cut :]
    assert_same([raw, remine(raw)])


@given(BLOCKS, st.integers(0, 10**6), st.integers(0, 7))
def test_blocks_with_a_flipped_bit_are_the_same_or_refused(raw: bytes, at: int, bit: int) -> None:
    place = at % len(raw)
    flipped = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
    assert_same([flipped, remine(flipped)])


@settings(max_examples=20)
@given(BLOCKS)
def test_a_cut_block_is_refused_though_its_rest_follows(raw: bytes) -> None:
    """Were a byte read behind a block's end, the whole would be taken for one."""
    cuts = sorted({*range(0, len(raw), 1 + len(raw) // 200), len(raw) - 1, 81} - {0})
    columns, refused = parse_blocks([part for cut in cuts for part in (raw[:cut], raw[cut:])], TEST)
    assert (len(columns), len(refused)) == (0, 2 * len(cuts))


@given(st.lists(st.one_of(st.binary(max_size=300), BLOCKS), max_size=5))
def test_any_bytes_are_the_same_or_refused(blocks: list[bytes]) -> None:
    assert_same(blocks)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
@given(scripts=st.lists(SCRIPTS, max_size=20))
def test_scripts_have_the_names_that_are_read(scripts: list[bytes], network: Network) -> None:
    sizes = np.array([len(script) for script in scripts], dtype=np.int64)
    data = np.frombuffer(b"".join(scripts) + b"end", dtype=np.uint8)
    starts = np.cumsum(sizes) - sizes
    kinds = find_script_kinds(data, starts, sizes)
    addresses = [find_address(script, network) for script in scripts]
    assert [kind == ScriptKind.SCRIPT for kind in kinds] == [address is None for address in addresses]
    names = [a or name_script(script) for a, script in zip(addresses, scripts, strict=True)]
    assert name_scripts(data, starts, sizes, kinds, network).to_pylist() == names


def test_a_tail_that_is_repeated_is_refused_and_leaves_no_rows() -> None:
    other, last = (make_tx([(bytes([n]) * 32, n)], [(n, b"")]) for n in (1, 2))
    coins = make_coinbase(1, 1)
    blocks = [
        make_block(GENESIS, [coins, other]),
        make_block(GENESIS, [coins, other, last, last]),
        make_block(GENESIS, [coins, other, last]),
    ]
    assert_same(blocks)
    columns, refused = parse_blocks(blocks, TEST)
    assert "CVE-2012-2459" in refused[1].problem
    assert columns.first.tolist() == [0, 2, 5]
    assert isinstance(coins, MadeTx)
