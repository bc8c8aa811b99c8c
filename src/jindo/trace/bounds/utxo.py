"""The flow network of a UTXO chain: transactions, the outputs that join them, and where following ends.

* A transaction is a node: any input's unit can come to lie in any output or in the fee, up to what each holds. An output
  is an edge to the transaction that spends it, or to its endpoint.
* An output that is named whole is supplied whole; what lay in it stolen already is gone from the count.
* An account named with others in one transaction brings what its own inputs hold: each unit is stolen in an output of
  a stranger, and is nobody's in change or fee. How much is which is open, and the flow may choose.
* Where stolen units meet such a choice, or other thefts may have taken the units first, the supply is optional.

It walks only the transactions that stolen value can reach, in ledger order.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from jindo.ledger import NOBODY, UtxoChain
from jindo.trace.boundary import Stops, account_of
from jindo.trace.bounds.network import GONE, EndPlace, FlowNetwork
from jindo.trace.bounds.sizes import Sizes, check_rows
from jindo.trace.naming import UtxoSeed, UtxoSeeds


@dataclass(frozen=True, slots=True)
class UtxoInquiry:
    """What is asked of a UTXO chain."""

    chain: UtxoChain
    seeds: UtxoSeeds
    stops: Stops
    end: int
    sizes: Sizes


def build_utxo_network(question: UtxoInquiry, wanted: frozenset[int]) -> FlowNetwork:
    """The network of what the `wanted` thefts took.

    Raises:
        BeyondSizes: more transactions can be reached than the question's sizes allow.
    """
    walk = _Walk(question, wanted, FlowNetwork(question.sizes))
    waiting = sorted(tx for tx in question.seeds.seeds if tx < question.end)
    seen, rows = -1, 0
    while waiting:
        tx = heapq.heappop(waiting)
        if tx == seen:
            continue
        seen, rows = tx, rows + 1
        check_rows(rows, question.sizes)
        for spender in walk.apply(tx):
            heapq.heappush(waiting, spender)
    return walk.network


@dataclass(frozen=True, slots=True)
class _Taking:
    """What naming makes of one output."""

    brought: dict[int, int]
    """Units that inputs bring which would become wanted here, by their rank; all of them where it is named whole."""
    is_whole: bool
    """Whether every unit that can come here becomes wanted."""
    is_foreign: bool
    """Whether another theft takes some."""


@dataclass(frozen=True, slots=True)
class _Exit:
    """An output that is not empty, or the fee."""

    output: int
    """Its id, or -1 for the fee."""
    size: int
    target: int
    """The node that it leads to."""
    taking: _Taking


_NOTHING = _Taking({}, is_whole=False, is_foreign=False)


@dataclass(slots=True)
class _Walk:
    question: UtxoInquiry
    wanted: frozenset[int]
    network: FlowNetwork
    nodes: dict[int, int] = field(default_factory=dict)
    """Node of each transaction to come that may spend stolen units."""
    carrying: set[int] = field(default_factory=set)
    """Unspent outputs that may hold wanted units."""
    others: set[int] = field(default_factory=set)
    """Unspent outputs that may hold units of thefts that are not wanted."""

    def apply(self, tx: int) -> list[int]:
        """Apply one transaction; the transactions that spend stolen units of it."""
        spent = {int(self.question.chain.in_output[i]) for i in self.question.chain.inputs_of(tx)}
        carries, carries_others = bool(spent & self.carrying), bool(spent & self.others)
        self.carrying -= spent
        self.others -= spent
        exits = list(self._exits(tx))
        node = self.nodes.pop(tx, None)
        if node is None:
            node = self.network.add_node()
        self._route(node, exits, carries=carries, carries_others=carries_others)
        return self._follow(exits, carries=carries, carries_others=carries_others)

    def _exits(self, tx: int) -> Iterator[_Exit]:
        chain, seed = self.question.chain, self.question.seeds.seeds.get(tx)
        groups = self._group_inputs(tx, seed)
        fee = sum(groups.values())
        for index, output in enumerate(chain.outputs_of(tx)):
            size = int(chain.out_amount[output])
            fee -= size
            if size:
                taking = self._take(index, seed, groups) if seed is not None else _NOTHING
                yield _Exit(output, size, self._target(output), taking)
        if fee:
            yield _Exit(-1, fee, self.network.find_end(EndPlace("", "fee", chain.asset)), _NOTHING)

    def _group_inputs(self, tx: int, seed: UtxoSeed | None) -> dict[int, int]:
        """Units by the rank of the row that names the input's account; -1 for none."""
        chain = self.question.chain
        if chain.coinbase[tx]:
            return {-1: sum(int(chain.out_amount[output]) for output in chain.outputs_of(tx))}
        groups: dict[int, int] = {}
        for place, i in enumerate(chain.inputs_of(tx)):
            rank = seed.input_rank[place] if seed is not None else -1
            groups[rank] = groups.get(rank, 0) + int(chain.in_amount[i])
        return {rank: units for rank, units in groups.items() if units}

    def _take(self, index: int, seed: UtxoSeed, groups: dict[int, int]) -> _Taking:
        takers: dict[int, int | None] = {}
        for rank in groups:
            ranks = {seed.output_rank[index], -1 if seed.output_named[index] else rank} - {-1}
            takers[rank] = self.question.seeds.rank_theft[min(ranks)] if ranks else None
        brought = {rank: groups[rank] for rank, taker in takers.items() if taker in self.wanted}
        is_foreign = any(taker is not None and taker not in self.wanted for taker in takers.values())
        return _Taking(brought, len(brought) == len(groups), is_foreign)

    def _target(self, output: int) -> int:
        stop = self.question.stops.find(output)
        spender = self.question.chain.spender_of(output)
        if stop is not None or not NOBODY < spender < self.question.end:
            return self.network.find_end(self._place(output, stop.reason if stop is not None else "held"))
        if spender not in self.nodes:
            self.nodes[spender] = self.network.add_node()
        return self.nodes[spender]

    def _place(self, output: int, reason: str) -> EndPlace:
        chain = self.question.chain
        account = account_of(chain, output)
        return EndPlace("" if account == NOBODY else chain.accounts[account], reason, chain.asset)

    def _route(self, node: int, exits: list[_Exit], *, carries: bool, carries_others: bool) -> None:
        mixed = [e for e in exits if e.taking.brought and not e.taking.is_whole]
        chosen = {tuple(e.taking.brought) for e in mixed}
        if carries_others or (mixed and (carries or len(chosen) > 1)):
            self._route_open(node, exits)
            return
        if mixed:
            self._route_choice(exits, sum(mixed[0].taking.brought.values()))
        else:
            self.network.pour(node, [(GONE if e.taking.is_whole else e.target, e.size) for e in exits])
        for e in exits:
            if e.taking.is_whole:
                self.network.supply(e.target, e.size, is_sure=True)

    def _route_choice(self, exits: list[_Exit], brought: int) -> None:
        """Named accounts' clean units, side by side with a stranger's: stolen here, nobody's there."""
        network = self.network
        node = network.add_node()
        network.supply(node, brought, is_sure=True)
        taken = [(e.target, e.size) for e in exits if e.taking.brought and not e.taking.is_whole]
        rest = sum(e.size for e in exits) - sum(size for _, size in taken)
        network.pour(node, [*taken, (GONE, rest)])

    def _route_open(self, node: int, exits: list[_Exit]) -> None:
        """As much new as anyone likes where something is named, beside what comes in stolen."""
        network = self.network
        through = [network.add_node() if e.taking.brought else e.target for e in exits]
        network.pour(node, [(head, e.size) for head, e in zip(through, exits, strict=True)])
        for head, e in zip(through, exits, strict=True):
            if e.taking.brought:
                network.supply(head, min(e.size, sum(e.taking.brought.values())), is_sure=False)
                network.pour(head, [(e.target, e.size)])

    def _follow(self, exits: list[_Exit], *, carries: bool, carries_others: bool) -> list[int]:
        chain, spenders = self.question.chain, []
        for e in exits:
            is_wanted, is_other = carries or bool(e.taking.brought), carries_others or e.taking.is_foreign
            spender = chain.spender_of(e.output) if e.output >= 0 else NOBODY
            if not (is_wanted or is_other) or e.output in self.question.stops:
                continue
            if NOBODY < spender < self.question.end:
                self.carrying |= {e.output} if is_wanted else set()
                self.others |= {e.output} if is_other else set()
                spenders.append(spender)
        return spenders


def find_thefts(question: UtxoInquiry) -> list[int]:
    """The thefts that take something before the end, ascending; an account's clean units may all be change."""
    seeds = question.seeds
    ranks = {
        rank
        for tx, seed in seeds.seeds.items()
        if tx < question.end
        for rank in (*seed.input_rank, *seed.output_rank)
        if rank >= 0
    }
    return sorted({seeds.rank_theft[rank] for rank in ranks})
