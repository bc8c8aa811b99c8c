"""Clusters of a ledger: built into a folder, asked with proof, refused where the ledger has changed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.trace.chains import coin, outside, spend
from tests.unit.trace.joins import rows_of, whirlpool

from jindo.app import ClusterRequest, build_cluster_folder, explain_cluster, import_source, show_cluster
from jindo.app.cluster_chains import LedgerChanged, NoCommonInputs
from jindo.app.cluster_files import FILE, name_chain, name_folder
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound
from jindo.base.ids import BITCOIN, ETHEREUM, ChainId, TxId
from jindo.ledger import UtxoTransaction, append_rows, open_ledger
from jindo.seal import canonical_hash


def put(folder: Path, rows: list[UtxoTransaction], first: int = 0, chain: ChainId = BITCOIN) -> Path:
    append_rows(
        folder, chain, [replace(row, block=first + i, time=1000 + first + i) for i, row in enumerate(rows)]
    )
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A and B sign b1, B and C sign b2; five others sign a CoinJoin."""
    rows = [
        coin("a1", ("A", 5), ("B", 5), ("B", 5), ("C", 5), ("D", 5)),
        spend("b1", ["a1:0", "a1:1"], ("X", 10)),
        spend("b2", ["a1:2", "a1:3"], ("X", 10)),
    ]
    return put(tmp_path / "ledger", [*rows, *rows_of([whirlpool()])])


def ask(ledger: Path) -> ClusterRequest:
    return ClusterRequest(ledger)


def test_build_writes_beside_the_ledger_and_says_what_it_found(ledger: Path) -> None:
    view = build_cluster_folder(ledger)
    entry = view["chains"][0]
    assert Path(view["out"]) == ledger.parent / "ledger.clusters"
    assert (entry["clusters"], entry["accounts_joined"], entry["largest"], entry["unions"]) == (1, 3, 3, 2)
    assert entry["coinjoins"] == {"whirlpool": 1, "wasabi-2": 0, "wasabi-1": 0, "joinmarket": 0}
    assert entry["fingerprint"] == open_ledger(ledger).chain_fingerprint(BITCOIN)
    assert "Inference" in view["statement"]
    assert view["error"]["population"] == "unknown"


def test_building_twice_gives_the_same_bytes(ledger: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_cluster_folder(ledger, out=tmp_path / name)
    for path in (tmp_path / "one").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_why_gives_the_path_with_its_transactions(ledger: Path) -> None:
    build_cluster_folder(ledger)
    view = explain_cluster(ask(ledger), "A", "C")
    assert (view["joined"], view["cluster"]) == (True, "A")
    assert [(step["from"], step["to"], step["block"], step["inputs"]) for step in view["path"]] == [
        ("A", "B", 1, 2),
        ("B", "C", 2, 2),
    ]
    assert view["path"][0]["tx_hash"].endswith("b1")
    assert view["path"][0]["time"] == "1970-01-01T00:16:41Z"


def test_why_says_where_a_coinjoin_is_all_that_both_sign(ledger: Path) -> None:
    build_cluster_folder(ledger)
    view = explain_cluster(ask(ledger), "wi0", "wi3")
    assert (view["joined"], view["cluster"], view["path"]) == (False, None, [])
    assert [(join["kind"], join["inputs"]) for join in view["coinjoins_of_both"]] == [("whirlpool", 5)]
    assert explain_cluster(ask(ledger), "A", "wi3")["coinjoins_of_both"] == []


def test_show_lists_members_up_to_the_limit(ledger: Path) -> None:
    build_cluster_folder(ledger)
    view = show_cluster(ask(ledger), "C", limit=2)
    assert (view["cluster"], view["size"], view["members"], view["complete"]) == ("A", 3, ["A", "B"], False)
    alone = show_cluster(ask(ledger), "wi1")
    assert (alone["size"], len(alone["coinjoins_of_address"])) == (1, 1)
    with pytest.raises(InputError):
        show_cluster(ask(ledger), "C", limit=0)


def test_clusters_of_a_changed_ledger_are_refused_and_say_how_to_rebuild(ledger: Path) -> None:
    build_cluster_folder(ledger)
    put(ledger, [spend("b9", [outside(5, "D"), outside(5, "A", index=1)], ("Y", 10))], first=50)
    with pytest.raises(LedgerChanged) as refused:
        explain_cluster(ask(ledger), "A", "D")
    remedy = refused.value.remedy()
    assert f"jindo cluster build {ledger}" in remedy
    assert "--replace" in remedy
    build_cluster_folder(ledger, replace=True)
    assert explain_cluster(ask(ledger), "A", "D")["joined"]


def test_clusters_by_another_version_are_refused(ledger: Path) -> None:
    build_cluster_folder(ledger)

    def age(content: dict[str, Any]) -> None:
        content["heuristics"][0]["version"] = "0"

    rewrite(name_folder(ledger) / FILE, age)
    with pytest.raises(LedgerChanged):
        explain_cluster(ask(ledger), "A", "B")


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    del content["hash"]
    path.write_text(json.dumps(content | {"hash": canonical_hash(content)}))


def test_a_folder_that_holds_something_is_not_overwritten(ledger: Path, tmp_path: Path) -> None:
    build_cluster_folder(ledger)
    with pytest.raises(ConflictError):
        build_cluster_folder(ledger)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(ConflictError):
        build_cluster_folder(ledger, out=tmp_path / "mine", replace=True)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


def test_replacing_takes_nothing_that_somebody_put_there(ledger: Path) -> None:
    build_cluster_folder(ledger)
    (name_folder(ledger) / name_chain(BITCOIN) / "notes.txt").write_text("keep")
    with pytest.raises(ConflictError):
        build_cluster_folder(ledger, replace=True)
    assert (name_folder(ledger) / name_chain(BITCOIN) / "notes.txt").read_text() == "keep"


@pytest.mark.parametrize("name", ["roots.arrow", "forest.arrow", "coinjoins.arrow"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_damaged_file_is_named(ledger: Path, name: str, gone: bool) -> None:
    build_cluster_folder(ledger)
    path = name_folder(ledger) / name_chain(BITCOIN) / name
    if gone:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-9] + b"x" * 9)
    with pytest.raises(IntegrityError, match=name):
        explain_cluster(ask(ledger), "A", "B")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"{", b'{"format":"jindo.clusters/1","hash":"0"}'])
