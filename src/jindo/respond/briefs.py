"""The facts of a case's brief: what was stolen, where it went, what is held, who did what, what is not known.

* Facts are derived from the record, the signed statements and the history alone: whoever has these gets the same.
* Nothing is smoothed: a recalled label, a trace that lost its ground and a request without answer are all told.
* Sums are over whole base units, by asset, and only of what stands: the latest reply to each request.
* The marking is the strictest of all that is in it.

Words and pages are `app`'s. A brief holds ids of officers, no names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from jindo.base.markings import Tlp
from jindo.respond.case_record import describe_statements, read_case_record
from jindo.respond.cases import get_case
from jindo.respond.history import read_history
from jindo.respond.replies import HOLDING
from jindo.respond.requests import OPEN_REPLIES, derive_state
from jindo.share import Member

BRIEF_FORMAT = "jindo.brief/1"
Row = Mapping[str, Any]


def build_brief_facts(conn: Connection, case_id: str, *, me: Member, time: int) -> dict[str, Any]:
    """The facts of a case's brief as this node knows them at `time`, JSON-ready.

    Raises:
        NotFound: there is no such case.
    """
    case = get_case(conn, case_id)
    record = read_case_record(conn, case, me=me, time=time)
    return derive_brief_facts(record, describe_statements(conn, record), read_history(conn, case.id))


def derive_brief_facts(record: Row, statements: Sequence[Row], history: Sequence[Row]) -> dict[str, Any]:
    """The same from a record, the described statements that it lists, and the history's rows."""
    recalls = _index_recalls(statements)
    receipts = _index_receipts(statements)
    traces = _list_traces(record, statements, recalls)
    requests = _list_requests(record, statements, recalls, receipts)
    _mark_lost(requests, traces)
    labels = _list_labels(statements, recalls, receipts)
    shared = _list_shared(record, statements, recalls, receipts)
    facts = {
        "format": BRIEF_FORMAT,
        "marking": find_marking(record, statements).value,
        "held_by": record["held_by"],
        "as_of": record["as_of"],
        "case": record["case"],
        "people": record["people"],
        "members": record["members"],
        "exhibits": [_tell_exhibit(exhibit) for exhibit in record["exhibits"]],
        "traces": [{name: trace[name] for name in trace if name != "facts"} for trace in traces],
        "trace": _find_standing(traces, (record["held_by"], record["case"]["origin"])),
        "requests": requests,
        "held": _sum_held(requests, int(record["as_of"])),
        "labels": labels,
        "recalls": _list_recalls(statements, receipts, traces, requests),
        "shared": shared,
        "denials": record["denials"],
        "drafts": [_tell_draft(draft) for draft in record["drafts"]],
        "quarantined": record["quarantined"],
        "left_out": list(record.get("left_out", ())),
        "history": list(history),
    }
    return {**facts, "limits": _list_limits(facts)}


def find_marking(record: Row, statements: Iterable[Row]) -> Tlp:
    """The strictest marking of the case, its exhibits, its drafts and what was said."""
    marked = [record["case"], *record["exhibits"], *record["drafts"], *statements]
    return max((Tlp(row["tlp"]) for row in marked), key=lambda level: level.rank)


def _index_recalls(statements: Iterable[Row]) -> dict[str, Row]:
    """The recall of each recalled statement; only the author's own counts, and the first."""
    authors = {row["id"]: row["member"] for row in statements}
    found: dict[str, Row] = {}
    for row in (row for row in statements if row["kind"] == "recall"):
        if authors.get(row["body"]["statement_id"]) == row["member"]:
            found.setdefault(row["body"]["statement_id"], row)
    return found


def _index_receipts(statements: Iterable[Row]) -> dict[str, dict[str, int | None]]:
    """When each member acknowledged each statement."""
    found: dict[str, dict[str, int | None]] = {}
    for row in (row for row in statements if row["kind"] == "receipt"):
        found.setdefault(row["body"]["statement_id"], {}).setdefault(row["member"], row["made"])
    return found


def _told(row: Row, receipts: Mapping[str, Mapping[str, int | None]]) -> list[dict[str, Any]]:
    """Each addressee of a statement, and when it acknowledged it: nothing where it has not."""
    acknowledged = receipts.get(row["id"], {})
    return [{"member": member, "acknowledged": acknowledged.get(member)} for member in row["recipients"]]


def _recalled(row: Row, recalls: Mapping[str, Row]) -> dict[str, Any] | None:
    recall = recalls.get(row["id"])
    return None if recall is None else {"recall_id": recall["id"], "time": recall["made"]}


def _tell_exhibit(exhibit: Row) -> dict[str, Any]:
    names = ("id", "n", "kind", "title", "origin", "tlp", "sha256", "added", "added_by")
    return {**{name: exhibit[name] for name in names}, "files": len(exhibit["files"])}


def _list_traces(record: Row, statements: Sequence[Row], recalls: Mapping[str, Row]) -> list[dict[str, Any]]:
    carried = {row["subject"] for row in statements if row["kind"] == "exhibit" and row["id"] in recalls}
    gone = set(recalls) | carried
    traces = [exhibit for exhibit in record["exhibits"] if exhibit["kind"] == "trace"]
    return [_tell_trace(trace, gone) for trace in traces]


