"""Kept responses of explorers become movements: each once, whoever asked for it, and none in the place of another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.explorers.evm import TOPIC
from tests.explorers.tron import PEOPLE, TOKEN, TronGridServer, TronTx

from jindo.base.errors import InputError
from jindo.base.ids import TRON, ChainId
from jindo.ledger import AccountChain, Kind, import_source, open_ledger
from jindo.ledger.fetching.address import parse_service_address
from jindo.ledger.fetching.keep import ResponseKeep
from jindo.ledger.fetching.request import build_request

CHAIN = ChainId("eip155:1")
HASHES = tuple(f"0x{pair * 32}" for pair in ("11", "22"))
A, B, TOKEN_OF_EVM = (f"0x{name * 20}" for name in ("aa", "bb", "cc"))
LISTS = ("txlist", "txlistinternal", "tokentx")


class Kept:
    """A folder of answers in the making."""

    def __init__(self, folder: Path, format: str) -> None:  # noqa: A002
        self.folder, self.format = folder, format

    def put(self, path: str, params: dict[str, Any], body: Any, *, post: Any = None) -> None:
        request = build_request(parse_service_address("http://x.test/api"), path, params, post)
        keep = ResponseKeep(self.folder / "kept")
        keep.record(request, json.dumps(body).encode(), time=1, status=200, counts=True)
        keep.close()

    def keep_list(self, action: str, address: str, rows: list[dict[str, Any]], *, page: int = 1) -> None:
        asked = {"action": action, "address": address, "endblock": 1000, "offset": 1000, "startblock": 0}
        self.put("", {"chainid": "1", "module": "account", **asked, "page": page}, told(rows))

    def account(self, address: str, **rows: list[dict[str, Any]]) -> None:
        """An account's lists, whole."""
        for action in LISTS:
            given = rows.get(action, [])
            self.keep_list(action, address, given)
            if given:
                self.keep_list(action, address, [], page=2)

    def call(self, method: str, tx_hash: str, result: Any) -> None:
        asked = {"chainid": "1", "module": "proxy", "action": method, "txhash": tx_hash}
        self.put("", asked, {"jsonrpc": "2.0", "id": 1, "result": result})

    def internals(self, tx_hash: str, rows: list[dict[str, Any]]) -> None:
        asked = {"chainid": "1", "module": "account", "action": "txlistinternal", "txhash": tx_hash}
        self.put("", asked, told(rows))

    def read(self, chain: ChainId = CHAIN) -> list[tuple[Kind, int]]:
        """Kind and units of every movement that comes in."""
        into = self.folder / "ledger"
        import_source(str(self.folder / "kept"), format=self.format, into=into, chain=chain, strict=True)
        found = open_ledger(into).chain(chain, check=False)
        assert isinstance(found, AccountChain)
        rows = zip(found.kind[:], found.amount[:], strict=True)
        return sorted((Kind(int(kind)), int(units)) for kind, units in rows)


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    message = "OK" if rows else "No transactions found"
    return {"status": "1" if rows else "0", "message": message, "result": rows}


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path, "etherscan")


def own(**other: Any) -> dict[str, Any]:
    return {
        "blockNumber": "10", "timeStamp": "1700000000", "hash": HASHES[0], "from": A, "to": B, "value": "500",
        "transactionIndex": "3", "gasUsed": "21000", "gasPrice": "2", "isError": "0", "txreceipt_status": "1",
        "contractAddress": "", **other,
    }  # fmt: skip


def token(**other: Any) -> dict[str, Any]:
    return {
        "blockNumber": "10", "timeStamp": "1700000000", "hash": HASHES[0], "from": A, "to": B, "value": "500",
        "contractAddress": TOKEN_OF_EVM, "tokenDecimal": "6", "transactionIndex": "3", **other,
    }  # fmt: skip


