"""The loop: fetch what the theft names, trace, fetch what the trace then touches, until nothing new is touched.

* Each round reads what is kept into a ledger of its own and traces there; the user's ledger is written once, at the
  end, from the same answers.
* What was asked once is not asked again, so a run that was ended goes on where it was.
* Accounts nearest to the theft come first; past `accounts` of them, and for those with more than `most` transactions,
  history is not fetched, and the statement says so of each.
* An answer that contradicts itself or another ends the run: nothing that rests on it may be used.

Which accounts are wanted, `wanting` says; what is asked of a server, each `ask_…`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from jindo.app.fetching.bounds import FetchBoundary
from jindo.app.fetching.explorer import COMPLETE, MISSING, Explorer, Extent, OutputExplorer
from jindo.app.fetching.reading import (
    SourceContradiction,
    fetch_told,
    find_known_opening,
    open_held,
    read_answers,
    say_unknown,
    tells_outputs,
)
from jindo.app.fetching.servers import Asking, Server, open_explorer
from jindo.app.fetching.wanting import Wants, find_wants
from jindo.app.inputs import Labels, read_labels, read_opening, read_stolen
from jindo.app.study import Progress, Question, ask, trace_by_kernel
from jindo.app.tracing import TraceRequest, find_end
from jindo.base.errors import InputError
from jindo.base.ids import ChainId
from jindo.ledger import Chain
from jindo.trace import RULES, Named, NamedTransfer, resolve

ACCOUNTS, MOST = 500, 10_000
"""Accounts that are fetched at most, and transactions that one of them may have."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How far fetching goes."""

    accounts: int = ACCOUNTS
    most: int = MOST
    all_rules: bool = False
    """Whether what stolen value reaches under any rule is fetched, and not under the stated one alone."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched, and how much of what it is."""

    explorers: tuple[Explorer, ...]
    """Closed; their folders hold what they answered."""
    extents: Mapping[tuple[ChainId, str], Extent]
    further: int
    """Accounts that stolen value enters under other rules only, and that were not fetched."""


def fetch_touched(
    request: TraceRequest,
    servers: Sequence[Server],
    asking: Asking,
    limits: FetchLimits,
    progress: Progress | None = None,
) -> Fetched:
    """Ask the servers for all that the trace of `request` touches, and keep what they answer.

    Raises:
        InputError: a file, an option or a server cannot be used, or no server knows what is named as stolen.
        SourceError: a server does not answer; what was answered is kept, and the same call goes on from there.
        SourceContradiction: a server's answers cannot all be true.
    """
    if limits.accounts < 1 or limits.most < 1:
        raise InputError("the number is below 1", place="--fetch-accounts, --fetch-most")
    asking.keep.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".round.", dir=asking.keep)))
        explorers = []
        for server in servers:
            explorers.append(open_explorer(server, asking))
            stack.callback(explorers[-1].close)
        _check_alone(explorers)
        rounds = _Rounds(request, explorers, limits, scratch, progress or (lambda *_: None))
        rounds.fetch_named()
        rounds.run()
        return Fetched(tuple(explorers), dict(sorted(rounds.extents.items())), rounds.further)


