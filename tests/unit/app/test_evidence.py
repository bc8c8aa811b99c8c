"""The evidence for Bitcoin transactions: what is written, what it shows, and that no byte of it can be another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.unit.ledger.bitcoin.mining import (
    REGTEST,
    Story,
    hash_of,
    make_block,
    make_coinbase,
    make_other,
    make_story,
    root_of,
    sha256d,
    write_blocks,
)

from jindo.app import TraceRequest, import_source, trace_ledger, verify_result
from jindo.app.evidence import FILE
from jindo.app.history import SCHEMA, describe_history
from jindo.app.result import hash_provenance, write_result
from jindo.app.tracing import list_files
from jindo.base.errors import IntegrityError
from jindo.ledger import UtxoChain, open_ledger, read_transactions
from jindo.seal import canonical_bytes, canonical_hash, sha256_hex


@pytest.fixture(scope="module")
def story() -> Story:
    return make_story()


def take_blocks(folder: Path, blocks: list[bytes], ledger: Path) -> None:
    import_source(str(write_blocks(folder, blocks)), format="bitcoin-blocks", into=ledger, chain=REGTEST)


def take_etl(story: Story, tmp_path: Path, ledger: Path, change: Callable[[list[Any]], object] = len) -> None:
    """The story as bitcoin-etl has it, changed where a test wants it."""
    take_blocks(tmp_path / "for-etl", story.blocks, tmp_path / "for-etl.ledger")
    chain = open_ledger(tmp_path / "for-etl.ledger").chain(REGTEST)
    assert isinstance(chain, UtxoChain)
    rows = [
        {
            "hash": row.tx_hash,
            "block_number": row.block,
            "block_timestamp": row.time,
            "index": row.tx_index,
            "is_coinbase": row.coinbase,
            "inputs": [
                {"spent_transaction_hash": given.prev_hash, "spent_output_index": given.prev_index}
                for given in row.inputs
            ],
            "outputs": [{"value": made.value, "addresses": [made.address]} for made in row.outputs],
        }
        for row in read_transactions(chain, range(chain.tx_count))
    ]
    change(rows)
    (tmp_path / "etl.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_source(str(tmp_path / "etl.json"), format="bitcoin-etl", into=ledger, chain=REGTEST)


def trace(story: Story, tmp_path: Path, ledger: Path, out: str = "out") -> dict[str, Any]:
    (tmp_path / "stolen.csv").write_text(f"tx_hash,index\n{story.first.name},0\n")
    return trace_ledger(TraceRequest(ledger, tmp_path / "stolen.csv", tmp_path / out)).result


@pytest.fixture(scope="module")
def traced(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traced")
    take_blocks(folder / "blocks", story.blocks, folder / "ledger")
    trace(story, folder, folder / "ledger")
    return folder / "out"


@pytest.fixture
def case(traced: Path, tmp_path: Path) -> Path:
    """A folder with a result whose every transaction is proven."""
    shutil.copytree(traced, tmp_path / "out")
    return tmp_path


def evidence(case: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (case / "out" / FILE).read_bytes().splitlines()]


def shown(case: Path) -> str:
    (check,) = [check for check in verify_result(case / "out").checks if check.name == "evidence"]
    return check.detail


def reseal(out: Path) -> None:
    """Make every hash and the manifest fit again, as whoever can rewrite the folder would."""
    result = json.loads((out / "result.json").read_bytes())
    result["provenance"]["history"] = describe_history(out / "history.parquet")
    if "evidence" in result["provenance"]:
        result["provenance"]["evidence"]["sha256"] = sha256_hex((out / FILE).read_bytes())
    result["findings_hash"] = canonical_hash(result["findings"])
    result["provenance_hash"] = hash_provenance(result)
    (out / "result.json").write_bytes(write_result(result))
    (out / "manifest.json").write_bytes(canonical_bytes(list_files(out)) + b"\n")


def test_trace_carries_what_proves_its_transactions(case: Path, story: Story) -> None:
    rows = evidence(case)
    assert [(row["block"], row["index"]) for row in rows] == [(1, 0), (2, 0), (2, 1), (3, 0), (3, 2)]
    assert rows[2]["txid"] == story.first.name
    assert rows[2]["raw"] == story.first.raw.hex()
    assert rows[2]["header"] == story.blocks[1][:80].hex()
    assert rows[2]["block_hash"] == hash_of(story.blocks[1])[::-1].hex()
    assert set(rows[0]) == {"block", "block_hash", "branch", "chain", "header", "index", "raw", "txid"}
    assert "evidence-bitcoin.jsonl" in json.loads((case / "out" / "manifest.json").read_bytes())


def test_the_result_says_how_much_is_proven(case: Path) -> None:
    told = json.loads((case / "out" / "result.json").read_bytes())["provenance"]["evidence"]
    assert told.pop("sha256") == sha256_hex((case / "out" / FILE).read_bytes())
    assert told == {
        "transactions": 2, "proven": 2, "inputs": 2, "inputs_proven": 2, "blocks": 3, "heights_proven": 3,
    }  # fmt: skip
    assert shown(case) == (
        "2 of 2 Bitcoin transactions of the history are proven by raw bytes, Merkle branch and a header with work, "
        "2 of 2 inputs by the transaction that made them; 3 of 3 blocks state their own height; "
        "not shown: that the blocks are in the best chain"
    )


def test_without_raw_blocks_a_result_is_as_it_was_and_finds_the_same(story: Story, case: Path) -> None:
    take_etl(story, case, case / "etl.ledger")
    plain = trace(story, case, case / "etl.ledger", "plain")
    assert not (case / "plain" / FILE).exists()
    assert "evidence" not in plain["provenance"]
    assert [c.name for c in verify_result(case / "plain").checks][:3] == ["files", "hashes", "balance"]
    proven = json.loads((case / "out" / "result.json").read_bytes())
    assert proven["findings_hash"] == plain["findings_hash"]
    assert proven["provenance"]["history"] == plain["provenance"]["history"]


def test_what_the_ledger_cannot_prove_is_counted(story: Story, tmp_path: Path) -> None:
    take_etl(story, tmp_path, tmp_path / "ledger")
    take_blocks(tmp_path / "blocks", story.blocks[1:2], tmp_path / "ledger")
    told = trace(story, tmp_path, tmp_path / "ledger")["provenance"]["evidence"]
    assert (told["transactions"], told["proven"], told["inputs"], told["inputs_proven"]) == (2, 1, 2, 1)
    assert "1 of 2 Bitcoin transactions" in shown(tmp_path)


def test_a_ledger_that_contradicts_its_raw_blocks_gives_no_result(story: Story, tmp_path: Path) -> None:
    def change(rows: list[Any]) -> None:
        row = next(row for row in rows if row["hash"] == story.second.name)
        row["outputs"][0]["value"] -= 1

    take_etl(story, tmp_path, tmp_path / "ledger", change)
    take_blocks(tmp_path / "blocks", story.blocks, tmp_path / "ledger")
    with pytest.raises(IntegrityError, match="not what its raw blocks say: output 0") as caught:
        trace(story, tmp_path, tmp_path / "ledger")
    assert "new ledger" in caught.value.remedy()
    assert not (tmp_path / "out").exists()


def test_a_result_whose_raw_blocks_are_damaged_is_not_written(story: Story, tmp_path: Path) -> None:
    take_blocks(tmp_path / "blocks", story.blocks, tmp_path / "ledger")
    (file,) = (tmp_path / "ledger").glob("blocks/*/*/blocks.dat")
    data = bytearray(file.read_bytes())
    data[data.index(story.first.raw) + 60] ^= 1
    file.write_bytes(data)
    with pytest.raises(IntegrityError, match="damaged") as caught:
        trace(story, tmp_path, tmp_path / "ledger")
    assert caught.value.place == str(file)


def test_every_flipped_byte_is_named_with_what_it_breaks(case: Path) -> None:
    path = case / "out" / FILE
    whole = path.read_bytes()
    seen = set()
    for at in range(0, len(whole), 13):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(IntegrityError) as caught:
            verify_result(case / "out")
        assert caught.value.place == str(path)
        said = caught.value.problem.partition("the manifest lists: ")[2]
        line = whole[:at].count(b"\n") + 1
        assert said.startswith(f"{FILE}:{line}: ") or "a witness in it was changed" in said
        seen.add(said.partition(f"{FILE}:{line}: ")[2])
    assert len(seen) > 5


def test_every_flipped_byte_is_found_also_where_all_hashes_were_made_to_fit(case: Path) -> None:
    path = case / "out" / FILE
    whole = path.read_bytes()
    witnesses = [(whole.index(text.hex().encode()), 2 * len(text)) for text in (b"sig", b"another")]
    for at in range(0, len(whole), 67):
        if any(first <= at < first + size for first, size in witnesses):
            continue  # no id covers it, as the reference says
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        reseal(case / "out")
        with pytest.raises(IntegrityError) as caught:
            verify_result(case / "out")
        assert caught.value.place.startswith(str(path))


def swap(lines: list[bytes]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


FORGERIES: dict[str, tuple[Callable[[list[bytes]], object], str]] = {
    "a line is left out": (lambda lines: lines.pop(), "not the one that the result names"),
    "a coinbase is left out": (lambda lines: lines.pop(1), "first line of a block"),
    "a line twice": (lambda lines: lines.insert(0, lines[0]), "out of order, or there twice"),
    "lines swapped": (swap, "first line of a block"),
    "nothing left": (lambda lines: lines.clear(), "not the one that the result names"),
    "no JSON": (lambda lines: lines.insert(0, b"[]\n"), "does not have the fields"),
    "spaces": (lambda lines: lines.insert(0, b" " + lines.pop(0)), "not written in its one way"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_lines_that_do_not_belong_are_found(case: Path, name: str) -> None:
    change, says = FORGERIES[name]
    path = case / "out" / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    change(lines)
    path.write_bytes(b"".join(lines))
    reseal(case / "out")
    with pytest.raises(IntegrityError, match=says):
        verify_result(case / "out")


def test_a_proven_transaction_that_nobody_asked_for_is_found(
    case: Path, story: Story, tmp_path: Path
) -> None:
    """Somebody else's transaction, as well proven as the others."""
    four = make_block(hash_of(story.blocks[2]), [make_coinbase(4, 9), make_other(6)])
    ledger = tmp_path / "other.ledger"
    take_blocks(tmp_path / "more", [*story.blocks, four], ledger)
    (tmp_path / "other.csv").write_text(f"tx_hash\n{make_other(6).name}\n")
    trace_ledger(TraceRequest(ledger, tmp_path / "other.csv", tmp_path / "other"))
    path = case / "out" / FILE
    path.write_bytes(path.read_bytes() + (tmp_path / "other" / FILE).read_bytes())
    reseal(case / "out")
    with pytest.raises(IntegrityError, match="has nothing to do with the transaction"):
        verify_result(case / "out")


