"""Which transactions of a part are CoinJoins by their structure: one pass, and the guard that all kinds share.

* A transaction is passed over by its counts alone before anything of it is sorted.
* No address owns many of the inputs, and none is paid twice.
* An input of unknown owner counts as an owner of its own.
* It makes no array: all it needs lies in `JoinScratch`.

What makes each kind is `kernel_rules`'. Compiled; interpreted it gives the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.extending import register_jitable

from jindo.trace.coinjoins.kernel_rules import (
    DENOMINATION,
    INPUTS,
    KIND,
    MOST_OWNED,
    OUTPUTS,
    OWNERS,
    PARTICIPANTS,
    TX,
    decide,
)
from jindo.trace.coinjoins.kernel_sorting import sort_into

MOST_MONEY = 2_100_000_000_000_000


class JoinQuestion(NamedTuple):
    """A part of a chain, and the thresholds."""

    part: Any
    """`parts.TransactionPart`."""
    p: Any
    """`kernel_rules.Thresholds`."""


def run(question, found, s):  # type: ignore[no-untyped-def]
    """Write the figures of every CoinJoin of the part into `found`; gives how many there are."""
    part, p, count = question.part, question.p, 0
    for t in range(len(part.coinbase)):
        ins, outs = slice_of(part.in_offsets, t), slice_of(part.out_offsets, t)
        inputs, outputs = ins[1] - ins[0], outs[1] - outs[0]
        if part.coinbase[t] or inputs < 3 or outputs < 3 or not _is_plausible(part, ins, outs):
            continue
        figures = found[count]
        figures[:] = 0
        figures[TX], figures[INPUTS], figures[OUTPUTS] = part.first_transaction + t, inputs, outputs
        if _find_kind(part, p, ins, outs, figures, s) >= 0:
            count += 1
    return count


@register_jitable
def slice_of(offsets, t):  # type: ignore[no-untyped-def]
    """Where the rows of a transaction begin and end."""
    return offsets[t], offsets[t + 1]


@register_jitable
def _is_plausible(part, ins, outs):  # type: ignore[no-untyped-def]
    """Whether the amounts are such that Bitcoin knows."""
    total = 0
    for i in range(outs[0], outs[1]):
        total += min(part.out_amount[i], MOST_MONEY)
        if total > MOST_MONEY or part.out_amount[i] > MOST_MONEY:
            return False
    total = 0
    for i in range(ins[0], ins[1]):
        total += min(part.in_amount[i], MOST_MONEY)
        if total > MOST_MONEY:
            return False
    return True


@register_jitable
def _find_kind(part, p, ins, outs, figures, s):  # type: ignore[no-untyped-def]
    """The kind of one transaction, -1 for none; fills its figures."""
    sort_into(s.values, part.out_amount, outs)
    values = s.values[: figures[OUTPUTS]]
    figures[DENOMINATION], figures[PARTICIPANTS] = find_most_frequent(values)
    kind = -1
    if _is_candidate(p, figures):
        sort_into(s.owners, part.in_account, ins)
        figures[OWNERS], figures[MOST_OWNED] = count_owners(s.owners[: figures[INPUTS]])
        most, inputs = figures[MOST_OWNED], figures[INPUTS]
        guarded = most > 1 and most * 1000 > p.most_owned * inputs
        sort_into(s.owners, part.out_account, outs)
        _, most_paid = count_owners(s.owners[: figures[OUTPUTS]])
        if not guarded and most_paid == 1:
            kind = decide(part, p, ins, values, figures, s)
    figures[KIND] = kind
    return kind


@register_jitable
def _is_candidate(p, figures):  # type: ignore[no-untyped-def]
    """Whether any rule could hold, by counts alone."""
    return figures[PARTICIPANTS] >= p.joinmarket_participants or figures[INPUTS] >= p.wasabi2_few


@register_jitable
def find_most_frequent(values):  # type: ignore[no-untyped-def]
    """The most frequent of ascending values, the smallest of several, and how often it stands there."""
    best, most, length = values[0], 1, 1
    for i in range(1, len(values)):
        length = length + 1 if values[i] == values[i - 1] else 1
        if length > most:
            best, most = values[i], length
    return best, most


@register_jitable
def count_owners(accounts):  # type: ignore[no-untyped-def]
    """How many owners ascending accounts are, and how often the busiest stands there; each unknown one is its own."""
    owners, most, length = 0, 0, 0
    for i in range(len(accounts)):
        follows = i > 0 and accounts[i] == accounts[i - 1] and accounts[i] >= 0
        length = length + 1 if follows else 1
        owners += 0 if follows else 1
        most = max(most, length)
    return owners, most
