"""The eighteen things that a request must say before its addressee can act, and what each has to look like.

* What is missing is named with its number; half requests bounce at the addressee's desk and cost days.
* Totals are the sums of the accounts asked about, asset by asset, or the request contradicts itself.
* Nothing is optional but the instrument, the valuation, a rank and a second contact.

The numbers are those of `docs/reference/case-folder.md`, merged from what exchanges publish that they need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jindo.base.errors import InputError, RefusedError
from jindo.base.ids import parse_address, parse_chain
from jindo.respond.reading import (
    parse_base_units,
    parse_choice,
    parse_count,
    parse_decimals,
    parse_hash,
    parse_id,
    parse_maybe_moment,
    parse_moment,
    parse_part,
    parse_rows,
    parse_text,
    parse_texts,
)

REQUEST_KINDS = ("freeze", "preserve")
URGENCIES = ("normal", "urgent")
MOST_IDENTIFIERS = 10_000
LONGEST_DAYS = 366


class IncompleteRequest(RefusedError):
    """A request lacks something that its addressee needs."""

    code = "respond.request-incomplete"

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        """What is missing, each with its number."""
        super().__init__(
            f"the request lacks {', '.join(missing)}", remedy="Fill in what is named, then draft it again."
        )


def check_request(body: Mapping[str, Any]) -> None:
    """Check that all eighteen things are there and make sense together.

    Raises:
        IncompleteRequest: something is missing; it names all that is.
    """
    missing = [f"{name} ({number})" for number, name, check in _FIELDS if not _holds(check, body)]
    if missing:
        raise IncompleteRequest(tuple(missing))


def check_identifiers(body: Mapping[str, Any]) -> None:
    """Check the accounts that are asked about: at least one, each with an amount above zero.

    Raises:
        InputError: there is none, or one lacks something.
    """
    rows = parse_rows(body, "identifiers", most=MOST_IDENTIFIERS)
    if not rows:
        raise InputError("no account is named", place="identifiers")
    for row in rows:
        parse_chain(parse_text(row, "chain", longest=100))
        parse_text(row, "asset", longest=300)
        account = parse_text(row, "account", longest=200)
        if str(parse_address(account)) != account:
            raise InputError("an account is not in its canonical form", place="identifiers")
        if not parse_base_units(row, "amount"):
            raise InputError("an amount is zero", place="identifiers")
        parse_decimals(row)
        parse_texts(row, "transactions", most=1000)
        for name in ("first_time", "last_time"):
            parse_maybe_moment(row, name)


def sum_identifiers(identifiers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Totals of the amounts asked about, by asset."""
    sums: dict[tuple[str, int | None], int] = {}
    for row in identifiers:
        asset = (str(row["asset"]), row.get("decimals"))
        sums[asset] = sums.get(asset, 0) + int(row["amount"])
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] or 0))
    return [
        {"asset": asset, "decimals": decimals, "amount": str(total)} for (asset, decimals), total in ordered
    ]


def _holds(check: Callable[[Mapping[str, Any]], object], body: Mapping[str, Any]) -> bool:
    try:
        check(body)
    except InputError:
        return False
    return True


def _check_case(body: Mapping[str, Any]) -> None:
    for name in ("id", "number"):
        parse_id(parse_part(body, "case"), name)
    parse_id(body, "id")


def _check_agency(body: Mapping[str, Any]) -> None:
    agency = parse_part(body, "agency")
    parse_id(agency, "member")
    for name in ("name", "country", "kind", "authority"):
        parse_text(agency, name, longest=1000)


def _check_officer(body: Mapping[str, Any]) -> None:
    officer = parse_part(body, "officer")
    for name in ("id", "contact"):
        parse_text(officer, name, longest=300)
    for name in ("rank", "alternative"):
        parse_text(officer, name, longest=300, empty=True)