def test_a_damaged_list_of_contents_is_refused(ledger: Path, content: bytes) -> None:
    build_cluster_folder(ledger)
    (name_folder(ledger) / FILE).write_bytes(content)
    with pytest.raises(IntegrityError):
        explain_cluster(ask(ledger), "A", "B")


def test_asking_without_clusters_says_how_to_build_them(ledger: Path) -> None:
    with pytest.raises(NotFound) as missing:
        explain_cluster(ask(ledger), "A", "B")
    assert "jindo cluster build" in missing.value.remedy()


def test_an_unknown_address_is_named(ledger: Path) -> None:
    build_cluster_folder(ledger)
    with pytest.raises(NotFound, match="nobody-here"):
        explain_cluster(ask(ledger), "A", "nobody-here")


SENDER, RECEIVER = "0x" + "1" * 40, "0x" + "2" * 40


def add_transfers(ledger: Path) -> None:
    source = ledger.parent / "transfers.csv"
    source.write_text(f"block,tx_hash,from,to,amount\n1,{TxId('a' * 64)},{SENDER},{RECEIVER},5\n")
    import_source(str(source), format="transfers", into=ledger, chain=ETHEREUM)


def test_an_account_chain_has_no_clusters_and_is_refused_with_the_reason(tmp_path: Path) -> None:
    add_transfers(tmp_path / "ledger")
    with pytest.raises(NoCommonInputs, match="one sender") as refused:
        build_cluster_folder(tmp_path / "ledger")
    assert "sweeps" in refused.value.remedy()


def test_of_a_mixed_ledger_the_account_chain_is_left_out_and_refused(ledger: Path) -> None:
    add_transfers(ledger)
    view = build_cluster_folder(ledger)
    assert view["left_out"] == [ETHEREUM]
    with pytest.raises(NoCommonInputs):
        build_cluster_folder(ledger, out=ledger.parent / "other", chain=ETHEREUM)
    with pytest.raises(NoCommonInputs):
        explain_cluster(ask(ledger), SENDER, RECEIVER)
    assert explain_cluster(ask(ledger), "A", "B")["joined"]


def test_an_import_to_another_chain_leaves_clusters_good(ledger: Path) -> None:
    build_cluster_folder(ledger)
    add_transfers(ledger)
    assert explain_cluster(ask(ledger), "A", "B")["joined"]


def test_two_chains_that_know_the_addresses_are_told_apart_by_name(ledger: Path) -> None:
    other = ChainId("bip122:000000000000000000651ef99cb9fcbe")
    put(ledger, [coin("a1", ("A", 5), ("B", 5)), spend("b1", ["a1:0"], ("B", 5))], chain=other)
    build_cluster_folder(ledger)
    with pytest.raises(InputError, match="several chains"):
        explain_cluster(ask(ledger), "A", "B")
    assert explain_cluster(ClusterRequest(ledger, chain=BITCOIN), "A", "B")["joined"]
    assert not explain_cluster(ClusterRequest(ledger, chain=other), "A", "B")["joined"]


def test_a_chain_that_the_ledger_lacks_is_named(ledger: Path) -> None:
    with pytest.raises(NotFound, match="bip122:0"):
        build_cluster_folder(ledger, chain=ChainId("bip122:0"))
