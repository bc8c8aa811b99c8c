"""Comparing two results: what changed, the cause, and what the results cannot tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jindo.app import Comparison, TraceRequest, compare_results, import_source, trace_ledger
from jindo.base.errors import IntegrityError, NotFound

VICTIM, THIEF, MULE, EXCHANGE, SHOP = (f"0x{n:040x}" for n in range(1, 6))
ROWS = [
    (1, 1000, "0x" + "9" * 40, VICTIM, 100),
    (2, 2000, VICTIM, THIEF, 90),
    (3, 3000, THIEF, MULE, 60),
    (4, 4000, MULE, EXCHANGE, 50),
    (5, 5000, THIEF, SHOP, 20),
]


def trace(folder: Path, name: str, rows: Sequence[Any] = ROWS, *, labels: str = "", **asked: Any) -> Path:
    """A result over these rows, with these labels."""
    place = folder / name
    place.mkdir()
    lines = [f"{b},{t},0x{b:064x},{a},{c},{n}" for b, t, a, c, n in rows]
    (place / "rows.csv").write_text("block,time,tx_hash,from,to,amount\n" + "\n".join(lines) + "\n")
    (place / "stolen.csv").write_text(f"address,role\n{VICTIM},victim\n")
    (place / "services.csv").write_text(f"address,service,kind\n{labels}")
    import_source(str(place / "rows.csv"), format="transfers", into=place / "ledger")
    services = place / "services.csv" if labels else None
    request = TraceRequest(place / "ledger", place / "stolen.csv", place / "out", services=services, **asked)
    trace_ledger(request)
    return place / "out"


def ends(comparison: Comparison) -> dict[tuple[str, str], tuple[int, int, str]]:
    """(before, after, cause) by account and reason."""
    return {(end.account, end.reason): (end.before, end.after, end.cause) for end in comparison.ends}


def test_new_blocks_alone_are_the_cause_of_every_change(tmp_path: Path) -> None:
    found = compare_results(trace(tmp_path, "a", ROWS[:3]), trace(tmp_path, "b"))
    assert [(c.code, c.before, c.after) for c in found.causes] == [
        ("blocks", "blocks 1 to 3, 3 rows", "blocks 1 to 5, 5 rows")
    ]
    assert ends(found) == {
        (MULE, "held"): (60, 10, "blocks"),
        (THIEF, "held"): (30, 10, "blocks"),
        (EXCHANGE, "held"): (0, 50, "blocks"),
        (SHOP, "held"): (0, 20, "blocks"),
    }
    assert (found.added, found.gone) == (2, 0)


def test_new_label_is_the_cause_and_the_sheet_shows_what_moved(tmp_path: Path) -> None:
    labelled = trace(tmp_path, "b", labels=f"{EXCHANGE},Exchange,exchange\n")
    found = compare_results(trace(tmp_path, "a"), labelled)
    assert [(c.code, c.before, c.after) for c in found.causes] == [
        ("label", "", "service, Exchange, exchange")
    ]
    (sheet,) = found.sheets
    assert (sheet.before["held"], sheet.after["held"], sheet.after["service"]) == (90, 40, 50)


def test_two_causes_are_told_apart_where_the_results_show_it(tmp_path: Path) -> None:
    """A label on the mule and a later payment: the exchange's loss could be either, and that is said."""
    labelled = trace(tmp_path, "b", labels=f"{MULE},Desk,exchange\n")
    found = compare_results(trace(tmp_path, "a", ROWS[:4]), labelled)
    assert {c.code for c in found.causes} == {"label", "blocks"}
    assert ends(found) == {
        (MULE, "held"): (10, 0, "label"),
        (MULE, "service"): (0, 60, "label"),
        (EXCHANGE, "held"): (50, 0, "several"),
        (THIEF, "held"): (30, 10, "blocks"),
        (SHOP, "held"): (0, 20, "blocks"),
    }


def test_other_rows_in_the_same_blocks_are_not_called_new_blocks(tmp_path: Path) -> None:
    changed = [*ROWS[:4], (5, 5000, THIEF, SHOP, 25)]
    found = compare_results(trace(tmp_path, "a"), trace(tmp_path, "b", changed))
    assert [c.code for c in found.causes] == ["data"]


def test_rule_and_end_are_causes(tmp_path: Path) -> None:
    found = compare_results(
        trace(tmp_path, "a"), trace(tmp_path, "b", rule="lifo", until="1970-01-01T01:00:00Z", max_hops=2)
    )
    assert {c.code for c in found.causes} == {"rule", "until", "limit"}


def test_labelled_account_that_was_reached_first_later_is_no_cause(tmp_path: Path) -> None:
    """The same labels in both: the exchange is in the second result's stops because blocks brought money there."""
    labels = f"{EXCHANGE},Exchange,exchange\n"
    found = compare_results(
        trace(tmp_path, "a", ROWS[:3], labels=labels), trace(tmp_path, "b", labels=labels)
    )
    assert [c.code for c in found.causes] == ["blocks"]
    assert ends(found)[EXCHANGE, "service"] == (0, 50, "blocks")


def test_label_that_nothing_met_is_no_cause(tmp_path: Path) -> None:
    unmet = trace(tmp_path, "b", labels=f"0x{'8' * 40},Nobody,exchange\n")
    found = compare_results(trace(tmp_path, "a"), unmet)
    assert found.is_same
    assert (found.causes, found.ends, found.sheets) == ((), (), ())


def test_changes_add_up_to_nothing_where_the_same_was_stolen(tmp_path: Path) -> None:
    found = compare_results(trace(tmp_path, "a", ROWS[:3]), trace(tmp_path, "b"))
    assert sum(end.after - end.before for end in found.ends) == 0


@pytest.mark.parametrize("name", ["flows.csv", "result.json"])
def test_changed_file_is_refused(tmp_path: Path, name: str) -> None:
    before, after = trace(tmp_path, "a", ROWS[:3]), trace(tmp_path, "b")
    text = (after / name).read_text()
    (after / name).write_text(text.replace(MULE, SHOP))
    with pytest.raises(IntegrityError) as error:
        compare_results(before, after)
    assert name in str(error.value)


def test_equal_grounds_with_other_findings_are_an_alarm(tmp_path: Path) -> None:
    """Two results that state the same grounds: made here by giving one the other's provenance."""
    import json

    from jindo.seal import canonical_bytes

    before, after = trace(tmp_path, "a", ROWS[:3]), trace(tmp_path, "b")
    result = json.loads((after / "result.json").read_bytes())
    result["provenance"] = json.loads((before / "result.json").read_bytes())["provenance"]
    (after / "result.json").write_bytes(canonical_bytes(result))
    with pytest.raises(IntegrityError, match="rest on the same things"):
        compare_results(before, after)


def test_missing_result_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        compare_results(tmp_path, tmp_path)
