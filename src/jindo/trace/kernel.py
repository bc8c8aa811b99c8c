"""The fast tracer's driver: it lays out the arrays, runs the kernel, gives it room, and reads off the findings.

* Compiled by numba on int64 where the chain is narrow, else on limbs until a trace meets an amount that they do not
  hold, and then interpreted on Python integers: the same lines, the same answer.
* `Findings` equal those of `trace.reference`; the property tests hold it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np

from jindo.ledger import AccountChain, Ints, UtxoChain
from jindo.trace import (
    kernel_account,
    kernel_columns,
    kernel_draws,
    kernel_pots,
    kernel_state,
    kernel_units,
    kernel_utxo,
    kernel_utxo_pool,
)
from jindo.trace.boundary import Stops
from jindo.trace.compiling import compile_stamped
from jindo.trace.findings import Findings, Flow, build_findings
from jindo.trace.kernel_account import DENSE, DONE
from jindo.trace.kernel_columns import NONE, ChainTables, build_bits
from jindo.trace.kernel_draws import POISON, RULE_CODES, Scratch
from jindo.trace.kernel_pots import AccountQuestion
from jindo.trace.kernel_state import (
    CLEAN_UNITS,
    FLOWS,
    HEAD,
    INFLOW,
    LIMITED,
    LOTS,
    SLOTS,
    State,
    build_state,
    grow_state,
)
from jindo.trace.kernel_units import ANY, LIMB_SUM, LIMBS, NARROW, TOO_WIDE, build_units, from_ints, to_ints
from jindo.trace.kernel_utxo_pool import Pool, UtxoQuestion
from jindo.trace.naming import AccountSeeds, UtxoSeeds
from jindo.trace.prepared import (
    PreparedAccountChain,
    PreparedUtxoChain,
    prepare_account_chain,
    prepare_utxo_chain,
)
from jindo.trace.rules import Rule

SCAN_FACTOR = 20
"""Rows that are read in order in the time that one draw or fill takes by heap (measured: 10 to 40)."""
_START = 256


def trace_account_chain(
    chain: AccountChain,
    seeds: AccountSeeds,
    *,
    rule: Rule,
    stops: Stops,
    end: int,
    max_hops: int | None = None,
    opening: Mapping[int, int] | None = None,
) -> Findings:
    """Follow stolen value over events 0 to `end` of an account chain, opening only the pots it enters."""
    prepared = prepare_account_chain(chain, stops)
    return trace_accounts(prepared, seeds, rule=rule, end=end, max_hops=max_hops, opening=opening)


def trace_accounts(
    prepared: PreparedAccountChain,
    seeds: AccountSeeds,
    *,
    rule: Rule,
    end: int,
    max_hops: int | None = None,
    opening: Mapping[int, int] | None = None,
    scan_factor: int = SCAN_FACTOR,
    kind: int = NARROW,
) -> Findings:
    """As `trace_account_chain`, on a chain that is laid out once for many traces.

    `scan_factor` says when to leave the heap for reading in order; it changes the time that is taken, and nothing
    else. 0 never leaves it. `kind` is the narrowest kind of amounts to take, and changes as little.
    """
    opening = {pot: units for pot, units in sorted((opening or {}).items()) if units}
    tables = prepared.tables.until(end)
    kind = max(kind, _kind_for(tables, sum(opening.values())))
    events = sorted(event for event in seeds.theft_of if event < end)
    question = AccountQuestion(
        facts=tables.facts,
        columns=_columns(tables, kind),
        stopped=prepared.stopped,
        seed_event=_ints(events),
        seed_theft=_ints([seeds.theft_of[event] for event in events]),
        open_pot=_ints(list(opening)),
        open_amount=from_ints(opening.values(), kind),
        rule=RULE_CODES[rule.name],
        end=end,
        max_hops=-1 if max_hops is None else max_hops,
        thefts=max(seeds.theft_of.values(), default=0) + 1,
        scan_factor=scan_factor,
    )
    state = _run_account(question, kind, pots=prepared.chain.pot_count)
    if state.counters[TOO_WIDE]:
        units = from_ints(opening.values(), ANY)
        question = question._replace(columns=_columns(tables, ANY), open_amount=units)
        state = _run_account(question, ANY, pots=prepared.chain.pot_count)
    return _read_account(state, is_poison=question.rule == POISON)


def _kind_for(tables: ChainTables, opening: int) -> int:
    if tables.is_narrow and opening < 2**62:
        return NARROW
    return LIMBS if tables.places is not None and opening < LIMB_SUM else ANY


def _run_account(question: AccountQuestion, kind: int, *, pots: int) -> State:
    state, scratch = build_state(_START, kind), _scratch(_START, question.thefts, kind)
    run = kernel_account.run if kind == ANY else _compiled_account()
    while (answer := run(question, state, scratch)) != DONE:
        if answer == DENSE:
            state = state._replace(opened=build_bits(pots, np.zeros(0, np.int64)))
        else:
            state, scratch = grow_state(state), _scratch(2 * len(scratch.origin), question.thefts, kind)
    return state


def trace_utxo_chain(
    chain: UtxoChain, seeds: UtxoSeeds, *, rule: Rule, stops: Stops, end: int, max_hops: int | None = None
) -> Findings:
    """Follow stolen value over transactions 0 to `end` of a UTXO chain, opening only the outputs it enters."""
    return trace_outputs(prepare_utxo_chain(chain, stops), seeds, rule=rule, end=end, max_hops=max_hops)


def trace_outputs(
    prepared: PreparedUtxoChain, seeds: UtxoSeeds, *, rule: Rule, end: int, max_hops: int | None = None
) -> Findings:
    """As `trace_utxo_chain`, on a chain that is laid out once for many traces."""
    tables, kind = prepared.tables.until(end), NARROW if prepared.tables.is_narrow else ANY
    question = UtxoQuestion(
        facts=tables.facts,
        columns=_columns(tables, kind),
        stopped_account=prepared.stopped,
        **_seed_columns(seeds, end),
        rule=RULE_CODES[rule.name],
        end=end,
        max_hops=-1 if max_hops is None else max_hops,
        thefts=max(seeds.rank_theft, default=0) + 1,
    )
    state, pool = build_state(_START, kind), _pool(_START, question.thefts, kind)
    run = kernel_utxo.run if kind == ANY else _compiled_utxo()
    while run(question, state, pool) != DONE:
        state, pool = grow_state(state), _pool(2 * len(pool.origin), question.thefts, kind)
    return _read_utxo(prepared.chain, state)


@cache
def _compiled_account() -> Callable[..., int]:
    modules = (kernel_columns, kernel_units, kernel_state, kernel_draws, kernel_pots, kernel_account)
    return compile_stamped(kernel_account.run, *modules)


@cache
def _compiled_utxo() -> Callable[..., int]:
    modules = (kernel_columns, kernel_units, kernel_state, kernel_draws, kernel_utxo_pool, kernel_utxo)
    return compile_stamped(kernel_utxo.run, *modules)


def _columns(tables: ChainTables, kind: int) -> Any:
    """What the kernel reads: the table of places where it is compiled, the columns where it is not."""
    return tables.columns if kind == ANY or tables.places is None else tables.places


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _seed_columns(seeds: UtxoSeeds, end: int) -> dict[str, Ints]:
    transactions = sorted(tx for tx in seeds.seeds if tx < end)
    rows = [seeds.seeds[tx] for tx in transactions]
    return {
        "seed_tx": _ints(transactions),
        "seed_in": _ints(_starts([len(row.input_rank) for row in rows])),
        "seed_out": _ints(_starts([len(row.output_rank) for row in rows])),
        "input_rank": _ints([rank for row in rows for rank in row.input_rank]),
        "output_rank": _ints([rank for row in rows for rank in row.output_rank]),
        "output_named": _ints([int(named) for row in rows for named in row.output_named]),
        "rank_theft": _ints(list(seeds.rank_theft)),
    }


def _starts(lengths: list[int]) -> list[int]:
    return [0, *accumulate(lengths)][:-1]


def _scratch(size: int, thefts: int, kind: int) -> Scratch:
    return Scratch(
        origin=np.zeros(size, np.int64),
        amount=build_units(size, kind),
        total=build_units(2 * thefts, kind),
        size=np.zeros(1, np.int64),
    )


def _pool(size: int, thefts: int, kind: int) -> Pool:
    ints = [np.zeros(size, np.int64) for _ in range(8)]
    amounts = [build_units(size, kind) for _ in range(2)]
    return Pool(
        origin=ints[0],
        rank=ints[1],
        hop=ints[2],
        amount=amounts[0],
        laid_origin=ints[3],
        laid_hop=ints[4],
        laid_amount=amounts[1],
        total=build_units(2 * thefts, kind),
        size=np.zeros(2, np.int64),
        order=ints[5],
        outputs=ints[6],
        spare=ints[7],
    )


def _read_flows(state: State) -> list[Flow]:
    count = int(state.counters[FLOWS])
    rows, pots, thefts, named = state.flows[:count].T.tolist()
    return list(map(Flow, rows, pots, thefts, map(bool, named), to_ints(state.flow_units[:count])))


class _Slots:
    """The slots of a finished trace as plain lists: read once, not one numpy scalar at a time."""

    def __init__(self, state: State) -> None:
        slots, lots = int(state.counters[SLOTS]), int(state.counters[LOTS])
        self.pots, self.statuses, self.hops, self.heads = state.slots[:slots, : HEAD + 1].T.tolist()
        units = to_ints(state.slot_units[: 2 * slots])
        self.clean, self.inflows = units[CLEAN_UNITS::2], units[INFLOW::2]
        self._origins, self._following = state.lots[:lots].T.tolist()
        self._units = to_ints(state.lot_units[:lots])

    def iter_stolen(self) -> Iterator[tuple[int, int, int]]:
        """The stolen lots of all slots: (slot, theft, units)."""
        for slot, head in enumerate(self.heads):
            lot = head
            while lot != NONE:
                if self._origins[lot] >= 0:
                    yield slot, self._origins[lot], self._units[lot]
                lot = self._following[lot]

    def find_limited(self) -> set[int]:
        """Pots at which following stopped for the limit of hops."""
        return {pot for pot, status in zip(self.pots, self.statuses, strict=True) if status == LIMITED}


def _read_account(state: State, *, is_poison: bool) -> Findings:
    slots = _Slots(state)
    held: dict[tuple[int, int], int] = {}
    for slot, theft, units in slots.iter_stolen():
        key = (slots.pots[slot], theft)
        held[key] = held.get(key, 0) + (slots.clean[slot] if is_poison else units)
    inflow = {pot: units for pot, units in zip(slots.pots, slots.inflows, strict=True) if units}
    hops = dict(zip(slots.pots, slots.hops, strict=True))
    return build_findings(_read_flows(state), held, inflow, hops, slots.find_limited())


def _read_utxo(chain: UtxoChain, state: State) -> Findings:
    slots = _Slots(state)
    held: dict[tuple[int, int], int] = {}
    for slot, theft, units in slots.iter_stolen():
        key = (slots.pots[slot], theft)
        held[key] = held.get(key, 0) + units
    external = ((pot, units) for pot, units in zip(slots.pots, slots.inflows, strict=True) if units)
    inflow = {chain.output_tx(output): units for output, units in external}
    hops = dict(zip(slots.pots, slots.hops, strict=True))
    return build_findings(_read_flows(state), held, inflow, hops, slots.find_limited())
