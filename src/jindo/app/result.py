"""The result of a trace as it is handed over: `result.json`, `flows.csv`, `endpoints.csv`.

* The **findings** are what was found on the chain. Two parties whose ledgers differ only in later blocks get the
  same findings hash.
* The **provenance** is what it was found in and with: ledger, labels, naming, conventions, history.
* Both hashes are SHA-256 over canonical JSON (RFC 8785). Neither covers the software's version, a path, a host or a
  clock, so the same input gives the same bytes on any machine.
* Amounts are strings of base units.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from jindo.app.study import Answer, Study
from jindo.base.times import format_time
from jindo.ledger import NOBODY, AccountChain, Chain
from jindo.seal import canonical_bytes, canonical_hash, sha256_hex
from jindo.trace import CONSERVING, FEE, Endpoint, Flow, Sheet, account_of, find_stop, flow_asset

FORMAT = "jindo.result/1"
METHOD = "1"
"""Version of what tracing means (`docs/explain/tracing.md`); raised when that page's meaning changes."""

FLOW_COLUMNS = [
    "theft",
    "named",
    "chain",
    "block",
    "time",
    "tx_hash",
    "index",
    "from",
    "to",
    "asset",
    "amount",
    "reason",
    "hops",
]
ENDPOINT_COLUMNS = [
    "theft",
    "account",
    "service",
    "kind",
    "reason",
    "asset",
    "amount",
    "first_time",
    "last_time",
    "hops",
]


def build_result(
    study: Study, provenance: dict[str, Any], *, notes: list[str], version: str
) -> dict[str, Any]:
    """The content of `result.json`, with both hashes.

    `notes` say what the reader must know of the input; they name lines of files, so no hash covers them.
    """
    findings = build_findings(study)
    result = {
        "format": FORMAT,
        "findings": findings,
        "findings_hash": canonical_hash(findings),
        "spread": _build_spread(study),
        "upper_bound": {"rule": "poison", "endpoints": _reached(study, "poison")},
        "provenance": provenance,
        "bounds": "not computed",
        "notes": notes,
        "software": {"name": "jindo", "version": version},
    }
    return {**result, "provenance_hash": hash_provenance(result)}


def hash_provenance(result: dict[str, Any]) -> str:
    """SHA-256 over the findings hash, the spread, the upper figures and the provenance."""
    return canonical_hash(
        {name: result[name] for name in ("findings_hash", "spread", "upper_bound", "provenance")}
    )


def build_findings(study: Study) -> dict[str, Any]:
    """What was found under the stated rule: everything that the findings hash covers."""
    flows, count = write_flows(study).encode(), sum(len(answer.findings.flows) for answer in study.stated)
    return {
        "method": METHOD,
        "rule": study.rule,
        "max_hops": study.max_hops,
        "thefts": [theft for answer in study.stated for theft in _thefts(study, answer)],
        "sheets": [
            _sheet(study, a.question.chain, sheet) for a in study.stated for sheet in a.outcome.sheets
        ],
        "endpoints": [
            _endpoint(study, a.question.chain, endpoint)
            for a in study.stated
            for endpoint in a.outcome.endpoints
        ],
        "unexplained_inflow": [
            {"chain": answer.question.chain.chain, "asset": asset, "amount": str(units)}
            for answer in study.stated
            for asset, units in answer.outcome.inflow.items()
        ],
        "flows": {"count": count, "sha256": sha256_hex(flows)},
        "stops": labels_that_stopped(study, (study.rule,)),
    }


def write_result(result: dict[str, Any]) -> bytes:
    """`result.json`: canonical JSON and a line's end."""
    return canonical_bytes(result) + b"\n"


def write_flows(study: Study) -> str:
    """`flows.csv`: every movement of stolen value under the stated rule, in ledger order."""
    rows = (row for answer in study.stated for row in _flow_rows(study, answer))
    return _to_csv(FLOW_COLUMNS, rows)


def write_endpoints(findings: dict[str, Any]) -> str:
    """`endpoints.csv`: where following ended; amounts in base units, times in UTC."""
    rows = []
    for endpoint in findings["endpoints"]:
        times = {name: format_time(endpoint[name]) for name in ("first_time", "last_time")}
        rows.append({**endpoint, **times, "hops": "" if endpoint["hops"] is None else str(endpoint["hops"])})
    return _to_csv(ENDPOINT_COLUMNS, iter(rows))


def labels_that_stopped(study: Study, rules: tuple[str, ...]) -> list[dict[str, str]]:
    """The labels at which stolen value stopped under these rules."""
    found = {
        (answer.question.chain.chain, e.account, e.stop.reason, e.stop.service, e.stop.kind)
        for rule in rules
        for answer in study.answers[rule]
        for e in answer.outcome.endpoints
        if e.stop.reason not in ("held", "fee", "limit")
    }
    return [
        dict(zip(("chain", "account", "reason", "service", "kind"), row, strict=True))
        for row in sorted(found)
    ]


