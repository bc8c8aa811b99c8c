"""A theft on an EVM chain traced by asking an explorer that speaks Etherscan's API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.explorers.evm import CHAIN, CONTRACT, PEOPLE, EtherscanServer, EvmTx, make_evm
from tests.explorers.serving import Loopback, serving

from jindo.app import (
    Asking,
    FetchLimits,
    TraceRequest,
    import_source,
    parse_server,
    trace_fetched,
    trace_ledger,
    verify_result,
)
from jindo.app.fetching.reading import SourceContradiction
from jindo.base.errors import ConflictError, InputError, JindoError, NotFound
from jindo.ledger import AccountChain, Kind, build_account_chain, build_ledger_from_columns, open_ledger


@pytest.fixture(scope="module")
def made() -> list[EvmTx]:
    return make_evm(11)


@pytest.fixture(params=["blockscout", "etherscan"])
def explorer(made: list[EvmTx], request: pytest.FixtureRequest) -> Iterator[tuple[Loopback, EtherscanServer]]:
    answers = EtherscanServer(made, blockscout=request.param == "blockscout")
    with serving(answers) as server:
        yield server, answers


@pytest.fixture
def blockscout(made: list[EvmTx]) -> Iterator[tuple[Loopback, EtherscanServer]]:
    answers = EtherscanServer(made, blockscout=True)
    with serving(answers) as server:
        yield server, answers


@pytest.fixture
def etherscan(made: list[EvmTx]) -> Iterator[tuple[Loopback, EtherscanServer]]:
    answers = EtherscanServer(made, blockscout=False)
    with serving(answers) as server:
        yield server, answers


def write_stolen(folder: Path, *rows: str, header: str = "tx_hash") -> Path:
    path = folder / "stolen.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def fetch(folder: Path, server: Loopback, stolen: Path, **asked: Any) -> dict[str, Any]:
    limits, environ = FetchLimits(**asked.pop("limits", {})), asked.pop("environ", {})
    ledger, out = folder / asked.pop("ledger", "ledger"), folder / asked.pop("out", "out")
    request = TraceRequest(ledger, stolen, out, **asked)
    asking = Asking(folder / "kept", environ, per_second=100_000, clock=lambda: 1, sleep=lambda _: None)
    servers = [parse_server(f"etherscan={server.url}/api?chainid={CHAIN.partition(':')[2]}")]
    return trace_fetched(request, servers, asking, limits).result


def whole(folder: Path, made: list[EvmTx], stolen: Path, **asked: Any) -> dict[str, Any]:
    rows = [row for tx in made for row in tx.rows()]
    build_ledger_from_columns(folder / "whole", build_account_chain(CHAIN, rows))
    return trace_ledger(TraceRequest(folder / "whole", stolen, folder / "whole-out", **asked)).result


def native_theft(made: list[EvmTx]) -> str:
    return next(
        tx for tx in made[20:] if not tx.failed and tx.value > 2_000_000 and tx.receiver in PEOPLE
    ).hash


def token_theft(made: list[EvmTx]) -> str:
    return next(tx for tx in made[20:] if len(tx.logs) == 2).hash


def amounts(result: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return sorted(
        (e["account"], e["asset"], e["reason"], e["amount"]) for e in result["findings"]["endpoints"]
    )


@pytest.mark.parametrize("rule", ["fifo", "haircut", "clean-first"])
@pytest.mark.parametrize("theft", [native_theft, token_theft])
def test_fetching_finds_what_the_whole_chain_finds(
    blockscout: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path, rule: str, theft: Any
) -> None:
    stolen = write_stolen(tmp_path, theft(made))
    found = fetch(tmp_path, blockscout[0], stolen, rule=rule)
    assert found["findings_hash"] == whole(tmp_path, made, stolen, rule=rule)["findings_hash"]
    assert found["findings"]["flows"]["count"] > 1


@pytest.mark.parametrize("theft", [native_theft, token_theft])
def test_fetching_without_indices_finds_the_same_amounts(
    etherscan: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path, theft: Any
) -> None:
    stolen = write_stolen(tmp_path, theft(made))
    found = fetch(tmp_path, etherscan[0], stolen)
    assert amounts(found) == amounts(whole(tmp_path, made, stolen))
    assert any("no log index" in note for note in found["notes"])


def test_theft_named_by_log_index_is_found(
    explorer: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    tx = next(tx for tx in made[20:] if len(tx.logs) == 2)
    stolen = write_stolen(tmp_path, f"{tx.hash},{tx.logs[1].index}", header="tx_hash,log_index")
    found = fetch(tmp_path, explorer[0], stolen)
    assert [theft["stolen"] for theft in found["findings"]["thefts"]] == [str(tx.logs[1].value)]


def test_theft_named_by_account_is_found(
    blockscout: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, PEOPLE[3], header="address")
    found = fetch(tmp_path, blockscout[0], stolen)
    assert found["findings_hash"] == whole(tmp_path, made, stolen)["findings_hash"]


def test_windows_are_joined(
    blockscout: tuple[Loopback, EtherscanServer],
    made: list[EvmTx],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An explorer gives so many rows from a block on; the next window begins at the last block that was seen."""
    monkeypatch.setattr("jindo.app.fetching.ask_etherscan._PAGE", 4)
    monkeypatch.setattr("jindo.app.fetching.ask_etherscan._WINDOW", 12)
    stolen = write_stolen(tmp_path, native_theft(made))
    found = fetch(tmp_path, blockscout[0], stolen)
    assert any("startblock=1" in asked for asked in blockscout[0].asked)
    assert found["findings_hash"] == whole(tmp_path, made, stolen)["findings_hash"]


