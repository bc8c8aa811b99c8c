"""The six rules: which lots leave a pot, and which output gets them.

* A lot is (origin, amount): origin 0, 1, … is a theft in the order given, a negative origin is clean.
* Five rules conserve: stolen units drawn plus stolen units kept equal what was there. They differ only in the
  order in which they take lots and outputs, but for `haircut`, which takes a share.
* `poison` does not conserve; what it does to a pot is one line of the reference and stands there.
* Whole units only: a share is rounded down against a running total, so that the parts sum exactly.

Source: the project's definition of tracing, `docs/explain/tracing.md`. It is written to be read; the fast kernel
is right where it agrees with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from jindo.base.errors import InputError

CLEAN = -1
Lot: TypeAlias = tuple[int, int]
Lots: TypeAlias = list[Lot]
Order: TypeAlias = Callable[[Sequence[Lot]], list[int]]
"""Places of lots in the order in which they are taken."""
OutputOrder: TypeAlias = Callable[[Sequence[int]], list[int]]
"""Places of outputs in the order in which they are filled."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One convention, by the name under which courts and commands know it."""

    name: str
    order: Order | None
    """`None` for the two rules that take shares and stains, not lots in a row."""
    output_order: OutputOrder
    law: str
    """The case or name by which lawyers know it."""

    @property
    def conserves(self) -> bool:
        """Whether stolen units in equal stolen units out and held."""
        return self.name != "poison"


def take_oldest(lots: Sequence[Lot]) -> list[int]:
    """First in, first out."""
    return list(range(len(lots)))


def take_newest(lots: Sequence[Lot]) -> list[int]:
    """Last in, first out: the whole row reversed, lots inside one input too."""
    return list(reversed(range(len(lots))))


def take_stolen_first(lots: Sequence[Lot]) -> list[int]:
    """Stolen lots first, oldest first; then the clean ones."""
    return sorted(range(len(lots)), key=lambda i: lots[i][0] < 0)


def take_clean_first(lots: Sequence[Lot]) -> list[int]:
    """Clean lots first, oldest first; then the stolen ones."""
    return sorted(range(len(lots)), key=lambda i: lots[i][0] >= 0)


def fill_in_order(outputs: Sequence[int]) -> list[int]:
    """Outputs as the transaction lists them."""
    return list(range(len(outputs)))


def fill_largest_first(outputs: Sequence[int]) -> list[int]:
    """The largest output first; ties by index."""
    return sorted(range(len(outputs)), key=lambda j: -outputs[j])


def fill_smallest_first(outputs: Sequence[int]) -> list[int]:
    """The smallest output first; ties by index."""
    return sorted(range(len(outputs)), key=lambda j: outputs[j])


RULES = {
    rule.name: rule
    for rule in (
        Rule("fifo", take_oldest, fill_in_order, "Clayton's Case"),
        Rule("lifo", take_newest, fill_in_order, ""),
        Rule("haircut", None, fill_in_order, "pari passu"),
        Rule("dirty-first", take_stolen_first, fill_largest_first, "Re Oatway"),
        Rule("clean-first", take_clean_first, fill_smallest_first, "Re Hallett; lowest intermediate balance"),
        Rule("poison", None, fill_in_order, "upper bound"),
    )
}
CONSERVING = tuple(name for name, rule in RULES.items() if rule.conserves)


def get_rule(name: str) -> Rule:
    """The rule called `name`.

    Raises:
        InputError: there is none of that name.
    """
    if name not in RULES:
        raise InputError(f"there is no rule {name!r}", remedy=f"Choose one of: {', '.join(RULES)}.")
    return RULES[name]


def draw(rule: Rule, lots: Lots, amount: int) -> tuple[Lots, Lots]:
    """Draw `amount` units from a pot's lots: (drawn, in drawn order; kept, by age).

    Beyond what the pot holds, the rest is drawn as clean: it came from outside the ledger.
    """
    held = sum(size for _, size in lots)
    rest = [(CLEAN, amount - held)] if amount > held else []
    drawn, kept = _draw_held(rule, lots, min(amount, held))
    return drawn + rest, kept


