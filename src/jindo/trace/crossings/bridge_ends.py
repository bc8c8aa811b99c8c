"""The two ends of a bridge in the ledgers: payments that ask for a swap, and payments that answer one.

* On an account chain a memo stands on the movement. In one transaction the first movement with a swap's memo is the
  departure; later ones with the same text pass it on, through the bridge's router.
* On a UTXO chain a memo stands in an output of its own. The departure is the first output, which is where the bridge
  wants to be paid; an answer pays every output that does not go back to an input's account.
* Movements of nothing, and to oneself, are neither.

Whether the two fit each other is `bridges`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jindo.ledger import NOBODY, AccountChain, Chain, UtxoChain, iter_memo_rows
from jindo.trace.boundary import account_of
from jindo.trace.crossings.crossing import Leg
from jindo.trace.crossings.memos import ANSWERS, SWAPS, Memo, parse_memo
from jindo.trace.crossings.op_return import name_answer
from jindo.trace.outcome import asset_of

Texts = Mapping[int, Sequence[str]]
"""By transaction of a UTXO chain: the texts that its data outputs carry."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A payment to the bridge that asks for a swap."""

    leg: Leg
    tx_hash: str
    """In lower case, without `0x`."""
    memo: Memo
    asset: str
    senders: frozenset[int]
    vault: int
    """Account that was paid."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A payment that says which departure it answers."""

    chain: str
    row: int
    answers: str
    is_refund: bool
    asset: str
    payers: frozenset[int]
    """Accounts that paid; -1 among them for inputs of unknown owners."""
    pays: tuple[tuple[Leg, int], ...]
    """What is paid, with the account that each goes to."""


@dataclass(frozen=True, slots=True)
class Ends:
    """All that the memos of some chains say."""

    departures: tuple[Departure, ...]
    claims: tuple[Claim, ...]
    unread: tuple[tuple[str, int, Memo], ...]
    """Chain, row and memo of swaps and answers that could not be read, or that pay nobody."""


def find_ends(chains: Sequence[Chain], ends: Mapping[str, int], texts: Mapping[str, Texts]) -> Ends:
    """Departures and claims before the rows `ends`, in the order of the chains and their rows."""
    departures: list[Departure] = []
    claims: list[Claim] = []
    unread: list[tuple[str, int, Memo]] = []
    for chain in chains:
        of_chain = (
            _read_accounts(chain, ends[chain.chain])
            if isinstance(chain, AccountChain)
            else _read_outputs(chain, ends[chain.chain], texts.get(chain.chain, {}))
        )
        for row, memo, end in of_chain:
            if isinstance(end, Departure):
                departures.append(end)
            elif isinstance(end, Claim):
                claims.append(end)
            else:
                unread.append((chain.chain, row, memo))
    hidden = [
        claim
        for chain in chains
        if isinstance(chain, UtxoChain)
        for claim in _find_hidden(chain, ends[chain.chain], {departure.tx_hash for departure in departures})
    ]
    return Ends(tuple(departures), tuple(dict.fromkeys([*claims, *hidden])), tuple(unread))


def to_hash(text: str) -> str:
    """A transaction's hash as memos name it, in lower case."""
    return text.lower().removeprefix("0x")


_read_text = lru_cache(maxsize=1 << 16)(parse_memo)
"""Vaults are paid by many with the same text."""


def _read_accounts(chain: AccountChain, end: int) -> Iterator[tuple[int, Memo, Departure | Claim | None]]:
    memos, seen = chain.memos, dict[int, str]()
    for row in [] if memos is None else iter_memo_rows(memos):
        if row >= end:
            return
        memo = _read_text(memos[row])  # type: ignore[index]
        src, dst, units = int(chain.src[row]), int(chain.dst[row]), int(chain.amount[row])
        moves = src >= 0 and dst >= 0 and src != dst and units > 0
        if memo.is_swap and moves:
            tx = int(chain.tx[row])
            if seen.get(tx) != memo.text:
                seen.setdefault(tx, memo.text)
                yield row, memo, _depart(chain, row, memo)
        elif memo.is_answer and moves:
            payer, payee = account_of(chain, src), account_of(chain, dst)
            pays = ((Leg(chain.chain, row, dst, units), payee),)
            yield row, memo, _claim(chain, row, memo, frozenset({payer}), pays, asset_of(chain, dst))
        elif memo.function in (*SWAPS, *ANSWERS):
            yield row, memo, None


def _depart(chain: AccountChain, row: int, memo: Memo) -> Departure:
    src, dst = int(chain.src[row]), int(chain.dst[row])
    return Departure(
        Leg(chain.chain, row, src, int(chain.amount[row])),
        to_hash(chain.tx_hashes[int(chain.tx[row])]),
        memo,
        asset_of(chain, src),
        frozenset({account_of(chain, src)}),
        account_of(chain, dst),
    )


def _claim(
    chain: Chain,
    row: int,
    memo: Memo,
    payers: frozenset[int],
    pays: tuple[tuple[Leg, int], ...],
    asset: str,
) -> Claim:
    return Claim(chain.chain, row, memo.answers, memo.function == "refund", asset, payers, pays)


def _read_outputs(
    chain: UtxoChain, end: int, texts: Texts
) -> Iterator[tuple[int, Memo, Departure | Claim | None]]:
    for row in sorted(texts):
        for memo in (_read_text(text) for text in texts[row]) if row < end else ():
            if memo.is_swap:
                yield row, memo, _depart_output(chain, row, memo)
            elif memo.is_answer:
                yield row, memo, _claim_outputs(chain, row, memo)
            elif memo.function in (*SWAPS, *ANSWERS):
                yield row, memo, None


def _depart_output(chain: UtxoChain, row: int, memo: Memo) -> Departure | None:
    output, senders = chain.outputs_of(row).start, _payers(chain, row)
    units = int(chain.out_amount[output]) if len(chain.outputs_of(row)) else 0
    if not units or account_of(chain, output) in senders:
        return None
    leg = Leg(chain.chain, row, output, units)
    tx_hash = to_hash(chain.tx_hashes[row])
    return Departure(leg, tx_hash, memo, chain.asset, senders, account_of(chain, output))


def _claim_outputs(chain: UtxoChain, row: int, memo: Memo) -> Claim | None:
    payers = _payers(chain, row)
    legs = (Leg(chain.chain, row, output, int(chain.out_amount[output])) for output in chain.outputs_of(row))
    pays = tuple((leg, account_of(chain, leg.pot)) for leg in legs if leg.units)
    pays = tuple((leg, account) for leg, account in pays if account not in payers)
    return _claim(chain, row, memo, payers, pays, chain.asset) if pays else None


def _payers(chain: UtxoChain, row: int) -> frozenset[int]:
    return frozenset(int(chain.in_account[i]) for i in chain.inputs_of(row)) or frozenset({NOBODY})


def _find_hidden(chain: UtxoChain, end: int, hashes: Iterable[str]) -> Iterator[Claim]:
    """The claims whose text the ledger only keeps the hash of, for departures that are known."""
    texts = [(function, tx_hash) for tx_hash in sorted(hashes) for function in ANSWERS]
    accounts = chain.accounts.find_all([name_answer(function, tx_hash) for function, tx_hash in texts])
    for (function, tx_hash), account in zip(texts, accounts.tolist(), strict=True):
        outputs = chain.outputs_to(account).tolist() if account >= 0 else []
        for row in dict.fromkeys(chain.output_tx(output) for output in outputs):
            memo = parse_memo(f"{function}:{tx_hash}")
            claim = _claim_outputs(chain, row, memo) if row < end else None
            if claim is not None:
                yield claim
