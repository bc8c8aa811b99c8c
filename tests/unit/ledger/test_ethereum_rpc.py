"""The ethereum-rpc format: blocks of a node, checked, kept, and read as ethereum-etl's are."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ledger.ethereum_node import CHAIN_ID, TIP, TREES, TX, EthereumNode, call, write_etl
from tests.unit.ledger.rpc_server import Reply, RpcError, RpcServer, serve

from jindo.base.errors import InputError, SourceError
from jindo.base.ids import ETHEREUM, ChainId
from jindo.base.keccak import keccak256
from jindo.ledger import ImportReport, import_source, open_ledger
from jindo.ledger.fetching import (
    ChainUnsettled,
    FetchedBlocks,
    FetchOrder,
    KeptDamaged,
    SourceDeclined,
    SourceSilent,
    WrongAnswer,
    iter_evidence,
)
from jindo.ledger.sources.ethereum_answers import iter_geth_rows
from jindo.ledger.sources.ethereum_header import compute_block_hashes
from jindo.ledger.sources.ethereum_rpc import fetch_ethereum_blocks
from jindo.ledger.sources.keccak_batch import hash_messages

CHAIN = ChainId(f"eip155:{CHAIN_ID}")
EMPTY_TRIE = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
NO_UNCLES = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
NO_BLOOM = "0x" + "00" * 256


@pytest.fixture
def node() -> EthereumNode:
    return EthereumNode()


@pytest.fixture
def server(node: EthereumNode) -> Iterator[RpcServer]:
    with serve(node.methods) as running:
        yield running


def take(server: RpcServer, ledger: Path, **more: Any) -> ImportReport:
    asked: dict[str, Any] = {"from_block": 1, "per_second": 10_000.0} | more
    return import_source(server.url, format="ethereum-rpc", into=ledger, **asked)


def fetch(server: RpcServer, keeps: Path, **more: Any) -> FetchedBlocks:
    asked: dict[str, Any] = {"from_block": 1, "per_second": float("inf"), "sleep": lambda _: None} | more
    if "confirmations" not in asked:
        asked = {"to_block": 15, **asked}
    return fetch_ethereum_blocks(FetchOrder(server.url, keeps, **asked))


def test_a_node_and_the_files_of_ethereum_etl_give_one_fingerprint(server: RpcServer, tmp_path: Path) -> None:
    report = take(server, tmp_path / "node")
    etl = write_etl(tmp_path / "etl")
    same = import_source(str(etl), format="ethereum-etl", into=tmp_path / "files", chain=CHAIN)
    assert (report.chain, report.rejected, same.rejected) == (CHAIN, 0, 0)
    assert report.fingerprint == same.fingerprint
    assert (report.read, report.added) == (same.read, same.added)
    assert report.source_rows["transactions"] == 5
    assert [note.split(" ", 1)[1].split(" and")[0] for note in report.notes] == [
        "transfers of single tokens (ERC-721) have no amount",
        "logs are called Transfer but are not built like one,",
    ]


def test_geths_traces_say_the_same_without_rewards(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    del node.methods["trace_block"]
    report = take(server, tmp_path / "node")
    etl = write_etl(tmp_path / "etl", rewards=False)
    same = import_source(str(etl), format="ethereum-etl", into=tmp_path / "files", chain=CHAIN)
    assert report.fingerprint == same.fingerprint
    assert any("no block rewards" in note for note in report.notes)


def test_without_traces_value_comes_from_transactions_and_this_is_said(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    del node.methods["trace_block"], node.methods["debug_traceBlockByNumber"]
    report = take(server, tmp_path / "node")
    etl = write_etl(tmp_path / "etl", rewards=False, traces=False)
    same = import_source(str(etl), format="ethereum-etl", into=tmp_path / "files", chain=CHAIN)
    assert report.fingerprint == same.fingerprint
    assert any("no traces" in note for note in report.notes)


def test_receipts_one_by_one_say_the_same(node: EthereumNode, server: RpcServer, tmp_path: Path) -> None:
    whole = take(server, tmp_path / "whole").fingerprint
    del node.methods["eth_getBlockReceipts"]
    assert take(server, tmp_path / "single").fingerprint == whole
    assert ("eth_getTransactionReceipt", [TX["pay"]]) in server.asked()


def test_a_node_without_receipts_is_no_source(node: EthereumNode, server: RpcServer, tmp_path: Path) -> None:
    del node.methods["eth_getBlockReceipts"], node.methods["eth_getTransactionReceipt"]
    with pytest.raises(SourceDeclined, match="does not exist"):
        fetch(server, tmp_path)


def test_the_same_blocks_again_are_there_already_and_not_asked_for(server: RpcServer, tmp_path: Path) -> None:
    first = take(server, tmp_path / "ledger")
    server.forget()
    second = take(server, tmp_path / "ledger")
    assert {method for method, _ in server.asked()} == {"eth_chainId", "eth_blockNumber"}
    assert (second.added, second.already_there) == (0, first.added)
    assert second.fingerprint == first.fingerprint
    assert len(open_ledger(tmp_path / "ledger").status().imports) == 1


def test_ranges_add_up_in_any_order(server: RpcServer, tmp_path: Path) -> None:
    whole = take(server, tmp_path / "whole").fingerprint
    take(server, tmp_path / "parts", from_block=13)
    assert take(server, tmp_path / "parts", from_block=1, to_block=14).fingerprint == whole


def test_the_range_ends_where_blocks_have_their_confirmations(server: RpcServer, tmp_path: Path) -> None:
    def last_asked() -> int:
        return max(
            int(params[0], 16) for method, params in server.asked() if method == "eth_getBlockByNumber"
        )

    fetch(server, tmp_path, to_block=None)
    assert last_asked() == TIP - 12
    fetch(server, tmp_path, confirmations=0)
    assert last_asked() == TIP
    with pytest.raises(InputError, match="11 blocks on it and 12 are wanted"):
        fetch(server, tmp_path, to_block=TIP - 11)


def test_every_answer_is_kept_and_named_by_the_ledger(server: RpcServer, tmp_path: Path) -> None:
    take(server, tmp_path / "ledger")
    (entry,) = open_ledger(tmp_path / "ledger").status().imports
    (source,) = entry.sources
    assert source["name"] == f"{server.url} blocks 1 to {TIP - 12}"
    (listed,) = (tmp_path / "ledger" / "fetched").glob("*/lists/*.jsonl")
    assert listed.stem == source["sha256"]
    asked = [json.loads(json.loads(line)["body"]) for line in listed.read_text().splitlines()]
    methods = [one["method"] for body in asked for one in (body if isinstance(body, list) else [body])]
    assert methods.count("eth_getBlockByNumber") == TIP - 12


def test_a_password_reaches_no_file_and_no_report(server: RpcServer, tmp_path: Path) -> None:
    url = f"http://somebody:hunter-two@{server.host}/0123456789abcdef0123"
    report = import_source(url, format="ethereum-rpc", into=tmp_path, from_block=1, per_second=1e4)
    written = repr(report) + " ".join(
        file.read_text(errors="replace") + str(file) for file in tmp_path.rglob("*") if file.is_file()
    )
    assert server.headers[0]["authorization"].startswith("Basic ")
    for secret in ("somebody", "hunter-two", "0123456789abcdef0123"):
        assert secret not in written


# ------------------------------------------------------------------------------------------ killed, and resumed


def test_a_killed_fetch_goes_on_where_it_was(node: EthereumNode, server: RpcServer, tmp_path: Path) -> None:
    whole = take(server, tmp_path / "whole").fingerprint
    server.forget()
    blocks = node.methods["eth_getBlockByNumber"]

    def die(number: str, full: bool) -> Any:  # the node's words
        if int(number, 16) >= 20:
            raise RpcError(-32000, "the node has gone away")
        return blocks(number, full)

    node.methods["eth_getBlockByNumber"] = die
    with pytest.raises(SourceDeclined):
        take(server, tmp_path / "ledger")
    node.methods["eth_getBlockByNumber"] = blocks
    server.forget()
    assert take(server, tmp_path / "ledger").fingerprint == whole
    asked = [int(params[0], 16) for method, params in server.asked() if method == "eth_getBlockByNumber"]
    assert asked == list(range(20, TIP - 11))


KILLED = """
from pathlib import Path
from jindo.ledger import import_source
import_source(URL, format="ethereum-rpc", into=Path(INTO), from_block=1, per_second=1e4)
"""


def test_a_process_that_was_killed_goes_on_where_it_was(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    blocks, reached, released = node.methods["eth_getBlockByNumber"], threading.Event(), threading.Event()

    def hold(number: str, full: bool) -> Any:  # the node's words
        if int(number, 16) >= 20:
            reached.set()
            released.wait()
        return blocks(number, full)

    node.methods["eth_getBlockByNumber"] = hold
    code = KILLED.replace("URL", repr(server.url)).replace("INTO", repr(str(tmp_path / "ledger")))
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        try:
            assert reached.wait(120)
        finally:
            process.kill()
            released.set()
    assert not (tmp_path / "ledger" / "ledger.json").exists()
    node.methods["eth_getBlockByNumber"] = blocks
    server.forget()
    report = take(server, tmp_path / "ledger")
    assert report.fingerprint == take(server, tmp_path / "whole").fingerprint
    asked = [int(params[0], 16) for method, params in server.asked() if method == "eth_getBlockByNumber"]
    assert asked[: TIP - 31] == list(range(20, TIP - 11))


def test_a_failed_first_import_leaves_nothing_where_nothing_was_answered(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        import_source("ftp://x", format="ethereum-rpc", into=tmp_path / "ledger", from_block=1)
    assert not (tmp_path / "ledger").exists()


def test_status_holds_the_kept_answers_against_their_hashes(server: RpcServer, tmp_path: Path) -> None:
    take(server, tmp_path)
    ledger = open_ledger(tmp_path)
    ledger.check()
    (listed,) = tmp_path.glob("fetched/*/lists/*.jsonl")
    place = (
        next(tmp_path.glob("fetched/*/responses"))
        / json.loads(listed.read_text().splitlines()[0])["sha256"][:2]
    )
    (answer,) = place.iterdir()
    for damaged in (answer, listed):
        whole = damaged.read_bytes()
        damaged.write_bytes(whole[:-1])
        with pytest.raises(KeptDamaged):
            ledger.check()
        damaged.write_bytes(whole)
    listed.unlink()
    with pytest.raises(KeptDamaged, match="list of kept answers"):
        ledger.check()


def test_a_kept_answer_that_was_changed_stops_the_import(server: RpcServer, tmp_path: Path) -> None:
    take(server, tmp_path / "ledger")
    for place in (tmp_path / "ledger" / "fetched").glob("*/responses/*/*"):
        place.write_bytes(place.read_bytes().replace(b"0x", b"0X"))
    with pytest.raises(KeptDamaged):
        take(server, tmp_path / "ledger")


# ------------------------------------------------------------------------------------------- a network that fails


@pytest.mark.parametrize(
    "reply",
    [
        Reply(429, b"", {"Retry-After": "3"}),
        Reply(502, b"bad gateway"),
        Reply(cut=200),
        Reply(body=b'[{"jsonrpc": "2.0", "id": 0, "resu'),
        Reply(error=(-32005, "limit exceeded")),
        Reply(backwards=True),
    ],
)
def test_a_fault_on_the_way_changes_nothing(server: RpcServer, tmp_path: Path, reply: Reply) -> None:
    expected = [answer.sha256 for answer in iter_evidence(fetch(server, tmp_path / "a").files[0])]
    for at in (2, 3):
        server.next = [Reply()] * at + [reply]
        fetched = fetch(server, tmp_path / str(at))
        results = [json.loads(answer.body) for answer in iter_evidence(fetched.files[0])]
        assert len(results) == len(expected)
        if not reply.backwards:
            assert [answer.sha256 for answer in iter_evidence(fetched.files[0])] == expected


def test_a_batch_out_of_order_is_read_in_order(server: RpcServer, tmp_path: Path) -> None:
    plain = take(server, tmp_path / "plain").fingerprint
    server.next = [Reply(backwards=True)] * 100
    assert take(server, tmp_path / "backwards").fingerprint == plain


def test_a_node_without_batches_gives_the_same(server: RpcServer, tmp_path: Path) -> None:
    plain = take(server, tmp_path / "plain").fingerprint
    server.batches = False
    assert take(server, tmp_path / "single").fingerprint == plain


# ------------------------------------------------------------------------------------------------ a node that lies


Lie = Callable[[dict[str, Any]], object]


def lie_about(node: EthereumNode, number: int, change: Lie, *, times: int = 1_000) -> None:
    """Let the node give another block `number`, so many times."""
    left, honest = [times], node.methods["eth_getBlockByNumber"]

    def answer(asked: str, full: bool) -> Any:  # the node's words
        block = copy.deepcopy(honest(asked, full))
        if int(asked, 16) == number and left[0]:
            left[0] -= 1
            change(block)
        return block

    node.methods["eth_getBlockByNumber"] = answer


LIES: dict[str, tuple[Lie, str]] = {
    "another hash": (lambda b: b.update(hash="0x" + "11" * 32, transactions=[]), "not that of its header"),
    "another time": (lambda b: b.update(timestamp="0x1"), "not that of its header"),
    "another number": (lambda b: b.update(number="0x1"), "another number"),
    "a negative number": (lambda b: b.update(number="-0x1"), "cannot be read"),
    "no hash": (lambda b: b.update(hash=None), "cannot be read"),
    "no root": (lambda b: b.pop("stateRoot"), "cannot be read"),
    "a fork left out": (lambda b: b.pop("baseFeePerGas"), "cannot be read"),
    "no transactions": (lambda b: b.pop("transactions"), "cannot be read"),
    "hashes alone": (lambda b: b.update(transactions=[TX["pay"]]), "cannot be read"),
    "an amount that is none": (lambda b: b["transactions"][0].update(value=7), "cannot be read"),
    "an amount beyond 256 bits": (lambda b: b["transactions"][0].update(value="0x" + "f" * 65), "cannot be read"),
    "a sender that is none": (lambda b: b["transactions"][0].update({"from": "=1+1"}), "cannot be read"),
    "another's transaction": (lambda b: b["transactions"][0].update(blockHash="0x00"), "of another block"),
    "a transaction too few": (lambda b: b["transactions"].pop(0), "of another block"),
    "one transaction twice": (lambda b: b["transactions"][1].update(hash=TX["pay"]), "repeats a transaction"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_block_that_does_not_fit_is_asked_for_again_and_then_refused(
    node: EthereumNode, server: RpcServer, tmp_path: Path, name: str
) -> None:
    change, says = LIES[name]
    honest = dict(node.methods)
    lie_about(node, 3, change)
    with pytest.raises(WrongAnswer, match=says):
        fetch(server, tmp_path)
    node.methods["eth_getBlockByNumber"] = honest["eth_getBlockByNumber"]
    lie_about(node, 3, change, times=3)
    assert fetch(server, tmp_path).chain == CHAIN


def rehash(block: dict[str, Any], **fields: Any) -> None:
    block.update(fields)
    (block["hash"],) = compute_block_hashes([block])
    for tx in block["transactions"]:
        tx["blockHash"] = block["hash"]


@pytest.mark.parametrize("number", [10, 15])
def test_a_wrong_parent_is_found_inside_a_span_and_between_two(
    node: EthereumNode, server: RpcServer, tmp_path: Path, number: int
) -> None:
    lie_about(node, number, lambda b: rehash(b, parentHash="0x" + "22" * 32))
    with pytest.raises((WrongAnswer, ChainUnsettled)):
        fetch(server, tmp_path)


def test_a_reorganisation_since_the_last_fetch_replaces_what_was_kept(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    fetch(server, tmp_path, to_block=28)
    branch = EthereumNode(branch="other", branch_from=12)
    node.blocks = branch.blocks
    fetched = fetch(server, tmp_path, confirmations=0)
    found = [
        each["result"]["hash"]
        for answer in iter_evidence(fetched.files[0])
        if "eth_getBlockByNumber" in answer.request.body
        for each in ensure_list(json.loads(answer.body))
    ]
    assert found == [block["hash"] for block in branch.blocks[1:]]


def ensure_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_a_chain_other_than_the_named_one_is_refused(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="eip155:31337, not eip155:1"):
        take(server, tmp_path / "ledger", chain=ETHEREUM)
    for answer in ("mainnet", None, 1, "0x"):
        node.methods["eth_chainId"] = lambda answer=answer: answer
        with pytest.raises(WrongAnswer):
            fetch(server, tmp_path / "keeps")


def test_another_chain_is_hashed_in_its_own_way_and_this_is_said(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    node.methods["eth_chainId"] = lambda: "0xa4b1"
    lie_about(node, 3, lambda b: b.update(timestamp="0x1"))
    fetched = fetch(server, tmp_path)
    assert fetched.chain == "eip155:42161"
    assert any("not recomputed" in note for note in fetched.notes)


@pytest.mark.parametrize(("chain", "issued"), [(CHAIN_ID, 1), (100, 0), (10_200, 0)])
def test_withdrawals_paid_in_a_token_are_left_out_and_this_is_said(
    node: EthereumNode, server: RpcServer, tmp_path: Path, chain: int, issued: int
) -> None:
    node.methods["eth_chainId"] = lambda: hex(chain)
    report = take(server, tmp_path / "ledger", from_block=20, to_block=20)
    assert report.added == issued
    assert any("1 withdrawals are paid in a token" in note for note in report.notes) is not bool(issued)


def test_a_field_of_a_later_fork_leaves_the_hash_unproven(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    lie_about(node, 3, lambda b: b.update(blockAccessListHash="0x00"))
    assert any("the hashes of 1 blocks" in note for note in fetch(server, tmp_path).notes)


def change_result(node: EthereumNode, method: str, number: int, change: Callable[[Any], Any]) -> None:
    honest = node.methods[method]

    def answer(asked: str, *more: Any) -> Any:
        result = copy.deepcopy(honest(asked, *more))
        return change(result) if int(asked, 16) == number else result

    node.methods[method] = answer


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[:1],
        lambda found: found[::-1],
        lambda found: None,
        lambda found: [found[0] | {"blockHash": "0x" + "33" * 32}, found[1]],
        lambda found: [found[0] | {"gasUsed": None}, found[1]],
        lambda found: [found[0] | {"logs": None}, found[1]],
        lambda found: [found[0] | {"logs": found[0]["logs"][::-1]}, found[1]],
        lambda found: [found[0] | {"logs": [found[0]["logs"][0] | {"address": "0x1"}]}, found[1]],
    ],
)
def test_receipts_that_are_not_those_of_the_block_are_refused(
    node: EthereumNode, server: RpcServer, tmp_path: Path, change: Callable[[Any], Any]
) -> None:
    change_result(node, "eth_getBlockReceipts", 12, change)
    with pytest.raises(WrongAnswer, match="the receipts of block 12"):
        fetch(server, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[:1],
        lambda found: [],
        lambda found: None,
        lambda found: [{**found[0], "type": "x"}],
    ],
)
def test_traces_that_stop_halfway_are_an_error_and_never_silence(
    node: EthereumNode, server: RpcServer, tmp_path: Path, change: Callable[[Any], Any]
) -> None:
    change_result(node, "trace_block", 12, change)
    with pytest.raises(SourceError, match="the traces of block 12"):
        fetch(server, tmp_path)


OTHER = "0x" + "ee" * 20


@pytest.mark.parametrize(
    ("field", "value"), [("from", OTHER), ("to", OTHER), ("value", "0x1"), ("value", hex(999 * 10**18))]
)
@pytest.mark.parametrize("method", ["trace_block", "debug_traceBlockByNumber"])
def test_traces_whose_first_call_is_not_the_transaction_are_refused(
    node: EthereumNode, server: RpcServer, tmp_path: Path, method: str, field: str, value: str
) -> None:
    where = "action" if method == "trace_block" else "result"
    if method != "trace_block":
        del node.methods["trace_block"]
    change_result(
        node, method, 3, lambda found: [found[0] | {where: found[0][where] | {field: value}}, *found[1:]]
    )
    with pytest.raises(WrongAnswer, match="another sender, receiver or value"):
        fetch(server, tmp_path)


def test_traces_at_another_place_than_their_transactions_are_refused(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    change_result(node, "trace_block", 3, lambda found: [t | {"transactionPosition": 7} for t in found])
    with pytest.raises(WrongAnswer, match="another place"):
        fetch(server, tmp_path)


@pytest.mark.parametrize(("block", "status"), [(3, "0x0"), (12, "0x1")])
def test_receipts_and_traces_that_differ_on_failure_are_refused(
    node: EthereumNode, server: RpcServer, tmp_path: Path, block: int, status: str
) -> None:
    change_result(
        node, "eth_getBlockReceipts", block, lambda found: [receipt | {"status": status} for receipt in found]
    )
    with pytest.raises(WrongAnswer, match="differ on whether it failed"):
        fetch(server, tmp_path)


def test_a_failed_receipt_with_logs_is_refused(node: EthereumNode, server: RpcServer, tmp_path: Path) -> None:
    change_result(
        node, "eth_getBlockReceipts", 12, lambda found: [receipt | {"status": "0x0"} for receipt in found]
    )
    with pytest.raises(WrongAnswer, match="failed, and has logs"):
        fetch(server, tmp_path)


def test_receipts_without_a_status_are_taken_as_those_of_the_first_years(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    old = [
        {name: value for name, value in receipt.items() if name != "status"}
        for receipt in node.receipts("0xc")
    ]
    change_result(node, "eth_getBlockReceipts", 12, lambda _found: old)
    assert fetch(server, tmp_path).chain == CHAIN


def test_a_tracer_that_never_has_anything_is_none(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    node.methods["trace_block"] = lambda _number: []
    fetched = fetch(server, tmp_path)
    assert any("debug_traceBlockByNumber" in note for note in fetched.notes)


def test_a_node_that_is_silent_says_when_to_come_back(server: RpcServer, tmp_path: Path) -> None:
    server.next = [Reply(429, b"", {"Retry-After": "900"})]
    with pytest.raises(SourceSilent) as caught:
        fetch(server, tmp_path)
    assert caught.value.retry_after == 900


# ------------------------------------------------------------------------------------ what others say of the chain

GENESIS = {
    "parentHash": "0x" + "00" * 32, "sha3Uncles": NO_UNCLES, "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544", "transactionsRoot": EMPTY_TRIE,
    "receiptsRoot": EMPTY_TRIE, "logsBloom": NO_BLOOM, "difficulty": "0x400000000", "number": "0x0",
    "gasLimit": "0x1388", "gasUsed": "0x0", "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa", "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
}  # fmt: skip
"""Ethereum's first block."""
PRAGUE = {
    "parentHash": "0xdf87c57e4906fac52d88f45d9097efa470246b34210ab627611f011011169815", "sha3Uncles": NO_UNCLES,
    "miner": "0x" + "00" * 20,
    "stateRoot": "0x373d8dc7918f261d8b01147d594e132129212649c515c4e90e6451c4da24d3ed",
    "transactionsRoot": "0x784e0df930ccb344e50a678018da9ad5f4b3a390eebdd6f84bf0743cf71c23f8",
    "receiptsRoot": "0x017bd5668124eaa6573c19bf1ede564749b5c3ba8f13b0ff4eb52f58b38d0587",
    "logsBloom": "0x00000000000000000002000000000000000000000000000000000000000000000000000000000000000000000000000000000000000040200000000000100000000000000000000000000008000000000000000000000000000000000000000000000800000000000000000000000000000800000000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001000000000000400000000000000000",
    "difficulty": "0x0", "number": "0x4", "gasLimit": "0x1c9c380", "gasUsed": "0x7d6d", "timestamp": "0x6b058186",
    "extraData": "0x", "mixHash": "0x174951e7f117612250716f005df839fe215cc6445811fe0c5848192069592f1c",
    "nonce": "0x0000000000000000", "baseFeePerGas": "0x27f98baa", "withdrawalsRoot": EMPTY_TRIE, "blobGasUsed": "0x0",
    "excessBlobGas": "0x0", "parentBeaconBlockRoot": "0x" + "00" * 32,
    "requestsHash": "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}  # fmt: skip
"""A block of Foundry's anvil 1.7.1 by the rules of Prague."""


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (GENESIS, "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"),
        (PRAGUE, "0x6685e134ef7c8f5f2fc7e799035821f9b1b85e8f353a0f8e14de31e2e0309412"),
    ],
)
def test_the_hash_of_a_header_is_the_one_that_the_world_knows(block: dict[str, Any], expected: str) -> None:
    more = {**block, "size": "0x1", "totalDifficulty": "0x1", "oddity": None}
    assert compute_block_hashes([block, {**block, "oddity": 1}, more]) == [expected, None, expected]


