"""What one transaction of a UTXO chain is to the kernel: its inputs pooled, its outputs filled from the pool.

* A transaction's inputs are pooled in input order; what is clean in them keeps the rank of the row that names them.
* Lots are taken from the pool in the order that stands in `order`; what is laid for one output stands in the pool too.
* Nothing here allocates: the driver gives a pool with room for every input's lots and every output.

Which order, which shares, and what becomes of what was laid is `kernel_utxo`'s.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Amounts, Ints
from jindo.trace.kernel_columns import (
    COINBASE,
    FIRST_OUTPUT,
    FIRST_ROW,
    IN_AMOUNT,
    IN_OFFSETS,
    IN_OUTPUT,
    NONE,
    OUT_AMOUNT,
    OUT_OFFSETS,
    OUT_SPENDER,
    SPENT,
    SPENT_BY,
    SPENT_COUNT,
    column_of,
    find_run,
    find_sorted,
    item,
    load,
)
from jindo.trace.kernel_draws import CLEAN, POISON
from jindo.trace.kernel_state import FOLLOWED, HEAD, HOP, LENGTH, NEXT, ORIGIN, STATUS, clear_lots, find_slot


class UtxoQuestion(NamedTuple):
    """The chain and the question, as flat arrays."""

    facts: Ints
    columns: Any
    """Both as in `kernel_columns.ChainTables`."""
    stopped_account: Ints
    """Accounts whose outputs are stopped, ascending."""
    seed_tx: Ints
    """Transactions that are stolen, ascending."""
    seed_in: Ints
    """Where each one's inputs start in `input_rank`."""
    seed_out: Ints
    """Where each one's outputs start in `output_rank` and `output_named`."""
    input_rank: Ints
    output_rank: Ints
    output_named: Ints
    rank_theft: Ints
    rule: int
    end: int
    max_hops: int
    thefts: int


class Transaction(NamedTuple):
    """Where one transaction stands: its inputs and outputs are local places of its run's columns."""

    row: int
    run: int
    coinbase: int
    in_first: int
    in_stop: int
    out_first: int
    out_stop: int
    first_output: int
    """Add to a local output for the chain's id."""


class Pool(NamedTuple):
    """The lots of one transaction's inputs, and what has been laid of them."""

    origin: Ints
    """CLEAN, or a theft."""
    rank: Ints
    """Rank of the row that names the input's account; -1 for none."""
    hop: Ints
    """Hop of the pot that the lot came from."""
    amount: Amounts
    laid_origin: Ints
    """As `account.Scratch.origin`: thefts + theft for units named here."""
    laid_hop: Ints
    laid_amount: Amounts
    total: Amounts
    size: Ints
    """[lots in the pool, lots laid]."""
    order: Ints
    """Lots of the pool in the order in which the rule takes them."""
    outputs: Ints
    """Outputs, counted from the transaction's first, in the order in which the rule fills them."""
    spare: Ints
    """Room to sort them in."""


@register_jitable
def find_transaction(c, row):  # type: ignore[no-untyped-def]
    """Where a transaction stands."""
    run = find_run(c.facts, FIRST_ROW, row)
    place = row - c.facts[run, FIRST_ROW]
    return Transaction(
        row,
        run,
        load(c.columns, run, COINBASE, place),
        load(c.columns, run, IN_OFFSETS, place),
        load(c.columns, run, IN_OFFSETS, place + 1),
        load(c.columns, run, OUT_OFFSETS, place),
        load(c.columns, run, OUT_OFFSETS, place + 1),
        c.facts[run, FIRST_OUTPUT],
    )


@register_jitable
def find_spender(c, tx, output):  # type: ignore[no-untyped-def]
    """The transaction that spends a local output of `tx`, in its own run or a later one, or NONE."""
    run, spender = tx.run, load(c.columns, tx.run, OUT_SPENDER, output)
    while spender < 0 and run + 1 < len(c.facts):
        run += 1
        spent, count = column_of(c.columns, run, SPENT), c.facts[run, SPENT_COUNT]
        place = find_sorted(spent, count, tx.first_output + output)
        if place < count and item(spent, place) == tx.first_output + output:
            spender = load(c.columns, run, SPENT_BY, place)
    return spender


@register_jitable
def in_amount(c, tx, i):  # type: ignore[no-untyped-def]
    """Units of a local input."""
    return load(c.columns, tx.run, IN_AMOUNT, i)


@register_jitable
def out_amount(c, tx, o):  # type: ignore[no-untyped-def]
    """Units of a local output."""
    return load(c.columns, tx.run, OUT_AMOUNT, o)


@register_jitable
def slot_spent(c, s, tx, i):  # type: ignore[no-untyped-def]
    """Slot of the output that an input spends, or NONE."""
    output = load(c.columns, tx.run, IN_OUTPUT, i)
    return find_slot(s, output) if output >= 0 else NONE


@register_jitable
def is_stopped_account(c, account):  # type: ignore[no-untyped-def]
    """Whether an account's outputs are not followed."""
    place = np.searchsorted(c.stopped_account, account)
    return place < len(c.stopped_account) and c.stopped_account[place] == account


@register_jitable
def find_named(c, tx):  # type: ignore[no-untyped-def]
    """Place of a transaction among those that are stolen, or NONE."""
    place = np.searchsorted(c.seed_tx, tx)
    return place if place < len(c.seed_tx) and c.seed_tx[place] == tx else NONE


