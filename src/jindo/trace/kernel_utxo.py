"""The fast tracer for UTXO chains: a heap of transactions that spend what holds stolen value.

* Only outputs that hold stolen value are opened; an output is filled once and emptied once.
* A transaction's inputs are pooled in input order, its outputs filled from the pool as the rule says, the fee last.
* It is right where it gives the `Findings` of `trace.reference`.

The one source runs compiled on int64 columns and interpreted on wider amounts; see `kernel_units`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Amounts, Ints
from jindo.trace.kernel_account import DONE, NEEDS_ROOM
from jindo.trace.kernel_columns import (
    COINBASE,
    FIRST_OUTPUT,
    FIRST_ROW,
    IN_AMOUNT,
    IN_KNOWN,
    IN_OFFSETS,
    IN_OUTPUT,
    NONE,
    OUT_ACCOUNT,
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
from jindo.trace.kernel_draws import CLEAN, CLEAN_FIRST, DIRTY_FIRST, HAIRCUT, LIFO, POISON
from jindo.trace.kernel_state import (
    CLEAN_UNITS,
    FOLLOWED,
    HEAD,
    HEAP,
    HOP,
    INFLOW,
    LENGTH,
    LIMITED,
    NEXT,
    ORIGIN,
    SEED,
    STATUS,
    STOPPED,
    add_held,
    add_slot,
    append_lot,
    clear_lots,
    find_slot,
    has_room,
    pop_row,
    push_row,
    put_held,
    record_flow,
)
from jindo.trace.kernel_units import mul_div

FEE = -1


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


@register_jitable
def _find_transaction(c, row):  # type: ignore[no-untyped-def]
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
def _find_spender(c, tx, output):  # type: ignore[no-untyped-def]
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
def _in_amount(c, tx, i):  # type: ignore[no-untyped-def]
    return load(c.columns, tx.run, IN_AMOUNT, i)


@register_jitable
def _out_amount(c, tx, o):  # type: ignore[no-untyped-def]
    return load(c.columns, tx.run, OUT_AMOUNT, o)


@register_jitable
def _slot_spent(c, s, tx, i):  # type: ignore[no-untyped-def]
    """Slot of the output that an input spends, or NONE."""
    output = load(c.columns, tx.run, IN_OUTPUT, i)
    return find_slot(s, output) if output >= 0 else NONE


@register_jitable
def _is_stopped(c, account):  # type: ignore[no-untyped-def]
    place = np.searchsorted(c.stopped_account, account)
    return place < len(c.stopped_account) and c.stopped_account[place] == account


@register_jitable
def _find_seed(c, tx):  # type: ignore[no-untyped-def]
    place = np.searchsorted(c.seed_tx, tx)
    return place if place < len(c.seed_tx) and c.seed_tx[place] == tx else NONE


@register_jitable
def _add_to_pool(p, origin, rank, hop, amount):  # type: ignore[no-untyped-def]
    if amount > 0:
        i = p.size[0]
        p.size[0] += 1
        p.origin[i], p.rank[i], p.hop[i], p.amount[i] = origin, rank, hop, amount


@register_jitable
def _pool_inputs(c, s, p, tx, seed):  # type: ignore[no-untyped-def]
    """Empty the inputs into the pool, in input order."""
    p.size[0] = 0
    for i in range(tx.in_first, tx.in_stop):
        rank = c.input_rank[c.seed_in[seed] + i - tx.in_first] if seed != NONE else NONE
        slot = _slot_spent(c, s, tx, i)
        if slot == NONE or s.slots[slot, STATUS] != FOLLOWED:
            _add_to_pool(p, CLEAN, rank, 0, _in_amount(c, tx, i))
            continue
        lot = s.slots[slot, HEAD]
        while lot != NONE:
            _add_to_pool(p, s.lots[lot, ORIGIN], rank, s.slots[slot, HOP], s.lot_units[lot])
            lot = s.lots[lot, NEXT]
        if c.rule == POISON:
            _add_to_pool(p, CLEAN, rank, 0, _in_amount(c, tx, i))
        clear_lots(s, slot)
    if tx.coinbase == 1:
        for o in range(tx.out_first, tx.out_stop):
            _add_to_pool(p, CLEAN, NONE, 0, _out_amount(c, tx, o))


@register_jitable
def _find_taker(c, seed, index, rank):  # type: ignore[no-untyped-def]
    """The theft that takes clean units in an output which an input of this rank brought, or NONE."""
    if seed == NONE:
        return NONE
    place = c.seed_out[seed] + index
    first = c.output_rank[place]
    if c.output_named[place] == 0 and rank >= 0 and (first < 0 or rank < first):
        first = rank
    return c.rank_theft[first] if first >= 0 else NONE


@register_jitable
def _lay(c, p, seed, index, origin, rank, hop, amount):  # type: ignore[no-untyped-def]
    if amount == 0:
        return
    taker = _find_taker(c, seed, index, rank) if origin == CLEAN and index >= 0 else NONE
    i = p.size[1]
    p.size[1] += 1
    p.laid_origin[i] = origin if taker == NONE else c.thefts + taker
    p.laid_hop[i], p.laid_amount[i] = hop, amount


@register_jitable
def _fill_from_row(c, p, seed, index, order, at, amount):  # type: ignore[no-untyped-def]
    """Fill one output from the pool in the rule's order, from place `at` on; the place reached."""
    p.size[1] = 0
    while amount > 0 and at < p.size[0]:
        lot = order[at]
        size = min(amount, p.amount[lot])
        _lay(c, p, seed, index, p.origin[lot], p.rank[lot], p.hop[lot], size)
        p.amount[lot] -= size
        amount -= size
        if p.amount[lot] == 0:
            at += 1
    return at