def test_messages_of_any_length_are_hashed_side_by_side_as_one_by_one() -> None:
    messages = [bytes([n % 251]) * n for n in (0, 1, 135, 136, 137, 271, 272, 600, 601, 5)]
    assert hash_messages(messages) == [keccak256(message) for message in messages]
    assert hash_messages([]) == []


def test_calls_as_deep_as_ethereum_allows_are_read(
    node: EthereumNode, server: RpcServer, tmp_path: Path
) -> None:
    deep = call("0x" + "0a" * 20, "0x" + "0b" * 20, 1)
    for _ in range(1_023):
        deep = call("0x" + "0a" * 20, "0x" + "0b" * 20, 1, deep)
    rows = list(iter_geth_rows(3, [TX["pay"]], [{"result": deep}]))
    assert len(rows) == 1_024
    inside = call("0x" + "0a" * 20, "0x" + "0b" * 20, 1, "INSIDE")
    opening, closing = json.dumps(inside).split('"INSIDE"')
    below = opening * 1_022 + json.dumps(call("0x" + "0a" * 20, "0x" + "0b" * 20, 1)) + closing * 1_022
    roots = [TREES[what] | {"calls": ["INSIDE"]} for what in ("pay", "shop")]
    pay, shop = (json.dumps(root).replace('"INSIDE"', below) for root in roots)
    del node.methods["trace_block"], node.methods["debug_traceBlockByNumber"]
    body = f'[{{"id":0,"result":[{{"result":{pay}}},{{"result":{shop}}}]}}]'
    server.batches = True
    node.methods["debug_traceBlockByNumber"] = lambda *_: json.loads("[]")
    server.next = [Reply()] * 5 + [Reply(body=body.encode())]
    fetched = fetch(server, tmp_path, from_block=3, to_block=3)
    assert any("debug_traceBlockByNumber" in note for note in fetched.notes)
