"""The graphsense-ethereum format: ethereum-etl's tables under other names, and tokens out of the logs."""

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ledger.published_ethereum import (
    NFT,
    STORY,
    TOKEN,
    TRANSFER,
    A,
    B,
    log,
    to_topic,
    write_graphsense,
)

from jindo.base.ids import ETHEREUM
from jindo.ledger import AccountChain, ImportReport, Transfer, import_source, open_ledger, read_transfers

WORD = "0" * 63 + "9"


def bring(folder: Path, into: Path) -> ImportReport:
    return import_source(str(folder), format="graphsense-ethereum", into=into)


def moves(into: Path) -> list[Transfer]:
    chain = open_ledger(into).chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    return read_transfers(chain, range(chain.event_count))


def with_logs(tmp_path: Path, *logs: dict[str, Any]) -> ImportReport:
    write_graphsense(tmp_path / "g", STORY | {"logs": list(logs)})
    return bring(tmp_path / "g", tmp_path / "ledger")


def tokens(tmp_path: Path) -> list[Transfer]:
    return [row for row in moves(tmp_path / "ledger") if row.kind.name == "TOKEN"]


def test_a_log_becomes_a_transfer_with_every_digit(tmp_path: Path) -> None:
    with_logs(tmp_path, log("a", 0, 3, 2**256 - 1))
    (row,) = tokens(tmp_path)
    assert (row.sender, row.receiver, row.amount) == (A, B, 2**256 - 1)
    assert (row.asset, row.tx_index, row.position) == (f"eip155:1/erc20:{TOKEN}", 0, 3)


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        ([TRANSFER, to_topic(A), to_topic(B)], f"0x{WORD}"),
        ([TRANSFER, to_topic(A)], f"0x{to_topic(B)[2:]}{WORD}"),
        ([TRANSFER], f"0x{to_topic(A)[2:]}{to_topic(B)[2:]}{WORD}"),
    ],
)
def test_an_event_is_read_whichever_of_its_words_are_topics(
    tmp_path: Path, topics: list[str], data: str
) -> None:
    with_logs(tmp_path, log("a", 0, 3, 0, topics=topics, data=data))
    assert [(row.sender, row.receiver, row.amount) for row in tokens(tmp_path)] == [(A, B, 9)]


@pytest.mark.parametrize(
    ("topics", "data", "says"),
    [
        ([TRANSFER, to_topic(A), to_topic(B), f"0x{WORD}"], "0x", "1 transfers of single tokens (ERC-721)"),
        ([TRANSFER, to_topic(A), to_topic(B)], "0x", "1 logs are called Transfer but are not built like one"),
        ([TRANSFER, to_topic(A), to_topic(B)], f"0x{WORD}{WORD}", "1 logs are called Transfer but"),
        ([TRANSFER, to_topic(A), to_topic(B)], f"0x{WORD}ff", "1 logs are called Transfer but"),
        ([TRANSFER], "0x1234", "1 logs are called Transfer but"),
    ],
)
def test_an_event_that_moves_no_amount_is_counted_and_left_out(
    tmp_path: Path, topics: list[str], data: str, says: str
) -> None:
    report = with_logs(tmp_path, log("a", 0, 3, 0, topics=topics, data=data, address=NFT))
    assert (tokens(tmp_path), report.rejected) == ([], 0)
    assert [note for note in report.notes if note.startswith(says)] != []


def test_a_word_that_is_no_address_is_refused_with_its_line(tmp_path: Path) -> None:
    report = with_logs(tmp_path, log("a", 0, 3, 1, topics=[TRANSFER, "0x" + "ff" * 32, to_topic(B)]))
    assert [(reject.file, reject.line, reject.code) for reject in report.first_rejects] == [
        ("logs.json", 1, "ledger.bad-address")
    ]


def test_other_events_are_not_read(tmp_path: Path) -> None:
    report = with_logs(tmp_path, log("a", 0, 3, 1, topics=["0x" + "12" * 32, to_topic(A), to_topic(B)]))
    assert (tokens(tmp_path), report.notes) == ([], ())


def test_later_exports_in_snake_case_are_the_same(tmp_path: Path) -> None:
    write_graphsense(tmp_path / "camel", STORY)
    wanted = bring(tmp_path / "camel", tmp_path / "ledger")
    names = {"txhashPrefix": "tx_hash_prefix", "callType": "call_type"}
    for table in ("transactions", "traces", "blocks"):
        with (tmp_path / f"camel/{table}.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        place = tmp_path / f"snake/00000000-00999999/{table}_00000000-00000999.csv.gz"
        place.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(place, "wt", newline="") as out:
            header = [
                names.get(name) or "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
                for name in rows[0]
            ]
            writer = csv.writer(out)
            writer.writerow(header)
            writer.writerows([list(row.values()) for row in rows])
    (tmp_path / "snake/logs.json").write_bytes((tmp_path / "camel/logs.json").read_bytes())
    assert bring(tmp_path / "snake", tmp_path / "same").fingerprint == wanted.fingerprint
