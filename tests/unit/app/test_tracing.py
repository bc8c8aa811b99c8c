"""The trace use case: what it reads, what it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jindo.app import TraceRequest, explain_address, import_source, trace_ledger, verify_result
from jindo.app.result import hash_provenance, write_result
from jindo.app.tracing import list_files
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound
from jindo.base.ids import ChainId
from jindo.ledger import Ledger, open_ledger
from jindo.seal import canonical_bytes, canonical_hash

VICTIM, THIEF, MULE, EXCHANGE, OTHER = (f"0x{n:040x}" for n in range(1, 6))


def tx(number: int) -> str:
    """A transaction hash."""
    return f"0x{number:064x}"


TRANSFERS = [
    (1, 1000, OTHER, VICTIM, 100),
    (2, 2000, VICTIM, THIEF, 90),
    (3, 3000, OTHER, MULE, 10),
    (4, 4000, THIEF, MULE, 60),
    (5, 5000, MULE, EXCHANGE, 65),
]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A folder with a ledger, a stolen file and a services file."""
    rows = [f"{b},{t},{tx(b)},{a},{c},{n}" for b, t, a, c, n in TRANSFERS]
    (tmp_path / "transfers.csv").write_text("block,time,tx_hash,from,to,amount\n" + "\n".join(rows) + "\n")
    (tmp_path / "stolen.csv").write_text(f"address,role\n{VICTIM},victim\n")
    (tmp_path / "services.csv").write_text(
        f"address,service,kind\n{EXCHANGE},Exchange <One>,exchange deposit\n"
    )
    import_source(str(tmp_path / "transfers.csv"), format="transfers", into=tmp_path / "ledger")
    return tmp_path


def trace(case: Path, out: str = "out", **asked: Any) -> dict[str, Any]:
    """Trace the case with its own files."""
    services = asked.pop("services", case / "services.csv")
    stolen = asked.pop("stolen", case / "stolen.csv")
    return trace_ledger(TraceRequest(case / "ledger", stolen, case / out, services=services, **asked)).result


