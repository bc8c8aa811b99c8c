"""The four protocols' rules, on the figures of one transaction whose inputs have passed the guard.

* They are tried from the narrowest to the widest: Whirlpool, WabiSabi (Wasabi 2), ZeroLink (Wasabi 1), JoinMarket.
* Each rule fills the figures that decided it, and the confidence.
* An input of unknown value decides nothing by its value.

The thresholds and their sources are `parameters`'; which transactions come here is `kernel_structure`'s.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Ints
from jindo.trace.coinjoins.kernel_shares import FAILS, FITS, OPEN, deal_out
from jindo.trace.coinjoins.kernel_sorting import reverse, sort_into

WHIRLPOOL, WASABI2, WASABI1, JOINMARKET = 0, 1, 2, 3
"""Places in `parameters.KINDS`; -1 is none."""
(
    TX,
    KIND,
    CONFIDENCE,
    PARTICIPANTS,
    DENOMINATION,
    INPUTS,
    OUTPUTS,
    OWNERS,
    MOST_OWNED,
    FITTING,
    ODD,
    CHANGES,
) = range(12)
LEVELS, DEALT = 12, 13
FIGURES = 14
"""Columns of what is found. FITTING: outputs of the denominations; ODD: those of no round decimal number; DEALT: as
`kernel_shares` answers."""


class Thresholds(NamedTuple):
    """`CoinJoinParameters` as the compiled pass takes them."""

    pools: Ints
    round_ones: Ints
    odd_ones: Ints
    most_owned: int
    whirlpool_least: int
    whirlpool_most: int
    whirlpool_over: int
    wasabi2_inputs: int
    wasabi2_few: int
    wasabi2_standard: int
    wasabi2_weak: int
    wasabi2_odd: int
    wasabi2_outputs: int
    wasabi1_base: int
    wasabi1_tolerance: int
    wasabi1_participants: int
    wasabi1_changes: int
    wasabi1_levels: int
    joinmarket_participants: int
    joinmarket_fee: int
    joinmarket_fee_floor: int
    joinmarket_mined: int
    joinmarket_steps: int


@register_jitable
def decide(part, p, ins, values, figures, s):  # type: ignore[no-untyped-def]
    """The kind by the rules in their order; each fills its own figures."""
    if _is_whirlpool(part, p, ins, figures):
        return WHIRLPOOL
    if _is_wasabi2(p, values, figures):
        return WASABI2
    if _is_wasabi1(part, p, ins, values, figures):
        return WASABI1
    if _is_joinmarket(part, p, ins, values, figures, s):
        return JOINMARKET
    return -1


@register_jitable
def _is_whirlpool(part, p, ins, figures):  # type: ignore[no-untyped-def]
    """As many inputs as outputs, all outputs of a pool's denomination, inputs of it or a little more, each its owner's."""
    inputs, value = figures[INPUTS], figures[DENOMINATION]
    if inputs != figures[OUTPUTS] or figures[PARTICIPANTS] != inputs or figures[MOST_OWNED] != 1:
        return False
    if not p.whirlpool_least <= inputs <= p.whirlpool_most or not _holds(p.pools, value):
        return False
    for i in range(ins[0], ins[1]):
        if part.in_valued[i] and not value <= part.in_amount[i] <= value + p.whirlpool_over:
            return False
    figures[FITTING], figures[CONFIDENCE] = inputs, 60
    return True


@register_jitable
def _is_wasabi2(p, values, figures):  # type: ignore[no-untyped-def]
    """Many inputs, and outputs that are mostly of the standard denominations, odd ones among them."""
    inputs, outputs = figures[INPUTS], figures[OUTPUTS]
    if inputs < p.wasabi2_few or outputs * 1000 < inputs * p.wasabi2_outputs:
        return False
    odd, standard = 0, 0
    for value in values:
        if _holds(p.odd_ones, value):
            odd += 1
        elif _holds(p.round_ones, value):
            standard += 1
    standard += odd
    strong = standard * 1000 > outputs * p.wasabi2_standard
    weak = inputs >= p.wasabi2_inputs and standard * 1000 >= outputs * p.wasabi2_weak
    if not (strong or weak) or odd * 1000 < outputs * p.wasabi2_odd:
        return False
    figures[FITTING], figures[ODD], figures[CHANGES] = standard, odd, outputs - standard
    figures[PARTICIPANTS] = 0  # WabiSabi hides who has how many
    figures[DENOMINATION] = 0
    figures[CONFIDENCE] = 60 if strong and inputs >= p.wasabi2_inputs else 40
    return True


@register_jitable
def _is_wasabi1(part, p, ins, values, figures):  # type: ignore[no-untyped-def]
    """An equal output of about 0.1 BTC for each participant, its doubles, and at most one change each and one fee."""
    count, base = figures[PARTICIPANTS], figures[DENOMINATION]
    off = abs(base - p.wasabi1_base)
    if count < p.wasabi1_participants or off * 1000 > p.wasabi1_tolerance * p.wasabi1_base:
        return False
    fitting, levels = _count_levels(values, base, p)
    changes = figures[OUTPUTS] - fitting
    if not p.wasabi1_changes <= changes <= count + 1 or figures[OWNERS] < count:
        return False
    if _count_funded(part, ins, base) < count:
        return False
    figures[FITTING], figures[LEVELS], figures[CHANGES] = fitting, levels, changes
    figures[CONFIDENCE] = min(90, 50 + count // 2)
    return True


@register_jitable
def _is_joinmarket(part, p, ins, values, figures, s):  # type: ignore[no-untyped-def]
    """An equal output for each participant, a change for all but one at most, and inputs that can be dealt out so."""
    count, outputs = figures[PARTICIPANTS], figures[OUTPUTS]
    if count < p.joinmarket_participants or not 2 * count - 1 <= outputs <= 2 * count:
        return False
    if figures[OWNERS] < count or _count_funded(part, ins, figures[DENOMINATION]) < count:
        return False
    figures[DEALT] = _deal(part, p, ins, values, figures, s)
    figures[FITTING], figures[CHANGES] = count, outputs - count
    figures[CONFIDENCE] = 70 if figures[DEALT] == FITS else 20
    return figures[DEALT] != FAILS


@register_jitable
def _deal(part, p, ins, values, figures, s):  # type: ignore[no-untyped-def]
    """Whether each participant's inputs can pay what is his: as `deal_out` answers."""
    value, count = figures[DENOMINATION], figures[PARTICIPANTS]
    total = 0
    for i in range(ins[0], ins[1]):
        if not part.in_valued[i]:
            return OPEN
        total += part.in_amount[i]
    sort_into(s.amounts, part.in_amount, ins)
    amounts, targets = s.amounts[: figures[INPUTS]], s.targets[:count]
    reverse(amounts)
    targets[:] = value
    following = 0
    for place in range(len(values) - 1, -1, -1):
        if values[place] != value:
            targets[following] += values[place]
            following += 1
    earned = max(p.joinmarket_fee_floor, value * p.joinmarket_fee // 1000)
    mined = total - values.sum()
    if mined > p.joinmarket_mined:
        return FAILS
    return deal_out(amounts, targets, earned, mined + count * earned, p.joinmarket_steps, s)


@register_jitable
def _count_levels(values, base, p):  # type: ignore[no-untyped-def]
    """Outputs of the base or of about its doubles where several are equal, and how many denominations there are."""
    fitting, levels, start = 0, 0, 0
    for i in range(1, len(values) + 1):
        if i < len(values) and values[i] == values[start]:
            continue
        if _is_level(values[start], i - start, base, p):
            fitting += i - start
            levels += 1
        start = i
    return fitting, levels


@register_jitable
def _is_level(value, count, base, p):  # type: ignore[no-untyped-def]
    """Whether so many equal outputs are of the base, or of about 2, 4, 8, ... times it."""
    if value == base:
        return True
    for level in range(1, p.wasabi1_levels + 1):
        wanted = base << level
        if value == wanted or (count > 1 and abs(value - wanted) * 1000 <= p.wasabi1_tolerance * wanted):
            return True
    return False


@register_jitable
def _count_funded(part, ins, value):  # type: ignore[no-untyped-def]
    """How many participants at most could each have brought `value`: a large input pays for one, small ones together."""
    large, small = 0, 0
    for i in range(ins[0], ins[1]):
        if not part.in_valued[i] or part.in_amount[i] >= value:
            large += 1
        else:
            small += part.in_amount[i]
    return large + small // max(value, 1)


@register_jitable
def _holds(ordered, value):  # type: ignore[no-untyped-def]
    """Whether ascending values hold this one."""
    place = np.searchsorted(ordered, value)
    return place < len(ordered) and ordered[place] == value