def spread(rule: Rule, lots: Lots, outputs: Sequence[int]) -> list[Lots]:
    """Spread a transaction's input lots over its outputs and, last, the fee: one row of lots for each.

    `lots` are those of all inputs in input order; they sum to the outputs plus the fee.
    """
    fee = sum(size for _, size in lots) - sum(outputs)
    if rule.order is None:
        return _spread_shares(lots, [*outputs, fee])
    filled: list[Lots] = [[] for _ in outputs]
    for j in rule.output_order(outputs):
        filled[j], lots = _take(rule.order, lots, outputs[j])
    return [*filled, lots]


def convert(rule: Rule, lots: Lots, units: int) -> Lots:
    """What lots become that together buy `units` of another asset; they sum to `units`.

    Lots in drawn order with running totals c_j of a become floor(units * c_j / a) - floor(units * c_(j-1) / a), and
    lots of zero vanish; under `haircut` the stolen total is converted, rounded down, then split over the thefts.
    """
    given = sum(size for _, size in lots)
    if not given:
        return merge([(CLEAN, units)])
    if rule.order is None:
        share = units * sum(size for origin, size in lots if origin >= 0) // given
        return _share(lots, share, units - share)
    return merge(list(zip((o for o, _ in lots), apportion([s for _, s in lots], units), strict=True)))


def divide(rule: Rule, lots: Lots, sizes: Sequence[int]) -> list[Lots]:
    """Lots cut, in the order in which they lie, into parts of these sizes; under `haircut` each part has its share."""
    if rule.order is None:
        return _spread_shares(lots, sizes)
    parts = []
    for size in sizes:
        part, lots = _take(take_oldest, lots, size)
        parts.append(part)
    return parts


def apportion(shares: Sequence[int], amount: int) -> list[int]:
    """`amount` split over `shares` in their order, whole units, no part above its share.

    Part k is floor(S_k * amount / S_n) - floor(S_(k-1) * amount / S_n) with S the running sum of shares.
    """
    total, running, before, parts = sum(shares), 0, 0, []
    for share in shares:
        running += share
        reached = running * amount // total if total else 0
        parts.append(reached - before)
        before = reached
    return parts


def merge(lots: Lots) -> Lots:
    """The same row with neighbours of one origin joined and empty lots left out."""
    merged: Lots = []
    for origin, size in lots:
        if size and merged and merged[-1][0] == origin:
            merged[-1] = (origin, merged[-1][1] + size)
        elif size:
            merged.append((origin, size))
    return merged


def _draw_held(rule: Rule, lots: Lots, amount: int) -> tuple[Lots, Lots]:
    if rule.order is not None:
        return _take(rule.order, lots, amount)
    held, stolen = sum(size for _, size in lots), sum(size for origin, size in lots if origin >= 0)
    share = stolen * amount // held if held else 0
    drawn = _share(lots, share, amount - share)
    return drawn, _subtract(lots, drawn)


def _take(order: Order, lots: Lots, amount: int) -> tuple[Lots, Lots]:
    left, drawn = [size for _, size in lots], []
    for i in order(lots):
        size = min(left[i], amount)
        amount, left[i] = amount - size, left[i] - size
        drawn.append((lots[i][0], size))
    return merge(drawn), merge([(origin, left[i]) for i, (origin, _) in enumerate(lots)])


def _spread_shares(lots: Lots, sizes: Sequence[int]) -> list[Lots]:
    held, stolen = sum(size for _, size in lots), sum(size for origin, size in lots if origin >= 0)
    filled, running = [], 0
    for size in sizes:
        share = stolen * (running + size) // held - stolen * running // held if held else 0
        running += size
        filled.append(_share(lots, share, size - share))
        lots = _subtract(lots, filled[-1])
    return filled


def _share(lots: Lots, stolen: int, clean: int) -> Lots:
    """`stolen` and `clean` units, each apportioned over the origins that are there."""
    return merge(
        [*_apportion_origins(lots, stolen, is_clean=False), *_apportion_origins(lots, clean, is_clean=True)]
    )


def _apportion_origins(lots: Lots, amount: int, *, is_clean: bool) -> Lots:
    held: dict[int, int] = {}
    for origin, size in lots:
        if (origin < 0) == is_clean:
            held[origin] = held.get(origin, 0) + size
    origins = sorted(held)
    return list(zip(origins, apportion([held[o] for o in origins], amount), strict=True))


def _subtract(lots: Lots, drawn: Lots) -> Lots:
    left: dict[int, int] = {}
    for origin, size in [*lots, *((o, -s) for o, s in drawn)]:
        left[origin] = left.get(origin, 0) + size
    return merge([(origin, left[origin]) for origin in sorted(left)])