def _find_standing(traces: Sequence[dict[str, Any]], origins: Sequence[str]) -> dict[str, Any] | None:
    """The latest trace that stands: ours, else that of the member which opened the case."""
    standing = [trace for trace in reversed(traces) if trace["stands"]]
    return next((trace for origin in origins for trace in standing if trace["origin"] == origin), None)


def _tell_trace(trace: Row, gone: set[str]) -> dict[str, Any]:
    facts = trace["facts"]
    lost = sorted(gone & {trace["id"], *facts["rests_on"]})
    names = ("findings_hash", "provenance_hash", "rule", "software", "rests_on")
    told = {name: trace[name] for name in ("id", "n", "title", "origin", "added", "tlp", "sha256")}
    return {**told, **{name: facts[name] for name in names}, "lost": lost, "stands": not lost, "facts": facts}


def _list_requests(
    record: Row,
    statements: Sequence[Row],
    recalls: Mapping[str, Row],
    receipts: Mapping[str, Mapping[str, int | None]],
) -> list[dict[str, Any]]:
    replies = [row for row in statements if row["kind"] == "reply"]
    said = [row for row in statements if row["kind"] == "request"]
    told = [_tell_request(row, record, replies, recalls, receipts) for row in said]
    return [
        *told,
        *(_tell_draft_request(row, record) for row in record["drafts"] if row["kind"] == "request"),
    ]


def _mark_lost(requests: Iterable[dict[str, Any]], traces: Iterable[Row]) -> None:
    """Say of each request what its trace rests on and was recalled; nothing where the trace stands or is not here."""
    lost = {trace["id"]: trace["lost"] for trace in traces}
    for request in requests:
        request["lost"] = lost.get(request["exhibit_id"], [])


def _tell_request(
    row: Row,
    record: Row,
    replies: Iterable[Row],
    recalls: Mapping[str, Row],
    receipts: Mapping[str, Mapping[str, int | None]],
) -> dict[str, Any]:
    body, acknowledged = row["body"], receipts.get(row["id"], {})
    answers = [
        _tell_reply(reply, recalls)
        for reply in replies
        if reply["body"]["request_id"] == body["id"] and reply["member"] == body["addressee"]["member"]
    ]
    is_ours = row["member"] == record["held_by"]
    standing = [answer for answer in answers if answer["recalled"] is None]
    state = derive_state(
        is_recalled=row["id"] in recalls,
        is_answered=any(answer["state"] not in OPEN_REPLIES for answer in standing),
        is_expired=body["expires"] <= record["as_of"],
        stored="published" if is_ours else "received",
        is_received=body["addressee"]["member"] in acknowledged,
    )
    return {
        **_tell_request_body(body),
        "state": state,
        "statement_id": row["id"],
        "sha256": row["sha256"],
        "sent": row["entered"],
        "signed_by": row["signed_by"],
        "recalled": _recalled(row, recalls),
        "told": _told(row, receipts),
        "replies": answers,
    }


def _tell_request_body(body: Row) -> dict[str, Any]:
    names = ("id", "kind", "made", "expires", "duration_days", "urgency", "totals", "instrument")
    return {
        **{name: body[name] for name in names},
        "from": body["agency"]["member"],
        "to": body["addressee"]["member"],
        "officer": body["officer"]["id"],
        "accounts": len(body["identifiers"]),
        "exhibit_id": body["custody"]["exhibit_id"],
        "findings_hash": body["custody"]["findings_hash"],
    }


def _tell_draft_request(draft: Row, record: Row) -> dict[str, Any]:
    body, signed = draft["body"], draft["signed_by"]
    ready = len(signed) >= draft["needs"]
    state = "signed" if ready else "awaiting signature" if signed else "draft"
    state = "expired" if body["expires"] <= record["as_of"] else state
    signers = [{"officer": officer, "roles": [], "key_id": ""} for officer in signed]
    unsent = {
        "statement_id": draft["id"],
        "sha256": "",
        "sent": None,
        "recalled": None,
        "told": [],
        "replies": [],
    }
    return {**_tell_request_body(body), "state": state, "signed_by": signers, **unsent}


def _tell_reply(reply: Row, recalls: Mapping[str, Row]) -> dict[str, Any]:
    names = ("id", "state", "reason", "until", "totals", "made")
    told = {"statement_id": reply["id"], "sha256": reply["sha256"], "signed_by": reply["signed_by"]}
    body = {name: reply["body"][name] for name in names}
    lines = len(reply["body"]["lines"])
    return {**body, "lines": lines, "member": reply["member"], **told, "recalled": _recalled(reply, recalls)}


