"""Bridges that say where the money goes: departures and arrivals matched by their memos.

* An arrival is fact where it names a departure that the ledgers hold, pays the destination in the asset that the
  departure's memo asked for (a refund: the sender, or the memo's refund address, in the asset that was given), and
  comes from a vault. Refunds together are no more than what was given.
* A **vault** is an account that a label calls a bridge, that departures pay on that chain, or that answers several
  departures. Where no payer of a departure's answers is known as one, the first who paid is taken, and nobody else.
* A memo is anybody's text. One that names a departure which is not there, or pays another destination or asset, or
  contradicts another claim, is refused with its reason; so is a match that would make a ring (`order`).
* A departure of which nothing came back is **in transit**: its units end there, and the memo's destination is said.
* Only rows before the end of the trace count, so that later blocks do not change an earlier statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jindo.base.errors import InputError
from jindo.base.ids import is_checked_address, parse_address
from jindo.ledger import NOBODY, Chain
from jindo.trace.boundary import Stop
from jindo.trace.crossings.bridge_ends import Claim, Departure, Ends, Texts, find_ends
from jindo.trace.crossings.crossing import BRIDGE, Crossing, Leg
from jindo.trace.crossings.memo_assets import is_meant
from jindo.trace.crossings.order import Times, read_times, refuse_rings
from jindo.trace.crossings.vault_pots import VAULT

REFUSALS = {
    "unread": "the memo could not be read, or its movement pays nobody",
    "unknown": "the transaction that it answers is not in the ledgers",
    "no-swap": "the transaction that it answers asks for no swap",
    "ambiguous": "the transaction that it answers has several swaps' memos",
    "named": "a theft names the payment itself",
    "asset": "it pays another asset than the memo asked for",
    "destination": "it pays somebody else than the memo asked for",
    "payer": "it comes from an account that nothing shows to be a vault",
    "too-much": "the refunds are more than what was given",
    "twice": "another answer claims the same payment",
    "ring": "the match would make value arrive before it left",
}
"""Why a memo is not followed, by code."""


@dataclass(frozen=True, slots=True)
class RefusedMemo:
    """A memo that is not followed."""

    chain: str
    row: int
    code: str
    """One of `REFUSALS`."""


@dataclass(frozen=True, slots=True)
class VaultEvidence:
    """What shows that an account is a bridge's vault."""

    departures: int = 0
    """Matched departures that it received."""
    arrivals: int = 0
    """Matched payments that it made."""


@dataclass(frozen=True, slots=True)
class Bridges:
    """What the memos of some chains come to."""

    crossings: tuple[Crossing, ...]
    """Every departure in order, those in transit among them."""
    refused: tuple[RefusedMemo, ...]
    vaults: Mapping[str, Mapping[int, VaultEvidence]] = field(default_factory=dict)
    """By chain: accounts that matched memos show to be vaults."""

    def stops(self, chain: str) -> dict[int, Stop]:
        """The stops that matched vaults are, by account; a label of the account says more and goes before."""
        return dict.fromkeys(self.vaults.get(chain, {}), VAULT)


def find_bridges(
    chains: Sequence[Chain],
    *,
    ends: Mapping[str, int] | None = None,
    texts: Mapping[str, Texts] | None = None,
    named: Mapping[str, Container[int]] | None = None,
    labelled: Mapping[str, Container[int]] | None = None,
) -> Bridges:
    """The bridge crossings of these chains before the rows `ends`.

    `texts` are memos of UTXO chains, which the ledger does not keep; `named` the rows that thefts name; `labelled` the
    accounts that labels call a bridge.
    """
    stop_rows: dict[str, int] = {
        chain.chain: (ends or {}).get(chain.chain, chain.row_starts[-1]) for chain in chains
    }
    found, times = find_ends(chains, stop_rows, texts or {}), read_times(chains)
    matching = _Matching(chains, found, times, named or {}, labelled or {})
    kept, rings = refuse_rings(matching.match(), times)
    refused = [*matching.refused, *(RefusedMemo(chain, row, "unread") for chain, row, _ in found.unread)]
    refused += [
        RefusedMemo(leg.chain, leg.row, "ring")
        for crossing in rings
        for leg in (*crossing.arrivals, *crossing.returns)
    ]
    return Bridges(tuple(kept), tuple(sorted(refused, key=_order)), _count_vaults(kept, found.claims))


