"""A cluster ledger is what a ledger on one machine is: counts, rejects, fingerprint, and what is refused."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engines.spark_cases import make_account_pair, make_utxo_pair

from jindo.app import TraceRequest, import_source, make_world, trace_ledger, trace_on_engine, write_world
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound, SourceError
from jindo.cli.program import run
from jindo.ledger import build_cluster_ledger, open_cluster_ledger, open_ledger
from jindo.ledger.engines.checks import ContradictoryGroups
from jindo.ledger.engines.reaching import TooMuchReached

pytestmark = pytest.mark.engine("spark")
A, B, C = (f"0x{n:040x}" for n in (10, 11, 12))
HEADER = "block,tx_hash,from,to,amount,time\n"


def tx(number: int) -> str:
    return f"0x{number:064x}"


def row(block: int, number: int, sender: str = A, receiver: str = B, amount: str = "5") -> str:
    return f"{block},{tx(number)},{sender},{receiver},{amount},{1000 + block}\n"


def write_days(folder: Path, days: dict[str, str]) -> str:
    """A source with one file a day."""
    for day, rows in days.items():
        path = folder / "source" / f"date={day}" / "transfers.csv"
        path.parent.mkdir(parents=True)
        path.write_text(HEADER + rows)
    return str(folder / "source")


def build(source: str, folder: Path, url: str, **options: Any) -> Any:
    return build_cluster_ledger(
        source, format="transfers", into=str(folder / "cluster"), engine=url, **options
    )


def read_rejects(folder: Path) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for path in sorted(folder.rglob("*.csv")):
        with path.open(newline="") as file:
            rows += [tuple(found) for found in list(csv.reader(file))[1:]]
    return sorted(rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with a theft on each chain, in a folder and in a ledger."""
    folder = tmp_path_factory.mktemp("world")
    write_world(make_world("bybit", seed=7, scale=0.05), folder / "world")
    for name, form in (("ethereum", "ethereum-etl"), ("bitcoin", "bitcoin-etl")):
        import_source(str(folder / "world" / name), format=form, into=folder / "ledger")
    return folder


def test_world_gives_the_same_counts_hashes_and_provenance(
    world: Path, sail_url: str, tmp_path: Path
) -> None:
    cluster = str(tmp_path / "cluster")
    for name, form in (("ethereum", "ethereum-etl"), ("bitcoin", "bitcoin-etl")):
        build_cluster_ledger(str(world / "world" / name), format=form, into=cluster, engine=sail_url)
    local, built = open_ledger(world / "ledger").status(), open_cluster_ledger(cluster).status()
    assert built.fingerprint == local.fingerprint
    for chain, told in local.chains.items():
        for fact in ("kind", "rows", "transactions", "accounts", "blocks", "times", "fingerprint"):
            assert getattr(built.chains[chain], fact) == getattr(told, fact)
        assert dict(zip(told.assets, told.asset_rows, strict=True)) == dict(
            zip(built.chains[chain].assets, built.chains[chain].asset_rows, strict=True)
        )
    asked: dict[str, Any] = {"stolen": world / "world/stolen.csv", "services": world / "world/services.csv"}
    one = trace_ledger(TraceRequest(ledger=world / "ledger", out=tmp_path / "one", **asked)).result
    many = trace_on_engine(
        TraceRequest(ledger=Path(cluster), out=tmp_path / "many", **asked), engine=sail_url
    )
    assert many.result["findings"]["flows"] == one["findings"]["flows"] != []
    assert many.result["findings_hash"] == one["findings_hash"]
    assert many.result["provenance_hash"] == one["provenance_hash"]
    assert not (tmp_path / "cluster/work").exists() or not any((tmp_path / "cluster/work").iterdir())


def test_rejects_are_those_of_one_machine_group_by_group(tmp_path: Path, sail_url: str) -> None:
    source = write_days(
        tmp_path,
        {
            "2024-01-01": row(1, 1) + row(1, 2, amount="-5") + row(2, 3) + row(2, 3),
            "2024-01-02": row(3, 4, sender="0xzz") + row(3, 5) + "x\n",
        },
    )
    local = import_source(source, format="transfers", into=tmp_path / "ledger")
    built = build(source, tmp_path, sail_url)
    for count in ("read", "added", "already_there", "rejected", "source_rows", "fingerprint"):
        assert getattr(built, count) == getattr(local, count), count
    assert built.rejected >= 2
    assert read_rejects(built.rejects) == read_rejects(tmp_path / "ledger/rejects")
    assert built.rejects is not None
    assert built.rejects.is_dir()


