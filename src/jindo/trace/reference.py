"""Tracing, written to be read: the definition in code.

* Value is counted in whole base units. Nothing appears or vanishes but by shortfall, which is counted.
* Movements apply in ledger order, every one of them, so the same input gives the same answer.
* A followed pot holds a row of lots. A stopped pot holds nothing: what enters it is counted and gone, what leaves
  it is clean.
* The fast kernel (`trace.kernel`) is right where it gives equal `Findings` on every chain that the tests make.

It does not know who owns an account or why a pot is stopped; it is given the set of stopped pots.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from jindo.ledger import NOBODY, AccountChain, UtxoChain
from jindo.trace.findings import CROSSED, FEE, Findings, Flow, build_findings
from jindo.trace.naming import AccountSeeds, UtxoSeed, UtxoSeeds
from jindo.trace.rules import CLEAN, Lots, Rule, draw, merge, spread


@dataclass(slots=True)
class TraceBooks:
    """What the trace of one chain keeps while it runs."""

    rule: Rule
    stopped: Container[int]
    max_hops: int | None
    passing: Container[int] = ()
    """Pots whose content goes on elsewhere at once, through a crossing: no stop and no limit holds them."""
    lots: dict[int, Lots] = field(default_factory=dict)
    stains: dict[int, frozenset[int]] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    hops: dict[int, int] = field(default_factory=dict)
    inflow: dict[int, int] = field(default_factory=dict)
    limited: set[int] = field(default_factory=set)

    def is_followed(self, pot: int) -> bool:
        """Whether a pot holds what enters it."""
        return pot in self.passing or (pot not in self.stopped and pot not in self.limited)

    def enter(self, pot: int, hop: int) -> None:
        """Note the hop at which stolen value first enters `pot`, and stop there when it is past the limit."""
        hop = self.hops.setdefault(pot, hop)
        beyond = self.max_hops is not None and hop > self.max_hops
        if beyond and pot not in self.stopped and pot not in self.passing:
            self.limited.add(pot)
            self.lots.pop(pot, None)

    def held(self) -> dict[tuple[int, int], int]:
        """Stolen units still there, by (pot, theft)."""
        held: dict[tuple[int, int], int] = {}
        for pot, lots in self.lots.items():
            for origin, size in lots:
                for theft in (origin,) if origin >= 0 else self.stains.get(pot, ()):
                    held[pot, theft] = held.get((pot, theft), 0) + size
        return held


def trace_account_chain(
    chain: AccountChain,
    seeds: AccountSeeds,
    *,
    rule: Rule,
    stopped: Container[int],
    end: int,
    max_hops: int | None = None,
    opening: Mapping[int, int] | None = None,
) -> Findings:
    """Follow stolen value over events 0 to `end` of an account chain.

    `opening` gives pots a clean balance before the first event, in base units.
    """
    books = TraceBooks(rule, stopped, max_hops)
    books.lots = {
        pot: [(CLEAN, units)] for pot, units in (opening or {}).items() if units and pot not in stopped
    }
    for event in range(end):
        sender, receiver, amount = int(chain.src[event]), int(chain.dst[event]), int(chain.amount[event])
        if amount and sender != receiver:
            apply_movement(books, event, sender, receiver, amount, seeds.theft_of.get(event))
    return finish_accounts(books)


def finish_accounts(books: TraceBooks) -> Findings:
    """The findings of an account chain; inflow counts where stolen value was, in followed pots."""
    inflow = {
        pot: units for pot, units in books.inflow.items() if pot in books.hops and books.is_followed(pot)
    }
    return build_findings(books.flows, books.held(), inflow, books.hops, books.limited)


def apply_movement(
    books: TraceBooks, event: int, sender: int, receiver: int, amount: int, theft: int | None
) -> None:
    """Apply one movement of an account chain."""
    lay(books, event, receiver, take(books, sender, amount, theft))


@dataclass(frozen=True, slots=True)
class Taken:
    """What one movement carries, after naming."""

    lots: Lots
    stain: frozenset[int]
    stolen: Mapping[int, int]
    """Units that were stolen already, by theft."""
    named: Mapping[int, int]
    """Units that naming makes stolen, by theft."""
    hop: int
    """Hop of the pot that they were drawn from; 0 where it is not followed."""


def take(books: TraceBooks, sender: int, amount: int, theft: int | None) -> Taken:
    """Draw `amount` from a pot; `theft` is the one that names the movement."""
    stain = books.stains.get(sender, frozenset())
    hop = books.hops.get(sender, 0) if books.is_followed(sender) else 0
    drawn = _draw(books, sender, amount, is_theft=theft is not None)
    if books.rule.conserves:
        stolen = count_stolen(drawn)
        named = {} if theft is None else {theft: amount - sum(stolen.values())}
        drawn = [(origin if origin >= 0 or theft is None else theft, size) for origin, size in drawn]
    else:
        stolen = dict.fromkeys(stain, amount)
        named = {theft: amount} if theft is not None and theft not in stain else {}
        stain = stain | frozenset(named)
    return Taken(drawn, stain, stolen, named, hop)


def lay(books: TraceBooks, row: int, receiver: int, taken: Taken) -> None:
    """Lay what was taken into a pot, or let it go where it is not followed."""
    record(books, row, receiver, taken.stolen, taken.named)
    if receiver in (FEE, CROSSED):
        return
    if any(taken.stolen.values()) or any(taken.named.values()):
        books.enter(receiver, taken.hop + 1)
    if books.is_followed(receiver):
        _add(books, receiver, taken.lots, taken.stain)


def _draw(books: TraceBooks, pot: int, amount: int, *, is_theft: bool) -> Lots:
    if pot == NOBODY or not books.is_followed(pot):
        return [(CLEAN, amount)]
    lots = books.lots.get(pot, [])
    shortfall = amount - sum(size for _, size in lots)
    if shortfall > 0 and not is_theft:
        books.inflow[pot] = books.inflow.get(pot, 0) + shortfall
    if shortfall >= 0:
        books.stains.pop(pot, None)
    drawn, books.lots[pot] = draw(books.rule, lots, amount)
    return drawn


def _add(books: TraceBooks, pot: int, drawn: Lots, stain: frozenset[int]) -> None:
    books.lots[pot] = merge([*books.lots.get(pot, []), *drawn])
    if stain:
        books.stains[pot] = books.stains.get(pot, frozenset()) | stain


def count_stolen(lots: Lots) -> dict[int, int]:
    """Stolen units by theft."""
    stolen: dict[int, int] = {}
    for origin, size in lots:
        if origin >= 0:
            stolen[origin] = stolen.get(origin, 0) + size
    return stolen


def record(
    books: TraceBooks, row: int, pot: int, stolen: Mapping[int, int], named: Mapping[int, int]
) -> None:
    """Note what a row laid."""
    books.flows.extend(Flow(row, pot, theft, named=False, amount=units) for theft, units in stolen.items())
    books.flows.extend(Flow(row, pot, theft, named=True, amount=units) for theft, units in named.items())


def trace_utxo_chain(
    chain: UtxoChain,
    seeds: UtxoSeeds,
    *,
    rule: Rule,
    stopped: Container[int],
    end: int,
    max_hops: int | None = None,
) -> Findings:
    """Follow stolen value over transactions 0 to `end` of a UTXO chain; `stopped` holds output ids."""
    books = TraceBooks(rule, stopped, max_hops)
    for tx in range(end):
        seed = seeds.seeds.get(tx)
        holds_stolen = apply_transaction(books, chain, tx, Naming(seed, seeds.rank_theft))
        if holds_stolen and seed is None:
            books.inflow[tx] = external_value(chain, tx)
    return build_findings(books.flows, books.held(), books.inflow, books.hops, books.limited)


@dataclass(frozen=True, slots=True)
class Piece:
    """A lot inside a transaction, with what naming and hops need to know of it."""

    origin: int
    size: int
    rank: int = -1
    """Rank of the row that names the account of the input it came from; -1 for none."""
    hop: int = 0
    """Hop of the pot it came from."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What the thefts name in one transaction."""

    seed: UtxoSeed | None
    rank_theft: tuple[int, ...]

    def input_rank(self, place: int) -> int:
        """Rank of the row that names the account of an input; -1 for none."""
        return self.seed.input_rank[place] if self.seed else -1

    def find_taker(self, output: int, ranks: set[int]) -> int | None:
        """The theft that has clean units in `output` which inputs of these ranks brought."""
        if self.seed is None or output >= len(self.seed.output_rank):
            return None
        takers = {self.seed.output_rank[output]} | (set() if self.seed.output_named[output] else ranks)
        first = min(takers - {-1}, default=None)
        return None if first is None else self.rank_theft[first]


