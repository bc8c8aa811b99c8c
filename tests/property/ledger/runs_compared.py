"""Runs as plain lists, so that two of them can be held against each other column by column; and what they are made of."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import strategies as st

from jindo.base.amounts import MAX_AMOUNT
from jindo.base.ids import Account
from jindo.ledger import AccountRun, Adjacency, Blocks, UtxoRun

PEOPLE = [Account(name) for name in "abcdefgh"]


def amounts() -> st.SearchStrategy[int]:
    """Small amounts, some at the edge of 62 and 64 bits, and the largest."""
    return st.one_of(st.integers(0, 9), st.integers(2**60, 2**71), st.integers(MAX_AMOUNT - 2, MAX_AMOUNT))


def to_lists(run: AccountRun | UtxoRun) -> dict[str, Any]:
    """Every column of a run by name; texts, amounts and memos too."""
    return {field.name: _to_list(getattr(run, field.name)) for field in fields(run)}


def _to_list(value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, (Blocks, Adjacency)):
        return {field.name: _to_list(getattr(value, field.name)) for field in fields(value)}
    plain = [value[i] for i in range(len(value))]
    return [int(one) if isinstance(one, (int, np.integer)) else one for one in plain]
