"""A Bitcoin theft traced by asking an explorer for what the trace touches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.explorers.bitcoin import EsploraServer, MadeChain, address_of, make_chain
from tests.explorers.serving import Loopback, serving
from tests.unit.ledger.bitcoin.mining import REGTEST, write_blocks

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
from jindo.base.errors import InputError, IntegrityError, NotFound, SourceError


@pytest.fixture(scope="module")
def chain() -> MadeChain:
    return make_chain(7, blocks=40)


@pytest.fixture
def explorer(chain: MadeChain) -> Iterator[tuple[Loopback, EsploraServer]]:
    answers = EsploraServer(chain)
    with serving(answers) as server:
        yield server, answers


def stolen_tx(chain: MadeChain) -> str:
    """A transaction whose coins move on."""
    payments = [tx.name for body in chain.bodies[:10] for tx in body[1:]]
    return payments[2]


def write_stolen(folder: Path, *rows: str, header: str = "tx_hash") -> Path:
    path = folder / "stolen.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def fetch(folder: Path, server: Loopback, stolen: Path, **asked: Any) -> dict[str, Any]:
    limits = FetchLimits(**asked.pop("limits", {}))
    ledger, out = folder / asked.pop("ledger", "ledger"), folder / asked.pop("out", "out")
    request = TraceRequest(ledger, stolen, out, **asked)
    asking = Asking(folder / "kept", per_second=100_000, clock=lambda: 1_700_000_000, sleep=lambda _: None)
    return trace_fetched(request, [parse_server(f"esplora={server.url}")], asking, limits).result


def whole(folder: Path, chain: MadeChain, stolen: Path, **asked: Any) -> dict[str, Any]:
    source = write_blocks(folder / "blocks", chain.blocks)
    import_source(str(source), format="bitcoin-blocks", into=folder / "whole", chain=REGTEST)
    return trace_ledger(TraceRequest(folder / "whole", stolen, folder / "whole-out", **asked)).result


def endpoints(result: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(e["account"], e["reason"]): e["amount"] for e in result["findings"]["endpoints"]}


@pytest.mark.parametrize("rule", ["fifo", "haircut", "clean-first"])
def test_fetching_finds_what_the_whole_chain_finds(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path, rule: str
) -> None:
    stolen = write_stolen(tmp_path, stolen_tx(chain))
    found = fetch(tmp_path, explorer[0], stolen, rule=rule)
    assert found["findings_hash"] == whole(tmp_path, chain, stolen, rule=rule)["findings_hash"]
    assert found["findings"]["flows"]["count"] >= 5
    assert all(row["state"] == "complete" for row in found["provenance"]["fetched"]["accounts"])


def test_fetching_follows_services_no_further(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, stolen_tx(chain))
    services = tmp_path / "services.csv"
    services.write_text(
        "address,service,kind\n" + "".join(f"{address_of(n)},Ex{n},exchange\n" for n in (1, 2, 3))
    )
    found = fetch(tmp_path, explorer[0], stolen, services=services)
    assert found["findings_hash"] == whole(tmp_path, chain, stolen, services=services)["findings_hash"]
    fetched = {row["account"] for row in found["provenance"]["fetched"]["accounts"]}
    assert not fetched & {address_of(n) for n in (1, 2, 3)}
    assert any(reason == "service" for _, reason in endpoints(found))


def test_fetching_by_account_finds_what_the_whole_chain_finds(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, f"{address_of(4)},2020-09-13T14:00:00Z", header="address,from_time")
    found = fetch(tmp_path, explorer[0], stolen)
    assert found["findings_hash"] == whole(tmp_path, chain, stolen)["findings_hash"]


@pytest.mark.parametrize("option", [{"until": "2020-09-13T19:00:00Z"}, {"max_hops": 2}])
def test_fetching_stops_where_the_trace_stops(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path, option: dict[str, Any]
) -> None:
    stolen = write_stolen(tmp_path, stolen_tx(chain))
    found = fetch(tmp_path, explorer[0], stolen, **option)
    assert found["findings_hash"] == whole(tmp_path, chain, stolen, **option)["findings_hash"]


def test_fetching_again_asks_nothing(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, stolen_tx(chain))
    first = fetch(tmp_path, explorer[0], stolen)
    asked = len(explorer[0].asked)
    again = fetch(tmp_path, explorer[0], stolen, out="again", ledger="ledger-again")
    assert len(explorer[0].asked) == asked
    assert again["provenance_hash"] == first["provenance_hash"]


def test_fetching_goes_on_where_it_was_ended(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    server, stolen = explorer[0], write_stolen(tmp_path, stolen_tx(chain))
    server.gone_after = 30
    with pytest.raises(SourceError, match="400"):
        fetch(tmp_path, server, stolen)
    assert not (tmp_path / "ledger").exists()
    server.gone_after = None
    found = fetch(tmp_path, server, stolen)
    assert len(server.asked) == len(set(server.asked))
    assert found["findings_hash"] == whole(tmp_path, chain, stolen)["findings_hash"]


def test_fetching_waits_for_a_busy_server(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    explorer[0].busy = 3
    assert fetch(tmp_path, explorer[0], write_stolen(tmp_path, stolen_tx(chain)))["findings"]["flows"][
        "count"
    ]


def test_result_names_every_answer_and_verifies(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    found = fetch(tmp_path, explorer[0], write_stolen(tmp_path, stolen_tx(chain)))
    lines = [
        json.loads(line) for line in (tmp_path / "out" / "evidence-fetched.jsonl").read_text().splitlines()
    ]
    assert len(lines) == len(explorer[0].asked) == found["provenance"]["fetched"]["evidence"]["answers"]
    kept = {path.name for path in (tmp_path / "kept").glob("esplora-*/responses/*/*")}
    assert {line["sha256"] for line in lines} == kept
    shown = {check.name: check.detail for check in verify_result(tmp_path / "out").checks}
    assert f"{len(lines)} answers" in shown["fetched"]
    assert "Fetched from servers" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("name", ["evidence-fetched.jsonl", "accounts-fetched.csv"])
def test_verifying_names_a_changed_statement(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path, name: str
) -> None:
    fetch(tmp_path, explorer[0], write_stolen(tmp_path, stolen_tx(chain)))
    path = tmp_path / "out" / name
    path.write_bytes(path.read_bytes().replace(b"complete", b"whole").replace(b"GET", b"PUT"))
    with pytest.raises(IntegrityError, match="cannot be relied on") as caught:
        verify_result(tmp_path / "out")
    assert name in caught.value.place


def test_accounts_past_the_limit_are_stated(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    found = fetch(tmp_path, explorer[0], write_stolen(tmp_path, stolen_tx(chain)), limits={"accounts": 2})
    rows = found["provenance"]["fetched"]["accounts"]
    assert sum(row["state"] == "complete" for row in rows) == 2
    open_ones = [row for row in rows if row["state"] == "not fetched"]
    assert open_ones
    assert all("--fetch-accounts" in row["why"] for row in open_ones)
    assert any("were not fetched" in note and open_ones[0]["account"] in note for note in found["notes"])
    assert "fetched" in {check.name for check in verify_result(tmp_path / "out").checks}


def test_account_with_too_many_transactions_cannot_be_the_theft(
    explorer: tuple[Loopback, EsploraServer], tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, address_of(4), header="address")
    with pytest.raises(InputError, match="more than --fetch-most 2"):
        fetch(tmp_path, explorer[0], stolen, limits={"most": 2})


@pytest.mark.parametrize("size", [3, 25])
def test_list_goes_on_until_an_empty_page(chain: MadeChain, tmp_path: Path, size: int) -> None:
    answers = EsploraServer(chain)
    answers.page = size
    stolen = write_stolen(tmp_path, address_of(4), header="address")
    with serving(answers) as server:
        found = fetch(tmp_path, server, stolen)
    (first, *_) = (
        row for row in found["provenance"]["fetched"]["accounts"] if row["account"] == address_of(4)
    )
    assert first["state"] == "complete"
    assert found["findings_hash"] == whole(tmp_path, chain, stolen)["findings_hash"]


def test_list_that_is_shorter_than_counted_is_not_whole(chain: MadeChain, tmp_path: Path) -> None:
    answers = EsploraServer(chain)
    answers.hidden = 1
    stolen = write_stolen(tmp_path, address_of(4), header="address")
    with (
        serving(answers) as server,
        pytest.raises(InputError, match=r"counts \d+ transactions and lists \d+"),
    ):
        fetch(tmp_path, server, stolen)


def test_list_that_leads_in_a_circle_is_refused(chain: MadeChain, tmp_path: Path) -> None:
    answers = EsploraServer(chain)
    answers.circles = True
    stolen = write_stolen(tmp_path, address_of(4), header="address")
    with serving(answers) as server, pytest.raises(SourceContradiction, match="has a transaction twice"):
        fetch(tmp_path, server, stolen)


def test_unknown_transaction_is_named(explorer: tuple[Loopback, EsploraServer], tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"127\.0\.0\.1.*\(up to block 40\) has no transaction 77"):
        fetch(tmp_path, explorer[0], write_stolen(tmp_path, "77" * 32))


def test_transaction_without_six_blocks_on_it_is_not_there(chain: MadeChain, tmp_path: Path) -> None:
    answers = EsploraServer(chain)
    answers.on_top = 5
    stolen = write_stolen(tmp_path, chain.bodies[-1][0].name)
    with serving(answers) as server, pytest.raises(NotFound, match=r"\(up to block 39\) has no transaction"):
        fetch(tmp_path, server, stolen)


def lie(answers: EsploraServer, txid: str, change: str) -> None:
    told = answers.tell(txid)
    if change == "value":
        told["vout"][0]["value"] += 1
    elif change == "input value":
        told["vin"][0]["prevout"]["value"] += 1
    elif change == "worth less":
        told["vin"][0]["prevout"]["value"] = 0
    elif change == "address":
        told["vout"][0]["scriptpubkey_address"] = address_of(9)
    elif change == "height":
        told["status"]["block_height"] -= 1
    elif change == "time":
        told["status"]["block_time"] += 1
    answers.lies[txid] = told


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("value", "do not give its id"),
        ("input value", "states .* which holds"),
        ("worth less", "states .* which holds|worth .* less than its outputs"),
        ("address", "is not that of its script"),
        ("height", "at .* by another"),
        ("time", "block's time is said to be"),
    ],
)
def test_lying_server_is_refused_by_name(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path, change: str, says: str
) -> None:
    server, answers = explorer
    stolen = write_stolen(tmp_path, stolen_tx(chain))
    spender = next(
        answers.spenders[stolen_tx(chain), n][0]
        for n in range(3)
        if (stolen_tx(chain), n) in answers.spenders
    )
    lie(answers, spender, change)
    with pytest.raises(SourceContradiction, match=says) as caught:
        fetch(tmp_path, server, stolen)
    assert server.url in caught.value.place
    assert not (tmp_path / "out").exists()


def test_kept_folder_is_imported_alone(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, stolen_tx(chain))
    found = fetch(tmp_path, explorer[0], stolen)
    report = import_source(str(tmp_path / "kept"), format="esplora", into=tmp_path / "alone", chain=REGTEST)
    assert report.rejected == 0
    alone = trace_ledger(TraceRequest(tmp_path / "alone", stolen, tmp_path / "alone-out")).result
    assert alone["findings_hash"] == found["findings_hash"]


def test_kept_folder_of_another_network_is_refused(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    fetch(tmp_path, explorer[0], write_stolen(tmp_path, stolen_tx(chain)))
    with pytest.raises(InputError, match="first block is not that of"):
        import_source(str(tmp_path / "kept"), format="esplora", into=tmp_path / "alone", strict=True)


def test_answers_go_into_a_ledger_that_has_blocks(
    explorer: tuple[Loopback, EsploraServer], chain: MadeChain, tmp_path: Path
) -> None:
    stolen = write_stolen(tmp_path, stolen_tx(chain))
    expected = whole(tmp_path, chain, stolen)
    found = fetch(tmp_path, explorer[0], stolen, ledger="whole")
    assert found["findings_hash"] == expected["findings_hash"]
