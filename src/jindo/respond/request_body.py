"""Write a request to freeze or to preserve from a case and its trace.

* Accounts and amounts are data that can be copied, never a picture, and the flow says how stolen value reached them.
* The custody note names the trace by hash, so that the addressee can hold what it acts on against the evidence.
* What an officer fills in stands as it is; what nobody said stays empty, and `check_request` says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jindo.base.errors import InputError
from jindo.respond.cases import Case
from jindo.respond.exhibits import Exhibit
from jindo.respond.request_fields import check_identifiers, sum_identifiers
from jindo.share import Member

DEFAULT_DAYS = 90
"""The longest that the Budapest Convention's Article 16 lets data be kept at first."""
DEFAULT_DATA = (
    "who holds the accounts (identification data)",
    "log-ins with IP addresses and devices",
    "deposits, trades and withdrawals with times",
)
DEFAULT_CONFIDENTIALITY = "Do not tell the account holders or anyone else of this request."
FREE_FIELDS = frozenset(
    {
        "instrument",
        "chronology",
        "persons",
        "identifiers",
        "flow",
        "valuation",
        "scope",
        "duration_days",
        "data",
    }
    | {"period", "confidentiality", "urgency", "urgency_reason", "language", "release_contact", "legal_basis"}
)
NESTED_FIELDS = {"authority": "agency", "entities": "addressee"}
"""Fields that an officer fills in under one name and that stand inside another."""


def build_request_body(
    case: Case,
    exhibit: Exhibit | None,
    addressee: Member,
    *,
    id: str,  # noqa: A002  the column's name
    me: Member,
    officer: Mapping[str, str],
    kind: str,
    made: int,
    expires: int,
    tool: str,
    version: str,
    **fields: Any,
) -> dict[str, Any]:
    """The body of a request, with what the case and the trace give filled in.

    `officer` has `id`, `rank`, `contact` and `alternative`. `fields` are what an officer fills in, by the names of
    `FREE_FIELDS` and `NESTED_FIELDS`; they stand in place of what would be filled in. Without `identifiers` among
    them, the accounts that the trace found at the addressee (by its id, name or service names) are asked about.

    Raises:
        InputError: `fields` has a name that no request has.
    """
    given = _check_names(fields)
    found = given["identifiers"] if "identifiers" in given else find_identifiers(exhibit, addressee)
    listed = _list_sound(found)
    body = {
        "id": id,
        "kind": kind,
        "case": {"id": case.id, "number": case.number},
        "agency": {"member": me.id, "name": me.name, "country": me.country, "kind": me.kind, "authority": ""},
        "officer": {name: officer.get(name, "") for name in ("id", "rank", "contact", "alternative")},
        "addressee": {"member": addressee.id, "name": addressee.name, "entities": [addressee.name]},
        "legal_basis": case.legal_basis,
        "instrument": None,
        "chronology": _build_chronology(case, listed),
        "persons": {"victim": "not stated", "suspect": "not stated"},
        "identifiers": found,
        "flow": _tell_flow(exhibit, listed, addressee),
        "totals": sum_identifiers(listed),
        "valuation": None,
        "scope": _tell_scope(kind),
        "duration_days": DEFAULT_DAYS,
        "data": list(DEFAULT_DATA),
        "period": _find_period(listed, made),
        "confidentiality": DEFAULT_CONFIDENTIALITY,
        "urgency": "normal",
        "urgency_reason": "",
        "language": "en",
        "custody": _build_custody(exhibit, me, tool, version),
        "made": made,
        "expires": expires,
        "release_contact": officer.get("contact", ""),
    }
    return _fill_in(body, given)


