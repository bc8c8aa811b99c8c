"""What a trace would need to know next, from how far it got.

* On an account chain: the whole history of every account that stolen value entered and that is followed.
* On a UTXO chain: who spends each followed output that stolen value entered; and the transactions that made the
  other inputs wherever stolen value is handed on, so that they are known and not from outside.
* Stopped and limited pots want nothing: they are not followed.

Asking is `rounds`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jindo.app.fetching.bounds import NOT_FETCHED
from jindo.app.study import Question, as_utxo
from jindo.ledger import NOBODY, AccountChain, UtxoChain
from jindo.trace import FEE, Findings, account_of


@dataclass(slots=True)
class Wants:
    """What is wanted of one chain; accounts come nearest to the theft first."""

    accounts: dict[str, int] = field(default_factory=dict)
    """Followed accounts that stolen value entered, with the fewest hops at which it did."""
    followed: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    """Followed outputs (transaction, index) of each account, on a UTXO chain."""
    outputs: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """Those of them that nobody spends, as far as is known."""
    unfetched: set[str] = field(default_factory=set)
    """Accounts that stolen value entered and at which following stopped, since they were not fetched."""
    parents: set[str] = field(default_factory=set)
    """Transactions whose outputs are spent where stolen value is handled, and which are not there."""


def find_wants(question: Question, answers: Iterable[Findings]) -> Wants:
    """What these findings on one chain leave unknown."""
    wants = Wants()
    for findings in answers:
        wants.unfetched |= _find_unfetched(question, findings)
        followed = {
            pot: hop
            for pot, hop in findings.hops.items()
            if pot not in findings.limited and pot not in question.stops and pot != FEE
        }
        if isinstance(question.chain, UtxoChain):
            _want_outputs(wants, question.chain, followed)
            _want_parents(wants, question, findings)
        else:
            _want_accounts(wants, question.chain, followed)
    wants.accounts = dict(sorted(wants.accounts.items(), key=lambda item: (item[1], item[0])))
    return wants


def _find_unfetched(question: Question, findings: Findings) -> set[str]:
    chain = question.chain
    stopped = (pot for pot in findings.hops if pot != FEE and question.stops.find(pot) == NOT_FETCHED)
    return {chain.accounts[account_of(chain, pot)] for pot in stopped}


def _want_accounts(wants: Wants, chain: AccountChain, followed: dict[int, int]) -> None:
    for pot, hop in followed.items():
        name = chain.accounts[account_of(chain, pot)]
        wants.accounts[name] = min(hop, wants.accounts.get(name, hop))


def _want_outputs(wants: Wants, chain: UtxoChain, followed: dict[int, int]) -> None:
    for pot, hop in followed.items():
        account = account_of(chain, pot)
        name = chain.accounts[account] if account != NOBODY else ""
        wants.accounts[name] = min(hop, wants.accounts.get(name, hop))
        tx = chain.output_tx(pot)
        output = chain.tx_hashes[tx], pot - chain.outputs_of(tx).start
        wants.followed.setdefault(name, set()).add(output)
        if chain.spender_of(pot) == NOBODY:
            outputs = wants.outputs.setdefault(name, [])
            if output not in outputs:
                outputs.append(output)


def _want_parents(wants: Wants, question: Question, findings: Findings) -> None:
    chain, seeds = as_utxo(question)
    for tx in {flow.row for flow in findings.flows} - seeds.seeds.keys():
        for i in chain.inputs_of(tx):
            if not chain.in_known[i]:
                wants.parents.add(chain.spent_name(i)[0])