@register_jitable
def _order_pool(c, p):  # type: ignore[no-untyped-def]
    size = p.size[0]
    order = np.arange(size)
    if c.rule == LIFO:
        return order[::-1].copy()
    if c.rule in (DIRTY_FIRST, CLEAN_FIRST):
        at = 0
        for want in range(2):
            for i in range(size):
                if (p.origin[i] >= 0) == ((want == 0) == (c.rule == DIRTY_FIRST)):
                    order[at] = i
                    at += 1
    return order


@register_jitable
def _order_outputs(c, p, tx, first, last):  # type: ignore[no-untyped-def]
    count = last - first
    if c.rule not in (DIRTY_FIRST, CLEAN_FIRST):
        return np.arange(count)
    keys = np.empty(count, p.amount.dtype)
    for i in range(count):
        keys[i] = -_out_amount(c, tx, first + i) if c.rule == DIRTY_FIRST else _out_amount(c, tx, first + i)
    return np.argsort(keys, kind="mergesort")


@register_jitable
def _apply_ordered(c, s, p, tx, seed):  # type: ignore[no-untyped-def]
    first, last = tx.out_first, tx.out_stop
    order, at, entered = _order_pool(c, p), 0, False
    for index in _order_outputs(c, p, tx, first, last):
        at = _fill_from_row(c, p, seed, index, order, at, _out_amount(c, tx, first + index))
        entered = _settle(c, s, p, tx, first + index) or entered
    _fill_from_row(c, p, seed, FEE, order, at, _pool_total(p))
    _settle(c, s, p, tx, FEE)
    return entered


@register_jitable
def _pool_total(p):  # type: ignore[no-untyped-def]
    total = p.total[0] - p.total[0]
    for i in range(p.size[0]):
        total += p.amount[i]
    return total


@register_jitable
def _inputs_total(c, p, tx):  # type: ignore[no-untyped-def]
    total = p.total[0] - p.total[0]
    for i in range(tx.in_first, tx.in_stop):
        total += _in_amount(c, tx, i)
    if tx.coinbase == 1:
        for o in range(tx.out_first, tx.out_stop):
            total += _out_amount(c, tx, o)
    return total


@register_jitable
def _join_pool(p):  # type: ignore[no-untyped-def]
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
def _lay_shares(c, p, seed, index, sign, held, amount, hop):  # type: ignore[no-untyped-def]
    """Apportion `amount` over the pool's stolen (sign 1) or clean (-1) lots, which hold `held` together."""
    zero = amount - amount
    running, before = zero, zero
    for i in range(p.size[0]):
        if (p.origin[i] >= 0) == (sign > 0) and held > 0:
            running += p.amount[i]
            reached = mul_div(running, amount, held)
            _lay(c, p, seed, index, p.origin[i], p.rank[i], hop, reached - before)
            p.amount[i] -= reached - before
            before = reached


@register_jitable
def _apply_shares(c, s, p, tx, seed):  # type: ignore[no-untyped-def]
    first, last = tx.out_first, tx.out_stop
    hop, held = _join_pool(p), _pool_total(p)
    stolen = held - held
    for i in range(p.size[0]):
        stolen += p.amount[i] if p.origin[i] >= 0 else held - held
    left_stolen, left_clean, running, before, entered = stolen, held - stolen, held - held, held - held, False
    for index in range(last - first + 1):
        is_fee = index == last - first
        size = held - running if is_fee else _out_amount(c, tx, first + index)
        running += size
        reached = mul_div(stolen, running, held) if held > 0 else before
        share, before = reached - before, reached
        p.size[1] = 0
        _lay_shares(c, p, seed, FEE if is_fee else index, 1, left_stolen, share, hop)
        _lay_shares(c, p, seed, FEE if is_fee else index, -1, left_clean, size - share, hop)
        left_stolen, left_clean = left_stolen - share, left_clean - (size - share)
        entered = _settle(c, s, p, tx, FEE if is_fee else first + index) or entered
    return entered


