"""What the kernels read by address: integers of every width, constants stored once, and amounts wider than a word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jindo.base.ids import ETHEREUM, UNNAMED_ASSET, Account, TxId
from jindo.ledger import AccountChain, Ints, Transfer, WideColumn, build_account_chain
from jindo.ledger.columns import ChainColumn
from jindo.trace import RULES, AccountSeeds, build_stops, kernel, reference
from jindo.trace.kernel_columns import lay_out
from jindo.trace.prepared import prepare_account_chain
from jindo.trace.reach import _sort_found, find_reach

WIDE = 2**200


def line(amounts: list[int]) -> AccountChain:
    """Account 0 pays 1, 1 pays 2, and so on, one block each."""
    rows = [
        Transfer(i, TxId(f"0x{i:064x}"), Account(f"a{i}"), Account(f"a{i + 1}"), amount, UNNAMED_ASSET)
        for i, amount in enumerate(amounts)
    ]
    return build_account_chain(ETHEREUM, rows)


def with_columns(chain: AccountChain, **columns: Any) -> AccountChain:
    return replace(chain, runs=(replace(chain.runs[0], **columns),))


def to_strided(values: Ints) -> Ints:
    return np.repeat(values, 3)[::3]


@pytest.mark.parametrize(
    "form", [np.int8, np.int16, np.int32, np.int64, to_strided, lambda x: ChainColumn([x], [0, 5])]
)
def test_kernels_read_integers_of_every_form(form: Any) -> None:
    chain = line([5, 4, 3, 2, 1])
    run = chain.runs[0]
    columns = {name: np.asarray(getattr(run, name)) for name in ("src", "dst", "amount")}
    formed = {
        name: column.astype(form) if isinstance(form, type) else form(column)
        for name, column in columns.items()
    }
    same = with_columns(chain, **formed)
    assert lay_out(same).places is not None
    asked: dict[str, Any] = {"rule": RULES["fifo"], "end": 5}
    stops = build_stops(chain, None)
    slow = reference.trace_account_chain(chain, AccountSeeds({0: 0}), stopped=stops, **asked)
    assert kernel.trace_account_chain(same, AccountSeeds({0: 0}), stops=stops, **asked) == slow
    assert find_reach(prepare_account_chain(same, stops), [0], end=5).events.tolist() == [0, 1, 2, 3, 4]


def test_kernels_read_a_constant_that_is_stored_once() -> None:
    same = with_columns(line([7, 7, 7]), amount=np.broadcast_to(np.array([7]), 3))
    assert find_reach(prepare_account_chain(same, []), [0], end=3).pots.tolist() == [1, 2, 3]


def test_find_reach_reads_amounts_wider_than_a_word_where_they_lie() -> None:
    amounts = [WIDE, 1 << 64, 1, 0, WIDE]
    chain = with_columns(line(amounts), amount=WideColumn.from_ints(amounts))
    prepared = prepare_account_chain(chain, [])
    assert prepared.tables.places is not None
    found = find_reach(prepared, [0], end=5)
    assert (found.pots.tolist(), found.touched) == ([1, 2, 3], 3)


def test_tables_until_leave_out_runs_that_begin_at_the_end() -> None:
    chain = line([1, 1, 1, 1])
    tables = lay_out(chain)
    assert len(tables.until(4).facts) == 1
    assert len(tables.until(0).facts) == 0


@pytest.mark.parametrize("far", [0, 1 << 61])
def test_found_is_sorted_by_event_however_far_apart_events_are(far: int) -> None:
    found = np.array([[10, 11, 12], [5 + far, 3, 4]])
    _sort_found(found)
    assert found.tolist() == [[11, 12, 10], [3, 4, 5 + far]]