def _thefts(study: Study, answer: Answer) -> Iterator[dict[str, Any]]:
    chain = answer.question.chain
    found: dict[tuple[int, str], tuple[set[int], int]] = {}
    for flow in answer.findings.flows:
        if flow.named:
            rows, amount = found.get((flow.theft, flow_asset(chain, flow)), (set(), 0))
            found[flow.theft, flow_asset(chain, flow)] = (rows | {flow.row}, amount + flow.amount)
    for (theft, asset), (rows, amount) in sorted(found.items()):
        yield {
            "theft": study.thefts[theft],
            "chain": chain.chain,
            "asset": asset,
            "stolen": str(amount),
            "movements": len(rows),
        }


def _sheet(study: Study, chain: Chain, sheet: Sheet) -> dict[str, str]:
    amounts = {"stolen": sheet.stolen, "arrived": sheet.arrived, **sheet.by_reason}
    return {
        "theft": study.thefts[sheet.theft],
        "chain": chain.chain,
        "asset": sheet.asset,
        **{name: str(units) for name, units in amounts.items()},
    }


def _endpoint(study: Study, chain: Chain, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "theft": study.thefts[endpoint.theft],
        "chain": chain.chain,
        "account": endpoint.account,
        "service": endpoint.stop.service,
        "kind": endpoint.stop.kind,
        "reason": endpoint.stop.reason,
        "asset": endpoint.asset,
        "amount": str(endpoint.amount),
        "first_time": endpoint.first_time,
        "last_time": endpoint.last_time,
        "hops": endpoint.hops,
        "unexplained": endpoint.is_unexplained,
    }


def _reached(study: Study, rule: str) -> list[dict[str, Any]]:
    endpoints = [(a.question.chain, e) for a in study.answers[rule] for e in a.outcome.endpoints]
    return [_endpoint(study, chain, e) for chain, e in endpoints if e.stop.reason != "held"]


def _build_spread(study: Study) -> list[dict[str, Any]]:
    """Each endpoint's least and most over the five conserving rules: conventions, not bounds."""
    spread: dict[tuple[str, ...], dict[str, Any]] = {}
    names = ("theft", "chain", "account", "service", "kind", "reason", "asset")
    for rule in CONSERVING:
        for endpoint in _reached(study, rule):
            key = tuple(endpoint[name] for name in names)
            row = spread.setdefault(
                key, {**dict(zip(names, key, strict=True)), "amounts": dict.fromkeys(CONSERVING, "0")}
            )
            row["amounts"][rule] = endpoint["amount"]
    for row in spread.values():
        amounts = [int(amount) for amount in row["amounts"].values()]
        row["least"], row["most"] = str(min(amounts)), str(max(amounts))
    return [spread[key] for key in sorted(spread)]


def _flow_rows(study: Study, answer: Answer) -> Iterator[dict[str, str]]:
    chain = answer.question.chain
    for flow in answer.findings.flows:
        stop = find_stop(answer.question.stops, answer.findings, flow.pot)
        time = int(chain.time[flow.row])
        yield {
            "theft": study.thefts[flow.theft],
            "named": "yes" if flow.named else "no",
            "chain": chain.chain,
            "block": str(int(chain.block[flow.row])),
            "time": format_time(time if time >= 0 else None),
            "tx_hash": _tx_hash(chain, flow.row),
            "index": _index(chain, flow),
            "from": " ".join(_senders(chain, flow.row)),
            "to": "" if flow.pot == FEE else _account(chain, account_of(chain, flow.pot)),
            "asset": flow_asset(chain, flow),
            "amount": str(flow.amount),
            "reason": stop.reason if stop else "",
            "hops": "" if flow.pot == FEE else str(answer.findings.hops[flow.pot]),
        }


def _tx_hash(chain: Chain, row: int) -> str:
    return chain.tx_hashes[int(chain.tx[row]) if isinstance(chain, AccountChain) else row]


def _index(chain: Chain, flow: Flow) -> str:
    if not isinstance(chain, AccountChain):
        return "" if flow.pot == FEE else str(flow.pot - chain.outputs_of(flow.row).start)
    position = int(chain.position[flow.row])
    return "" if position == NOBODY else str(position)


def _senders(chain: Chain, row: int) -> list[str]:
    if isinstance(chain, AccountChain):
        pot = int(chain.src[row])
        return [] if pot == NOBODY else [_account(chain, account_of(chain, pot))]
    payers = dict.fromkeys(int(chain.in_account[i]) for i in chain.inputs_of(row))
    return [_account(chain, account) for account in payers if account != NOBODY]


def _account(chain: Chain, account: int) -> str:
    return "" if account == NOBODY else chain.accounts[account]


def _to_csv(columns: list[str], rows: Iterator[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _as_text(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _as_text(value: Any) -> Any:
    """The same, with what a spreadsheet would run as a formula marked as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") and value else value