class _Matching:
    """Departures and claims of one question, and what is refused while they are matched."""

    def __init__(
        self,
        chains: Sequence[Chain],
        found: Ends,
        times: Times,
        named: Mapping[str, Container[int]],
        labelled: Mapping[str, Container[int]],
    ) -> None:
        self._chains: dict[str, Chain] = {chain.chain: chain for chain in chains}
        self._found, self._times, self._named, self._labelled = found, times, named, labelled
        self._of_hash: dict[str, list[Departure]] = {}
        for departure in found.departures:
            self._of_hash.setdefault(departure.tx_hash, []).append(departure)
        self.refused: list[RefusedMemo] = []

    def match(self) -> list[Crossing]:
        """A crossing for each departure, in order, with what answers it."""
        fitting: dict[str, list[tuple[Claim, tuple[Leg, ...]]]] = {}
        claims = sorted(
            self._found.claims,
            key=lambda claim: (self._times(claim.chain, claim.row), claim.chain, claim.row),
        )
        for claim in claims:
            code, legs = self._judge(claim)
            if code:
                self._refuse(claim, code)
            else:
                fitting.setdefault(claim.answers, []).append((claim, legs))
        self._drop_contested(fitting)
        vaults = self._find_vaults(fitting)
        departures = sorted(
            self._found.departures, key=lambda departure: (self._times(*departure.leg[:2]), departure.leg)
        )
        return [self._build(departure, fitting, vaults) for departure in departures]

    def _refuse(self, claim: Claim, code: str) -> None:
        self.refused.append(RefusedMemo(claim.chain, claim.row, code))

    def _judge(self, claim: Claim) -> tuple[str, tuple[Leg, ...]]:
        """Why a claim does not fit (empty where it does), and what of it pays the departure."""
        departures = self._of_hash.get(claim.answers, [])
        if not departures:
            return "no-swap" if self._is_known(claim.answers) else "unknown", ()
        if len(departures) > 1:
            return "ambiguous", ()
        if claim.row in self._named.get(claim.chain, ()):
            return "named", ()
        departure = departures[0]
        if claim.is_refund:
            fits = (claim.chain, claim.asset) == (departure.leg.chain, departure.asset)
        else:
            fits = departure.memo.asset is not None and is_meant(
                departure.memo.asset, chain=claim.chain, held=claim.asset
            )
        if not fits:
            return "asset", ()
        legs = self._find_paid(departure, claim)
        return ("", legs) if legs else ("destination", ())

    def _is_known(self, tx_hash: str) -> bool:
        return any(
            chain.tx_hashes.find(prefix + tx_hash) >= 0
            for chain in self._chains.values()
            for prefix in ("0x", "")
        )

    def _find_paid(self, departure: Departure, claim: Claim) -> tuple[Leg, ...]:
        """What a claim pays to whom the departure wanted paid."""
        memo = departure.memo
        wanted = _canonical(memo.refund_to if claim.is_refund else memo.destination)
        accounts = self._chains[claim.chain].accounts
        if not wanted:
            senders = {
                self._chains[departure.leg.chain].accounts[a] for a in departure.senders if a != NOBODY
            }
        else:
            senders = {wanted}
        paid = tuple(leg for leg, account in claim.pays if account != NOBODY and accounts[account] in senders)
        if paid or not _is_name(wanted):
            return paid
        return tuple(leg for leg, _ in claim.pays[:1]) if self._is_labelled(claim) else ()

    def _is_labelled(self, claim: Claim) -> bool:
        return all(payer in self._labelled.get(claim.chain, ()) for payer in claim.payers)

    def _drop_contested(self, fitting: dict[str, list[tuple[Claim, tuple[Leg, ...]]]]) -> None:
        """Refuse claims of different departures on one payment."""
        claimed = Counter(leg for of_hash in fitting.values() for _, legs in of_hash for leg in legs)
        for tx_hash, of_hash in fitting.items():
            for claim, legs in of_hash:
                if any(claimed[leg] > 1 for leg in legs):
                    self._refuse(claim, "twice")
            fitting[tx_hash] = [pair for pair in of_hash if all(claimed[leg] == 1 for leg in pair[1])]

    def _find_vaults(
        self, fitting: Mapping[str, list[tuple[Claim, tuple[Leg, ...]]]]
    ) -> set[tuple[str, int]]:
        """Accounts, by chain, that several departures show to be vaults, or one that paid them."""
        vaults = {(departure.leg.chain, departure.vault) for departure in self._found.departures}
        answered: dict[tuple[str, int], set[str]] = {}
        for tx_hash, of_hash in fitting.items():
            for claim, _ in of_hash:
                for payer in claim.payers - {NOBODY}:
                    answered.setdefault((claim.chain, payer), set()).add(tx_hash)
        return vaults | {payer for payer, hashes in answered.items() if len(hashes) > 1}

    def _build(
        self,
        departure: Departure,
        fitting: Mapping[str, list[tuple[Claim, tuple[Leg, ...]]]],
        vaults: Container[tuple[str, int]],
    ) -> Crossing:
        claims = fitting.get(departure.tx_hash, [])
        firsts = {claim.chain: claim.payers for claim, _ in reversed(claims)}
        answered = {claim.chain for claim, _ in claims if self._comes_from_vault(claim, vaults)}
        taken = []
        for claim, legs in claims:
            if self._comes_from_vault(claim, vaults) or (
                claim.chain not in answered and claim.payers == firsts[claim.chain]
            ):
                taken.append((claim, legs))
            else:
                self._refuse(claim, "payer")
        arrivals = tuple(leg for claim, legs in taken if not claim.is_refund for leg in legs)
        returns = self._limit(departure, [pair for pair in taken if pair[0].is_refund])
        return Crossing(
            BRIDGE, departure.leg, arrivals, returns, vault=departure.vault, memo=departure.memo.text
        )

    def _comes_from_vault(self, claim: Claim, vaults: Container[tuple[str, int]]) -> bool:
        return self._is_labelled(claim) or all((claim.chain, payer) in vaults for payer in claim.payers)

    def _limit(
        self, departure: Departure, refunds: Iterable[tuple[Claim, tuple[Leg, ...]]]
    ) -> tuple[Leg, ...]:
        """The refunds in order, as far as they are no more than what was given."""
        kept: list[Leg] = []
        left = departure.leg.units
        for claim, legs in refunds:
            units = sum(leg.units for leg in legs)
            if units > left:
                self._refuse(claim, "too-much")
            else:
                kept += legs
                left -= units
        return tuple(kept)


