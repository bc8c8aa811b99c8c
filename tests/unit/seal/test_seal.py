"""Canonical JSON and Merkle roots, against their RFCs."""

import hashlib

import pytest

from jindo.base.errors import InputError
from jindo.seal import (
    EMPTY_ROOT,
    canonical_bytes,
    canonical_hash,
    leaf_hash,
    merkle_root,
    node_hash,
    parse_canonical,
    sha256_hex,
)

# The eight leaves and roots that Certificate Transparency's implementations test against.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_merkle_root_of_the_reference_leaves(size: int) -> None:
    assert merkle_root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_merkle_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle_root([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_merkle_root_splits_at_the_largest_power_of_two() -> None:
    a, b, c = (leaf_hash(data) for data in (b"a", b"b", b"c"))
    assert merkle_root([b"a", b"b", b"c"]) == node_hash(node_hash(a, b), c)


def test_canonical_bytes_sorts_keys_and_drops_space() -> None:
    assert canonical_bytes({"b": [1, "2"], "a": None, "é": 1.0}) == '{"a":null,"b":[1,"2"],"é":1}'.encode()


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), {1: 2}, b"x"])
def test_canonical_bytes_refuses_what_json_cannot_hold(value: object) -> None:
    with pytest.raises(InputError):
        canonical_bytes(value)


def test_canonical_hash_is_the_hash_of_the_bytes() -> None:
    assert canonical_hash({"a": 1}) == sha256_hex(b'{"a":1}')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"{}\n",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b"1.0",
        b"1e2",
        b"-0",
        b"NaN",
        b"9007199254740993",
        b"9" * 5000,
        b"[" * 100_000,
        b'"\\u00e9"',
        b'"\\ud800"',
        '"é"'.encode("latin-1"),
        b"null null",
    ],
)
def test_parse_canonical_refuses_everything_but_the_one_spelling(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_canonical(data)
    assert caught.value.code == "seal.canonical"


def test_canonical_bytes_refuses_what_is_too_deep_or_no_text() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, "\ud800", {"\ud800": 1}):
        with pytest.raises(InputError):
            canonical_bytes(value)
