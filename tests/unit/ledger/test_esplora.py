"""Responses of an explorer that speaks Esplora's API become transactions, or are refused by what they contradict."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tests.explorers.bitcoin import EsploraServer, address_of, make_chain
from tests.unit.ledger.bitcoin.mining import REGTEST

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN
from jindo.ledger import import_source
from jindo.ledger.bitcoin.networks import get_network
from jindo.ledger.fetching.address import parse_service_address
from jindo.ledger.fetching.keep import ResponseKeep
from jindo.ledger.fetching.request import build_request
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


FIRST_BLOCK = "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"
FIRST_COINBASE: dict[str, Any] = {
    "txid": "0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098",
    "version": 1,
    "locktime": 0,
    "vin": [
        {
            "txid": "00" * 32,
            "vout": 0xFFFFFFFF,
            "prevout": None,
            "scriptsig": "04ffff001d0104",
            "sequence": 0xFFFFFFFF,
            "is_coinbase": True,
        }
    ],
    "vout": [
        {
            "scriptpubkey": "410496b538e853519c726a2c91e61ec11600ae1390813a627c66fb8be7947be63c52da7589379515d4e0a604f814178"
            "1e62294721166bf621e73a82cbf2342c858eeac",
            "value": 5_000_000_000,
        }
    ],
}
FIRST_HEADER = (
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3"
    "540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299"
)
"""Block 1 of Bitcoin's main chain, 9 January 2009, of difficulty 1."""


def keep_first_block(folder: Path, height: int) -> str:
    """An explorer's answers on block 1, which they say to be at another height."""
    txid = FIRST_COINBASE["txid"]
    status = {"confirmed": True, "block_height": height, "block_hash": FIRST_BLOCK, "block_time": 1231469665}
    answers = {
        "block-height/0": b"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
        "blocks/tip/height": b"900000",
        f"tx/{txid}": json.dumps({**FIRST_COINBASE, "status": status}).encode(),
        f"tx/{txid}/merkle-proof": json.dumps({"block_height": height, "merkle": [], "pos": 0}).encode(),
        f"block/{FIRST_BLOCK}/header": FIRST_HEADER.encode(),
    }
    keep = ResponseKeep(folder / "kept")
    for path, body in answers.items():
        request = build_request(parse_service_address("http://x.test"), path, {}, None)
        keep.record(request, body, time=1, status=200, counts=True)
    keep.close()
    return str(folder / "kept")


def test_a_block_of_the_first_days_is_refused_at_a_late_height(tmp_path: Path) -> None:
    kept = keep_first_block(tmp_path, 840_000)
    with pytest.raises(InputError, match="far less work than any block of main from 840000 on"):
        import_source(kept, format="esplora", into=tmp_path / "ledger", chain=BITCOIN, strict=True)


def test_a_block_of_the_first_days_is_taken_at_its_own(tmp_path: Path) -> None:
    kept = keep_first_block(tmp_path, 1)
    report = import_source(kept, format="esplora", into=tmp_path / "ledger", chain=BITCOIN, strict=True)
    assert (report.added, report.rejected) == (1, 0)