def test_distinct_and_decimals_reach_the_workers(tmp_path: Path, sail_url: str) -> None:
    source = write_days(tmp_path, {"a": row(1, 1, amount="1.5") * 2, "b": row(2, 2, amount="2.25")})
    options: dict[str, Any] = {"distinct": True, "decimals": 2}
    local = import_source(source, format="transfers", into=tmp_path / "ledger", **options)
    built = build(source, tmp_path, sail_url, **options)
    assert (built.left_by_distinct, built.fingerprint) == (1, local.fingerprint)
    assert open_cluster_ledger(str(tmp_path / "cluster")).status().chains[built.chain].decimals == [2]


def test_block_in_two_groups_is_refused_and_nothing_is_left(tmp_path: Path, sail_url: str) -> None:
    source = write_days(tmp_path, {"a": row(1, 1), "b": row(1, 2)})
    with pytest.raises(ContradictoryGroups, match="block 1 stands in two groups"):
        build(source, tmp_path, sail_url)
    assert not [path for path in (tmp_path / "cluster").rglob("*") if path.is_file()]


def test_transaction_in_two_blocks_is_refused(tmp_path: Path, sail_url: str) -> None:
    source = write_days(tmp_path, {"a": row(1, 1), "b": row(2, 1)})
    with pytest.raises(ContradictoryGroups, match=f"transaction {tx(1)} stands in two blocks"):
        build(source, tmp_path, sail_url)


def test_error_of_a_worker_is_said_in_its_own_words(tmp_path: Path, sail_url: str) -> None:
    source = write_days(tmp_path, {"a": row(1, 1), "b": row(2, 2, amount="-5")})
    with pytest.raises(InputError, match=r"none of the source's 1 rows can be taken in.*\(date=b\)"):
        build(source, tmp_path, sail_url)


def test_strict_refuses_everything(tmp_path: Path, sail_url: str) -> None:
    source = write_days(tmp_path, {"a": row(1, 1), "b": row(2, 2) + row(2, 3, amount="-5")})
    with pytest.raises(InputError, match=r"\(date=b\)"):
        build(source, tmp_path, sail_url, strict=True)
    with pytest.raises(NotFound):
        open_cluster_ledger(str(tmp_path / "cluster"))


def test_folder_may_have_spaces_and_any_script(tmp_path: Path, sail_url: str) -> None:
    folder = tmp_path / "사건 #1, 2"
    built = build(write_days(folder, {"a": row(1, 1), "b": row(2, 2, B, C)}), folder, sail_url)
    request = TraceRequest(
        ledger=folder / "cluster", stolen=write_stolen(folder, f"tx_hash\n{tx(1)}\n"), out=tmp_path / "out"
    )
    assert trace_on_engine(request, engine=sail_url).result["findings_hash"]
    assert built.added == 2


@pytest.mark.parametrize("name", ["a%20b", "a[b]", "a*", "a?", "{a}", "a\\b"])
def test_folder_that_engines_read_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="engines do not read as it stands"):
        open_cluster_ledger(str(tmp_path / name))


def test_chain_is_built_in_one_go(tmp_path: Path, sail_url: str) -> None:
    source = write_days(tmp_path, {"a": row(1, 1)})
    build(source, tmp_path, sail_url)
    with pytest.raises(ConflictError, match="already"):
        build(source, tmp_path, sail_url)


def test_source_without_rows_is_refused(tmp_path: Path, sail_url: str) -> None:
    with pytest.raises(InputError, match="no row that moves anything"):
        build(write_days(tmp_path, {"a": ""}), tmp_path, sail_url)


@pytest.mark.parametrize("form", ["bitcoin-blocks", "ethereum-rpc"])
def test_raw_blocks_and_nodes_are_for_one_machine(tmp_path: Path, form: str) -> None:
    with pytest.raises(InputError, match="not read by an engine"):
        build_cluster_ledger("x", format=form, into=str(tmp_path / "cluster"), engine="sc://127.0.0.1:1")


def test_engine_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = write_days(tmp_path, {"a": row(1, 1)})
    with pytest.raises(SourceError, match=r"nobody answers at 127\.0\.0\.1:1"):
        build(source, tmp_path, "sc://127.0.0.1:1")
    with pytest.raises(InputError, match="not an engine's address"):
        build(source, tmp_path, "http://127.0.0.1:1")


