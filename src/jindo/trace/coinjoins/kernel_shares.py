"""Whether the inputs of a transaction can be dealt out to its participants: who could own what in a JoinMarket round.

* Each maker's inputs pay his equal output and his change, and bring him a small fee; what is left is the taker's.
* Participants are served from the largest on, each with inputs from the largest on, depth first. Who the taker is, is
  found by leaving each out in turn.
* The answer is that it can be done, that it cannot, or that the steps allowed were used up.

Amounts are satoshi below 2^61; nothing here knows an address.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Ints

OPEN, FITS, FAILS = 0, 1, 2
"""Not decided; one way of dealing out was found; there is none."""
_MAKER, _SUM, _FROM, _NEXT, _PICKED, _SPENT, _LEFT_OUT = range(7)
"""Columns of the stack: who is served, with how much so far, from which input on, which is tried next, which was taken,
what those before were given, and which participant was left out as the taker (-1 for none yet)."""
_NONE = -1


class JoinScratch(NamedTuple):
    """Room for one transaction at a time."""

    stack: Ints
    """Shape (inputs + outputs + 2, 7)."""
    used: Ints
    """A flag for each input."""
    amounts: Ints
    """Inputs by value."""
    targets: Ints
    """What each participant is paid."""
    values: Ints
    """Outputs by value."""
    owners: Ints
    """Accounts of inputs, or of outputs, in order."""


def build_scratch(inputs: int, outputs: int) -> JoinScratch:
    """Room for transactions of so many inputs and outputs at most."""
    sizes = (inputs, inputs, outputs, outputs, max(inputs, outputs))
    stack = np.zeros((inputs + outputs + 2, 7), np.int64)
    return JoinScratch(stack, *(np.zeros(size + 1, np.int64) for size in sizes))


@register_jitable
def deal_out(amounts, targets, earned, paid, steps, s):  # type: ignore[no-untyped-def]
    """Whether `amounts` can pay `targets`, both descending: OPEN, FITS or FAILS.

    A maker's inputs are up to `earned` less than his target and no more than it; the taker's up to `paid` more.
    """
    s.used[: len(amounts)] = 0
    total, depth = amounts.sum(), 0
    _enter(s, 0, 0, 0, 0, 0, _NONE)
    for _ in range(steps):
        row = s.stack[depth]
        if row[_MAKER] == len(targets):
            rest = total - row[_SPENT] - targets[row[_LEFT_OUT]] if row[_LEFT_OUT] >= 0 else -1
            if 0 <= rest <= paid:
                return FITS
            depth -= 1
        elif row[_NEXT] == _NONE:
            row[_NEXT] = row[_FROM]
            lacks = targets[row[_MAKER]] - row[_SUM]
            if row[_SUM] > 0 and 0 <= lacks <= earned:
                depth += 1
                _enter(s, depth, row[_MAKER] + 1, 0, 0, row[_SPENT] + row[_SUM], row[_LEFT_OUT])
        else:
            depth = _go_on(amounts, targets, earned, s, depth)
        if depth < 0:
            return FAILS
    return OPEN


@register_jitable
def _enter(s, depth, maker, given, first, spent, left_out):  # type: ignore[no-untyped-def]
    """Begin a step of the search."""
    row = s.stack[depth]
    row[_MAKER], row[_SUM], row[_FROM], row[_NEXT] = maker, given, first, _NONE
    row[_PICKED], row[_SPENT], row[_LEFT_OUT] = _NONE, spent, left_out


@register_jitable
def _go_on(amounts, targets, earned, s, depth):  # type: ignore[no-untyped-def]
    """Give the one served another input, or leave him out as the taker, or go back; gives the depth then."""
    row = s.stack[depth]
    if row[_PICKED] >= 0:
        s.used[row[_PICKED]] = 0
        row[_PICKED] = _NONE
    place = _find_input(amounts, s.used, row[_NEXT], row[_FROM], targets[row[_MAKER]] - row[_SUM], earned)
    row[_NEXT] = place + 1
    if place < len(amounts):
        row[_PICKED] = place
        s.used[place] = 1
        _enter(s, depth + 1, row[_MAKER], row[_SUM] + amounts[place], place + 1, row[_SPENT], row[_LEFT_OUT])
        return depth + 1
    if place == len(amounts) and row[_SUM] == 0 and row[_LEFT_OUT] < 0:
        _enter(s, depth + 1, row[_MAKER] + 1, 0, 0, row[_SPENT], row[_MAKER])
        return depth + 1
    return depth - 1


@register_jitable
def _find_input(amounts, used, place, first, room, earned):  # type: ignore[no-untyped-def]
    """The first unused input from `place` on that is no more than `room`; none where all from it on are too little.

    Of equal ones in a row only the first is tried.
    """
    while place < len(amounts):
        is_twin = place > first and amounts[place] == amounts[place - 1] and used[place - 1] == 0
        if used[place] == 0 and amounts[place] <= room and not is_twin:
            return place if _is_enough(amounts, used, place, room - earned) else len(amounts)
        place += 1
    return place


@register_jitable
def _is_enough(amounts, used, place, wanted):  # type: ignore[no-untyped-def]
    """Whether the unused inputs from `place` on reach what is wanted together."""
    for i in range(place, len(amounts)):
        wanted -= 0 if used[i] else amounts[i]
        if wanted <= 0:
            return True
    return False