def test_a_line_from_a_rival_block_is_found(case: Path, story: Story, tmp_path: Path) -> None:
    """The same transaction at the same place of another block with as much work."""
    rival = make_block(hash_of(story.blocks[0]), [make_coinbase(2, 8), story.first], time=1_600_000_600)
    three = make_block(hash_of(rival), [make_coinbase(3, 9), make_other(9), story.second], time=1_600_001_200)
    take_blocks(tmp_path / "rivals", [story.blocks[0], rival, three], tmp_path / "rival.ledger")
    trace(story, tmp_path, tmp_path / "rival.ledger", "rival")
    path, other = case / "out" / FILE, (tmp_path / "rival" / FILE).read_bytes().splitlines(keepends=True)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], other[2], *lines[3:]]))
    reseal(case / "out")
    with pytest.raises(IntegrityError, match="another block than the lines before, at the same height"):
        verify_result(case / "out")
    path.write_bytes(b"".join([lines[0], *other[1:3], *lines[3:]]))
    reseal(case / "out")
    with pytest.raises(IntegrityError, match="does not stand on the one before"):
        verify_result(case / "out")


def test_a_transaction_deeper_in_the_tree_than_its_block_is_found(case: Path, story: Story) -> None:
    """CVE-2017-12842: the hash of two hashes stands where a transaction should, and work was done on that."""
    path, rows = case / "out" / FILE, evidence(case)
    coinbase = make_coinbase(3, 9)
    assert rows[3]["txid"] == coinbase.name
    beside = bytes(32)
    root = root_of([coinbase.txid, sha256d(story.second.txid + beside)])
    header = make_block(hash_of(story.blocks[1]), [coinbase], root=root, time=1_600_001_200)[:80]
    told = {"header": header.hex(), "block_hash": hash_of(header)[::-1].hex()}
    rows[3] |= {**told, "branch": [sha256d(story.second.txid + beside)[::-1].hex()]}
    rows[4] |= {**told, "branch": [beside.hex(), coinbase.name]}
    path.write_bytes(b"".join(canonical_bytes(row) + b"\n" for row in rows))
    reseal(case / "out")
    with pytest.raises(
        IntegrityError, match="the branch has 2 steps, and the block's tree is 1 deep"
    ) as caught:
        verify_result(case / "out")
    assert caught.value.place == f"{path}:5"


