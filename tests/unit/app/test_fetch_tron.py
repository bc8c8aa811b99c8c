"""A theft on Tron traced by asking a server that speaks TronGrid's API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.explorers.serving import Loopback, serving
from tests.explorers.tron import PEOPLE, TOKEN, TronGridServer, TronTx, make_tron, show

from jindo.app import (
    Asking,
    FetchLimits,
    TraceRequest,
    import_source,
    parse_server,
    trace_fetched,
    trace_ledger,
)
from jindo.app.fetching.reading import SourceContradiction
from jindo.base.errors import SourceError
from jindo.base.ids import TRON
from jindo.ledger import build_account_chain, build_ledger_from_columns


@pytest.fixture(scope="module")
def made() -> list[TronTx]:
    return make_tron(3)


@pytest.fixture
def explorer(made: list[TronTx]) -> Iterator[tuple[Loopback, TronGridServer]]:
    answers = TronGridServer(made, page=7)
    with serving(answers) as server:
        yield server, answers


def write_stolen(folder: Path, *rows: str, header: str = "tx_hash") -> Path:
    path = folder / "stolen.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def fetch(folder: Path, server: Loopback, stolen: Path, **asked: Any) -> dict[str, Any]:
    limits, environ = FetchLimits(**asked.pop("limits", {})), asked.pop("environ", {})
    request = TraceRequest(
        folder / asked.pop("ledger", "ledger"), stolen, folder / asked.pop("out", "out"), **asked
    )
    asking = Asking(folder / "kept", environ, per_second=100_000, clock=lambda: 1, sleep=lambda _: None)
    return trace_fetched(request, [parse_server(f"trongrid={server.url}")], asking, limits).result


def whole(folder: Path, made: list[TronTx], stolen: Path, **asked: Any) -> dict[str, Any]:
    rows = [row for tx in made for row in tx.rows()]
    build_ledger_from_columns(folder / "whole", build_account_chain(TRON, rows))
    return trace_ledger(TraceRequest(folder / "whole", stolen, folder / "whole-out", **asked)).result


def coin_theft(made: list[TronTx]) -> str:
    return next(tx for tx in made[20:] if not tx.is_call and tx.value > 4_000_000).txid


def token_theft(made: list[TronTx]) -> str:
    return next(tx for tx in made[20:] if tx.logs).txid


@pytest.mark.parametrize("rule", ["fifo", "haircut"])
@pytest.mark.parametrize("theft", [coin_theft, token_theft])
def test_fetching_finds_what_the_whole_chain_finds(
    explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path, rule: str, theft: Any
) -> None:
    stolen = write_stolen(tmp_path, theft(made))
    found = fetch(tmp_path, explorer[0], stolen, rule=rule)
    assert found["findings_hash"] == whole(tmp_path, made, stolen, rule=rule)["findings_hash"]
    assert found["findings"]["flows"]["count"] > 1
    asset = found["findings"]["thefts"][0]["asset"]
    assert found["provenance"]["decimals"][asset] == 6


def test_theft_named_by_account_is_found(
    explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, show(PEOPLE[2]), header="address")
    found = fetch(tmp_path, explorer[0], stolen)
    assert found["findings_hash"] == whole(tmp_path, made, stolen)["findings_hash"]


def test_fetching_again_asks_nothing(
    explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, coin_theft(made))
    first = fetch(tmp_path, explorer[0], stolen)
    asked = len(explorer[0].asked)
    again = fetch(tmp_path, explorer[0], stolen, out="again")
    assert len(explorer[0].asked) == asked == len(set(explorer[0].asked))
    assert again["findings_hash"] == first["findings_hash"]


def test_hub_is_stated(explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path) -> None:
    found = fetch(tmp_path, explorer[0], write_stolen(tmp_path, coin_theft(made)), limits={"most": 10})
    open_ones = [row for row in found["provenance"]["fetched"]["accounts"] if row["state"] != "complete"]
    assert open_ones
    assert {e["account"] for e in found["findings"]["endpoints"] if e["reason"] == "limit"} == {
        row["account"] for row in open_ones
    }


def test_key_is_sent_and_never_kept(
    explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path
) -> None:
    fetch(
        tmp_path,
        explorer[0],
        write_stolen(tmp_path, coin_theft(made)),
        environ={"JINDO_TRONGRID_KEY": "hush-hush"},
    )
    assert {headers.get("TRON-PRO-API-KEY") for headers in explorer[0].headers} == {"hush-hush"}
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"hush-hush" in p.read_bytes()]


def test_bytes_that_do_not_give_the_id_are_refused(
    explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path
) -> None:
    server, answers = explorer
    txid = coin_theft(made)
    more = next(tx for tx in made if tx.txid == txid)
    forged = TronTx(more.block, more.index, more.sender, more.receiver, more.value + 1).raw.hex()
    answers.change_signed = lambda signed: {**signed, "raw_data_hex": forged}
    with pytest.raises(SourceContradiction, match=f"do not give its id {txid}") as caught:
        fetch(tmp_path, server, write_stolen(tmp_path, txid))
    assert server.url in caught.value.place


def test_receipt_without_a_listed_token_movement_is_refused(
    explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path
) -> None:
    server, answers = explorer
    answers.change_receipt = lambda receipt: {k: v for k, v in receipt.items() if k != "log"}
    with pytest.raises(SourceContradiction, match="has no token movement that a list of an account names"):
        fetch(tmp_path, server, write_stolen(tmp_path, coin_theft(made)))


def theft_by_transfer() -> list[TronTx]:
    return [TronTx(1000, 0, PEOPLE[0], PEOPLE[1], 1000), TronTx(1001, 0, PEOPLE[1], PEOPLE[2], 1000)]


def fetch_from(folder: Path, answers: TronGridServer, **asked: Any) -> dict[str, Any]:
    with serving(answers) as server:
        return fetch(folder, server, write_stolen(folder, answers.made[0].txid), **asked)


def test_receipt_that_a_list_promises_is_there(tmp_path: Path) -> None:
    answers = TronGridServer(theft_by_transfer())
    missing = answers.made[1].txid
    answers.change_receipt = lambda receipt: {} if receipt["id"] == missing else receipt
    with pytest.raises(SourceContradiction, match=f"names the transaction {missing} and does not have it"):
        fetch_from(tmp_path, answers)


class Lying(TronGridServer):
    """A server whose lists are not those that were asked for."""

    def __init__(self, made: list[TronTx], lie: str) -> None:
        super().__init__(made)
        self.lie = lie

    def _list(self, who: str, query: dict[str, str], *, tokens: bool) -> bytes | None:
        if self.lie == "circle":
            return json.dumps({"data": [], "success": True, "meta": {"fingerprint": "x"}}).encode()
        return super()._list(
            show(PEOPLE[0]) if tokens == (self.lie == "tokens") else who, query, tokens=tokens
        )


def test_list_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="leads back to a page before"):
        fetch_from(tmp_path, Lying(theft_by_transfer(), "circle"))


@pytest.mark.parametrize("lie", ["tokens", "coins"])
def test_lists_of_another_account_are_refused(tmp_path: Path, lie: str) -> None:
    made = theft_by_transfer()
    made.append(TronTx(1002, 0, PEOPLE[0], PEOPLE[3], 5))
    made.append(TronTx(1003, 0, PEOPLE[0], TOKEN, 0, is_call=True, logs=[(PEOPLE[0], PEOPLE[4], 5)]))
    with pytest.raises(SourceContradiction, match="does not name the account whose list it is"):
        fetch_from(tmp_path, Lying(made, lie))


def test_key_that_the_server_repeats_is_not_shown(tmp_path: Path) -> None:
    def repeat(path: str, query: dict[str, str], posted: bytes) -> bytes:
        del path, query, posted
        return json.dumps({"Error": f"{190 * 'x'} bad key hush-hush of yours"}).encode()

    with serving(repeat) as server, pytest.raises(SourceError, match="refuses: xx") as caught:
        fetch(
            tmp_path, server, write_stolen(tmp_path, "11" * 32), environ={"JINDO_TRONGRID_KEY": "hush-hush"}
        )
    assert "hush" not in f"{caught.value}"


def test_kept_folder_is_imported_alone(
    explorer: tuple[Loopback, TronGridServer], made: list[TronTx], tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, token_theft(made))
    found = fetch(tmp_path, explorer[0], stolen)
    import_source(str(tmp_path / "kept"), format="trongrid", into=tmp_path / "alone")
    alone = trace_ledger(TraceRequest(tmp_path / "alone", stolen, tmp_path / "alone-out")).result
    assert alone["findings_hash"] == found["findings_hash"]
    assert alone["findings"]["thefts"][0]["asset"] == f"{TRON}/trc20:{show(TOKEN)}"