Arriving: TypeAlias = Mapping[int, tuple[list[Piece], frozenset[int]]]
"""By output: the pieces and the stain that come into it from elsewhere, through a crossing."""


def apply_transaction(
    books: TraceBooks, chain: UtxoChain, tx: int, naming: Naming, arriving: Arriving | None = None
) -> bool:
    """Apply one transaction; whether stolen value of its own inputs came to lie in a followed output."""
    outputs = chain.outputs_of(tx)
    sizes = [int(chain.out_amount[output]) for output in outputs]
    stain = _input_stain(books, chain, tx)
    pieces = [Piece(CLEAN, sum(sizes))] if chain.coinbase[tx] else _take_inputs(books, chain, tx, naming)
    filled = _fill(books.rule, pieces, sizes)
    entered = False
    for index, (output, drawn) in enumerate(zip((*outputs, FEE), filled, strict=True)):
        laid, stained = (arriving or {}).get(output, (drawn, stain))
        if books.rule.conserves:
            takers = [naming.find_taker(index, {piece.rank}) for piece in laid]
            holds = _lay_output(books, tx, output, laid, takers)
        else:
            ranks = {naming.find_taker(index, {piece.rank}) for piece in pieces if piece.size} - {None}
            holds = _stain_output(books, tx, output, laid, stained, ranks)
        entered |= holds and laid is drawn
    return entered