def _canonical(address: str) -> str:
    try:
        return parse_address(address) if address else ""
    except InputError:
        return address


def _is_name(wanted: str) -> bool:
    """Whether a destination is a THORName, which only THORChain can resolve."""
    try:
        return bool(wanted) and len(wanted) <= 30 and not is_checked_address(parse_address(wanted))
    except InputError:
        return False


def _count_vaults(
    crossings: Sequence[Crossing], claims: Sequence[Claim]
) -> dict[str, dict[int, VaultEvidence]]:
    received: Counter[tuple[str, int]] = Counter()
    paid: Counter[tuple[str, int]] = Counter()
    payers = {leg: claim.payers for claim in claims for leg, _ in claim.pays}
    for crossing in crossings:
        legs = (*crossing.arrivals, *crossing.returns)
        if legs:
            received[crossing.source.chain, crossing.vault] += 1
        for leg in legs:
            paid.update((leg.chain, payer) for payer in payers[leg] if payer != NOBODY)
    vaults: dict[str, dict[int, VaultEvidence]] = {}
    for chain, account in sorted(received.keys() | paid.keys()):
        evidence = VaultEvidence(received[chain, account], paid[chain, account])
        vaults.setdefault(chain, {})[account] = evidence
    return vaults


def _order(refusal: RefusedMemo) -> tuple[str, int, str]:
    return refusal.chain, refusal.row, refusal.code
