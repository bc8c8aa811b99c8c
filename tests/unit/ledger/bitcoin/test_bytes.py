"""Bitcoin's bytes: what public facts say, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ledger.bitcoin.mining import (
    EASY,
    GENESIS,
    REGTEST,
    MadeTx,
    make_block,
    make_coinbase,
    make_other,
    make_story,
    make_tx,
    pay_to,
    push_height,
    root_of,
    sha256d,
)

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ChainId, parse_address
from jindo.ledger.bitcoin.block import (
    check_block,
    check_depth,
    check_work,
    find_height,
    parse_block,
    parse_header,
)
from jindo.ledger.bitcoin.merkle import build_branch, build_levels, build_root, climb
from jindo.ledger.bitcoin.networks import NETWORKS, get_network
from jindo.ledger.bitcoin.ripemd160 import compute, ripemd160
from jindo.ledger.bitcoin.script import find_address, name_accounts, name_script
from jindo.ledger.bitcoin.transaction import from_shown, parse_hex, parse_transaction, to_shown

MAIN, TEST = get_network(BITCOIN), get_network(REGTEST)

GENESIS_BLOCK = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc8"
    "1bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c01010000000100000000000000000000000000000000000000000000"
    "00000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f"
    "72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104"
    "678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b"
    "8d578a4c702b6bf11d5fac00000000"
)
"""The first block of Bitcoin, 3 January 2009."""


def test_the_genesis_block_is_read_as_the_world_knows_it() -> None:
    block = parse_block(GENESIS_BLOCK)
    check_block(block, MAIN)
    (coinbase,) = block.transactions
    assert to_shown(block.header.hash) == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
    assert to_shown(coinbase.txid) == "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    assert (coinbase.outputs[0].value, coinbase.is_coinbase) == (5_000_000_000, True)
    assert find_address(coinbase.outputs[0].script, MAIN) == "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert MAIN.is_genesis(to_shown(block.header.hash))
    assert find_height(block.header, coinbase, MAIN) is None
    assert (block.header.time, block.header.work) == (1231006505, 4_295_032_833)


def test_every_network_names_its_own_genesis() -> None:
    assert [network.chain for network in NETWORKS.values()] == list(NETWORKS)
    assert TEST.is_genesis(to_shown(GENESIS))
    assert not MAIN.is_genesis(to_shown(GENESIS))
    with pytest.raises(InputError, match="no chain of Bitcoin blocks"):
        get_network(ChainId("eip155:1"))


@pytest.mark.parametrize(
    ("script", "address"),
    [
        ("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("76a914000000000000000000000000000000000000000088ac", "1111111111111111111114oLvT2"),
        ("0014751e76e8199196d454941c45d1b3a323f1433bd6", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        (
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ),
        ("5210751e76e8199196d454941c45d1b3a323", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs"),
        ("51024e73", "bc1pfeessrawgf"),
    ],
)
def test_scripts_have_the_addresses_of_their_standards(script: str, address: str) -> None:
    """BIP-173 and BIP-350 list the witness programs; the others are known to everybody."""
    assert find_address(bytes.fromhex(script), MAIN) == address


def test_a_key_and_its_hash_have_one_address() -> None:
    """BIP-173 states the key and its P2WPKH program."""
    key = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    by_hash = find_address(bytes.fromhex("76a914751e76e8199196d454941c45d1b3a323f1433bd688ac"), MAIN)
    assert find_address(b"\x21" + key + b"\xac", MAIN) == by_hash == "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
@given(payload=st.binary(min_size=32, max_size=32))
def test_every_address_has_a_right_checksum(network: object, payload: bytes) -> None:
    assert network in NETWORKS.values()
    scripts = [
        b"\x76\xa9\x14" + payload[:20] + b"\x88\xac",
        b"\xa9\x14" + payload[:20] + b"\x87",
        b"\x00\x14" + payload[:20],
        b"\x00\x20" + payload,
        b"\x51\x20" + payload,
    ]
    addresses = [find_address(script, network) for script in scripts]  # type: ignore[arg-type]
    assert len(set(addresses)) == len(scripts)
    assert all(address is not None and parse_address(address) == address for address in addresses)


KEY = bytes([2]) * 33
FULL = bytes([4]) * 65


@pytest.mark.parametrize(
    ("script", "count"),
    [
        (b"\x51\x21" + KEY + b"\x51\xae", 1),
        (b"\x51\x21" + KEY + b"\x41" + FULL + b"\x52\xae", 2),
        (b"\x52\x21" + KEY + b"\x21" + KEY + b"\x53\xae", 0),
        (b"\x53\x21" + KEY + b"\x21" + KEY + b"\x52\xae", 0),
        (b"\x51\x20" + KEY[1:] + b"\x51\xae", 0),
        (b"\x51\x21" + KEY + b"\x51\x51\xae", 0),
        (b"\x51\xae", 0),
    ],
)
def test_bare_multisig_is_named_by_its_keys(script: bytes, count: int) -> None:
    address = find_address(script, MAIN)
    assert (0 if address is None else address.count(",") + 1) == count
    assert (address or "").startswith("multisig:") is (count > 1)


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"\x6a\x04data",
        b"\x00\x10" + bytes(16),
        b"\x51\x01\x00",
        b"\x51\x29" + bytes(41),
        b"\x21" + bytes([5]) * 33 + b"\xac",
        b"\x76\xa9\x14" + bytes(20) + b"\x88",
    ],
)
def test_a_script_without_address_is_named_by_its_hash(script: bytes) -> None:
    assert find_address(script, MAIN) is None
    assert name_accounts(script, MAIN) == {name_script(script)}
    assert len(name_accounts(pay_to(1), MAIN)) == 2


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        (b"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        (b"abcdefghijklmnopqrstuvwxyz", "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"),
        (b"1234567890" * 8, "9b752e45573d4b39f4dbd3323cab82bf63326bfb"),
    ],
)
def test_ripemd160_gives_its_authors_vectors(text: bytes, digest: str) -> None:
    assert compute(text).hex() == ripemd160(text).hex() == digest


def test_a_witness_is_no_part_of_the_id() -> None:
    plain, signed = (make_tx([(bytes(32), 0)], [(1, b"")], witness=w) for w in (b"", b"x" * 300))
    found = parse_transaction(signed.raw)
    assert found.txid == plain.txid == parse_transaction(plain.raw).txid
    assert (found.size, found.stripped_size) == (len(signed.raw), len(signed.stripped))


@given(st.integers(min_value=0, max_value=400), st.data())
def test_a_cut_or_longer_transaction_is_refused(cut: int, data: st.DataObject) -> None:
    raw = make_story().first.raw
    shorter = raw[: cut % len(raw)]
    for wrong in (shorter, raw + data.draw(st.binary(min_size=1, max_size=4))):
        with pytest.raises(InputError):
            parse_transaction(wrong)


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    for parse in (parse_transaction, parse_block):
        with suppress(InputError):  # and nothing else
            assert parse(data) is not None


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (make_tx([], [(1, b""), (2, b"")]).raw, "no inputs"),
        (make_tx([(bytes(32), 0)], []).raw, "no outputs"),
        (make_tx([(bytes(32), 0)], [(21 * 10**14 + 1, b"")]).raw, "more than all coins"),
        (make_tx([(bytes(32), 0)], [(15 * 10**14, b""), (15 * 10**14, b"")]).raw, "more than all coins"),
        (b"\1\0\0\0" + b"\0\1" + make_other(1).raw[4:-4] + b"\0" + bytes(4), "has none"),
        (b"\1\0\0\0" + b"\xfd\1\0" + make_other(1).raw[5:], "shortest form"),
        (b"\1\0\0\0" + b"\xff" * 9, "end in the middle"),
    ],
)
def test_transactions_that_cannot_be_are_refused(raw: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_transaction(raw)


COINBASE = make_coinbase(7, 1)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (make_block(GENESIS, [COINBASE], lazy=True), "no work was done"),
        (make_block(GENESIS, [COINBASE], root=bytes(32)), "Merkle root"),
        (make_block(GENESIS, [COINBASE], bits=0x2100FFFF), "easier than regtest allows"),
        (make_block(GENESIS, [make_other(1)]), "one coinbase"),
        (make_block(GENESIS, [COINBASE, make_coinbase(8, 1)]), "one coinbase"),
        (make_block(GENESIS, [make_other(1), COINBASE]), "one coinbase"),
        (make_block(GENESIS, [COINBASE, make_other(1), make_other(2), make_other(2)]), "CVE-2012-2459"),
    ],
)
def test_blocks_that_cannot_be_are_refused(block: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_block(parse_block(block), TEST)


def test_a_repeated_tail_gives_the_same_root_and_is_told_apart() -> None:
    txs = [COINBASE, make_other(1), make_other(2)]
    honest, twin = make_block(GENESIS, txs), make_block(GENESIS, [*txs, txs[-1]])
    assert honest[:80] == twin[:80]
    check_block(parse_block(honest), TEST)
    with pytest.raises(InputError, match="CVE-2012-2459"):
        check_block(parse_block(twin), TEST)


def test_easy_work_proves_nothing_on_the_main_network() -> None:
    with pytest.raises(InputError, match="easier than main allows"):
        check_work(parse_block(make_block(GENESIS, [COINBASE])).header, MAIN)


@pytest.mark.parametrize("bits", [0x00000000, 0x1D800000, 0x20800001, 0x23000001, 0x01003456, 0xFF7FFFFF])
def test_bits_without_target_are_refused(bits: int) -> None:
    with pytest.raises(InputError, match="no target"):
        parse_header(bytes(72) + bits.to_bytes(4, "little") + bytes(4))


@pytest.mark.parametrize("height", [1, 16, 17, 127, 128, 255, 256, 32767, 32768, 227_931, 8_388_608])
def test_a_height_is_read_where_the_rule_demands_it(height: int) -> None:
    block = parse_block(make_block(GENESIS, [make_coinbase(height, 1)]))
    assert find_height(block.header, block.transactions[0], TEST) == height
    on_main = find_height(block.header, block.transactions[0], MAIN)
    assert on_main == (height if height >= 227_931 else None)


@pytest.mark.parametrize(
    "script", [b"", b"\x02\x01\x00", b"\x01\x10", b"\x01\x80", b"\x05" + b"\1" * 5, b"\x04\1"]
)
def test_what_is_no_height_is_none(script: bytes) -> None:
    coinbase = make_tx([(bytes(32), 0xFFFFFFFF)], [(1, b"")], script=script)
    block = parse_block(make_block(GENESIS, [coinbase]))
    assert find_height(block.header, block.transactions[0], TEST) is None
    old = parse_block(make_block(GENESIS, [make_coinbase(9, 1)], version=1))
    assert find_height(old.header, old.transactions[0], TEST) is None


def test_push_height_is_what_the_tests_take_it_for() -> None:
    """BIP-34's own example: block 227,930."""
    assert push_height(227_930).hex() == "035a7a03"