def _take_inputs(books: TraceBooks, chain: UtxoChain, tx: int, naming: Naming) -> list[Piece]:
    pieces = []
    for place, i in enumerate(chain.inputs_of(tx)):
        pot = int(chain.in_output[i])
        lots = books.lots.pop(pot, None) if pot != NOBODY else None
        hop = books.hops.get(pot, 0) if lots else 0
        for origin, size in lots or [(CLEAN, int(chain.in_amount[i]))]:
            pieces.append(Piece(origin, size, naming.input_rank(place), hop))
    return pieces


def _input_stain(books: TraceBooks, chain: UtxoChain, tx: int) -> frozenset[int]:
    pots = [int(chain.in_output[i]) for i in chain.inputs_of(tx)]
    return frozenset().union(*(books.stains.pop(pot, frozenset()) for pot in pots))


def _fill(rule: Rule, pieces: list[Piece], sizes: list[int]) -> list[list[Piece]]:
    """The pieces laid into each output and, last, the fee."""
    if rule.order is not None:
        coded = [(i if piece.origin >= 0 else -1 - i, piece.size) for i, piece in enumerate(pieces)]
        rows = spread(rule, coded, sizes)
        return [[replace(pieces[c if c >= 0 else -1 - c], size=size) for c, size in row] for row in rows]
    hop = next((piece.hop for piece in pieces if piece.hop), 0)
    pooled = [(piece.origin if piece.origin >= 0 else -2 - piece.rank, piece.size) for piece in pieces]
    return [
        [Piece(max(code, CLEAN), size, -2 - min(code, CLEAN), hop) for code, size in row]
        for row in spread(rule, pooled, sizes)
    ]


def _lay_output(books: TraceBooks, tx: int, output: int, laid: list[Piece], takers: list[int | None]) -> bool:
    lots = [
        (piece.origin if piece.origin >= 0 or taker is None else taker, piece.size)
        for piece, taker in zip(laid, takers, strict=True)
    ]
    stolen = count_stolen([(piece.origin, piece.size) for piece in laid])
    record(books, tx, output, stolen, _subtract(count_stolen(lots), stolen))
    first = next(
        (piece for piece, (origin, _) in zip(laid, lots, strict=True) if origin >= 0 and piece.size), None
    )
    if output == FEE or first is None:
        return False
    books.enter(output, first.hop + 1)
    if books.is_followed(output):
        books.lots[output] = merge(lots)
    return books.is_followed(output)


def _stain_output(
    books: TraceBooks, tx: int, output: int, laid: list[Piece], stain: frozenset[int], takers: set[int | None]
) -> bool:
    size = sum(piece.size for piece in laid)
    named = {taker: size for taker in takers if taker is not None and taker not in stain}
    record(books, tx, output, dict.fromkeys(stain, size), named)
    if output == FEE or not size or not (stain or named):
        return False
    books.enter(output, laid[0].hop + 1)
    if books.is_followed(output):
        books.lots[output], books.stains[output] = [(CLEAN, size)], stain | frozenset(named)
    return books.is_followed(output)


def _subtract(after: Mapping[int, int], before: Mapping[int, int]) -> dict[int, int]:
    return {theft: units - before.get(theft, 0) for theft, units in after.items()}


def external_value(chain: UtxoChain, tx: int) -> int:
    """Units of the inputs whose outputs are not in the ledger."""
    return sum(int(chain.in_amount[i]) for i in chain.inputs_of(tx) if not chain.in_known[i])