def test_explorer_that_gives_fewer_rows_than_asked_for_is_asked_on(made: list[EvmTx], tmp_path: Path) -> None:
    """A page that is not full is no end."""
    answers = EtherscanServer(made, blockscout=True)

    def cap(path: str, query: dict[str, str], posted: bytes) -> bytes | None:
        return answers(path, query | ({"offset": "3"} if "offset" in query else {}), posted)

    stolen = write_stolen(tmp_path, native_theft(made))
    with serving(cap) as server:
        found = fetch(tmp_path, server, stolen)
    assert found["findings_hash"] == whole(tmp_path, made, stolen)["findings_hash"]


def test_hub_is_stated_and_not_followed(
    blockscout: tuple[Loopback, EtherscanServer],
    made: list[EvmTx],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jindo.app.fetching.ask_etherscan._PAGE", 5)
    stolen = write_stolen(tmp_path, native_theft(made))
    found = fetch(tmp_path, blockscout[0], stolen, limits={"most": 15})
    rows = {row["account"]: row for row in found["provenance"]["fetched"]["accounts"]}
    hubs = [row for row in rows.values() if row["state"] == "not fetched"]
    assert hubs
    assert all("--fetch-most 15" in row["why"] for row in hubs)
    flows = (tmp_path / "out" / "flows.csv").read_text().splitlines()[1:]
    senders = {line.split(",")[7] for line in flows if line.split(",")[1] == "no"}
    assert not senders & {row["account"] for row in hubs}
    limited = {e["account"] for e in found["findings"]["endpoints"] if e["reason"] == "limit"}
    assert limited == {row["account"] for row in hubs}
    assert any("lists of" in note and "not whole" in note for note in found["notes"])
    assert "fetched" in {check.name for check in verify_result(tmp_path / "out").checks}


def test_key_is_used_and_never_kept(
    etherscan: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    etherscan[1].key = "verysecret"
    stolen = write_stolen(tmp_path, native_theft(made))
    with pytest.raises(InputError, match="Invalid API Key"):
        fetch(tmp_path, etherscan[0], stolen)
    fetch(tmp_path, etherscan[0], stolen, environ={"JINDO_ETHERSCAN_KEY": "verysecret"})
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if b"verysecret" in path.read_bytes()]


def test_transaction_without_twelve_blocks_on_it_is_not_there(
    explorer: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    explorer[1].on_top = 11
    stolen = write_stolen(tmp_path, made[-1].hash)
    with pytest.raises(NotFound, match=rf"\(up to block {made[-1].block - 1}\) has no transaction"):
        fetch(tmp_path, explorer[0], stolen)


@pytest.mark.parametrize("answer", [{"status": "0", "result": ""}, {"error": {"code": 1}}])
def test_key_that_the_explorer_repeats_is_not_shown(tmp_path: Path, answer: dict[str, Any]) -> None:
    def repeat(path: str, query: dict[str, str], posted: bytes) -> bytes:
        del path, posted
        said = f"{190 * 'x'} no key {query['apikey']}"
        error = {"error": {"message": said}} if "error" in answer else {}
        return json.dumps({**answer, "message": said, **error}).encode()

    stolen = write_stolen(tmp_path, "0x" + "11" * 32)
    with serving(repeat) as server, pytest.raises(JindoError, match="refuses: xx") as caught:
        fetch(tmp_path, server, stolen, environ={"JINDO_ETHERSCAN_KEY": "verysecret"})
    assert "very" not in f"{caught.value} {caught.value.__cause__!r}"


def test_rate_limit_in_an_answer_is_no_answer(
    etherscan: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    etherscan[1].limited = 2
    stolen = write_stolen(tmp_path, native_theft(made))
    found = fetch(tmp_path, etherscan[0], stolen)
    lines = (tmp_path / "out" / "evidence-fetched.jsonl").read_text().splitlines()
    assert len(lines) == found["provenance"]["fetched"]["evidence"]["answers"]
    assert found["findings"]["flows"]["count"] > 5


def test_fetching_again_asks_nothing(
    explorer: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, native_theft(made))
    first = fetch(tmp_path, explorer[0], stolen)
    asked = len(explorer[0].asked)
    again = fetch(tmp_path, explorer[0], stolen, out="again")
    assert len(explorer[0].asked) == asked == len(set(explorer[0].asked))
    assert again["findings_hash"] == first["findings_hash"]


def change_value(action: str, row: dict[str, Any], *, of: str, seen: list[str]) -> dict[str, Any]:
    """Another value for one transaction, but only the first time it is told."""
    if action == of and int(row["value"]) > 5 and row["hash"] not in seen:
        seen.append(row["hash"])
        return {**row, "value": str(int(row["value"]) + 1)}
    return row


def test_explorer_that_tells_a_transaction_in_two_ways_is_refused(
    blockscout: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    server, answers = blockscout
    seen: list[str] = []
    answers.change = lambda action, row: change_value(action, row, of="txlist", seen=seen)
    with pytest.raises(SourceContradiction, match="says something else of the same place") as caught:
        fetch(tmp_path, server, write_stolen(tmp_path, native_theft(made)))
    assert server.url in caught.value.place


def test_token_movement_that_the_receipt_lacks_is_refused(
    etherscan: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    server, answers = etherscan
    seen: list[str] = []
    answers.change = lambda action, row: change_value(action, row, of="tokentx", seen=seen)
    with pytest.raises(SourceContradiction, match=r"receipt of .* has no such token movement"):
        fetch(tmp_path, server, write_stolen(tmp_path, token_theft(made)))


def test_list_that_lacks_an_internal_movement_is_refused(
    etherscan: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    server, answers = etherscan
    answers.change = lambda action, row: (
        {**row, "value": "123"} if action == "txlistinternal" and "hash" in row else row
    )
    with pytest.raises(SourceContradiction, match="lacks internal movements"):
        fetch(tmp_path, server, write_stolen(tmp_path, native_theft(made)))


def test_ledger_from_elsewhere_is_refused(
    blockscout: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(
        f"block,tx_hash,from,to,amount\n1,{made[0].hash},{PEOPLE[0]},{PEOPLE[1]},5\n"
    )
    import_source(str(tmp_path / "t.csv"), format="transfers", into=tmp_path / "ledger", chain=CHAIN)
    with pytest.raises(ConflictError, match="from transfers already"):
        fetch(tmp_path, blockscout[0], write_stolen(tmp_path, native_theft(made)))


def test_chain_of_another_number_is_refused(
    blockscout: tuple[Loopback, EtherscanServer], tmp_path: Path
) -> None:
    request = TraceRequest(tmp_path / "ledger", write_stolen(tmp_path, "0x" + "11" * 32), tmp_path / "out")
    asking = Asking(tmp_path / "kept", per_second=1000, clock=lambda: 1, sleep=lambda _: None)
    with pytest.raises(InputError, match="has the chain eip155:137, not eip155:1"):
        trace_fetched(
            request, [parse_server(f"etherscan={blockscout[0].url}/api?chainid=1")], asking, FetchLimits()
        )


def test_failed_transaction_pays_gas_only(
    blockscout: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    fetch(tmp_path, blockscout[0], write_stolen(tmp_path, native_theft(made)))
    chain = open_ledger(tmp_path / "ledger").chain(CHAIN)
    assert isinstance(chain, AccountChain)
    failed = [chain.tx_hashes.find(tx.hash) for tx in made if tx.failed]
    kinds = {int(chain.kind[event]) for tx in failed if tx >= 0 for event in chain.events_of(tx).tolist()}
    assert kinds == {Kind.GAS}


def test_kept_folder_is_imported_alone(
    explorer: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, native_theft(made))
    found = fetch(tmp_path, explorer[0], stolen)
    import_source(str(tmp_path / "kept"), format="etherscan", into=tmp_path / "alone", chain=CHAIN)
    alone = trace_ledger(TraceRequest(tmp_path / "alone", stolen, tmp_path / "alone-out")).result
    assert alone["findings_hash"] == found["findings_hash"]
    assert found["provenance"]["decimals"] == {f"{CHAIN}/slip44:966": 18}
    with pytest.raises(InputError, match="the responses are of eip155:137"):
        import_source(str(tmp_path / "kept"), format="etherscan", into=tmp_path / "other")


def test_contract_takes_part_as_any_account(
    blockscout: tuple[Loopback, EtherscanServer], made: list[EvmTx], tmp_path: Path
) -> None:
    found = fetch(tmp_path, blockscout[0], write_stolen(tmp_path, native_theft(made)), rule="haircut")
    assert CONTRACT in {row["account"] for row in found["provenance"]["fetched"]["accounts"]}
    assert (
        json.loads((tmp_path / "out" / "result.json").read_text())["findings_hash"] == found["findings_hash"]
    )