def find_identifiers(exhibit: Exhibit | None, addressee: Member) -> list[dict[str, Any]]:
    """The accounts that a trace found at the addressee, whichever of its names the labels use."""
    names = {name.casefold() for name in (addressee.id, addressee.name, *addressee.services)}
    services = exhibit.facts.get("services", []) if exhibit else []
    return [
        {
            "chain": row["chain"],
            "account": row["account"],
            "asset": service["asset"],
            "decimals": service["decimals"],
            "amount": row["amount"],
            "first_time": row["first_time"],
            "last_time": row["last_time"],
            "transactions": list(row["transactions"]),
        }
        for service in services
        if str(service["service"]).casefold() in names
        for row in service["addresses"]
    ]


def _check_names(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    odd = sorted(set(fields) - FREE_FIELDS - set(NESTED_FIELDS))
    if odd:
        known = ", ".join(sorted(FREE_FIELDS | set(NESTED_FIELDS)))
        raise InputError("a request has no such field", place=odd[0], remedy=f"Fields are {known}.")
    return fields


def _fill_in(body: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The body with an officer's fields in place; they are checked with all others afterwards."""
    filled = {**body, **{name: value for name, value in given.items() if name in FREE_FIELDS}}
    for name, part in NESTED_FIELDS.items():
        if name in given:
            filled[part] = {**filled[part], name: given[name]}
    if isinstance(given.get("persons"), dict):
        filled["persons"] = {**body["persons"], **given["persons"]}
    return filled


def _list_sound(identifiers: Any) -> list[Mapping[str, Any]]:
    """The accounts, or none where they are not what accounts must be; then the request is refused anyway."""
    try:
        check_identifiers({"identifiers": identifiers})
    except InputError:
        return []
    return list(identifiers)


def _build_chronology(case: Case, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the case and the trace know of the order of events."""
    firsts = [int(row["first_time"]) for row in rows if row.get("first_time") is not None]
    lasts = [int(row["last_time"]) for row in rows if row.get("last_time") is not None]
    told = [(time, "the first stolen value reached the accounts named here") for time in sorted(firsts)[:1]]
    told += [(time, "the last stolen value reached the accounts named here") for time in sorted(lasts)[-1:]]
    told += [(case.opened, f"case {case.number} was opened")]
    return [{"time": time, "text": text} for time, text in sorted(told)]


def _tell_flow(exhibit: Exhibit | None, identifiers: list[Mapping[str, Any]], addressee: Member) -> str:
    """How the loss reaches the addressee, in words; the trace has every movement."""
    if exhibit is None or not identifiers:
        return ""
    facts = exhibit.facts
    return (
        f"Stolen value was followed movement by movement under the rule {facts['rule']} and reached "
        f"{len({(row['chain'], row['account']) for row in identifiers})} accounts that are labelled as {addressee.name}'s. "
        f"The amounts are of stolen value that entered each. Exhibit {exhibit.n} (findings {facts['findings_hash']}) "
        "has every movement."
    )


def _tell_scope(kind: str) -> str:
    if kind == "freeze":
        return "Hold the amounts named for each account against any withdrawal, trade or transfer."
    return "Keep the data named for each account as it is; nothing is asked to be disclosed."


def _find_period(identifiers: Iterable[Mapping[str, Any]], made: int) -> dict[str, int]:
    firsts = [int(row["first_time"]) for row in identifiers if row.get("first_time") is not None]
    return {"from": min(firsts, default=made), "to": made}


def _build_custody(exhibit: Exhibit | None, me: Member, tool: str, version: str) -> dict[str, Any]:
    facts = exhibit.facts if exhibit else {}
    return {
        "tool": tool,
        "version": version,
        "traced_by": exhibit.origin if exhibit else me.id,
        "rule": facts.get("rule", ""),
        "findings_hash": facts.get("findings_hash", ""),
        "provenance_hash": facts.get("provenance_hash", ""),
        "exhibit_id": exhibit.id if exhibit else "",
        "exhibit": f"exhibit {exhibit.n}" if exhibit else "",
        "exhibit_sha256": exhibit.sha256 if exhibit else "",
    }