def internal(**other: Any) -> dict[str, Any]:
    return {
        "blockNumber": "10", "timeStamp": "1700000000", "from": B, "to": A, "value": "5", "contractAddress": "",
        "type": "call", "isError": "0", **other,
    }  # fmt: skip


def receipt(**other: Any) -> dict[str, Any]:
    return {
        "transactionHash": HASHES[0], "blockNumber": "0xa", "transactionIndex": "0x3", "status": "0x1",
        "gasUsed": "0x5208", "effectiveGasPrice": "0x2", "contractAddress": None, "logs": [], **other,
    }  # fmt: skip


def log(index: int, units: int) -> dict[str, Any]:
    ends = [f"0x{end[2:]:0>64}" for end in (A, B)]
    return {
        "address": TOKEN_OF_EVM,
        "topics": [TOPIC, *ends],
        "data": f"0x{units:064x}",
        "logIndex": hex(index),
    }


@pytest.mark.parametrize("place", [{}, {"logIndex": "7"}])
def test_lists_of_sender_and_receiver_that_are_one_response_count_once(
    kept: Kept, place: dict[str, str]
) -> None:
    for who in (A, B):
        kept.account(who, txlist=[own()], tokentx=[token(**place)])
    moving = Kind.TOKEN if place else Kind.TRANSFER
    assert kept.read() == sorted([(Kind.NATIVE, 500), (Kind.GAS, 42_000), (moving, 500)])


def test_transactions_told_of_by_one_response_keep_their_movements(kept: Kept) -> None:
    kept.internals(HASHES[0], [internal()])
    assert kept.read() == [(Kind.NATIVE, 5)]
    kept.internals(HASHES[1], [internal()])
    assert kept.read() == [(Kind.NATIVE, 5)] * 2


def test_receipt_with_one_log_index_twice_is_refused(kept: Kept) -> None:
    kept.call("eth_getTransactionReceipt", HASHES[0], receipt(logs=[log(1, 7), log(1, 8)]))
    with pytest.raises(InputError, match="two logs of a receipt have the index 1"):
        kept.read()


def test_fee_stands_beside_the_first_log_on_tron(tmp_path: Path) -> None:
    """The receipt is known first, and who pays later: what is there already must not take the fee along."""
    tx = TronTx(1001, 0, PEOPLE[3], TOKEN, 0, is_call=True, fee=777, logs=[(PEOPLE[1], PEOPLE[2], 50)])
    answers, kept = TronGridServer([tx]), Kept(tmp_path, "trongrid")
    found = []
    for call in ("gettransactioninfobyid", "gettransactionbyid"):
        ask(kept, answers, call)
        found = kept.read(TRON)
    assert {(kind, units) for kind, units in found if units} == {(Kind.GAS, 777), (Kind.TOKEN, 50)}


FAILED = {"isError": "1", "txreceipt_status": "0"}


@pytest.mark.parametrize(
    ("listed", "status"), [({}, "0x0"), (FAILED, "0x1"), ({"isError": "1", "txreceipt_status": "1"}, "0x1")]
)
def test_transaction_that_fails_by_one_answer_only_is_refused(
    kept: Kept, listed: dict[str, str], status: str
) -> None:
    kept.account(A, txlist=[own(**listed)])
    kept.call("eth_getTransactionReceipt", HASHES[0], receipt(status=status, logs=[log(1, 7)]))
    with pytest.raises(
        InputError, match=f"{HASHES[0]} failed by one answer of the explorer, and not by another"
    ):
        kept.read()


def test_transaction_that_fails_in_one_list_only_is_refused(kept: Kept) -> None:
    kept.account(A, txlist=[own(**FAILED)])
    kept.account(B, txlist=[own()])
    with pytest.raises(InputError, match="failed by one answer"):
        kept.read()


def test_outcome_that_no_field_states_is_none(kept: Kept) -> None:
    """Transactions of before October 2017 have no status."""
    kept.account(A, txlist=[own(txreceipt_status="")])
    assert (Kind.NATIVE, 500) in kept.read()


