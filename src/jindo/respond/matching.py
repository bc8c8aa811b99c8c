"""Find a request's accounts among one's own, and how much of what is asked can be held.

* Held is at most what is there and at most what was asked, account by account; one balance is never held twice.
* An account is found by its canonical address and the very asset; nothing is found by likeness.
* Customers are kept as keyed digests: whoever matches sees that there is a customer, not who.

Moving or blocking anything is done by people in the exchange's own systems; here is only what they would find.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jindo.base.amounts import parse_units
from jindo.base.errors import InputError
from jindo.base.ids import parse_address, parse_asset, parse_chain

Places = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """One of our accounts, as our own file lists it."""

    address: str
    asset: str
    """CAIP-19, or a symbol that the file uses."""
    balance: int
    """Base units."""
    customer: str
    """A keyed digest; empty where the file names none."""


@dataclass(frozen=True, slots=True)
class MatchLine:
    """One account of a request, and what was found."""

    chain: str
    account: str
    asset: str
    decimals: int | None
    requested: int
    available: int
    """What is there for this line; of our own eyes only."""
    held: int
    is_known: bool = True
    """Whether the account is one of ours."""

    @property
    def missing(self) -> int:
        """What was asked for and is not held."""
        return self.requested - self.held

    def to_dict(self) -> dict[str, Any]:
        """The line as a reply states it."""
        return {
            "chain": self.chain,
            "account": self.account,
            "asset": self.asset,
            "decimals": self.decimals,
            "requested": str(self.requested),
            "held": str(self.held),
            "missing": str(self.missing),
        }


@dataclass(frozen=True, slots=True)
class MatchTotal:
    """The sums of one asset."""

    asset: str
    decimals: int | None
    requested: int
    held: int

    def to_dict(self) -> dict[str, Any]:
        """The sums as a reply states them."""
        amounts = {"requested": self.requested, "held": self.held, "missing": self.requested - self.held}
        texts = {name: str(amount) for name, amount in amounts.items()}
        return {"asset": self.asset, "decimals": self.decimals, **texts}


@dataclass(frozen=True, slots=True)
class Matching:
    """What was found for a whole request."""

    lines: tuple[MatchLine, ...]

    @property
    def totals(self) -> tuple[MatchTotal, ...]:
        """Sums by asset."""
        return sum_lines(self.lines)

    @property
    def state(self) -> str:
        """What a reply can say of this: `held`, `partially-held`, `already-moved` or `no-such-customer`."""
        if not any(line.is_known for line in self.lines):
            return "no-such-customer"
        if not any(line.held for line in self.lines):
            return "already-moved"
        return "partially-held" if any(line.missing for line in self.lines) else "held"

    def to_view(self) -> dict[str, Any]:
        """All of it, for our own people: with what is there beyond what was asked for."""
        return {
            "state": self.state,
            "lines": [
                {**line.to_dict(), "available": str(line.available), "known": line.is_known}
                for line in self.lines
            ],
            "totals": [total.to_dict() for total in self.totals],
        }


def parse_accounts(text: str, *, place: str, key: bytes | None = None) -> tuple[OwnAccount, ...]:
    """Our accounts from a CSV of `address, asset, balance` (base units) and, where wanted, `customer`.

    `key` makes the digests of customers, and without one they are not kept at all; `place` is the file's name for
    messages, which never name a customer.

    Raises:
        InputError: a column is missing, a value cannot be read, or an account comes twice; it names the line.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = {"address", "asset", "balance"} - {name.strip() for name in reader.fieldnames or [] if name}
    if missing:
        raise InputError(f"the column {sorted(missing)[0]!r} is missing", place=place)
    accounts: dict[tuple[str, str], OwnAccount] = {}
    for row in reader:
        account = _parse_account(row, key, f"{place}:{reader.line_num}")
        if accounts.setdefault((account.address, account.asset), account) is not account:
            raise InputError("this account and asset come twice", place=f"{place}:{reader.line_num}")
    return tuple(accounts.values())


def match_accounts(body: Mapping[str, Any], accounts: Iterable[OwnAccount]) -> Matching:
    """What of a checked request's accounts is ours, and what of it can be held, in the request's order."""
    listed = list(accounts)
    ours = {account.address for account in listed}
    left: Places = {(account.address, account.asset): account.balance for account in listed}
    return Matching(tuple(_match(row, ours, left) for row in body["identifiers"]))


def sum_lines(lines: Iterable[MatchLine]) -> tuple[MatchTotal, ...]:
    """The sums of these lines, by asset."""
    sums: dict[tuple[str, int | None], tuple[int, int]] = {}
    for line in lines:
        requested, held = sums.get((line.asset, line.decimals), (0, 0))
        sums[line.asset, line.decimals] = (requested + line.requested, held + line.held)
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], -1 if item[0][1] is None else item[0][1]))
    return tuple(MatchTotal(asset, decimals, *amounts) for (asset, decimals), amounts in ordered)


def _match(row: Mapping[str, Any], ours: set[str], left: Places) -> MatchLine:
    """One account; what it can hold is taken from what is left of the balance."""
    address, requested = str(parse_address(row["account"])), int(row["amount"])
    place = next((place for place in _names(row, address) if place in left), None)
    available = left[place] if place else 0
    held = min(requested, available)
    if place:
        left[place] = available - held
    named = (row["chain"], row["account"], row["asset"], row["decimals"])
    return MatchLine(*named, requested, available, held, is_known=address in ours)


def _names(row: Mapping[str, Any], address: str) -> list[tuple[str, str]]:
    """The ways in which our file may name the asset: as the request does, or in its one form on that chain."""
    names = [str(row["asset"])]
    with suppress(InputError):  # a request may name it in its own way, and so must the file
        names.append(str(parse_asset(names[0], chain=parse_chain(row["chain"]))))
    return [(address, name) for name in names]


def _parse_account(row: Mapping[str | None, Any], key: bytes | None, place: str) -> OwnAccount:
    given = {
        name.strip(): value or "" for name, value in row.items() if name and isinstance(value, str | None)
    }
    try:
        address, balance = parse_address(given.get("address", "")), parse_units(given.get("balance", ""))
    except InputError as error:
        raise InputError("the address or the balance cannot be read", place=place) from error
    asset, customer = given.get("asset", "").strip(), given.get("customer", "").strip()
    if not asset:
        raise InputError("the asset is empty", place=place)
    digest = hmac.new(key, customer.encode(), hashlib.sha256).hexdigest() if customer and key else ""
    return OwnAccount(str(address), asset, int(balance), digest)