def _check_addressee(body: Mapping[str, Any]) -> None:
    addressee = parse_part(body, "addressee")
    parse_id(addressee, "member")
    parse_text(addressee, "name", longest=300)
    if not parse_texts(addressee, "entities", most=100):
        raise InputError("no legal entity is named", place="entities")


def _check_basis(body: Mapping[str, Any]) -> None:
    parse_text(body, "legal_basis", longest=2000)
    if body.get("instrument") is not None:
        instrument = parse_part(body, "instrument")
        for name in ("kind", "reference", "issued_by"):
            parse_text(instrument, name, longest=300)
        parse_maybe_moment(instrument, "issued")


def _check_chronology(body: Mapping[str, Any]) -> None:
    rows = parse_rows(body, "chronology", most=1000)
    if not rows:
        raise InputError("no event is told", place="chronology")
    for row in rows:
        parse_moment(row, "time")
        parse_text(row, "text", longest=2000)


def _check_persons(body: Mapping[str, Any]) -> None:
    for name in ("victim", "suspect"):
        parse_text(parse_part(body, "persons"), name, longest=2000)


def _check_totals(body: Mapping[str, Any]) -> None:
    check_identifiers(body)
    if body.get("totals") != sum_identifiers(body["identifiers"]):
        raise InputError("the totals are not the sums of the accounts", place="totals")
    if body.get("valuation") is not None:
        for name in ("currency", "amount", "rate", "source"):
            parse_text(parse_part(body, "valuation"), name, longest=300)


def _check_scope(body: Mapping[str, Any]) -> None:
    parse_text(body, "scope", longest=2000)
    if not parse_count(body, "duration_days", most=LONGEST_DAYS):
        raise InputError("the duration is zero", place="duration_days")


def _check_data(body: Mapping[str, Any]) -> None:
    period = parse_part(body, "period")
    if not parse_texts(body, "data", most=100) or parse_moment(period, "from") > parse_moment(period, "to"):
        raise InputError("no data is named, or its period ends before it begins", place="data")


def _check_urgency(body: Mapping[str, Any]) -> None:
    is_urgent = parse_choice(body, "urgency", URGENCIES) == "urgent"
    parse_text(body, "urgency_reason", longest=2000, empty=not is_urgent)


def _check_custody(body: Mapping[str, Any]) -> None:
    custody = parse_part(body, "custody")
    for name in ("tool", "version", "traced_by", "rule", "exhibit_id", "exhibit"):
        parse_text(custody, name, longest=300)
    for name in ("findings_hash", "provenance_hash", "exhibit_sha256"):
        parse_hash(custody, name)


def _check_expiry(body: Mapping[str, Any]) -> None:
    parse_text(body, "release_contact", longest=300)
    if parse_moment(body, "expires") <= parse_moment(body, "made"):
        raise InputError("it expires before it is made", place="expires")


_FIELDS: tuple[tuple[int, str, Callable[[Mapping[str, Any]], object]], ...] = (
    (1, "the kind of request", lambda body: parse_choice(body, "kind", REQUEST_KINDS)),
    (2, "the case and its number", _check_case),
    (3, "the agency and its legal authority", _check_agency),
    (4, "the officer and a contact", _check_officer),
    (5, "the legal entity addressed", _check_addressee),
    (6, "the legal basis", _check_basis),
    (7, "the chronology of facts", _check_chronology),
    (8, "victim and suspect, if only as not stated", _check_persons),
    (9, "the accounts with chain, asset and amount", check_identifiers),
    (10, "the flow that leads to the addressee", lambda body: parse_text(body, "flow")),
    (11, "the totals by asset", _check_totals),
    (12, "the scope and duration", _check_scope),
    (13, "the data to keep and its period", _check_data),
    (14, "the confidentiality asked for", lambda body: parse_text(body, "confidentiality", longest=2000)),
    (15, "the urgency and its reason", _check_urgency),
    (16, "the language", lambda body: parse_text(body, "language", longest=20)),
    (17, "the custody note with hashes", _check_custody),
    (18, "the expiry and a contact for release", _check_expiry),
)