@register_jitable
def _apply_stains(c, s, p, tx, seed):  # type: ignore[no-untyped-def]
    """Every output and the fee carry every stain of the inputs, and every output what is named in it."""
    first, last = tx.out_first, tx.out_stop
    hop, held = _join_pool(p), _inputs_total(c, p, tx)
    entered, running = False, held - held
    for index in range(last - first + 1):
        is_fee = index == last - first
        size = held - running if is_fee else _out_amount(c, tx, first + index)
        running += size
        p.size[1] = 0
        for i in range(p.size[0]):
            if p.origin[i] >= 0:
                _lay(c, p, NONE, index, p.origin[i], NONE, hop, size)
        for i in range(p.size[0]):
            if p.origin[i] < 0 and not is_fee:
                taker = _find_taker(c, seed, index, p.rank[i])
                if taker != NONE and not _is_laid(c, p, taker):
                    _lay(c, p, seed, index, CLEAN, p.rank[i], hop, size)
        entered = _settle(c, s, p, tx, FEE if is_fee else first + index) or entered
    return entered


@register_jitable
def _is_laid(c, p, theft):  # type: ignore[no-untyped-def]
    found = False
    for i in range(p.size[1]):
        found = found or p.laid_origin[i] % c.thefts == theft
    return found


@register_jitable
def _settle(c, s, p, tx, output):  # type: ignore[no-untyped-def]
    """Write down what was laid in a local output (or FEE) and open it where it is followed; whether it was."""
    first = NONE
    for i in range(p.size[1]):
        if p.laid_origin[i] >= 0:
            first = i if first == NONE else first
            p.total[p.laid_origin[i]] += p.laid_amount[i]
    if first == NONE:
        return False
    for i in range(p.size[1]):
        origin = p.laid_origin[i]
        if origin >= 0 and p.total[origin] > 0:
            pot = FEE if output == FEE else tx.first_output + output
            record_flow(s, tx.row, pot, origin % c.thefts, origin // c.thefts, p.total[origin])
            p.total[origin] -= p.total[origin]
    return output != FEE and _open(c, s, p, tx, output, p.laid_hop[first] + 1)


@register_jitable
def _open(c, s, p, tx, output, hop):  # type: ignore[no-untyped-def]
    status = LIMITED if 0 <= c.max_hops < hop else FOLLOWED
    if _is_stopped(c, load(c.columns, tx.run, OUT_ACCOUNT, output)):
        status = STOPPED
    slot = add_slot(s, tx.first_output + output, status, hop)
    zero = p.total[0] - p.total[0]
    put_held(s, slot, CLEAN_UNITS, zero)
    put_held(s, slot, INFLOW, zero)
    if status != FOLLOWED:
        return False
    for i in range(p.size[1]):
        origin = p.laid_origin[i]
        append_lot(s, slot, origin if origin < 0 else origin % c.thefts, p.laid_amount[i])
    spender = _find_spender(c, tx, output)
    if 0 <= spender < c.end:
        push_row(s, spender)
    return True


@register_jitable
def _pool_length(c, s, tx):  # type: ignore[no-untyped-def]
    length = tx.in_stop - tx.in_first + tx.out_stop - tx.out_first + 2
    for i in range(tx.in_first, tx.in_stop):
        slot = _slot_spent(c, s, tx, i)
        length += s.slots[slot, LENGTH] if slot != NONE else 0
    return length


@register_jitable
def _record_external(c, s, tx):  # type: ignore[no-untyped-def]
    """Write the value of inputs from outside the ledger beside the first output of the transaction."""
    slot = NONE
    for o in range(tx.out_first, tx.out_stop):
        if slot == NONE:
            slot = find_slot(s, tx.first_output + o)
    for i in range(tx.in_first, tx.in_stop):
        if load(c.columns, tx.run, IN_KNOWN, i) == 0:
            add_held(s, slot, INFLOW, _in_amount(c, tx, i))


@register_jitable
def _next_tx(c, s):  # type: ignore[no-untyped-def]
    seed = c.seed_tx[s.counters[SEED]] if s.counters[SEED] < len(c.seed_tx) else c.end
    return min(seed, s.heap[0]) if s.counters[HEAP] > 0 else seed


def run(c, s, p):  # type: ignore[no-untyped-def]
    """Go on with the trace until it is done or out of room; DONE or NEEDS_ROOM."""
    while True:
        row = _next_tx(c, s)
        if row >= c.end:
            return DONE
        tx = _find_transaction(c, row)
        need = _pool_length(c, s, tx)
        outputs = tx.out_stop - tx.out_first + 1
        lots, flows = need, need
        if c.rule in (HAIRCUT, POISON):  # every output may hold a share of every lot
            lots, flows = need * outputs, min(need, 2 * c.thefts) * outputs
        if need > len(p.origin) or not has_room(s, need + lots, outputs + flows):
            return NEEDS_ROOM
        while s.counters[HEAP] > 0 and s.heap[0] == row:
            pop_row(s)
        while s.counters[SEED] < len(c.seed_tx) and c.seed_tx[s.counters[SEED]] == row:
            s.counters[SEED] += 1
        seed = _find_seed(c, row)
        _pool_inputs(c, s, p, tx, seed)
        if c.rule == POISON:
            entered = _apply_stains(c, s, p, tx, seed)
        elif c.rule == HAIRCUT:
            entered = _apply_shares(c, s, p, tx, seed)
        else:
            entered = _apply_ordered(c, s, p, tx, seed)
        if entered and seed == NONE:
            _record_external(c, s, tx)
