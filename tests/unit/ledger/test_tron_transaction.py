"""What was signed on Tron, read from the transaction's own bytes; the vectors are transactions of its main network."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.errors import InputError
from jindo.ledger.sources.tron_transaction import parse_tron_transaction

TRANSFER = (
    "0a02fdf622084cd898aed8ce5d1440f0d2ccf1fd315a65080112610a2d747970652e676f6f676c65617069732e636f6d2f70726f746f636f6c"
    "2e5472616e73666572436f6e747261637412300a15419b3281a60ab7a44f351ef2896c653f134972ad2212154105cc125604448afeb6867eb6"
    "88efb7e80411d57a1805709c91c9f1fd31"
)
TRANSFER_ID = "47086db397eac45d2fe7dacedcb6f77267d6895dce645210e495e64f8a2a7910"
FREEZE = (
    "0a0280b9220863e75a2a561115d940a0da8791e3315a59083612550a34747970652e676f6f676c65617069732e636f6d2f70726f746f636f6c"
    "2e467265657a6542616c616e63655632436f6e7472616374121d0a154105cc125604448afeb6867eb688efb7e80411d57a10c0843d18017085"
    "978491e331"
)
FREEZE_ID = "10a748b856b46356ed8d7ae96f2b540dd40870f073981689c2f758e3359bbc94"


def test_transfer_is_read_from_its_bytes() -> None:
    found = parse_tron_transaction(TRANSFER, TRANSFER_ID)
    assert (found.sort, found.units, found.token) == (1, 5, "")
    assert (found.owner, found.receiver) == (
        "TQ7pF3NTDL2Tjz5rdJ6ECjQWjaWHpLZJMH",
        "TAVrrARNdnjHgCGMQYeQV7hv4PSu7mVsMj",
    )


def test_other_sorts_say_only_who_made_them() -> None:
    found = parse_tron_transaction(FREEZE, FREEZE_ID)
    assert (found.sort, found.owner, found.receiver, found.units) == (
        54,
        "TAVrrARNdnjHgCGMQYeQV7hv4PSu7mVsMj",
        None,
        0,
    )


@pytest.mark.parametrize("change", [TRANSFER.replace("1805", "1806"), TRANSFER[:-2], "zz", ""])
def test_other_bytes_do_not_give_the_id(change: str) -> None:
    with pytest.raises(InputError):
        parse_tron_transaction(change, TRANSFER_ID)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_transaction_or_refused(data: bytes) -> None:
    """Hostile bytes end in a refusal, never in a crash."""
    with pytest.raises(InputError):
        parse_tron_transaction(data.hex(), hashlib.sha256(data).hexdigest())


@given(st.integers(min_value=0, max_value=len(TRANSFER) // 2 - 1), st.integers(min_value=0, max_value=255))
def test_one_changed_byte_is_a_transaction_or_refused(place: int, byte: int) -> None:
    data = bytearray.fromhex(TRANSFER)
    data[place] = byte
    try:
        found = parse_tron_transaction(data.hex(), hashlib.sha256(data).hexdigest())
    except InputError:
        return
    assert found.units >= 0
