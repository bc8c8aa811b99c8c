"""One question put to chains under every rule: the stated rule's answer, and how far the others differ.

* A study is the same whether its chains come from a ledger or from the history that a result carries; that is
  what lets `jindo verify` recompute a result with no ledger at hand.
* The five conserving rules and `poison` are always all traced: a report shows one rule and the spread of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jindo.ledger import AccountChain, Chain, UtxoChain
from jindo.trace import RULES, AccountSeeds, Boundary, Findings, Stops, UtxoSeeds, build_stops, kernel, reference
from jindo.trace.outcome import Outcome, build_outcome

Progress = Callable[[str, int, int | None], None]
"""Told (what is being done, how much is done, of how much); the last is `None` where unknown."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one chain."""

    chain: Chain
    seeds: AccountSeeds | UtxoSeeds
    stops: Stops
    end: int
    """Rows from this one on are left out."""
    opening: Mapping[int, int]
    """Opening balance by pot, in base units; account chains only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One chain under one rule."""

    question: Question
    findings: Findings
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Study:
    """Every chain under every rule."""

    thefts: tuple[str, ...]
    rule: str
    max_hops: int | None
    answers: Mapping[str, tuple[Answer, ...]]
    """By rule, one answer a chain, in the chains' order."""

    @property
    def stated(self) -> tuple[Answer, ...]:
        """The answers under the stated rule."""
        return self.answers[self.rule]


def ask(
    chain: Chain,
    seeds: AccountSeeds | UtxoSeeds,
    boundary: Boundary | None,
    *,
    end: int | None = None,
    opening: Mapping[int, int] | None = None,
) -> Question:
    """The question that seeds and a boundary make of a chain."""
    rows = len(chain.block)
    return Question(chain, seeds, build_stops(chain, boundary), rows if end is None else end, opening or {})


def run_study(
    questions: list[Question],
    thefts: tuple[str, ...],
    *,
    rule: str,
    max_hops: int | None,
    progress: Progress | None = None,
) -> Study:
    """Trace every question under every rule, with the fast kernel.

    Raises:
        IntegrityError: a balance sheet does not balance.
    """
    answers: dict[str, tuple[Answer, ...]] = {}
    for done, name in enumerate(RULES):
        if progress:
            progress(f"tracing under {name}", done, len(RULES))
        answers[name] = tuple(_answer(question, name, max_hops) for question in questions)
    if progress:
        progress("traced", len(RULES), len(RULES))
    return Study(thefts, rule, max_hops, answers)


def trace_by_reference(question: Question, *, rule: str, max_hops: int | None) -> Findings:
    """The same question answered by the readable reference: slow, and independent of the kernel."""
    asked = {"rule": RULES[rule], "stopped": question.stops, "end": question.end, "max_hops": max_hops}
    if isinstance(question.chain, UtxoChain):
        assert isinstance(question.seeds, UtxoSeeds)
        return reference.trace_utxo_chain(question.chain, question.seeds, **asked)
    assert isinstance(question.seeds, AccountSeeds)
    return reference.trace_account_chain(question.chain, question.seeds, opening=question.opening, **asked)


def _answer(question: Question, rule: str, max_hops: int | None) -> Answer:
    chain, seeds = question.chain, question.seeds
    asked = {"rule": RULES[rule], "stops": question.stops, "end": question.end, "max_hops": max_hops}
    if isinstance(chain, AccountChain) and isinstance(seeds, AccountSeeds):
        findings = kernel.trace_account_chain(chain, seeds, opening=question.opening, **asked)
    else:
        assert isinstance(chain, UtxoChain) and isinstance(seeds, UtxoSeeds)
        findings = kernel.trace_utxo_chain(chain, seeds, **asked)
    outcome = build_outcome(chain, question.stops, findings, conserves=RULES[rule].conserves)
    return Answer(question, findings, outcome)
