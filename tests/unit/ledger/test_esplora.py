"""Responses of an explorer that speaks Esplora's API become transactions, or are refused by what they contradict."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from tests.explorers.bitcoin import EsploraServer, address_of, make_chain
from tests.unit.ledger.bitcoin.mining import REGTEST

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN
from jindo.ledger.bitcoin.networks import get_network
from jindo.ledger.sources.esplora_transaction import parse_esplora_transaction

NETWORK = get_network(REGTEST)
MAIN = get_network(BITCOIN)

# Block 170 of Bitcoin's main chain: the first payment, which has been public since 2009.
FIRST_PAYMENT: dict[str, Any] = {
    "txid": "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16",
    "version": 1,
    "locktime": 0,
    "vin": [
        {
            "txid": "0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9",
            "vout": 0,
            "prevout": {
                "scriptpubkey": "410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f"
                "82e160bfa9b8b64f9d4c03f999b8643f656b412a3ac",
                "scriptpubkey_type": "p2pk",
                "value": 5000000000,
            },
            "scriptsig": "47304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de48"
            "60a4acdd12909d831cc56cbbac4622082221a8768d1d0901",
            "is_coinbase": False,
            "sequence": 4294967295,
        }
    ],
    "vout": [
        {
            "scriptpubkey": "4104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21"
            "c1b7303b8a0626f1baded5c72a704f7e6cd84cac",
            "scriptpubkey_type": "p2pk",
            "value": 1000000000,
        },
        {
            "scriptpubkey": "410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e"
            "160bfa9b8b64f9d4c03f999b8643f656b412a3ac",
            "scriptpubkey_type": "p2pk",
            "value": 4000000000,
        },
    ],
    "status": {
        "confirmed": True,
        "block_height": 170,
        "block_hash": "00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee",
        "block_time": 1231731025,
    },
}


def test_first_payment_gives_its_id() -> None:
    told = parse_esplora_transaction(FIRST_PAYMENT, MAIN)
    assert told is not None
    assert [made.value for made in told.outputs] == [1_000_000_000, 4_000_000_000]
    assert told.inputs[0].value == 5_000_000_000
    assert told.outputs[1].address == told.inputs[0].address == "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"
    assert (told.height, told.coinbase) == (170, False)


def test_unconfirmed_transaction_is_none() -> None:
    assert parse_esplora_transaction({**FIRST_PAYMENT, "status": {"confirmed": False}}, MAIN) is None


def change(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    told = copy.deepcopy(FIRST_PAYMENT)
    at: Any = told
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return told


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("vout", 0, "value"), 1_000_000_001, "do not give its id"),
        (("vout", 0, "value"), "1000000000.5", "not a whole number"),
        (("vout", 0, "value"), 10.5, "not a whole number"),
        (("vout", 0, "value"), True, "not a whole number"),
        (("vout", 0, "value"), -1, "not a whole number"),
        (("vout", 0, "scriptpubkey"), "76", "do not give its id"),
        (("vout", 0, "scriptpubkey"), "zz", "not written in lower case hex"),
        (("vout", 0, "scriptpubkey_address"), "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S", "not that of its script"),
        (("vin", 0, "vout"), 1, "do not give its id"),
        (("vin", 0, "sequence"), 1 << 32, "too large"),
        (("version",), None, "not a whole number"),
        (("vin",), {}, "not a JSON array"),
        (("vout",), [], "has no outputs"),
        (("status", "block_height"), None, "block_height is missing"),
        (("txid",), "00" * 32, "do not give its id"),
    ],
)
def test_changed_field_is_refused(path: tuple[Any, ...], value: Any, says: str) -> None:
    told = json.loads(json.dumps(change(path, value)), parse_float=str)
    with pytest.raises(InputError, match=says):
        parse_esplora_transaction(told, MAIN)


def test_every_transaction_of_a_chain_gives_its_id() -> None:
    server = EsploraServer(make_chain(5, blocks=12))
    for txid in server.raw:
        told = parse_esplora_transaction(server.tell(txid), NETWORK)
        assert told is not None
        assert told.txid == txid
        assert {made.address for made in told.outputs} <= {address_of(who) for who in range(1, 14)}