def rewrite_history(out: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    rows = pq.read_table(out / "history.parquet").to_pylist()
    change(rows)
    table = pq.read_table(out / "history.parquet").from_pylist(rows, schema=SCHEMA)
    pq.write_table(table, out / "history.parquet", compression="zstd", write_statistics=False)
    reseal(out)


HISTORIES: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "value": (
        lambda rows: rows[1]["outputs"][0].update(value="1"),
        "output 0 of .* another value or address",
    ),
    "address": (
        lambda rows: rows[1]["outputs"][0].update(address="x"),
        "another value or address than its bytes",
    ),
    "fewer outputs": (lambda rows: rows[0]["outputs"].pop(), "has 1 outputs, and its bytes 2"),
    "outpoint": (lambda rows: rows[0]["inputs"][0].update(prev_index=1), "spends other outputs"),
    "coinbase": (lambda rows: rows[0].update(coinbase=True), "spends other outputs"),
    "block": (lambda rows: rows[1].update(block=4), "another block, place or time"),
    "place": (lambda rows: rows[1].update(tx_index=3), "another block, place or time"),
    "time": (lambda rows: rows[1].update(time=7), "another block, place or time"),
    "input's value": (lambda rows: rows[0]["inputs"][0].update(value="1"), "which the history's transaction"),
    "input's address": (
        lambda rows: rows[1]["inputs"][0].update(address="x"),
        "which the history's transaction",
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_that_is_not_what_the_bytes_say_is_found(case: Path, name: str) -> None:
    change, says = HISTORIES[name]
    rewrite_history(case / "out", change)
    with pytest.raises(IntegrityError, match=says):
        verify_result(case / "out")


def test_a_block_at_another_height_than_it_states_is_found(case: Path) -> None:
    """The evidence, the history and every hash are moved together; the coinbase still says where the block stands."""
    path = case / "out" / FILE
    rows = evidence(case)
    for row in rows[3:]:
        row["block"] = 4
    path.write_bytes(b"".join(canonical_bytes(row) + b"\n" for row in rows))
    rewrite_history(case / "out", lambda rows: rows[1].update(block=4))
    with pytest.raises(IntegrityError, match="does not state the height 4"):
        verify_result(case / "out")


def test_evidence_that_is_missing_is_told(case: Path) -> None:
    (case / "out" / FILE).unlink()
    (case / "out" / "manifest.json").write_bytes(canonical_bytes(list_files(case / "out")) + b"\n")
    with pytest.raises(IntegrityError, match="is missing"):
        verify_result(case / "out")


def test_evidence_that_the_result_does_not_name_is_told(case: Path) -> None:
    result = json.loads((case / "out" / "result.json").read_bytes())
    del result["provenance"]["evidence"]
    (case / "out" / "result.json").write_bytes(write_result(result))
    reseal(case / "out")
    with pytest.raises(IntegrityError, match="not the one that the result names"):
        verify_result(case / "out")


@pytest.mark.parametrize("said", [{"proven": 3}, {"transactions": 1}, {"more": 1}, "all of it", None])
def test_a_result_that_overstates_its_evidence_is_found(case: Path, said: Any) -> None:
    result = json.loads((case / "out" / "result.json").read_bytes())
    there = result["provenance"]["evidence"]
    result["provenance"]["evidence"] = {**there, **said} if isinstance(said, dict) else said
    result["provenance_hash"] = hash_provenance(result)
    (case / "out" / "result.json").write_bytes(write_result(result))
    (case / "out" / "manifest.json").write_bytes(canonical_bytes(list_files(case / "out")) + b"\n")
    with pytest.raises(IntegrityError):
        verify_result(case / "out")
