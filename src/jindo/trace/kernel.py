"""The fast tracer's driver: it lays out the arrays, runs the kernel, gives it room, and reads off the findings.

* Compiled by numba on int64 columns where the chain is narrow, interpreted on Python integers where it is wide:
  the same lines, the same answer.
* `Findings` equal those of `trace.reference`; the property tests hold it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np

from jindo.ledger import AccountChain, UtxoChain
from jindo.trace import kernel_account, kernel_state, kernel_utxo
from jindo.trace.boundary import Stops, stopped_pots
from jindo.trace.findings import Findings, Flow, build_findings
from jindo.trace.kernel_account import DONE, POISON, RULE_CODES, AccountColumns, Scratch
from jindo.trace.kernel_state import (
    CLEAN_UNITS,
    FLOWS,
    FOLLOWED,
    HEAD,
    HOP,
    INFLOW,
    LIMITED,
    LOTS,
    NONE,
    POT,
    SLOTS,
    STATUS,
    State,
    add_stopped,
    build_state,
    compile_stamped,
    grow_state,
)
from jindo.trace.kernel_utxo import Pool, UtxoColumns
from jindo.trace.naming import AccountSeeds, UtxoSeeds
from jindo.trace.rules import Rule

_START = 1024


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
    opening = {pot: units for pot, units in sorted((opening or {}).items()) if units}
    wide = not chain.narrow or sum(opening.values()) >= 2**62
    events = sorted(event for event in seeds.theft_of if event < end)
    columns = _columns(chain, "src dst amount out_offsets out_events in_offsets in_events", wide=wide)
    columns |= {
        "seed_event": _ints(events),
        "seed_theft": _ints([seeds.theft_of[event] for event in events]),
        "open_pot": _ints(list(opening)),
        "open_amount": _amounts(list(opening.values()), wide=wide),
        **_asked(rule, end, max_hops, thefts=max(seeds.theft_of.values(), default=0) + 1),
    }
    given = AccountColumns(**columns)
    stopped = stopped_pots(chain, stops)
    state = build_state(_START + len(stopped), wide=wide)
    add_stopped(state, stopped)
    scratch = _scratch(_START, given.thefts, wide=wide)
    run = kernel_account.run if wide else _compiled_account()
    while run(given, state, scratch) != DONE:
        state, scratch = grow_state(state), _scratch(2 * len(scratch.origin), given.thefts, wide=wide)
    return _read_account(state, is_poison=given.rule == POISON)


def trace_utxo_chain(
    chain: UtxoChain, seeds: UtxoSeeds, *, rule: Rule, stops: Stops, end: int, max_hops: int | None = None
) -> Findings:
    """Follow stolen value over transactions 0 to `end` of a UTXO chain, opening only the outputs it enters."""
    wide = not chain.narrow
    names = "in_offsets in_output in_amount in_known out_offsets out_amount out_account out_spender coinbase"
    columns = _columns(chain, names, wide=wide)
    columns |= {"stopped_account": _ints(sorted(stops.by_account)), **_seed_columns(seeds, end)}
    columns |= _asked(rule, end, max_hops, thefts=max(seeds.rank_theft, default=0) + 1)
    given = UtxoColumns(**columns)
    state, pool = build_state(_START, wide=wide), _pool(_START, given.thefts, wide=wide)
    run = kernel_utxo.run if wide else _compiled_utxo()
    while run(given, state, pool) != DONE:
        state, pool = grow_state(state), _pool(2 * len(pool.origin), given.thefts, wide=wide)
    return _read_utxo(chain, state)


@cache
def _compiled_account() -> Callable[..., int]:
    return compile_stamped(kernel_account.run, kernel_state, kernel_account)


@cache
def _compiled_utxo() -> Callable[..., int]:
    return compile_stamped(kernel_utxo.run, kernel_state, kernel_account, kernel_utxo)


class _Exact:
    """A column of amounts that gives Python integers, read only where it is asked."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __getitem__(self, row: int) -> int:
        return int(self._column[row])


def _columns(chain: AccountChain | UtxoChain, names: str, *, wide: bool) -> dict[str, Any]:
    """The chain's columns by name; amounts as exact integers where the trace is wide."""
    return {
        name: _Exact(getattr(chain, name))
        if wide and name.endswith("amount")
        else _fixed(getattr(chain, name))
        for name in names.split()
    }