def endpoints(result: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Amount by (account, reason)."""
    return {(e["account"], e["reason"]): e["amount"] for e in result["findings"]["endpoints"]}


def test_trace_writes_every_file(case: Path) -> None:
    trace(case)
    assert sorted(path.name for path in (case / "out").iterdir()) == [
        "endpoints.csv",
        "flows.csv",
        "history.parquet",
        "manifest.json",
        "report.html",
        "report.pdf",
        "result.json",
    ]


def test_trace_follows_the_rule(case: Path) -> None:
    assert endpoints(trace(case)) == {(EXCHANGE, "service"): "55", (THIEF, "held"): "30", (MULE, "held"): "5"}
    lifo = endpoints(trace(case, "lifo", rule="lifo"))
    assert lifo == {(EXCHANGE, "service"): "60", (THIEF, "held"): "30"}


def test_endpoints_csv_has_the_published_columns(case: Path) -> None:
    trace(case)
    with (case / "out" / "endpoints.csv").open() as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert reader.fieldnames == [
        "theft", "account", "service", "kind", "reason", "asset", "amount", "first_time", "last_time", "hops",
    ]  # fmt: skip
    assert rows[0] == {
        "theft": "theft",
        "account": EXCHANGE,
        "service": "Exchange <One>",
        "kind": "exchange deposit",
        "reason": "service",
        "asset": "unnamed asset",
        "amount": "55",
        "first_time": "1970-01-01T01:23:20Z",
        "last_time": "1970-01-01T01:23:20Z",
        "hops": "3",
    }


def test_spread_shows_every_conserving_rule(case: Path) -> None:
    (service,) = [row for row in trace(case)["spread"] if row["reason"] == "service"]
    assert service["amounts"] == {
        "fifo": "55",
        "lifo": "60",
        "haircut": "55",
        "dirty-first": "60",
        "clean-first": "55",
    }
    assert (service["least"], service["most"]) == ("55", "60")


@pytest.mark.parametrize(
    ("until", "moved"), [("1970-01-01T01:23:19Z", False), ("1970-01-01T01:23:20Z", True)]
)
def test_until_keeps_blocks_up_to_its_time(case: Path, until: str, *, moved: bool) -> None:
    assert ((EXCHANGE, "service") in endpoints(trace(case, until=until))) is moved


def test_until_gives_the_findings_of_a_shorter_ledger(case: Path, tmp_path: Path) -> None:
    shorter = (case / "transfers.csv").read_text().splitlines()[:5]
    (tmp_path / "shorter.csv").write_text("\n".join(shorter) + "\n")
    import_source(str(tmp_path / "shorter.csv"), format="transfers", into=tmp_path / "shorter")
    cut = trace(case, until="4000")
    request = TraceRequest(
        tmp_path / "shorter", case / "stolen.csv", tmp_path / "short", services=case / "services.csv"
    )
    assert trace_ledger(request).result["findings_hash"] == cut["findings_hash"]


def test_max_hops_stops_and_counts(case: Path) -> None:
    assert endpoints(trace(case, max_hops=1))[MULE, "limit"] == "60"


def test_opening_balance_is_clean_and_explains_inflow(case: Path) -> None:
    (case / "opening.csv").write_text(f"address,amount\n{MULE},10\n")
    assert endpoints(trace(case, opening=case / "opening.csv"))[EXCHANGE, "service"] == "45"
    assert verify_result(case / "out").checks


def test_same_input_gives_the_same_bytes_in_two_processes(case: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from jindo.app import TraceRequest, trace_ledger; d = Path(sys.argv[1]);"
        "trace_ledger(TraceRequest(d / 'ledger', d / 'stolen.csv', d / sys.argv[2], services=d / 'services.csv'))"
    )
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", program, str(case), name], check=True)
    for file in sorted((case / "one").iterdir()):
        assert file.read_bytes() == (case / "two" / file.name).read_bytes(), file.name


def test_trace_never_overwrites_a_result(case: Path) -> None:
    trace(case)
    with pytest.raises(ConflictError):
        trace(case)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("address\n0xnothex\n", "bad.csv:2, column address"),
        ("tx_hash\n" + tx(99) + "\n", "holds no movement"),
        ("address\n" + OTHER[:-1] + "9\n", "bad.csv:2: .* not in the ledger at all"),
        (f"address\n{VICTIM}\n{OTHER[:-1]}9\n", "bad.csv:3: .* not in the ledger at all"),
        (f"address\n{EXCHANGE}\n", "nothing that was named"),
        ("victim\nx\n", "tx_hash or address"),
        ("address\n", "no row names"),
        (f"tx_hash,address\n{tx(2)},{VICTIM}\n", "at once"),
        (f"tx_hash,log_index\n{tx(2)},-1\n", "column index"),
        (f"address,from_time\n{VICTIM},yesterday\n", "column from_time"),
    ],
)
def test_bad_stolen_file_is_refused_by_place(case: Path, text: str, says: str) -> None:
    (case / "bad.csv").write_text(text)
    with pytest.raises(InputError, match=says.replace("(", r"\(")) as caught:
        trace(case, stolen=case / "bad.csv")
    assert caught.value.remedy()
    assert not (case / "out").exists()


UNSEEN = [f"0x{n:040x}" for n in range(100, 107)]


def test_unseen_accounts_are_named_in_the_refusal(case: Path) -> None:
    (case / "many.csv").write_text("\n".join(["address", VICTIM, *UNSEEN]) + "\n")
    with pytest.raises(InputError, match=r"many.csv:3: .*00064 .*00068 \(many.csv:7\); nor 2 more") as caught:
        trace(case, stolen=case / "many.csv")
    assert "--allow-unseen" in caught.value.remedy()


def test_an_unseen_account_that_is_allowed_stands_first_in_the_notes_and_on_the_first_page(
    case: Path,
) -> None:
    (case / "more.csv").write_text(f"address\n{VICTIM}\n{EXCHANGE}\n{UNSEEN[0]}\n")
    result = trace(case, stolen=case / "more.csv", allow_unseen=True)
    assert endpoints(result) == endpoints(trace(case, "without"))
    assert result["notes"][0].startswith(
        f"NOT TRACED: more.csv:4: the account {UNSEEN[0]} is not in the ledger"
    )
    page = (case / "out" / "report.html").read_text()
    assert page.index("NOT TRACED") < page.index("were taken on")
    assert verify_result(case / "out").checks


def test_account_labelled_twice_is_noted(case: Path) -> None:
    (case / "twice.csv").write_text(
        f"address,service,kind\n{EXCHANGE},One,exchange\n{EXCHANGE},Two,exchange\n"
    )
    result = trace(case, services=case / "twice.csv")
    assert any("labelled twice" in note for note in result["notes"])


def test_explain_gives_the_path_movement_by_movement(case: Path) -> None:
    trace(case)
    explained = explain_address(case / "out", EXCHANGE)
    assert explained.is_complete
    assert [[step["tx_hash"] for step in path] for path in explained.paths] == [[tx(2), tx(4), tx(5)]]


def test_explain_refuses_an_account_that_was_not_reached(case: Path) -> None:
    trace(case)
    with pytest.raises(NotFound, match="no stolen value reached"):
        explain_address(case / "out", OTHER)


@pytest.mark.parametrize(
    "name", ["result.json", "flows.csv", "endpoints.csv", "history.parquet", "report.html"]
)
def test_verify_names_the_file_with_a_flipped_byte(case: Path, name: str) -> None:
    trace(case)
    path = case / "out" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError) as caught:
        verify_result(case / "out")
    assert caught.value.place.endswith(name)


def forge(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a result and make every hash and the manifest fit again, as whoever can rewrite the folder would."""
    result = json.loads((out / "result.json").read_bytes())
    change(result)
    result["findings_hash"] = canonical_hash(result["findings"])
    result["provenance_hash"] = hash_provenance(result)
    (out / "result.json").write_bytes(write_result(result))
    seal(out)


def seal(out: Path) -> None:
    """A manifest that fits what is there."""
    (out / "manifest.json").write_bytes(canonical_bytes(list_files(out)) + b"\n")


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "amount": lambda r: r["findings"]["endpoints"][0].update(amount="54"),
    "spread": lambda r: r["spread"][0].update(most="1"),
    "bounds": lambda r: r.update(bounds="computed: the exchange holds it all"),
    "another word": lambda r: r.update(verdict="guilty"),
    "named": lambda r: r["provenance"]["stolen"]["named"].append(
        {"theft": "theft", "tx_hash": tx(3), "index": None}
    ),
    "label": lambda r: r["provenance"]["labels"][0].update(reason="held"),
    "kind": lambda r: r["provenance"]["labels"][0].update(kind="mixer"),
    "rows": lambda r: r["provenance"]["stolen"].update(rows=7),
    "conventions": lambda r: r["provenance"]["conventions"].pop(),
    "ledger": lambda r: r["provenance"]["ledger"]["chains"][0].update(last_block=4),
    "until": lambda r: r["provenance"].update(until="1970-01-01T01:00:00Z"),
    "opening": lambda r: r["provenance"].update(opening=["x"]),
    "shape": lambda r: r.update(findings={}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_verify_catches_a_forged_result_whose_hashes_fit(case: Path, name: str) -> None:
    trace(case)
    forge(case / "out", FORGERIES[name])
    with pytest.raises(IntegrityError):
        verify_result(case / "out")


def test_verify_catches_a_forged_report_with_a_new_manifest(case: Path) -> None:
    trace(case)
    (case / "out" / "report.html").write_text("somebody else did it")
    seal(case / "out")
    with pytest.raises(IntegrityError, match="does not give this report"):
        verify_result(case / "out")


def test_verify_says_where_the_pdf_is_not_what_it_draws(case: Path) -> None:
    trace(case)
    (case / "out" / "report.pdf").write_bytes(b"%PDF-1.7 somebody else did it")
    seal(case / "out")
    (check,) = [check for check in verify_result(case / "out").checks if check.name == "report.pdf"]
    assert "DIFFERS" in check.detail


def test_verify_refuses_a_folder_inside_the_result(case: Path) -> None:
    trace(case)
    (case / "out" / "more").mkdir()
    with pytest.raises(IntegrityError, match="only files belong"):
        verify_result(case / "out")


@pytest.mark.parametrize("part", range(1, 6))
def test_trace_refuses_a_damaged_ledger_by_the_file(case: Path, part: int) -> None:
    path = next((case / "ledger" / "chains").rglob("*.arrow"))
    data = bytearray(path.read_bytes())
    data[len(data) * part // 6] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="damaged") as caught:
        trace(case)
    assert caught.value.place == str(path)
    assert not (case / "out").exists()


def test_trace_refuses_a_hash_that_was_changed(case: Path) -> None:
    path = case / "ledger" / "ledger.json"
    (run,) = json.loads(path.read_text())["chains"]["eip155:1"]["runs"]
    (stated,) = run["files"].values()
    path.write_text(path.read_text().replace(stated, "0" * 64))
    with pytest.raises(IntegrityError, match="list of contents is damaged"):
        trace(case)


def test_trace_of_a_ledger_of_an_earlier_version_says_to_import_again(case: Path) -> None:
    content = json.loads((case / "ledger" / "ledger.json").read_text())
    (case / "ledger" / "ledger.json").write_text(json.dumps(content | {"version": 2}))
    with pytest.raises(InputError) as caught:
        trace(case)
    assert "mport the sources" in caught.value.remedy()


def test_trace_states_the_fingerprint_of_the_chains_it_read(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_ledger(case / "ledger").fingerprint()
    read = Ledger.chain

    def import_meanwhile(ledger: Ledger, chain: ChainId) -> object:
        (case / "more.csv").write_text(
            f"block,time,tx_hash,from,to,amount\n6,6000,{tx(6)},{THIEF},{OTHER},1\n"
        )
        monkeypatch.setattr(Ledger, "chain", read)
        import_source(str(case / "more.csv"), format="transfers", into=case / "ledger")
        return read(ledger, chain)

    monkeypatch.setattr(Ledger, "chain", import_meanwhile)
    stated = trace(case)["provenance"]["ledger"]["fingerprint"]
    assert (stated == open_ledger(case / "ledger").fingerprint(), stated == first) == (True, False)


def test_spreadsheet_formulas_are_written_as_text(case: Path) -> None:
    (case / "formula.csv").write_text(f'address,service,kind\n{EXCHANGE},"=HYPERLINK(1)",exchange\n')
    trace(case, services=case / "formula.csv")
    assert ",'=HYPERLINK(1)," in (case / "out" / "endpoints.csv").read_text()


def test_theft_that_moved_nothing_by_until_is_refused_or_noted(case: Path) -> None:
    with pytest.raises(InputError, match="nothing that was named"):
        trace(case, until="1000")
    (case / "two.csv").write_text(f"tx_hash,theft\n{tx(2)},early\n{tx(5)},late\n")
    notes = trace(case, stolen=case / "two.csv", until="4000")["notes"]
    assert notes == ["the theft 'late' moved nothing by the end of the trace"]


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"format": "jindo.result/9", "findings": {}}'])
def test_verify_refuses_what_is_no_result(case: Path, text: str) -> None:
    (case / "fake").mkdir()
    (case / "fake" / "result.json").write_text(text)
    (case / "fake" / "manifest.json").write_text(json.dumps({}))
    with pytest.raises(IntegrityError):
        verify_result(case / "fake")
