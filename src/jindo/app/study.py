"""One question put to chains under every rule: the stated rule's answer, and how far the others differ.

* A study is the same whether its chains come from a ledger or from the history that a result carries; that is
  what lets `jindo verify` recompute a result with no ledger at hand.
* The five conserving rules and `poison` are always all traced: a report shows one rule and the spread of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jindo.ledger import AccountChain, Chain, UtxoChain
from jindo.trace import (
    RULES,
    AccountSeeds,
    Boundary,
    Findings,
    Outcome,
    Stops,
    UtxoSeeds,
    build_outcome,
    build_stops,
    kernel,
    reference,
)

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
    rows = chain.row_starts[-1]
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


def trace_by_kernel(question: Question, *, rule: str, max_hops: int | None) -> Findings:
    """One question answered by the fast kernel under one rule."""
    q, law = question, RULES[rule]
    if isinstance(q.seeds, UtxoSeeds) and isinstance(q.chain, UtxoChain):
        return kernel.trace_utxo_chain(
            q.chain, q.seeds, rule=law, stops=q.stops, end=q.end, max_hops=max_hops
        )
    chain, seeds = as_account(q)
    return kernel.trace_account_chain(
        chain, seeds, rule=law, stops=q.stops, end=q.end, max_hops=max_hops, opening=q.opening
    )


def trace_by_reference(question: Question, *, rule: str, max_hops: int | None) -> Findings:
    """The same question answered by the readable reference: slow, and independent of the kernel."""
    q, law = question, RULES[rule]
    if isinstance(q.chain, UtxoChain):
        utxo, taken = as_utxo(q)
        return reference.trace_utxo_chain(
            utxo, taken, rule=law, stopped=q.stops, end=q.end, max_hops=max_hops
        )
    chain, seeds = as_account(q)
    return reference.trace_account_chain(
        chain, seeds, rule=law, stopped=q.stops, end=q.end, max_hops=max_hops, opening=q.opening
    )


def as_account(question: Question) -> tuple[AccountChain, AccountSeeds]:
    """The chain and seeds of a question about an account chain."""
    if isinstance(question.chain, AccountChain) and isinstance(question.seeds, AccountSeeds):
        return question.chain, question.seeds
    raise TypeError("the question is not about an account chain")


def as_utxo(question: Question) -> tuple[UtxoChain, UtxoSeeds]:
    """The chain and seeds of a question about a UTXO chain."""
    if isinstance(question.chain, UtxoChain) and isinstance(question.seeds, UtxoSeeds):
        return question.chain, question.seeds
    raise TypeError("the question is not about a UTXO chain")


def _answer(question: Question, rule: str, max_hops: int | None) -> Answer:
    findings = trace_by_kernel(question, rule=rule, max_hops=max_hops)
    outcome = build_outcome(question.chain, question.stops, findings, conserves=RULES[rule].conserves)
    return Answer(question, findings, outcome)
