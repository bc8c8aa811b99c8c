"""The pass over an account chain that finds swaps, compiled: one transaction after the other, exact at any width.

* Amounts are rows of limbs of 32 bits, the lowest first, so that sums and differences neither wrap nor round.
* In a transaction each movement is an entry of its sender's pot and one of its receiver's; sorted by account and pot,
  an account's net change in each pot is a run of entries.
* A transaction of any size costs its entries' sorting; pairs of movements are compared only where there are few.

What is read and written on the way is `kernel_swap_room`'s; what a swap is stands in `swaps`, which calls this for pieces
of a run and reads what comes out.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from jindo.trace.crossings.kernel_swap_room import UNKNOWN_POT, make_scratch

_FEW = 24
_IMPLIED, _SAYS = 1, 2


def scan(moves, ledger, found):  # type: ignore[no-untyped-def]
    """Look at each transaction of `moves`; gives 0."""
    rows, width = moves.limbs.shape
    tx, src, dst, limbs, is_gas, account = (
        moves.tx,
        moves.src,
        moves.dst,
        moves.limbs,
        moves.is_gas,
        ledger.account,
    )
    scratch = make_scratch(rows, width)
    givers, takers, kept = scratch.givers, scratch.takers, scratch.kept
    first = 0
    while first < rows:
        payer, count, last = np.int64(-1), 0, first
        while last < rows and tx[last] == tx[first]:
            giver = np.int64(account[src[last]]) if src[last] >= 0 else np.int64(-1)
            if is_gas[last]:
                payer = giver
            elif src[last] != dst[last] and _is_something(limbs, last):
                givers[count], kept[count] = giver, last
                takers[count] = np.int64(account[dst[last]]) if dst[last] >= 0 else np.int64(-1)
                count += 1
            last += 1
        if _can_swap(givers, takers, count) or _touches(ledger.wrappers, givers, takers, count):
            _weigh(moves, ledger, found, scratch, payer, count)
        first = last
    return 0


@register_jitable(inline="always")
def _can_swap(givers, takers, count):  # type: ignore[no-untyped-def]
    """Whether somebody gives and takes; not looked into where there are many movements."""
    found = count > _FEW
    for i in range(count if count <= _FEW else 0):
        for j in range(count):
            found |= i != j and givers[i] >= 0 and givers[i] == takers[j]
    return found


@register_jitable(inline="always")
def _touches(wrappers, givers, takers, count):  # type: ignore[no-untyped-def]
    """Whether a movement goes to a wrapper or comes from one."""
    found = False
    for k in range(len(wrappers)):
        for i in range(count):
            found |= givers[i] == wrappers[k] or takers[i] == wrappers[k]
    return found


@register_jitable
def _weigh(moves, ledger, found, scratch, payer, count):  # type: ignore[no-untyped-def]
    """Note what a transaction of `count` movements holds."""
    first, keys, entry = scratch.kept[0], scratch.keys, scratch.entry
    flags, side = scratch.flags, scratch.side
    entries = _list_entries(moves, ledger, scratch, count)
    _sort(keys, entry, flags, side, entries)
    _drop_said(keys, entry, flags, side, entries)
    parts = _add_up(moves.limbs, keys, entry, side, entries, scratch.nets, scratch.runs, scratch.groups)
    _choose(moves, ledger, first, payer, scratch, parts, found)


@register_jitable
def _list_entries(moves, ledger, scratch, count):  # type: ignore[no-untyped-def]
    """The entries of a transaction, with those that wrappers imply; gives how many."""
    keys, entry, flags, side = scratch.keys, scratch.entry, scratch.flags, scratch.side
    entries, implied = 0, False
    for i in range(count):
        row, giver, taker = scratch.kept[i], scratch.givers[i], scratch.takers[i]
        src, dst = moves.src[row], moves.dst[row]
        if src >= 0:
            keys[entries], entry[entries], flags[entries], side[entries] = (giver << 32) | src, row, 0, -1
            entries += 1
        if dst >= 0:
            keys[entries], entry[entries], flags[entries], side[entries] = (taker << 32) | dst, row, 0, 1
            entries += 1
        for k in range(len(ledger.wrappers)):
            contract = ledger.wrappers[k]
            if src < 0 or dst < 0 or contract not in (giver, taker) or giver == taker:
                continue
            if ledger.asset[dst] != ledger.native:
                continue
            whose = giver if taker == contract else taker
            keys[entries] = (whose << 32) | _find_pot(ledger, k, whose)
            entry[entries], flags[entries], side[entries] = row, _IMPLIED, 1 if taker == contract else -1
            entries += 1
            implied = True
    if implied:
        _mark_said(moves, ledger, keys, entry, flags, side, entries)
    return entries


@register_jitable(inline="always")
def _is_something(limbs, row):  # type: ignore[no-untyped-def]
    bits = np.int64(0)
    for place in range(limbs.shape[1]):
        bits |= limbs[row, place]
    return bits != 0


@register_jitable
def _find_pot(ledger, k, account):  # type: ignore[no-untyped-def]
    """An account's pot of wrapper k's tokens; one past all that the chain knows where it has none."""
    low, high = ledger.holder_offsets[k], ledger.holder_offsets[k + 1]
    stop = high
    while low < high:
        middle = (low + high) >> 1
        if ledger.holders[middle] < account:
            low = middle + 1
        else:
            high = middle
    if low < stop and ledger.holders[low] == account:
        return np.int64(ledger.holder_pots[low])
    return np.int64(UNKNOWN_POT + k)


@register_jitable
def _mark_said(moves, ledger, keys, entry, flags, side, count):  # type: ignore[no-untyped-def]
    """Mark logs of wrapped tokens between an account and nobody: they say a wrap or an unwrap themselves."""
    for i in range(count):
        row = entry[i]
        for k in range(len(ledger.wrappers)):
            pot = moves.dst[row] if moves.dst[row] >= 0 else moves.src[row]
            if ledger.wrapped[k] < 0 or ledger.asset[pot] != ledger.wrapped[k]:
                continue
            other = moves.src[row] if side[i] > 0 else moves.dst[row]
            who = np.int64(ledger.account[other]) if other >= 0 else np.int64(-1)
            if who < 0 or who == ledger.zero or who == ledger.wrappers[k]:
                flags[i] |= _SAYS


@register_jitable
def _sort(keys, entry, flags, side, count):  # type: ignore[no-untyped-def]
    """Entries by account and pot, those of one pot in ledger order."""
    if count <= _FEW:
        for i in range(1, count):
            key, row, flag, sign = keys[i], entry[i], flags[i], side[i]
            at = i
            while at > 0 and keys[at - 1] > key:
                keys[at], entry[at], flags[at], side[at] = (
                    keys[at - 1],
                    entry[at - 1],
                    flags[at - 1],
                    side[at - 1],
                )
                at -= 1
            keys[at], entry[at], flags[at], side[at] = key, row, flag, sign
        return
    order = np.argsort(keys[:count], kind="mergesort")
    keys[:count], entry[:count] = keys[:count][order], entry[:count][order]
    flags[:count], side[:count] = flags[:count][order], side[:count][order]


@register_jitable
def _drop_said(keys, entry, flags, side, count):  # type: ignore[no-untyped-def]
    """Take back what a wrapper implies where a log of the same account says a wrap, or an unwrap, itself."""
    first = 0
    while first < count:
        last, into, out = first, False, False
        while last < count and keys[last] == keys[first]:
            into |= (flags[last] & _SAYS) != 0 and side[last] > 0
            out |= (flags[last] & _SAYS) != 0 and side[last] < 0
            last += 1
        for i in range(first, last):
            if flags[i] & _IMPLIED and ((side[i] > 0 and into) or (side[i] < 0 and out)):
                side[i] = 0
        first = last


@register_jitable
def _add_up(limbs, keys, entry, side, count, nets, runs, groups):  # type: ignore[no-untyped-def]
    """Net change of each pot (`runs`: first entry, stop, sign) and the pots of each account (`groups`); gives how many."""
    width = limbs.shape[1]
    pots, accounts, first = 0, 0, 0
    while first < count:
        last = first
        for place in range(width):
            nets[pots, place] = 0
        while last < count and keys[last] == keys[first]:
            for place in range(width):
                nets[pots, place] += side[last] * limbs[entry[last], place]
            last += 1
        runs[pots, 0], runs[pots, 1], runs[pots, 2] = first, last, _settle(nets, pots, width)
        account = keys[first] >> 32
        if accounts == 0 or groups[accounts - 1, 0] != account:
            groups[accounts, 0], groups[accounts, 1] = account, pots
            accounts += 1
        pots += 1
        groups[accounts - 1, 2] = pots
        first = last
    return accounts


@register_jitable
def _settle(nets, row, width):  # type: ignore[no-untyped-def]
    """Make a sum of limbs its size, with the carry as its last limb; gives its sign."""
    sign = 0
    for turn in range(2):
        carry = np.int64(0)
        for place in range(width):
            value = nets[row, place] + carry
            nets[row, place] = value & 0xFFFFFFFF
            carry = value >> 32
        if carry >= 0 or turn == 1:
            nets[row, width] = carry
            break
        sign = -1
        for place in range(width):
            nets[row, place] = -nets[row, place]
        nets[row, width - 1] -= carry << 32
    if sign < 0:
        return -1
    for place in range(width + 1):
        if nets[row, place] != 0:
            return 1
    return 0


@register_jitable
def _choose(moves, ledger, first, payer, scratch, accounts, found):  # type: ignore[no-untyped-def]
    """Note who swaps: the payer of the gas, or else everybody who does; and the wraps of all the others."""
    runs, groups = scratch.runs, scratch.groups
    alone, unclear, any_swap = False, False, False
    for g in range(accounts):
        swaps, gives = _judge(ledger, runs, groups, g)
        alone |= swaps and groups[g, 0] == payer
        unclear |= gives and not swaps and (groups[g, 0] == payer or payer < 0)
        groups[g, 3] = swaps
    for g in range(accounts):
        if groups[g, 3] and (not alone or groups[g, 0] == payer):
            any_swap = True
            _note_swap(moves.tx[first], scratch, g, found)
        else:
            _note_wraps(moves, first, scratch, g, found)
    if unclear and not any_swap:
        found.unclear[found.counts[2]] = moves.tx[first]
        found.counts[2] += 1


@register_jitable
def _judge(ledger, runs, groups, g):  # type: ignore[no-untyped-def]
    """Whether an account gave one asset and got one, and whether it gave and got at all."""
    low, high = 0, len(ledger.bars)
    while low < high:
        middle = (low + high) >> 1
        if ledger.bars[middle] < groups[g, 0]:
            low = middle + 1
        else:
            high = middle
    if low < len(ledger.bars) and ledger.bars[low] == groups[g, 0]:
        return False, False
    fell, rose = 0, 0
    for pot in range(groups[g, 1], groups[g, 2]):
        fell += runs[pot, 2] < 0
        rose += runs[pot, 2] > 0
    return fell == 1 and rose == 1, fell > 0 and rose > 0


@register_jitable
def _note_swap(tx, scratch, g, found):  # type: ignore[no-untyped-def]
    keys, entry, nets, runs, groups = scratch.keys, scratch.entry, scratch.nets, scratch.runs, scratch.groups
    at, legs, width = found.counts[0], found.counts[1], nets.shape[1]
    found.swap[at, 0], found.swap[at, 1] = tx, groups[g, 0]
    found.swap[at, 4] = legs
    for pot in range(groups[g, 1], groups[g, 2]):
        where = keys[runs[pot, 0]] & 0xFFFFFFFF
        for place in range(width):
            if runs[pot, 2] < 0:
                found.swap[at, 2], found.given[at, place] = where, nets[pot, place]
            elif runs[pot, 2] > 0:
                found.swap[at, 3], found.got[at, place] = where, nets[pot, place]
    start, stop = runs[groups[g, 1], 0], runs[groups[g, 2] - 1, 1]
    count, implied = _list_legs(entry, start, stop, found.legs, legs), 0
    for i in range(start, stop):
        implied += (scratch.flags[i] & _IMPLIED) != 0 and scratch.side[i] != 0
    found.swap[at, 5] = implied == count - legs
    found.counts[0], found.counts[1] = at + 1, count


@register_jitable
def _list_legs(entry, start, stop, legs, count):  # type: ignore[no-untyped-def]
    """Add the distinct rows of some entries, ascending; gives how many legs there are then."""
    first = count
    if stop - start > _FEW:
        rows = np.sort(entry[start:stop])
        for i in range(len(rows)):
            if count == first or legs[count - 1] != rows[i]:
                legs[count] = rows[i]
                count += 1
        return count
    for i in range(start, stop):
        at = count
        while at > first and legs[at - 1] > entry[i]:
            at -= 1
        if at > first and legs[at - 1] == entry[i]:
            continue
        for j in range(count, at, -1):
            legs[j] = legs[j - 1]
        legs[at] = entry[i]
        count += 1
    return count


@register_jitable
def _note_wraps(moves, first, scratch, g, found):  # type: ignore[no-untyped-def]
    entry, flags, side, runs, groups = (
        scratch.entry,
        scratch.flags,
        scratch.side,
        scratch.runs,
        scratch.groups,
    )
    limbs, width = moves.limbs, moves.limbs.shape[1]
    for i in range(runs[groups[g, 1], 0], runs[groups[g, 2] - 1, 1]):
        if flags[i] & _IMPLIED and side[i] != 0:
            at, legs, row = found.counts[0], found.counts[1], entry[i]
            token, coin = scratch.keys[i] & 0xFFFFFFFF, moves.src[row] if side[i] > 0 else moves.dst[row]
            found.swap[at, 0], found.swap[at, 1] = moves.tx[first], groups[g, 0]
            found.swap[at, 2], found.swap[at, 3] = (coin, token) if side[i] > 0 else (token, coin)
            found.swap[at, 4], found.swap[at, 5] = legs, 1
            for place in range(width + 1):
                found.given[at, place] = limbs[row, place] if place < width else 0
                found.got[at, place] = found.given[at, place]
            found.legs[legs] = row
            found.counts[0], found.counts[1] = at + 1, legs + 1
