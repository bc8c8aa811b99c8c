"""What a case keeps of a trace: the figures that briefs and requests are built from.

* Facts are taken from `result.json` alone, and name it by both of its hashes.
* Sums are over whole base units, asset by asset; what reached services, what is held, what ended elsewhere and what
  was stolen stay apart.
* `rests_on` names the statements whose labels stopped the trace: a recall of one takes the ground from these facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jindo.base.errors import InputError
from jindo.respond.reading import (
    parse_base_units,
    parse_choice,
    parse_count,
    parse_decimals,
    parse_hash,
    parse_maybe_moment,
    parse_rows,
    parse_text,
    parse_texts,
)

ARRIVALS = ("service", "likely-service", "mixer")
"""Reasons for which following ends at somebody who can be asked."""
MOST_TRANSACTIONS = 5
"""Hashes listed for one account: the largest movements that reached it."""


def build_trace_facts(
    result: Mapping[str, Any],
    rests_on: Iterable[str],
    *,
    flows: Iterable[Mapping[str, str]] = (),
    version: int = 1,
    replaces: str | None = None,
) -> dict[str, Any]:
    """The facts of a result folder's `result.json`.

    `flows` are the rows of `flows.csv`, for the transactions that a request names; `replaces` is the exhibit of which
    this is the next version.

    Raises:
        InputError: the result lacks what a result has.
    """
    try:
        return _build_facts(result, sorted(set(rests_on)), list(flows), version, replaces)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("this is not the content of a result.json", place="result.json") from error


def check_trace_facts(facts: Mapping[str, Any]) -> None:
    """Check facts that another member signed.

    Raises:
        InputError: a field is missing or of the wrong kind; it names the field.
    """
    for name in ("findings_hash", "provenance_hash"):
        parse_hash(facts, name)
    for name in ("rule", "software"):
        parse_text(facts, name, longest=100)
    parse_maybe_moment(facts, "last_time")
    parse_texts(facts, "rests_on")
    for row in parse_rows(facts, "stolen"):
        parse_text(row, "theft", longest=300)
        parse_count(row, "movements")
        _check_figure(row)
    for row in parse_rows(facts, "held"):
        parse_count(row, "accounts")
        _check_figure(row)
    for row in parse_rows(facts, "elsewhere"):
        parse_text(row, "reason", longest=40)
        _check_figure(row)
    for service in parse_rows(facts, "services"):
        _check_service(service)


def _check_figure(row: Mapping[str, Any]) -> None:
    parse_text(row, "chain", longest=100)
    _check_amount(row)


def _check_amount(row: Mapping[str, Any]) -> int:
    parse_text(row, "asset", longest=300)
    parse_decimals(row)
    return parse_base_units(row, "amount")


def _check_service(service: Mapping[str, Any]) -> None:
    for name in ("service", "kind"):
        parse_text(service, name, longest=300, empty=True)
    parse_choice(service, "reason", ARRIVALS)
    total, parts = _check_amount(service), 0
    for row in parse_rows(service, "addresses"):
        parts += parse_base_units(row, "amount")
        for name in ("chain", "account"):
            parse_text(row, name, longest=300)
        for name in ("first_time", "last_time"):
            parse_maybe_moment(row, name)
        parse_texts(row, "transactions", most=MOST_TRANSACTIONS)
    if parts != total:
        raise InputError("a service's accounts do not add up to its sum", place="services")


def _build_facts(
    result: Mapping[str, Any],
    rests_on: list[str],
    flows: list[Mapping[str, str]],
    version: int,
    replaces: str | None,
) -> dict[str, Any]:
    findings, provenance = result["findings"], result["provenance"]
    decimals = provenance.get("decimals", {})
    return {
        "findings_hash": result["findings_hash"],
        "provenance_hash": result["provenance_hash"],
        "software": f"{result['software']['name']} {result['software']['version']}",
        "rule": findings["rule"],
        "max_hops": findings["max_hops"],
        "until": provenance["until"],
        "last_time": max(
            (c["last_time"] for c in provenance["ledger"]["chains"] if c["last_time"]), default=None
        ),
        "chains": [chain["chain"] for chain in provenance["ledger"]["chains"]],
        "decimals": dict(decimals),
        "stolen": [_build_stolen(row, decimals) for row in findings["thefts"]],
        "services": _build_services(findings["endpoints"], decimals, _list_transactions(flows)),
        "held": _sum_held(findings["endpoints"], decimals),
        "elsewhere": _sum_rest(findings["endpoints"], decimals),
        "rests_on": rests_on,
        "version": version,
        "replaces": replaces,
    }


def _build_stolen(row: Mapping[str, Any], decimals: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "theft": row["theft"],
        "chain": row["chain"],
        "asset": row["asset"],
        "amount": row["stolen"],
        "decimals": decimals.get(row["asset"]),
        "movements": row["movements"],
    }


def _build_services(
    endpoints: list[Mapping[str, Any]],
    decimals: Mapping[str, Any],
    transactions: Mapping[tuple[str, str, str], list[str]],
) -> list[dict[str, Any]]:
    """One row for each service and asset, largest sum first; accounts by amount."""
    groups: dict[tuple[str, str, str, str], dict[tuple[str, str], dict[str, Any]]] = {}
    for row in (row for row in endpoints if row["reason"] in ARRIVALS):
        accounts = groups.setdefault((row["service"], row["kind"], row["reason"], row["asset"]), {})
        place = (row["chain"], row["account"])
        accounts[place] = _merge(accounts.get(place), row, transactions.get((*place, row["asset"]), []))
    built = [
        {
            "service": service,
            "kind": kind,
            "reason": reason,
            "asset": asset,
            "decimals": decimals.get(asset),
            "amount": str(sum(int(account["amount"]) for account in accounts.values())),
            "addresses": sorted(
                accounts.values(), key=lambda a: (-int(a["amount"]), a["chain"], a["account"])
            ),
        }
        for (service, kind, reason, asset), accounts in groups.items()
    ]
    return sorted(built, key=lambda row: (row["asset"], -int(row["amount"]), row["service"], row["reason"]))


def _merge(
    known: Mapping[str, Any] | None, row: Mapping[str, Any], transactions: list[str]
) -> dict[str, Any]:
    """An account's row with this endpoint added: several thefts can end at one account."""
    known_times = (known["first_time"], known["last_time"]) if known else (None, None)
    firsts = [int(time) for time in (known_times[0], row["first_time"]) if time is not None]
    lasts = [int(time) for time in (known_times[1], row["last_time"]) if time is not None]
    return {
        "chain": row["chain"],
        "account": row["account"],
        "amount": str(int(row["amount"]) + (int(known["amount"]) if known else 0)),
        "first_time": min(firsts, default=None),
        "last_time": max(lasts, default=None),
        "transactions": transactions,
    }


