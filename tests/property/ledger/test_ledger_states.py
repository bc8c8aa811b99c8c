"""Ledgers that are appended to, rolled back and killed in any order equal those built in one go."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.property.ledger.ledgers import die_at, list_files, transactions, transfers

from jindo.base.ids import BITCOIN, ETHEREUM
from jindo.ledger import (
    append_rows,
    build_account_chain,
    build_utxo_chain,
    compute_fingerprint,
    open_ledger,
    roll_back,
    run_files,
)
from jindo.ledger.manifest import Manifest

SEEDS = st.integers(0, 1000)
STEPS = st.integers(0, 30)


class LedgerMachine(RuleBasedStateMachine):
    """What is done to a ledger folder, beside a plain list of the rows that it should hold."""

    chain = ETHEREUM

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "ledger"
        self._rows: list[Any] = []
        self._small = run_files.SMALL
        self._readers: list[tuple[Any, Any]] = []
        """Chains that were opened before, and what they held."""

    @initialize(small=st.sampled_from([1, 16, 1 << 16]))
    def choose_form(self, small: int) -> None:
        """From how many rows on a run is a folder."""
        run_files.SMALL = small

    def teardown(self) -> None:
        run_files.SMALL = self._small
        self._folder.cleanup()

    def make(self, block: int, seed: int, count: int, rows: Sequence[Any]) -> list[Any]:
        """The rows of a block."""
        return list(transfers(block, seed, count))

    def build(self) -> Any:
        """The chain in one go."""
        return build_account_chain(ETHEREUM, self._rows)

    def _draw_rows(self, gaps: list[int], seed: int, count: int) -> list[Any]:
        block = self._rows[-1].block if self._rows else -1
        rows: list[Any] = []
        for gap in gaps:
            block += gap
            rows += self.make(block, seed + block, count, [*self._rows, *rows])
        return rows

    @rule(gaps=st.lists(st.integers(1, 700), min_size=1, max_size=3), seed=SEEDS, count=st.integers(1, 9))
    def append(self, gaps: list[int], seed: int, count: int) -> None:
        rows = self._draw_rows(gaps, seed, count)
        append_rows(self._path, self.chain, rows)
        self._rows += rows

    @precondition(lambda self: self._rows)
    @rule(part=st.floats(0, 1))
    def roll_back(self, part: float) -> None:
        height = int(part * self._rows[-1].block)
        kept = [row for row in self._rows if row.block <= height]
        assert roll_back(self._path, self.chain, height) == len(self._rows) - len(kept)
        self._rows = kept

    @rule(seed=SEEDS, count=st.integers(1, 9), step=STEPS)
    def die_appending(self, seed: int, count: int, step: int) -> None:
        rows = self._draw_rows([5], seed, count)
        done = die_at(step, lambda: append_rows(self._path, self.chain, rows))
        self._take_what_is_left(self._rows, [*self._rows, *rows], done=done)

    @precondition(lambda self: self._rows)
    @rule(part=st.floats(0, 1), step=STEPS)
    def die_rolling_back(self, part: float, step: int) -> None:
        height = int(part * self._rows[-1].block)
        kept = [row for row in self._rows if row.block <= height]
        done = die_at(step, lambda: roll_back(self._path, self.chain, height))
        self._take_what_is_left(self._rows, kept, done=done)

    @precondition(lambda self: self._rows)
    @rule()
    def keep_a_reader(self) -> None:
        self._readers.append((open_ledger(self._path).chain(self.chain), self.build()))

    def _take_what_is_left(self, before: list[Any], after: list[Any], *, done: bool) -> None:
        """What is there is the version before or the one after, whole; which, the ledger says."""
        there = self._count()
        assert there in ({len(after)} if done else {len(before), len(after)})
        self._rows = list(after if there == len(after) else before)

    def _count(self) -> int:
        if not (self._path / "ledger.json").exists():
            return 0
        chains = open_ledger(self._path).manifest.chains
        return chains[self.chain].counts().rows if self.chain in chains else 0

    @invariant()
    def it_equals_one_built_in_one_go(self) -> None:
        if not self._rows:
            assert self._count() == 0
            return
        ledger, chain = open_ledger(self._path), self.build()
        assert ledger.chain(self.chain) == chain
        assert ledger.chain_fingerprint(self.chain) == compute_fingerprint(chain)
        ledger.check(full=True)
        _check_runs(ledger.manifest)

    @invariant()
    def readers_keep_what_they_opened(self) -> None:
        assert all(mapped == built for mapped, built in self._readers)


class UtxoMachine(LedgerMachine):
    """The same for a UTXO chain."""

    chain = BITCOIN

    def make(self, block: int, seed: int, count: int, rows: Sequence[Any]) -> list[Any]:
        """A block that spends what is there."""
        return list(transactions(block, seed, list(rows)))

    def build(self) -> Any:
        return build_utxo_chain(BITCOIN, self._rows)


def _check_runs(manifest: Manifest) -> None:
    """Runs shrink: there are few of them."""
    for entry in manifest.chains.values():
        rows = [run.rows for run in entry.runs]
        assert all(older >= 8 * newer for older, newer in pairwise(rows))


@pytest.mark.parametrize("machine", [LedgerMachine, UtxoMachine])
def test_any_history_gives_the_ledger_of_its_rows(machine: type[LedgerMachine]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        cast("Any", machine), settings=settings(max_examples=12, stateful_step_count=12, deadline=None)
    )


def test_a_kill_at_each_step_of_an_append_leaves_a_whole_ledger_and_the_next_clears_up(
    tmp_path: Path,
) -> None:
    """Every step in turn: no step is passed over by chance."""
    first, second, third = (transfers(block, 3, 9) for block in (1, 1030, 1031))
    done, step = False, 0
    while not done:
        path = tmp_path / f"{step}"
        append_rows(path, ETHEREUM, first)
        done = die_at(step, lambda: append_rows(path, ETHEREUM, second))  # noqa: B023  # done before it changes
        ledger = open_ledger(path)
        assert ledger.manifest.chains[ETHEREUM].counts().rows in ({18} if done else {9, 18})
        ledger.check(full=True)
        append_rows(path, ETHEREUM, third)
        named = {p for e in open_ledger(path).manifest.chains.values() for run in e.runs for p in run.paths()}
        assert {name for name in list_files(path) if name.startswith("chains/")} == named
        step += 1
    assert step > 8
