"""The fast tracer for UTXO chains: a heap of transactions that spend what holds stolen value.

* Only outputs that hold stolen value are opened; an output is filled once and emptied once.
* A transaction's inputs are pooled in input order, its outputs filled from the pool as the rule says, the fee last.
* It is right where it gives the `Findings` of `trace.reference`.

The one source runs compiled on int64 columns and interpreted on wider amounts; see `kernel_units`.
"""

from __future__ import annotations

from numba.extending import register_jitable

from jindo.trace.kernel_account import DONE, NEEDS_ROOM
from jindo.trace.kernel_columns import IN_KNOWN, NONE, OUT_ACCOUNT, load
from jindo.trace.kernel_draws import CLEAN, CLEAN_FIRST, DIRTY_FIRST, HAIRCUT, LIFO, POISON
from jindo.trace.kernel_state import (
    CLEAN_UNITS,
    FOLLOWED,
    HEAP,
    INFLOW,
    LIMITED,
    SEED,
    STOPPED,
    add_held,
    add_slot,
    append_lot,
    find_slot,
    has_room,
    pop_row,
    push_row,
    put_held,
    record_flow,
)
from jindo.trace.kernel_units import mul_div
from jindo.trace.kernel_utxo_pool import (
    fill_from_row,
    find_named,
    find_spender,
    find_taker,
    find_transaction,
    in_amount,
    inputs_total,
    is_stopped_account,
    join_pool,
    lay,
    out_amount,
    pool_inputs,
    pool_length,
    pool_total,
)

FEE = -1


@register_jitable
def _order_pool(c, p):  # type: ignore[no-untyped-def]
    """Write `p.order`."""
    size = p.size[0]
    for i in range(size):
        p.order[i] = size - 1 - i if c.rule == LIFO else i
    if c.rule in (DIRTY_FIRST, CLEAN_FIRST):
        at = 0
        for want in range(2):
            for i in range(size):
                if (p.origin[i] >= 0) == ((want == 0) == (c.rule == DIRTY_FIRST)):
                    p.order[at] = i
                    at += 1


@register_jitable
def _order_outputs(c, p, tx):  # type: ignore[no-untyped-def]
    """Write `p.outputs`: by index, or merged into the order of their amounts, ties by index."""
    count = tx.out_stop - tx.out_first
    for i in range(count):
        p.outputs[i] = i
    width = 1 if c.rule in (DIRTY_FIRST, CLEAN_FIRST) else count
    while width < count:
        for first in range(0, count, 2 * width):
            _merge_outputs(c, p, tx, first, min(first + width, count), min(first + 2 * width, count))
        for i in range(count):
            p.outputs[i] = p.spare[i]
        width *= 2


@register_jitable
def _merge_outputs(c, p, tx, left, middle, stop):  # type: ignore[no-untyped-def]
    """Merge two neighbouring rows of `p.outputs`, each in order, into `p.spare`."""
    right = middle
    for at in range(left, stop):
        takes_right = left == middle
        if left < middle and right < stop:
            a = out_amount(c, tx, tx.out_first + p.outputs[left])
            b = out_amount(c, tx, tx.out_first + p.outputs[right])
            takes_right = b > a if c.rule == DIRTY_FIRST else b < a
        if takes_right:
            p.spare[at] = p.outputs[right]
            right += 1
        else:
            p.spare[at] = p.outputs[left]
            left += 1


@register_jitable
def _apply_ordered(c, s, p, tx, seed):  # type: ignore[no-untyped-def]
    first, last = tx.out_first, tx.out_stop
    at, entered = 0, False
    _order_pool(c, p)
    _order_outputs(c, p, tx)
    for place in range(last - first):
        index = p.outputs[place]
        at = fill_from_row(c, p, seed, index, at, out_amount(c, tx, first + index))
        entered = _settle(c, s, p, tx, first + index) or entered
    fill_from_row(c, p, seed, FEE, at, pool_total(p))
    _settle(c, s, p, tx, FEE)
    return entered


@register_jitable
def _lay_shares(c, p, seed, index, sign, held, amount, hop):  # type: ignore[no-untyped-def]
    """Apportion `amount` over the pool's stolen (sign 1) or clean (-1) lots, which hold `held` together."""
    zero = amount - amount
    running, before = zero, zero
    for i in range(p.size[0]):
        if (p.origin[i] >= 0) == (sign > 0) and held > 0:
            running += p.amount[i]
            reached = mul_div(running, amount, held)
            lay(c, p, seed, index, p.origin[i], p.rank[i], hop, reached - before)
            p.amount[i] -= reached - before
            before = reached


@register_jitable
def _apply_shares(c, s, p, tx, seed):  # type: ignore[no-untyped-def]
    first, last = tx.out_first, tx.out_stop
    hop, held = join_pool(p), pool_total(p)
    stolen = held - held
    for i in range(p.size[0]):
        stolen += p.amount[i] if p.origin[i] >= 0 else held - held
    left_stolen, left_clean, running, before, entered = stolen, held - stolen, held - held, held - held, False
    for index in range(last - first + 1):
        is_fee = index == last - first
        size = held - running if is_fee else out_amount(c, tx, first + index)
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
    hop, held = join_pool(p), inputs_total(c, p, tx)
    entered, running = False, held - held
    for index in range(last - first + 1):
        is_fee = index == last - first
        size = held - running if is_fee else out_amount(c, tx, first + index)
        running += size
        p.size[1] = 0
        for i in range(p.size[0]):
            if p.origin[i] >= 0:
                lay(c, p, NONE, index, p.origin[i], NONE, hop, size)
        for i in range(p.size[0]):
            if p.origin[i] < 0 and not is_fee:
                taker = find_taker(c, seed, index, p.rank[i])
                if taker != NONE and not _is_laid(c, p, taker):
                    lay(c, p, seed, index, CLEAN, p.rank[i], hop, size)
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
    if is_stopped_account(c, load(c.columns, tx.run, OUT_ACCOUNT, output)):
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
    spender = find_spender(c, tx, output)
    if 0 <= spender < c.end:
        push_row(s, spender)
    return True


@register_jitable
def _record_external(c, s, tx):  # type: ignore[no-untyped-def]
    """Write the value of inputs from outside the ledger beside the first output of the transaction."""
    slot = NONE
    for o in range(tx.out_first, tx.out_stop):
        if slot == NONE:
            slot = find_slot(s, tx.first_output + o)
    for i in range(tx.in_first, tx.in_stop):
        if load(c.columns, tx.run, IN_KNOWN, i) == 0:
            add_held(s, slot, INFLOW, in_amount(c, tx, i))


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
        tx = find_transaction(c, row)
        need = pool_length(c, s, tx)
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
        seed = find_named(c, row)
        pool_inputs(c, s, p, tx, seed)
        if c.rule == POISON:
            entered = _apply_stains(c, s, p, tx, seed)
        elif c.rule == HAIRCUT:
            entered = _apply_shares(c, s, p, tx, seed)
        else:
            entered = _apply_ordered(c, s, p, tx, seed)
        if entered and seed == NONE:
            _record_external(c, s, tx)