@register_jitable
def _add_to_pool(p, origin, rank, hop, amount):  # type: ignore[no-untyped-def]
    if amount > 0:
        i = p.size[0]
        p.size[0] += 1
        p.origin[i], p.rank[i], p.hop[i], p.amount[i] = origin, rank, hop, amount


@register_jitable
def pool_inputs(c, s, p, tx, seed):  # type: ignore[no-untyped-def]
    """Empty the inputs into the pool, in input order."""
    p.size[0] = 0
    for i in range(tx.in_first, tx.in_stop):
        rank = c.input_rank[c.seed_in[seed] + i - tx.in_first] if seed != NONE else NONE
        slot = slot_spent(c, s, tx, i)
        if slot == NONE or s.slots[slot, STATUS] != FOLLOWED:
            _add_to_pool(p, CLEAN, rank, 0, in_amount(c, tx, i))
            continue
        lot = s.slots[slot, HEAD]
        while lot != NONE:
            _add_to_pool(p, s.lots[lot, ORIGIN], rank, s.slots[slot, HOP], s.lot_units[lot])
            lot = s.lots[lot, NEXT]
        if c.rule == POISON:
            _add_to_pool(p, CLEAN, rank, 0, in_amount(c, tx, i))
        clear_lots(s, slot)
    if tx.coinbase == 1:
        for o in range(tx.out_first, tx.out_stop):
            _add_to_pool(p, CLEAN, NONE, 0, out_amount(c, tx, o))


@register_jitable
def find_taker(c, seed, index, rank):  # type: ignore[no-untyped-def]
    """The theft that takes clean units in an output which an input of this rank brought, or NONE."""
    if seed == NONE:
        return NONE
    place = c.seed_out[seed] + index
    first = c.output_rank[place]
    if c.output_named[place] == 0 and rank >= 0 and (first < 0 or rank < first):
        first = rank
    return c.rank_theft[first] if first >= 0 else NONE


@register_jitable
def lay(c, p, seed, index, origin, rank, hop, amount):  # type: ignore[no-untyped-def]
    """Note units of one origin laid in an output (`index`, or FEE), unless there are none."""
    if amount == 0:
        return
    taker = find_taker(c, seed, index, rank) if origin == CLEAN and index >= 0 else NONE
    i = p.size[1]
    p.size[1] += 1
    p.laid_origin[i] = origin if taker == NONE else c.thefts + taker
    p.laid_hop[i], p.laid_amount[i] = hop, amount


@register_jitable
def fill_from_row(c, p, seed, index, at, amount):  # type: ignore[no-untyped-def]
    """Fill one output from the pool in the rule's order, from place `at` on; the place reached."""
    p.size[1] = 0
    while amount > 0 and at < p.size[0]:
        lot = p.order[at]
        size = min(amount, p.amount[lot])
        lay(c, p, seed, index, p.origin[lot], p.rank[lot], p.hop[lot], size)
        p.amount[lot] -= size
        amount -= size
        if p.amount[lot] == 0:
            at += 1
    return at


@register_jitable
def pool_total(p):  # type: ignore[no-untyped-def]
    """Units in the pool."""
    total = p.total[0] - p.total[0]
    for i in range(p.size[0]):
        total += p.amount[i]
    return total


@register_jitable
def inputs_total(c, p, tx):  # type: ignore[no-untyped-def]
    """Units that the inputs hold, or that a coinbase issues."""
    total = p.total[0] - p.total[0]
    for i in range(tx.in_first, tx.in_stop):
        total += in_amount(c, tx, i)
    if tx.coinbase == 1:
        for o in range(tx.out_first, tx.out_stop):
            total += out_amount(c, tx, o)
    return total


@register_jitable
def join_pool(p):  # type: ignore[no-untyped-def]
    """Pool the lots of one origin (and, where clean, one rank), sorted as shares are apportioned."""
    count, hop = 0, 0
    for i in range(p.size[0]):
        if hop == 0:
            hop = p.hop[i]
        origin, rank, amount = p.origin[i], p.rank[i], p.amount[i]
        rank = NONE if origin >= 0 else rank
        code = origin if origin >= 0 else -2 - rank
        at = 0
        while at < count and (p.origin[at] if p.origin[at] >= 0 else -2 - p.rank[at]) < code:
            at += 1
        if at < count and p.origin[at] == origin and p.rank[at] == rank:
            p.amount[at] += amount
            continue
        for j in range(count, at, -1):
            p.origin[j], p.rank[j], p.amount[j] = p.origin[j - 1], p.rank[j - 1], p.amount[j - 1]
        p.origin[at], p.rank[at], p.amount[at] = origin, rank, amount
        count += 1
    p.size[0] = count
    return hop


@register_jitable
def pool_length(c, s, tx):  # type: ignore[no-untyped-def]
    """An upper bound on the lots that a transaction's pool holds, and on its outputs."""
    length = tx.in_stop - tx.in_first + tx.out_stop - tx.out_first + 2
    for i in range(tx.in_first, tx.in_stop):
        slot = slot_spent(c, s, tx, i)
        length += s.slots[slot, LENGTH] if slot != NONE else 0
    return length