def test_token_movement_of_a_failed_transaction_is_refused(kept: Kept) -> None:
    kept.account(A, txlist=[own(**FAILED)], tokentx=[token()])
    with pytest.raises(InputError, match="failed, and a list has a token movement of it"):
        kept.read()


def test_value_without_a_receiver_is_refused(kept: Kept) -> None:
    kept.account(A, txlist=[own(to="")])
    with pytest.raises(InputError, match="has a value and no receiver"):
        kept.read()


@pytest.mark.parametrize("sort", [{"type": "teleport"}, {"type": "call", "callType": "authcall"}])
def test_internal_movement_of_an_unknown_sort_is_refused(kept: Kept, sort: dict[str, str]) -> None:
    kept.internals(HASHES[0], [internal(**sort)])
    with pytest.raises(InputError, match="of a sort that is not known"):
        kept.read()


def test_internal_movement_that_moves_nothing_is_left_out(kept: Kept) -> None:
    silent = [
        internal(type="delegatecall"),
        internal(type="teleport", value="0"),
        internal(callType="callcode"),
    ]
    kept.internals(HASHES[0], [*silent, internal(value="9")])
    assert kept.read() == [(Kind.NATIVE, 9)]


def ask(kept: Kept, answers: TronGridServer, call: str) -> None:
    """Keep what the server tells of its first transaction."""
    posted = {"value": answers.made[0].txid}
    body = json.loads(answers(f"/walletsolidity/{call}", {}, json.dumps(posted).encode()) or b"")
    kept.put(f"walletsolidity/{call}", {}, body, post=posted)


def ask_all(folder: Path, answers: TronGridServer) -> Kept:
    kept = Kept(folder, "trongrid")
    for call in ("gettransactioninfobyid", "gettransactionbyid"):
        ask(kept, answers, call)
    return kept


@pytest.mark.parametrize(("failed", "said"), [(False, "REVERT"), (True, "SUCCESS")])
def test_tron_transaction_that_fails_by_one_answer_only_is_refused(
    tmp_path: Path, *, failed: bool, said: str
) -> None:
    answers = TronGridServer([TronTx(1001, 0, PEOPLE[3], PEOPLE[4], 5, failed=failed)])
    answers.change_signed = lambda signed: {**signed, "ret": [{"contractRet": said}]}
    with pytest.raises(InputError, match="failed by one answer, and not by another"):
        ask_all(tmp_path, answers).read(TRON)


def test_receipt_decides_where_the_transaction_does_not_say(tmp_path: Path) -> None:
    answers = TronGridServer([TronTx(1001, 0, PEOPLE[3], PEOPLE[4], 5)])
    answers.change_signed = lambda signed: {**signed, "ret": [{}]}
    assert (Kind.NATIVE, 5) in ask_all(tmp_path, answers).read(TRON)


@pytest.mark.parametrize(
    ("note", "moves"), [("call", True), ("freezeBalanceV2ForEnergy", False), ("teleport", None)]
)
def test_internal_movement_of_tron_is_of_a_known_sort(
    tmp_path: Path, note: str, *, moves: bool | None
) -> None:
    tx = TronTx(1001, 0, PEOPLE[3], PEOPLE[4], 1, is_call=True, internals=[(PEOPLE[4], PEOPLE[5], 9, False)])
    answers = TronGridServer([tx])

    def rename(receipt: dict[str, Any]) -> dict[str, Any]:
        receipt["internal_transactions"][0]["note"] = note.encode().hex()
        return receipt

    answers.change_receipt = rename
    kept = ask_all(tmp_path, answers)
    if moves is None:
        with pytest.raises(InputError, match="of a sort that is not known: 'teleport'"):
            kept.read(TRON)
    else:
        assert ((Kind.NATIVE, 9) in kept.read(TRON)) == moves