def _asked(rule: Rule, end: int, max_hops: int | None, *, thefts: int) -> dict[str, int]:
    limit = -1 if max_hops is None else max_hops
    return {"rule": RULE_CODES[rule.name], "end": end, "max_hops": limit, "thefts": thefts}


def _fixed(array: Any) -> Any:
    """A view that cannot be written, as mapped columns cannot: one compilation then serves both."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _ints(values: list[int]) -> Any:
    return _fixed(np.array(values, np.int64))


def _amounts(values: list[int], *, wide: bool) -> Any:
    return _fixed(np.array(values, object if wide else np.int64))


def _seed_columns(seeds: UtxoSeeds, end: int) -> dict[str, Any]:
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


def _scratch(size: int, thefts: int, *, wide: bool) -> Scratch:
    kind = object if wide else np.int64
    return Scratch(
        np.zeros(size, np.int64),
        np.zeros(size, kind),
        np.zeros(2 * thefts, kind),
        np.zeros(1, np.int64),
        np.zeros(1, kind),
    )


def _pool(size: int, thefts: int, *, wide: bool) -> Pool:
    kind = object if wide else np.int64
    ints = [np.zeros(size, np.int64) for _ in range(5)]
    amounts = [np.zeros(size, kind) for _ in range(2)]
    return Pool(
        origin=ints[0],
        rank=ints[1],
        hop=ints[2],
        amount=amounts[0],
        laid_origin=ints[3],
        laid_hop=ints[4],
        laid_amount=amounts[1],
        total=np.zeros(2 * thefts, kind),
        size=np.zeros(2, np.int64),
    )


def _read_flows(state: State) -> list[Flow]:
    count = int(state.counters[FLOWS])
    rows = zip(state.flows[:count].tolist(), state.flow_units[:count].tolist(), strict=True)
    return [Flow(row, pot, theft, bool(named), amount) for (row, pot, theft, named), amount in rows]


class _Slots:
    """The slots of a finished trace as plain lists: read once, not one numpy scalar at a time."""

    def __init__(self, state: State) -> None:
        slots, lots = int(state.counters[SLOTS]), int(state.counters[LOTS])
        self.rows = state.slots[:slots].tolist()
        self.units = state.slot_units[:slots].tolist()
        self._lots = state.lots[:lots].tolist()
        self._lot_units = state.lot_units[:lots].tolist()

    def iter_stolen(self, slot: int) -> Iterator[tuple[int, int]]:
        """The stolen lots of a slot: (theft, units)."""
        lot = self.rows[slot][HEAD]
        while lot != NONE:
            origin, following = self._lots[lot]
            if origin >= 0:
                yield origin, self._lot_units[lot]
            lot = following


def _read_account(state: State, *, is_poison: bool) -> Findings:
    slots = _Slots(state)
    held: dict[tuple[int, int], int] = {}
    inflow, hops, limited = {}, {}, set()
    for slot, row in enumerate(slots.rows):
        pot, status = row[POT], row[STATUS]
        if row[HOP] == NONE:
            continue
        hops[pot] = row[HOP]
        if status == LIMITED:
            limited.add(pot)
        if status == FOLLOWED:
            inflow[pot] = slots.units[slot][INFLOW]
            for theft, units in slots.iter_stolen(slot):
                stained = slots.units[slot][CLEAN_UNITS] if is_poison else units
                held[pot, theft] = held.get((pot, theft), 0) + stained
    return build_findings(_read_flows(state), held, inflow, hops, limited)


def _read_utxo(chain: UtxoChain, state: State) -> Findings:
    slots = _Slots(state)
    held: dict[tuple[int, int], int] = {}
    inflow: dict[int, int] = {}
    hops, limited = {}, set()
    for slot, row in enumerate(slots.rows):
        output = row[POT]
        hops[output] = row[HOP]
        if row[STATUS] == LIMITED:
            limited.add(output)
        if slots.units[slot][INFLOW]:
            inflow[chain.output_tx(output)] = slots.units[slot][INFLOW]
        for theft, units in slots.iter_stolen(slot):
            held[output, theft] = held.get((output, theft), 0) + units
    return build_findings(_read_flows(state), held, inflow, hops, limited)