def _sum_held(requests: Iterable[Row], as_of: int) -> list[dict[str, Any]]:
    """What counterparties hold now by their own latest word, and what was asked of them, by asset."""
    sums: dict[tuple[str, int | None], list[int]] = {}
    for request in requests:
        if request["state"] != "answered":
            continue
        answers = [r for r in request["replies"] if r["recalled"] is None and r["state"] not in OPEN_REPLIES]
        last = max(answers, key=lambda reply: (reply["made"], reply["id"]))
        holds = last["state"] in HOLDING and last["until"] > as_of
        for row in last["totals"] if holds else ():
            both = sums.setdefault((row["asset"], row["decimals"]), [0, 0])
            both[0] += int(row["requested"])
            both[1] += int(row["held"])
    return [
        {"asset": asset, "decimals": decimals, "requested": str(asked), "held": str(held)}
        for (asset, decimals), (asked, held) in sorted(
            sums.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        )
    ]


def _list_labels(
    statements: Iterable[Row], recalls: Mapping[str, Row], receipts: Mapping[str, Mapping[str, int | None]]
) -> list[dict[str, Any]]:
    return [
        {
            "statement_id": row["id"],
            "member": row["member"],
            "made": row["made"],
            "tlp": row["tlp"],
            **{name: row["body"][name] for name in ("service", "kind", "addresses", "reason")},
            "signed_by": row["signed_by"],
            "recalled": _recalled(row, recalls),
            "told": _told(row, receipts),
        }
        for row in statements
        if row["kind"] == "label"
    ]


def _list_recalls(
    statements: Sequence[Row],
    receipts: Mapping[str, Mapping[str, int | None]],
    traces: Iterable[Row],
    requests: Sequence[Row],
) -> list[dict[str, Any]]:
    found = list(traces)
    return [
        {
            "id": row["id"],
            "member": row["member"],
            "made": row["made"],
            "statement_id": row["body"]["statement_id"],
            "kind": str(row["body"].get("kind", "")),
            "reason": str(row["body"].get("reason", "")),
            "signed_by": row["signed_by"],
            "told": _told(row, receipts),
            "took": [trace["n"] for trace in found if row["body"]["statement_id"] in trace["lost"]],
            "groundless": [one["id"] for one in requests if row["body"]["statement_id"] in one["lost"]],
        }
        for row in statements
        if row["kind"] == "recall"
    ]


def _list_shared(
    record: Row,
    statements: Iterable[Row],
    recalls: Mapping[str, Row],
    receipts: Mapping[str, Mapping[str, int | None]],
) -> list[dict[str, Any]]:
    """What was said to whom; receipts are told with what they acknowledge."""
    names = ("id", "kind", "member", "subject", "made", "entered", "tlp", "sha256", "signed_by")
    return [
        {
            **{name: row[name] for name in names},
            "ours": row["member"] == record["held_by"],
            "title": _title_of(row),
            "told": _told(row, receipts),
            "recalled": _recalled(row, recalls),
        }
        for row in statements
        if row["kind"] != "receipt"
    ]


def _title_of(row: Row) -> str:
    """What a statement is called by: a title, a service, a kind or a state, as its body says."""
    names = {"case": "title", "exhibit": "title", "label": "service", "request": "kind", "reply": "state"}
    return str(row["body"].get(names.get(row["kind"], ""), ""))


def _tell_draft(draft: Row) -> dict[str, Any]:
    return {
        name: draft[name] for name in ("id", "kind", "subject", "made", "recipients", "signed_by", "needs")
    }


def _list_limits(facts: Row) -> list[dict[str, Any]]:
    """What this brief does not know, as codes with their figures; words are `app`'s."""
    silent = sorted(
        {
            (row["member"], told["member"])
            for row in facts["shared"]
            if row["ours"]
            for told in row["told"]
            if told["acknowledged"] is None
        }
    )
    waiting = [r["id"] for r in facts["requests"] if r["state"] in ("sent", "received", "expired")]
    groundless = [r["id"] for r in facts["requests"] if r["lost"] and r["recalled"] is None]
    fallen = [trace["n"] for trace in facts["traces"] if not trace["stands"]]
    found = [
        ("no-loss", not facts["case"]["loss"], {}),
        ("no-trace", bool(facts["case"]["loss"]) and not facts["traces"], {}),
        ("no-standing-trace", bool(facts["traces"]) and facts["trace"] is None, {}),
        ("fallen-traces", bool(fallen), {"exhibits": fallen}),
        ("fallen-requests", bool(groundless), {"requests": groundless}),
        ("convention", facts["trace"] is not None, {"rule": (facts["trace"] or {}).get("rule", "")}),
        ("labels-asserted", bool(facts["labels"]) or facts["trace"] is not None, {}),
        ("ledger-unproved", facts["trace"] is not None, {}),
        ("unanswered", bool(waiting), {"requests": waiting}),
        ("held-by-word", bool(facts["held"]), {}),
        ("unacknowledged", bool(silent), {"members": sorted({member for _, member in silent})}),
        ("quarantined", bool(facts["quarantined"]), {"count": len(facts["quarantined"])}),
        ("left-out", bool(facts["left_out"]), {"exhibits": facts["left_out"]}),
        ("one-node", True, {"member": facts["held_by"]}),
    ]
    return [{"code": code, **details} for code, applies, details in found if applies]
