"""Ledgers that are appended to, rolled back, imported into and killed in any order equal those built in one go.

* After each act every column, the fingerprint kept and computed, all that follows from the rows and every file's hash
  are those of a ledger built at once; another chain of the same ledger stays what it was.
* A process that dies at any step on the disk, in the middle of a write too, leaves the version before or the one after.
* Who reads between any two steps of a writer sees one of the two whole; who had opened a chain keeps it.
* A second writer is refused, and changes nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.property.ledger.ledgers import (
    coins,
    die_at,
    import_rows,
    list_files,
    look_at_each_step,
    transactions,
    transfers,
)
from tests.unit.ledger.bitcoin.mining import REGTEST, make_story, write_blocks

from jindo.base.errors import ConflictError
from jindo.base.ids import BITCOIN, ETHEREUM, ChainId
from jindo.ledger import (
    append_rows,
    build_account_chain,
    build_utxo_chain,
    compute_fingerprint,
    import_source,
    open_ledger,
    roll_back,
    run_files,
)
from jindo.ledger.folder import writing
from jindo.ledger.manifest import Manifest

SEEDS = st.integers(0, 1000)
STEPS = st.one_of(st.integers(0, 30), st.integers(0, 300))
"""A ledger whose runs are folders takes some 200 steps, one whose runs are files some 30."""
BESIDE = {ETHEREUM: BITCOIN, BITCOIN: ETHEREUM}
"""The chain that stands in the same ledger and is left alone."""


class LedgerMachine(RuleBasedStateMachine):
    """What is done to a ledger folder, beside a plain list of the rows that it should hold, by block."""

    chain = ETHEREUM

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "ledger"
        self._rows: list[Any] = []
        self._small = run_files.SMALL
        self._readers: list[tuple[Any, Any]] = []
        """Chains that were opened before, and what they held."""
        self._beside: str | None = None
        """Fingerprint of the chain that is left alone, where there is one."""
        self._files = 0

    @initialize(small=st.sampled_from([1, 16, 1 << 16]), beside=st.booleans())
    def choose_form(self, small: int, beside: bool) -> None:
        """From how many rows on a run is a folder, and whether the ledger has another chain."""
        run_files.SMALL = small
        if beside:
            other = BESIDE[self.chain]
            rows: list[Any] = transfers(7, 3, 5) if other == ETHEREUM else coins(7, 3)
            append_rows(self._path, other, rows)
            self._beside = open_ledger(self._path).chain_fingerprint(other)

    def teardown(self) -> None:
        run_files.SMALL = self._small
        self._folder.cleanup()

    def make(self, block: int, seed: int, count: int, rows: Sequence[Any]) -> list[Any]:
        """The rows of a block above all others."""
        return list(transfers(block, seed, count))

    def make_anywhere(self, block: int, seed: int, count: int) -> list[Any]:
        """The rows of a block, of which a file can tell, above or below others."""
        return [row for row in transfers(block, seed, count) if row.sender is not None]

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

    def _draw_file(self, place: int, seed: int, count: int) -> tuple[list[Any], list[Any]]:
        """The rows of a block that there is not yet, and all rows with them."""
        taken = {row.block for row in self._rows}
        block = place % (self._rows[-1].block + 700 if self._rows else 700)
        while block in taken:
            block += 1
        rows = self.make_anywhere(block, seed, count)
        return rows, sorted([*self._rows, *rows], key=lambda row: int(row.block))

    def _import(self, rows: Sequence[Any]) -> Callable[[], Any]:
        self._files += 1
        return lambda: import_rows(self._path, self.chain, rows, f"{self._files}.csv")

    @rule(gaps=st.lists(st.integers(1, 700), min_size=1, max_size=3), seed=SEEDS, count=st.integers(1, 9))
    def append(self, gaps: list[int], seed: int, count: int) -> None:
        rows = self._draw_rows(gaps, seed, count)
        append_rows(self._path, self.chain, rows)
        self._rows += rows

    @rule(place=st.integers(0, 10**6), seed=SEEDS, count=st.integers(2, 9))
    def import_a_file(self, place: int, seed: int, count: int) -> None:
        rows, after = self._draw_file(place, seed, count)
        act = self._import(rows)
        assert act().added == len(rows)
        assert act().already_there == len(rows)
        self._rows = after

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

    @rule(place=st.integers(0, 10**6), seed=SEEDS, count=st.integers(2, 9), step=STEPS)
    def die_importing(self, place: int, seed: int, count: int, step: int) -> None:
        rows, after = self._draw_file(place, seed, count)
        done = die_at(step, self._import(rows))
        self._take_what_is_left(self._rows, after, done=done)

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

    @precondition(lambda self: self._rows)
    @rule(seed=SEEDS, count=st.integers(1, 9))
    def append_while_others_read(self, seed: int, count: int) -> None:
        rows = self._draw_rows([1], seed, count)
        self._do_while_others_read(lambda: append_rows(self._path, self.chain, rows), [*self._rows, *rows])

    @precondition(lambda self: self._rows)
    @rule(part=st.floats(0, 1))
    def roll_back_while_others_read(self, part: float) -> None:
        first, last = self._rows[0].block, self._rows[-1].block
        height = first + int(part * (last - first))
        kept = [row for row in self._rows if row.block <= height]
        self._do_while_others_read(lambda: roll_back(self._path, self.chain, height), kept)

    @rule(seed=SEEDS)
    def refuse_a_second_writer(self, seed: int) -> None:
        rows, (file, _) = self._draw_rows([1], seed, 3), self._draw_file(seed, seed, 3)
        with writing(self._path):
            for act in (
                lambda: append_rows(self._path, self.chain, rows),
                lambda: roll_back(self._path, self.chain, 0),
                self._import(file),
            ):
                with pytest.raises(ConflictError):
                    act()

    def _do_while_others_read(self, act: Callable[[], Any], after: list[Any]) -> None:
        before = self.build()
        self._rows = after
        chains = {compute_fingerprint(chain): chain for chain in (before, self.build())}

        seen: list[bytes] = []

        def look() -> None:
            """The list of contents at each step; the columns too where it is another, and now and then."""
            ledger = open_ledger(self._path)
            seen.append((self._path / "ledger.json").read_bytes())
            if len(seen) % 16 == 1 or seen[-1] != seen[-2]:
                assert ledger.chain_fingerprint(self.chain) in chains
                mapped = ledger.chain(self.chain)
                assert mapped == chains[compute_fingerprint(mapped)]

        look_at_each_step(look, act)

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
    def the_other_chain_is_left_alone(self) -> None:
        if self._beside is not None:
            assert open_ledger(self._path).chain_fingerprint(BESIDE[self.chain]) == self._beside

    @invariant()
    def readers_keep_what_they_opened(self) -> None:
        assert all(mapped == built for mapped, built in self._readers)


class UtxoMachine(LedgerMachine):
    """The same for a UTXO chain."""

    chain = BITCOIN

    def make(self, block: int, seed: int, count: int, rows: Sequence[Any]) -> list[Any]:
        """A block that spends what is there."""
        return list(transactions(block, seed, list(rows)))

    def make_anywhere(self, block: int, seed: int, count: int) -> list[Any]:
        return list(coins(block, seed))

    def build(self) -> Any:
        return build_utxo_chain(BITCOIN, self._rows)


def _check_runs(manifest: Manifest) -> None:
    """Runs shrink: there are few of them."""
    for entry in manifest.chains.values():
        rows = [run.rows for run in entry.runs]
        assert all(older >= 8 * newer for older, newer in pairwise(rows))


@pytest.mark.parametrize(
    "examples", [pytest.param(8, id="few"), pytest.param(250, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("machine", [LedgerMachine, UtxoMachine])
def test_any_history_gives_the_ledger_of_its_rows(machine: type[LedgerMachine], examples: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        cast("Any", machine),
        settings=settings(max_examples=examples, stateful_step_count=12, deadline=None),
    )


class Act:
    """What a process is killed at, in a ledger that `prepare` made; `go_on` is done to what it left."""

    chain: ChainId = ETHEREUM

    def prepare(self, ledger: Path) -> None:
        append_rows(ledger, ETHEREUM, transfers(1, 3, 9))

    def act(self, ledger: Path) -> None:
        append_rows(ledger, ETHEREUM, transfers(1030, 3, 9))

    def go_on(self, ledger: Path) -> None:
        append_rows(ledger, ETHEREUM, transfers(1031, 3, 9))


class Rollback(Act):
    """A run that is cut."""

    def prepare(self, ledger: Path) -> None:
        append_rows(ledger, ETHEREUM, [*transfers(1, 3, 9), *transfers(900, 4, 9)])

    def act(self, ledger: Path) -> None:
        roll_back(ledger, ETHEREUM, 5)


class RollbackToNothing(Act):
    """A chain that goes."""

    def act(self, ledger: Path) -> None:
        roll_back(ledger, ETHEREUM, 0)


class Import(Act):
    """A file whose rows stand below others."""

    def prepare(self, ledger: Path) -> None:
        append_rows(ledger, ETHEREUM, [*transfers(1, 3, 9), *transfers(900, 4, 9)])

    def act(self, ledger: Path) -> None:
        import_rows(ledger, ETHEREUM, [row for row in transfers(30, 5, 9) if row.sender], "t.csv")


class RawBlocks(Act):
    """Raw blocks on top of raw blocks, which are kept for proofs."""

    chain = REGTEST

    def prepare(self, ledger: Path) -> None:
        blocks = make_story().blocks
        for name, some in (("first", blocks[:1]), ("second", blocks[1:2]), ("third", blocks[2:])):
            write_blocks(ledger.parent / name, some)
        import_source(str(ledger.parent / "first"), format="bitcoin-blocks", into=ledger, chain=REGTEST)

    def act(self, ledger: Path) -> None:
        import_source(str(ledger.parent / "second"), format="bitcoin-blocks", into=ledger, chain=REGTEST)

    def go_on(self, ledger: Path) -> None:
        self.act(ledger)
        import_source(str(ledger.parent / "third"), format="bitcoin-blocks", into=ledger, chain=REGTEST)


class RawBlocksOff(RawBlocks):
    """Raw blocks that count no more."""

    def prepare(self, ledger: Path) -> None:
        super().prepare(ledger)
        super().act(ledger)

    def act(self, ledger: Path) -> None:
        roll_back(ledger, REGTEST, 1)

    def go_on(self, ledger: Path) -> None:
        super().act(ledger)
        import_source(str(ledger.parent / "third"), format="bitcoin-blocks", into=ledger, chain=REGTEST)


EVERY = {Act: 1, Rollback: 1, RollbackToNothing: 1, Import: 7, RawBlocks: 7, RawBlocksOff: 3}
"""In the ordinary run one step in so many; each of them in the slow run."""


@pytest.mark.parametrize(
    ("kind", "stride"),
    [
        *((kind, stride) for kind, stride in EVERY.items()),
        *(pytest.param(kind, 1, marks=pytest.mark.slow) for kind, stride in EVERY.items() if stride > 1),
    ],
)
def test_a_kill_at_each_step_leaves_a_whole_ledger_and_the_next_clears_up(
    tmp_path: Path, kind: type[Act], stride: int
) -> None:
    """Step by step in turn: none is passed over by chance."""
    case, done, step = kind(), False, 0
    (tmp_path / "made").mkdir()
    case.prepare(tmp_path / "made" / "ledger")
    before = open_ledger(tmp_path / "made" / "ledger").chain_fingerprint(case.chain)
    seen: set[str | None] = set()
    while not done:
        path = shutil.copytree(tmp_path / "made", tmp_path / f"{step}") / "ledger"
        done = die_at(step, lambda: case.act(path))  # noqa: B023  # done before it changes
        ledger = open_ledger(path)
        left = ledger.chain_fingerprint(case.chain) if case.chain in ledger.chain_ids() else None
        ledger.check(full=True)
        assert not done or left != before
        seen.add(left)
        case.go_on(path)
        check_nothing_is_left_behind(path)
        step += stride
    assert len(seen) == 2  # the version before, and the one after
    assert step > 8


def check_nothing_is_left_behind(ledger: Path) -> None:
    opened = open_ledger(ledger)
    opened.check(full=True)
    named = {p for e in opened.manifest.chains.values() for run in e.runs for p in run.paths()}
    named |= {f"{p.folder}/{name}" for of in opened.manifest.blocks.values() for p in of for name in p.files}
    assert {name for name in list_files(ledger) if name.startswith(("chains/", "blocks/"))} == named