class _Rounds:
    """One run of the loop."""

    def __init__(
        self,
        request: TraceRequest,
        explorers: Sequence[Explorer],
        limits: FetchLimits,
        scratch: Path,
        progress: Progress,
    ) -> None:
        self.extents: dict[tuple[ChainId, str], Extent] = {}
        self.further = 0
        self._request, self._explorers, self._limits = request, explorers, limits
        self._scratch, self._progress = scratch, progress
        self._stolen = read_stolen(request.stolen).named
        self._labels: Labels | None = read_labels(request.services) if request.services else None
        self._opening = read_opening(request.opening)[0] if request.opening else ()
        self._named: list[Named] = []
        """What is named and is on a chain that is fetched."""
        self._stolen_accounts: set[tuple[ChainId, str]] = set()
        self._asked: set[tuple[ChainId, str, int]] = set()
        """Outputs whose spender was asked for."""
        self._number = 0
        self._chains: dict[ChainId, Chain | None] = {}
        self._stale = list(explorers)
        """Explorers that answered something since their chain was read."""

    def fetch_named(self) -> None:
        """Fetch the transactions and accounts that are named as stolen."""
        held = open_held(self._request.ledger)
        for row in self._stolen:
            if isinstance(row, NamedTransfer):
                asked = [e for e in self._explorers if e.names(row.tx_hash)]
                if any(e.fetch_transaction(row.tx_hash) for e in asked):
                    self._named.append(row)
                elif all(chain.tx_hashes.find(row.tx_hash) < 0 for chain in held):
                    raise say_unknown(row, asked)
                continue
            for explorer in (e for e in self._explorers if e.owns(row.address)):
                self._fetch_account(explorer, row.address)
                self._stolen_accounts.add((explorer.chain, row.address))
                extent = self.extents[explorer.chain, row.address]
                if extent.state != COMPLETE:
                    raise InputError(
                        f"the account {row.address} is named as stolen and was not fetched: {extent.why}",
                        place=row.place,
                        remedy="Raise --fetch-most, ask another server, or name the stolen transactions by hash.",
                    )
                self._named.append(row)
        self._named = list(dict.fromkeys(self._named))

    def run(self) -> None:
        """Fetch round by round until nothing new is touched."""
        while self._named:
            questions = list(self._ask_all())
            rules = list(RULES) if self._limits.all_rules else [self._request.rule]
            wanted = [(explorer, self._find_wants(question, rules)) for explorer, question in questions]
            self._stale = [explorer for explorer, wants in wanted if self._fetch_wants(explorer, wants)]
            if not self._stale:
                self._count_further(questions)
                self._keep_wanted(wanted)
                return

    def _ask_all(self) -> Iterator[tuple[Explorer, Question]]:
        """The trace's question about each chain, as far as it is known."""
        self._number += 1
        self._progress(f"round {self._number}: reading what was answered", 0, None)
        for explorer in self._stale:
            explorer.fill_gaps()
            self._chains[explorer.chain] = read_answers(explorer, self._scratch / str(self._number))
        for old in self._scratch.iterdir():
            if old.name != str(self._number):  # what is mapped outlives its name
                shutil.rmtree(old)
        chains = [(e, chain) for e in self._explorers if (chain := self._chains[e.chain]) is not None]
        found = resolve(self._named, [chain for _, chain in chains])
        for explorer, chain in chains:
            opening = find_known_opening(chain, self._opening)
            end = find_end(chain, self._request.until)
            boundary = FetchBoundary(self._labels, self._find_missing(explorer))
            yield explorer, ask(chain, found.seeds[chain.chain], boundary, end=end, opening=opening)

    def _find_missing(self, explorer: Explorer) -> list[str]:
        """The accounts of a chain that are known not to be fetched."""
        states = {key: extent.state for key, extent in self.extents.items()}
        return [
            address
            for (chain, address), state in states.items()
            if chain == explorer.chain and state != COMPLETE
        ]

    def _find_wants(self, question: Question, rules: Sequence[str]) -> Wants:
        hops = self._request.max_hops
        return find_wants(question, [trace_by_kernel(question, rule=rule, max_hops=hops) for rule in rules])

    def _fetch_wants(self, explorer: Explorer, wants: Wants) -> bool:
        """Fetch what is wanted of one chain; whether anything new was asked for."""
        before = len(self._asked), len(self.extents)
        for address in wants.accounts:
            if not self._has_room(explorer, address):
                continue
            if tells_outputs(explorer):
                self._follow(explorer, address, wants.outputs.get(address, []))
            elif (explorer.chain, address) not in self.extents:
                self._fetch_account(explorer, address)
        parents = sorted(wants.parents)
        for number, parent in enumerate(parents):
            self._progress("fetching what inputs come from", number, len(parents))
            fetch_told(explorer, parent)
        return bool(parents) or (len(self._asked), len(self.extents)) != before

    def _has_room(self, explorer: Explorer, address: str) -> bool:
        """Whether the account may be fetched; else it is stated that it was not."""
        key, limit = (explorer.chain, address), self._limits.accounts
        if key in self.extents:
            return self.extents[key].state == COMPLETE
        if sum(extent.state == COMPLETE for extent in self.extents.values()) < limit:
            return True
        why = f"{limit:,} accounts were fetched before it (--fetch-accounts)"
        self.extents[key] = Extent(explorer.chain, address, MISSING, explorer.height, None, None, why)
        return False

    def _fetch_account(self, explorer: Explorer, address: str) -> None:
        self._progress(f"fetching {address}", len(self.extents), None)
        self.extents[explorer.chain, address] = explorer.fetch_account(address, self._limits.most)

    def _follow(self, explorer: OutputExplorer, address: str, outputs: Sequence[tuple[str, int]]) -> None:
        """Fetch who spends the outputs of an account that hold stolen value."""
        self._progress(f"following {address}", len(self.extents), None)
        key = explorer.chain, address
        for tx_hash, index in outputs:
            if (explorer.chain, tx_hash, index) in self._asked:
                continue
            self._asked.add((explorer.chain, tx_hash, index))
            spenders = explorer.find_spenders(tx_hash)
            if index >= len(spenders):
                raise SourceContradiction(
                    f"the server knows no output {index} of {tx_hash}", place=explorer.shown
                )
            spender = spenders[index]
            if spender is not None:
                fetch_told(explorer, spender)
        self.extents[key] = Extent(explorer.chain, address, COMPLETE, explorer.height, 0)

    def _keep_wanted(self, wanted: Sequence[tuple[Explorer, Wants]]) -> None:
        """State the extents of what the trace touches in the end; what it touched on the way there is left out."""
        kept = {key: extent for key, extent in self.extents.items() if key in self._stolen_accounts}
        for explorer, wants in wanted:
            for address in (*wants.accounts, *sorted(wants.unfetched)):
                extent = self.extents[explorer.chain, address]
                if extent.state == COMPLETE and address in wants.followed:
                    extent = replace(extent, transactions=len(wants.followed[address]))
                kept.setdefault((explorer.chain, address), extent)
        self.extents = kept

    def _count_further(self, questions: Sequence[tuple[Explorer, Question]]) -> None:
        for explorer, question in questions:
            wants = self._find_wants(question, list(RULES))
            if tells_outputs(explorer):
                open_ones = {
                    address
                    for address, outputs in wants.outputs.items()
                    if any((explorer.chain, *output) not in self._asked for output in outputs)
                }
            else:
                open_ones = set(wants.accounts)
            self.further += len({a for a in open_ones if (explorer.chain, a) not in self.extents})


def _check_alone(explorers: Sequence[Explorer]) -> None:
    """Two servers of one chain would have to be held against each other, row by row."""
    chains = [explorer.chain for explorer in explorers]
    double = next((chain for chain in chains if chains.count(chain) > 1), None)
    if double is not None:
        raise InputError(
            f"two servers are named for the chain {double}", place="--fetch", remedy="Name one of them."
        )