def spend(number: int, block: int, spent: str, value: int, given: int | None = None) -> str:
    """A bitcoin-etl line: output 0 of `spent`, worth `given` by its own word, to one output."""
    inputs = [] if not spent else [{"spent_transaction_hash": spent, "spent_output_index": 0, "value": given}]
    line = {
        "hash": f"{number:064x}", "block_number": block, "block_timestamp": 1000 + block, "index": 0,
        "is_coinbase": not spent, "inputs": [{"addresses": [], **one} for one in inputs],
        "outputs": [{"index": 0, "addresses": [f"account-{number}"], "value": value, "type": "pubkeyhash"}],
    }  # fmt: skip
    return json.dumps(line) + "\n"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((spend(1, 1, "", 9), spend(2, 2, f"{1:064x}", 9), spend(3, 3, f"{1:064x}", 9)), "spent twice"),
        ((spend(1, 1, "", 9), spend(1, 2, "", 9)), "stands in two groups"),
        ((spend(1, 1, "", 9), spend(2, 1, "", 9)), "at the same place in its block"),
        ((spend(2, 1, f"{1:064x}", 9), spend(1, 2, "", 9)), "spent before it is made"),
        ((spend(1, 1, "", 9), spend(2, 2, f"{1:064x}", 8, 8)), "another value"),
        ((spend(1, 1, "", 9), spend(2, 2, f"{1:064x}", 10)), "worth less than its outputs"),
    ],
)
def test_transactions_that_contradict_each_other_over_groups_are_refused(
    tmp_path: Path, sail_url: str, lines: tuple[str, ...], says: str
) -> None:
    for number, line in enumerate(lines):
        path = tmp_path / "source" / f"date=2024-01-0{number + 1}" / "transactions.json"
        path.parent.mkdir(parents=True)
        path.write_text(line)
    with pytest.raises(ContradictoryGroups, match=says):
        build_cluster_ledger(
            str(tmp_path / "source"), format="bitcoin-etl", into=str(tmp_path / "cluster"), engine=sail_url
        )


def write_stolen(folder: Path, text: str) -> Path:
    (folder / "stolen.csv").write_text(text)
    return folder / "stolen.csv"


def test_more_than_the_limit_is_refused_with_its_size(tmp_path: Path, sail_url: str) -> None:
    rows = "".join(row(n, n, sender=A if n % 2 else B, receiver=B if n % 2 else A) for n in range(1, 40))
    build(write_days(tmp_path, {"a": rows}), tmp_path, sail_url)
    request = TraceRequest(
        ledger=tmp_path / "cluster",
        stolen=write_stolen(tmp_path, f"tx_hash\n{tx(1)}\n"),
        out=tmp_path / "out",
    )
    with pytest.raises(TooMuchReached, match="needs 39 rows, and the limit is 38") as raised:
        trace_on_engine(request, engine=sail_url, limit=38)
    assert (raised.value.rows, raised.value.limit) == (39, 38)
    with pytest.raises(TooMuchReached, match="at least 2 pots"):
        trace_on_engine(request, engine=sail_url, limit=1)
    assert not (tmp_path / "out").exists()
    assert trace_on_engine(request, engine=sail_url, limit=39).result["findings_hash"]


def test_hops_that_are_not_followed_are_not_brought(tmp_path: Path, sail_url: str) -> None:
    rows = "".join(row(n, n, f"0x{n:040x}", f"0x{n + 1:040x}") for n in range(1, 30))
    source = write_days(tmp_path, {"a": rows})
    import_source(source, format="transfers", into=tmp_path / "ledger")
    build(source, tmp_path, sail_url)
    stolen = write_stolen(tmp_path, f"tx_hash\n{tx(1)}\n")
    few = TraceRequest(ledger=tmp_path / "cluster", stolen=stolen, out=tmp_path / "few", max_hops=2)
    found = trace_on_engine(few, engine=sail_url, limit=6).result
    here = TraceRequest(ledger=tmp_path / "ledger", stolen=stolen, out=tmp_path / "here", max_hops=2)
    assert found["findings_hash"] == trace_ledger(here).result["findings_hash"]
    with pytest.raises(TooMuchReached):
        trace_on_engine(replace(few, max_hops=None, out=tmp_path / "all"), engine=sail_url, limit=6)


def test_opening_and_unseen_accounts_are_as_on_one_machine(tmp_path: Path, sail_url: str) -> None:
    source = write_days(tmp_path, {"a": row(1, 1), "b": row(2, 2, B, C, "7"), "c": row(3, 3, C, A, "1")})
    import_source(source, format="transfers", into=tmp_path / "ledger")
    build(source, tmp_path, sail_url)
    (tmp_path / "opening.csv").write_text(f"address,amount\n{B},2\n{C},3\n")
    stolen = write_stolen(tmp_path, f"address\n{A}\n0x{99:040x}\n")
    for name, until in (("x", None), ("y", "1970-01-01T00:16:42Z")):
        asked: dict[str, Any] = {
            "stolen": stolen, "opening": tmp_path / "opening.csv", "allow_unseen": True, "until": until
        }  # fmt: skip
        one = trace_ledger(TraceRequest(ledger=tmp_path / "ledger", out=tmp_path / f"{name}1", **asked))
        many = trace_on_engine(
            TraceRequest(ledger=tmp_path / "cluster", out=tmp_path / f"{name}2", **asked), engine=sail_url
        )
        assert many.result["findings_hash"] == one.result["findings_hash"]
        assert many.result["notes"] == one.result["notes"]
    request = TraceRequest(ledger=tmp_path / "cluster", stolen=stolen, out=tmp_path / "z")
    with pytest.raises(InputError, match="is not in the ledger at all"):
        trace_on_engine(request, engine=sail_url)