def _sum_held(endpoints: list[Mapping[str, Any]], decimals: Mapping[str, Any]) -> list[dict[str, Any]]:
    held = [row for row in endpoints if row["reason"] == "held"]
    return [
        {**figure, "accounts": len({row["account"] for row in rows})}
        for figure, rows in _sum_up(held, decimals, ("chain", "asset"))
    ]


def _sum_rest(endpoints: list[Mapping[str, Any]], decimals: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What neither reached anybody nor is held: fees, burned, beyond a limit of hops or of fetching."""
    rest = [row for row in endpoints if row["reason"] not in {*ARRIVALS, "held"}]
    return [figure for figure, _ in _sum_up(rest, decimals, ("reason", "chain", "asset"))]


def _sum_up(
    endpoints: list[Mapping[str, Any]], decimals: Mapping[str, Any], names: tuple[str, ...]
) -> list[tuple[dict[str, Any], list[Mapping[str, Any]]]]:
    """The sum of each group of endpoints that agree in `names`, with its rows; in order of the names."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in endpoints:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return [
        (
            {
                **dict(zip(names, group, strict=True)),
                "decimals": decimals.get(rows[0]["asset"]),
                "amount": str(sum(int(row["amount"]) for row in rows)),
            },
            rows,
        )
        for group, rows in sorted(groups.items())
    ]


def _list_transactions(flows: list[Mapping[str, str]]) -> dict[tuple[str, str, str], list[str]]:
    """Hashes of the largest movements into each account, by chain, account and asset."""
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in flows:
        amounts = found.setdefault((row["chain"], row["to"], row["asset"]), {})
        amounts[row["tx_hash"]] = amounts.get(row["tx_hash"], 0) + int(row["amount"])
    return {
        place: [
            tx for tx, _ in sorted(amounts.items(), key=lambda item: (-item[1], item[0]))[:MOST_TRANSACTIONS]
        ]
        for place, amounts in found.items()
    }