@given(st.integers(1, 40), st.data())
def test_every_branch_leads_to_the_root_and_no_other_place_does(count: int, data: st.DataObject) -> None:
    txids = [sha256d(bytes([n])) for n in range(count)]
    levels, root = build_levels(txids), root_of(txids)
    assert build_root(txids) == root
    index = data.draw(st.integers(0, count - 1))
    branch = build_branch(levels, index)
    assert climb(txids[index], index, branch) == root
    for other in set(range(1 << len(branch))) - {index}:
        with suppress(InputError):  # where the place is one of a repeated transaction
            assert climb(txids[index], other, branch) != root
    with pytest.raises(InputError, match="no place"):
        climb(txids[index], 1 << len(branch), branch)


@pytest.mark.parametrize("text", ["0", "AA", "zz", " aa"])
def test_hex_has_one_way_to_be_written(text: str) -> None:
    with pytest.raises(InputError):
        parse_hex(text)
    with pytest.raises(InputError):
        from_shown(text)


def test_the_made_blocks_are_easy_and_whole() -> None:
    for raw in make_story().blocks:
        check_block(parse_block(raw), TEST)
    assert isinstance(COINBASE, MadeTx)
    assert EASY >> 24 == 0x20


# Heights of the main chain, with a difficulty that it had there: round heights, and the lowest points after a fall.
DIFFICULTIES = [
    (0, 1), (32_256, 1), (100_000, 14_484), (157_000, 1_090_715), (200_000, 2_864_140), (209_999, 2_864_140),
    (250_000, 37_392_766), (300_000, 8_000_872_135), (402_000, 158_427_203_767), (500_000, 1_873_105_475_221),
    (606_000, 12_720_005_267_390), (691_488, 13_672_594_272_814), (800_000, 52_000_000_000_000),
    (851_000, 79_000_000_000_000),
]  # fmt: skip


@pytest.mark.parametrize(("height", "difficulty"), DIFFICULTIES)
def test_a_height_is_held_by_blocks_as_hard_as_the_world_has_seen(height: int, difficulty: int) -> None:
    assert MAIN.find_least_work(height) <= difficulty << 32
    assert height < 100_000 or MAIN.find_least_work(height) >= difficulty << 28


def test_least_work_never_falls_with_the_height() -> None:
    least = [MAIN.find_least_work(height) for height in range(0, 2_000_000, 10_000)]
    assert least == sorted(least)
    assert (least[0], least[9]) == (0, 0)


def test_a_header_of_the_first_days_cannot_stand_at_a_late_height() -> None:
    header = parse_block(GENESIS_BLOCK).header
    check_depth(header, 0, MAIN)
    with pytest.raises(InputError, match="far less work than any block of main from 840000 on"):
        check_depth(header, 840_000, MAIN)


@pytest.mark.parametrize("chain", [chain for chain in NETWORKS if chain != BITCOIN])
def test_test_networks_may_be_as_easy_as_they_like(chain: ChainId) -> None:
    check_depth(parse_block(GENESIS_BLOCK).header, 840_000, get_network(chain))
