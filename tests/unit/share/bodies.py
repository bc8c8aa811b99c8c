"""Bodies of each kind, in the form in which `respond` builds them."""

from __future__ import annotations

from typing import Any

from tests.unit.share.cast import NOW, uuid_of

ETHER = "0x00000000219ab540356cbb839cbe05303d7705fa"
COIN = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
CASE_ID = uuid_of("case")


def case_body(kind: str = "theft", **changed: Any) -> dict[str, Any]:
    loss = [{"theft": "loss", "tx_hash": "0x" + "ab" * 32, "index": 0}] if kind == "theft" else []
    return {
        "id": CASE_ID,
        "number": "SEOUL-2026-1",
        "origin": "seoul",
        "title": "빗썸 도난" if kind == "theft" else f"A case of {kind}",
        "kind": kind,
        "purpose": "investigation",
        "legal_basis": "Criminal Procedure Act, Art. 199",
        "expires": NOW + 10**6,
        "opened": NOW - 3600,
        "tlp": "AMBER",
        "summary": "",
        "loss": loss,
        **changed,
    }


def exhibit_body(kind: str = "trace", **changed: Any) -> dict[str, Any]:
    files = [] if kind == "note" else [{"name": "result.json", "size": 12, "sha256": "ab" * 32}]
    return {
        "id": uuid_of("exhibit", kind),
        "case_id": CASE_ID,
        "n": 1,
        "kind": kind,
        "title": f"Exhibit of kind {kind}",
        "origin": "seoul",
        "tlp": "AMBER",
        "files": files,
        "sha256": "cd" * 32,
        "facts": {"trace": trace_facts(), "note": {"text": "Seen twice."}, "file": {}}[kind],
        "added": NOW,
        **changed,
    }


def trace_facts() -> dict[str, Any]:
    row = {"account": ETHER, "amount": "5", "first_time": NOW - 60, "last_time": NOW, "transactions": []}
    second = {**row, "chain": "eip155:56"}
    return {
        "findings_hash": "11" * 32,
        "provenance_hash": "22" * 32,
        "rule": "fifo",
        "max_hops": None,
        "until": None,
        "chains": ["eip155:1"],
        "stolen": [{"theft": "loss", "asset": "eip155:1/slip44:60", "amount": "10", "decimals": 18}],
        "services": [
            {
                "service": "Dolmen Exchange",
                "kind": "exchange",
                "asset": "eip155:1/slip44:60",
                "amount": "10",
                "addresses": [{**row, "chain": "eip155:1"}, second],
            }
        ],
        "held": [],
        "rests_on": [],
        "version": 1,
    }


def label_body(**changed: Any) -> dict[str, Any]:
    return {
        "addresses": [ETHER, COIN],
        "chains": ["eip155:1"],
        "service": "Dolmen Exchange",
        "kind": "exchange",
        "reason": "deposit address, by the exchange's own word",
        **changed,
    }


def request_body(kind: str = "freeze", **changed: Any) -> dict[str, Any]:
    identifier = {"chain": "eip155:1", "account": ETHER, "asset": "eip155:1/slip44:60", "decimals": 18}
    return {
        "id": uuid_of("request"),
        "kind": kind,
        "case": {"id": CASE_ID, "number": "SEOUL-2026-1"},
        "addressee": {"member": "dolmen", "name": "Dolmen Exchange", "entities": ["Dolmen Ltd"]},
        "officer": {"id": "kim", "rank": "inspector", "contact": "kim@police.example", "alternative": ""},
        "persons": {"victim": "Victim Person", "suspect": "Suspect Person"},
        "identifiers": [{**identifier, "amount": "10", "first_time": NOW - 60, "last_time": NOW}],
        "flow": "The theft's ether reached these accounts in two hops.",
        "totals": [{"asset": "eip155:1/slip44:60", "decimals": 18, "amount": "10"}],
        "scope": "the stated amounts",
        "duration_days": 30,
        "urgency": "urgent",
        "custody": {"tool": "jindo", "version": "0.1.0", "findings_hash": "11" * 32},
        "made": NOW,
        "expires": NOW + 10**6,
        **changed,
    }


def reply_body(**changed: Any) -> dict[str, Any]:
    line = {"chain": "eip155:1", "account": ETHER, "asset": "eip155:1/slip44:60", "decimals": 18}
    return {
        "id": uuid_of("reply"),
        "request_id": uuid_of("request"),
        "state": "partially-held",
        "reason": "The rest had left before the request came.",
        "until": NOW + 10**6,
        "lines": [{**line, "requested": "10", "held": "4", "missing": "6"}],
        "totals": [],
        "made": NOW,
        **changed,
    }
