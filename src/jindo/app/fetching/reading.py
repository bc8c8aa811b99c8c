"""What an explorer's answers make, and what to say where they contradict each other or are missing.

* Answers are read as the import of a ledger reads them, strictly: one that cannot be true refuses all.
* A contradiction names the server and the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeGuard

from jindo.app.fetching.explorer import Explorer, OutputExplorer
from jindo.app.inputs import OpeningBalance
from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.ledger import AccountChain, Chain, import_source, open_ledger
from jindo.trace import NamedTransfer


class SourceContradiction(IntegrityError):
    """What a server answered cannot all be true."""

    code = "fetch.contradiction"

    def default_remedy(self) -> str:
        """Keep the answers, ask somebody else."""
        return "Keep the answers as they are, and fetch from another server into another folder with --keep."


def fetch_told(explorer: Explorer, tx_hash: str) -> None:
    """Fetch a transaction of which the server has said that it is there."""
    if not explorer.fetch_transaction(tx_hash):
        raise say_untold(explorer, tx_hash)


def say_untold(explorer: Explorer, tx_hash: str) -> SourceContradiction:
    """The error for a transaction that a server names and does not have."""
    return SourceContradiction(
        f"the server names the transaction {tx_hash} and does not have it up to block {explorer.height}",
        place=explorer.shown,
    )


def read_answers(explorer: Explorer, into: Path) -> Chain | None:
    """The chain that an explorer's answers make, `None` where they show no movement yet."""
    with telling_contradictions(explorer):
        import_source(
            str(explorer.folder),
            format=explorer.format,
            into=into / explorer.format,
            chain=explorer.chain,
            strict=True,
        )
    ledger = open_ledger(into / explorer.format)
    return ledger.chain(explorer.chain, check=False) if explorer.chain in ledger.chain_ids() else None


@contextmanager
def telling_contradictions(explorer: Explorer) -> Iterator[None]:
    """What refuses an import of an explorer's answers is a contradiction in them."""
    try:
        yield
    except InputError as error:
        raise SourceContradiction(error.problem, place=f"{explorer.shown}, {error.place}") from error


def tells_outputs(explorer: Explorer) -> TypeGuard[OutputExplorer]:
    """Whether an explorer says who spends an output."""
    return hasattr(explorer, "find_spenders")


def open_held(path: Path) -> list[Chain]:
    """The chains of the user's ledger, none where there is no ledger yet."""
    try:
        ledger = open_ledger(path)
    except NotFound:
        return []
    return [ledger.chain(chain, check=False) for chain in ledger.chain_ids()]


def say_unknown(row: NamedTransfer, asked: Sequence[Explorer]) -> NotFound:
    """The error for a stolen transaction that nobody has."""
    if not asked:
        return NotFound(
            f"no server that could know the transaction {row.tx_hash} is asked",
            place=row.place,
            remedy="Add --fetch with a server of its chain, or import the block that holds it.",
        )
    where = " or ".join(f"{explorer.shown} (up to block {explorer.height})" for explorer in asked)
    return NotFound(
        f"{where} has no transaction {row.tx_hash}",
        place=row.place,
        remedy="Check the hash. If it was confirmed after the block named, fetch into another folder with --keep.",
    )


def find_known_opening(chain: Chain, balances: Sequence[OpeningBalance]) -> dict[int, int]:
    """The opening balances of accounts that are known so far."""
    opening: dict[int, int] = {}
    if isinstance(chain, AccountChain):
        for balance in balances:
            for pot in chain.find_pots(balance.account):
                if balance.asset in ("", chain.assets[int(chain.pot_asset[pot])]):
                    opening[pot] = opening.get(pot, 0) + balance.units
    return opening
