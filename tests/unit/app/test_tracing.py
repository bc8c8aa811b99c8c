"""The trace use case: what it reads, what it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jindo.app import TraceRequest, explain_address, import_source, trace_ledger, verify_result
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound

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
        ("address\n" + OTHER[:-1] + "9\n", "nothing that was named"),
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


def test_account_labelled_twice_is_noted(case: Path) -> None:
    (case / "twice.csv").write_text(
        f"address,service,kind\n{EXCHANGE},One,exchange\n{EXCHANGE},Two,exchange\n"
    )
    result = trace(case, services=case / "twice.csv")
    assert any("labelled twice" in note for note in result["provenance"]["notes"])


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


def test_verify_catches_findings_forged_with_a_new_manifest(case: Path) -> None:
    from jindo.app.result import write_result
    from jindo.app.tracing import list_files
    from jindo.seal import canonical_bytes, canonical_hash

    result = trace(case)
    result["findings"]["endpoints"][0]["amount"] = "54"
    result["findings_hash"] = canonical_hash(result["findings"])
    names = ("findings_hash", "spread", "upper_bound", "provenance")
    result["provenance_hash"] = canonical_hash({name: result[name] for name in names})
    out = case / "out"
    (out / "result.json").write_bytes(write_result(result))
    (out / "manifest.json").write_bytes(canonical_bytes(list_files(out)) + b"\n")
    with pytest.raises(IntegrityError, match="does not give these findings"):
        verify_result(out)


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"format": "jindo.result/9", "findings": {}}'])
def test_verify_refuses_what_is_no_result(case: Path, text: str) -> None:
    (case / "fake").mkdir()
    (case / "fake" / "result.json").write_text(text)
    (case / "fake" / "manifest.json").write_text(json.dumps({}))
    with pytest.raises(IntegrityError):
        verify_result(case / "fake")