def test_extract_is_no_more_than_what_is_needed(tmp_path: Path, sail_url: str) -> None:
    far = "".join(row(n, n, f"0x{n:040x}", f"0x{n + 1:040x}") for n in range(100, 140))
    build(write_days(tmp_path, {"a": row(1, 1) + row(2, 2, B, C), "b": far}), tmp_path, sail_url)
    request = TraceRequest(
        ledger=tmp_path / "cluster",
        stolen=write_stolen(tmp_path, f"tx_hash\n{tx(1)}\n"),
        out=tmp_path / "out",
    )
    assert trace_on_engine(request, engine=sail_url, limit=3).result["findings_hash"]  # two, and the last row


@pytest.mark.parametrize("damage", ["not json", '{"format": "other"}'])
def test_damaged_list_of_contents_is_refused(tmp_path: Path, sail_url: str, damage: str) -> None:
    build(write_days(tmp_path, {"a": row(1, 1)}), tmp_path, sail_url)
    (tmp_path / "cluster/cluster.json").write_text(damage)
    with pytest.raises(IntegrityError):
        open_cluster_ledger(str(tmp_path / "cluster"))


def test_changed_list_of_contents_is_refused(tmp_path: Path, sail_url: str) -> None:
    build(write_days(tmp_path, {"a": row(1, 1)}), tmp_path, sail_url)
    path = tmp_path / "cluster/cluster.json"
    path.write_text(path.read_text().replace('"rows": 1', '"rows": 2', 1))
    with pytest.raises(IntegrityError, match="damaged"):
        open_cluster_ledger(str(tmp_path / "cluster"))


def test_file_that_is_missing_cut_or_added_is_named_before_anything_is_traced(
    tmp_path: Path, sail_url: str
) -> None:
    build(write_days(tmp_path, {"a": row(1, 1), "b": row(2, 2, B, C)}), tmp_path, sail_url)
    stolen = write_stolen(tmp_path, f"tx_hash\n{tx(1)}\n")
    request = TraceRequest(ledger=tmp_path / "cluster", stolen=stolen, out=tmp_path / "out")
    (part,) = (tmp_path / "cluster").rglob("rows/part-000001.parquet")
    whole = part.read_bytes()
    added = part.with_name("part-9.parquet")
    for wrong in (lambda: part.write_bytes(whole[:-9]), part.unlink, lambda: added.write_bytes(whole)):
        wrong()
        with pytest.raises(IntegrityError, match="not what the build wrote"):
            trace_on_engine(request, engine=sail_url)
        part.write_bytes(whole)
    added.unlink()
    assert trace_on_engine(request, engine=sail_url).result["findings_hash"]


def test_command_line_builds_and_traces(
    tmp_path: Path, sail_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_days(tmp_path, {"a": row(1, 1), "b": row(2, 2, B, C)})
    cluster, out = str(tmp_path / "cluster"), str(tmp_path / "out")
    asked = [
        "ledger",
        "import",
        source,
        "--format",
        "transfers",
        "--engine",
        sail_url,
        "--into",
        cluster,
        "--json",
    ]
    assert run(asked) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 2
    stolen = str(write_stolen(tmp_path, f"tx_hash\n{tx(1)}\n"))
    assert run(["trace", cluster, "--stolen", stolen, "--engine", sail_url, "--out", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings_hash"]
    assert run([*asked, "--again"]) == 2
    assert "--again" in capsys.readouterr().err
    assert run(["trace", cluster, "--stolen", stolen, "--engine-limit", "5", "--out", out]) == 2


def test_columns_of_pairs_are_one_thing_on_both_sides(tmp_path: Path, sail_url: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "u").mkdir()
    account = make_account_pair(tmp_path / "a", sail_url, 11, parts=1)
    utxo = make_utxo_pair(tmp_path / "u", sail_url, 11, parts=7)
    for pair in (account, utxo):
        for count in ("read", "added", "already_there", "left_by_distinct", "superseded", "rejected"):
            assert getattr(pair.built, count) == getattr(pair.local, count)
