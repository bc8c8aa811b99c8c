"""Logs and lists of explorers that speak Etherscan's API, as they differ between tokens and explorers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jindo.base.errors import InputError, SourceError
from jindo.ledger.sources.etherscan_answers import read_answers
from jindo.ledger.sources.etherscan_envelope import (
    lacks_proxy,
    parse_etherscan_list,
    parse_etherscan_result,
)
from jindo.ledger.sources.etherscan_facts import TRANSFER_TOPIC, split_transfer
from jindo.ledger.sources.kept import KeptResponse

SENDER, RECEIVER = f"{0xA0:064x}", f"{0xB0:064x}"
UNITS = f"{123:064x}"
WHO = "0x" + "ab" * 20


def log(*topics: str, data: str = "") -> dict[str, Any]:
    return {"topics": [TRANSFER_TOPIC, *(f"0x{topic}" for topic in topics)], "data": f"0x{data}"}


@pytest.mark.parametrize(
    "told",
    [
        log(SENDER, RECEIVER, data=UNITS),
        log(SENDER, data=RECEIVER + UNITS),
        log(data=SENDER + RECEIVER + UNITS),
    ],
)
def test_transfer_is_read_however_many_words_are_indexed(told: dict[str, Any]) -> None:
    assert split_transfer(told) == (f"{0xA0:040x}", f"{0xB0:040x}", 123)


@pytest.mark.parametrize(
    "told",
    [
        log(SENDER, RECEIVER, UNITS),
        log(SENDER, RECEIVER),
        log(SENDER, RECEIVER, data=UNITS + UNITS),
        log(SENDER, RECEIVER, data="7b"),
        {"topics": [], "data": "0x"},
        {"topics": ["0x" + "11" * 32, "0x" + SENDER, "0x" + RECEIVER], "data": "0x" + UNITS},
    ],
)
def test_other_logs_move_no_units(told: dict[str, Any]) -> None:
    assert split_transfer(told) is None


def answer(**value: Any) -> bytes:
    return json.dumps(value).encode()


def test_empty_list_is_empty_whatever_its_status() -> None:
    assert parse_etherscan_list(answer(status="0", message="No transactions found", result=[])) == []
    assert parse_etherscan_list(answer(status="0", message="No token transfers found", result=None)) == []


@pytest.mark.parametrize("said", ["Max rate limit reached", "Query Timeout occured. Please try again"])
def test_refusal_for_now_may_be_asked_again(said: str) -> None:
    with pytest.raises(SourceError, match="the explorer refuses"):
        parse_etherscan_list(answer(status="0", message="NOTOK", result=said))


def test_refusal_for_good_is_ours_to_correct() -> None:
    with pytest.raises(InputError, match="Invalid API Key") as caught:
        parse_etherscan_result(answer(status="0", message="NOTOK", result="Invalid API Key"))
    assert "JINDO_ETHERSCAN_KEY" in caught.value.remedy()


def test_explorer_without_proxy_says_so() -> None:
    assert lacks_proxy(answer(status="0", message="Unknown module", result=None))
    assert not lacks_proxy(answer(jsonrpc="2.0", id=1, result="0x1"))


def page(
    rows: list[dict[str, Any]], *, action: str = "txlist", start: int = 0, number: int = 1
) -> KeptResponse:
    query = {
        "module": "account",
        "action": action,
        "address": WHO,
        "startblock": str(start),
        "page": str(number),
    }
    body = answer(status="1", message="OK", result=rows)
    return KeptResponse(0, "/api", {**query, "offset": "2"}, "", body)


def row(block: int, number: int = 1) -> dict[str, Any]:
    return {"blockNumber": str(block), "hash": f"0x{number:064x}", "from": WHO}


def empty() -> list[KeptResponse]:
    return [page([], action=action) for action in ("txlistinternal", "tokentx")]


def test_list_counts_once_its_windows_are_joined() -> None:
    answers = read_answers(
        [*empty(), page([row(1), row(5)]), page([row(5, 2)], start=5), page([], start=5, number=2)]
    )
    assert [line.row["blockNumber"] for _, line in answers.lines("txlist")] == ["1", "5"]
    assert answers.find_whole() == {WHO}


@pytest.mark.parametrize(
    "pages",
    [
        [page([row(1)])],
        [page([row(1), row(5)]), page([], number=3)],
        [page([row(1), row(5)], number=2), page([row(5)], start=5), page([], start=5, number=2)],
        [page([row(1), row(4)]), page([row(5)], start=5), page([], start=5, number=2)],
    ],
)
def test_list_that_is_not_whole_counts_for_nothing(pages: list[KeptResponse]) -> None:
    answers = read_answers([*empty(), *pages])
    assert list(answers.lines("txlist")) == []
    assert answers.find_cut() == {WHO}


def test_account_with_one_list_alone_counts_for_nothing() -> None:
    assert read_answers([page([row(1)]), page([], number=2)]).find_cut() == {WHO}


def test_list_that_is_not_done_is_asked_for_again() -> None:
    """Blockscout says so with status 2, of a list that lacks what it has not looked into yet."""
    for message in ("OK", "No internal transactions found"):
        with pytest.raises(SourceError, match="still putting this list together"):
            parse_etherscan_list(answer(status="2", message=message, result=[row(1)]))


@pytest.mark.parametrize("said", [{}, {"status": "0", "message": "Something"}, {"status": "3"}])
def test_list_that_is_not_said_to_be_whole_is_refused(said: dict[str, str]) -> None:
    with pytest.raises(InputError, match="does not say that the list is whole"):
        parse_etherscan_list(answer(**said, result=[]))


def test_list_of_another_account_is_refused() -> None:
    told = {**row(1), "from": "0x" + "cd" * 20, "to": "0x" + "ef" * 20}
    (bad,) = read_answers([page([told])]).bad
    assert "row 1 does not name the account whose list it is" in bad[1]
    assert not read_answers([page([{**told, "contractAddress": WHO}])]).bad


@pytest.mark.parametrize("rows", [[row(5), row(1)], [row(3)]])
def test_rows_out_of_order_or_from_before_are_refused(rows: list[dict[str, Any]]) -> None:
    (bad,) = read_answers([page(rows, start=4)]).bad
    assert "out of order, or from before the block" in bad[1]


def test_answer_about_another_transaction_is_refused() -> None:
    asked = {"module": "proxy", "action": "eth_getTransactionByHash", "txhash": "0x" + "11" * 32}
    told = answer(jsonrpc="2.0", id=1, result={"hash": "0x" + "22" * 32, "blockNumber": "0x1"})
    (bad,) = read_answers([KeptResponse(3, "/api", asked, "", told)]).bad
    assert bad[0] == 3
    assert "it is about 0x2222" in bad[1]
