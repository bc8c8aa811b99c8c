"""What a statement says, once more in STIX 2.1, for those who know only STIX: one function for each kind.

* A face adds nothing: all of it stands in the body too, and nodes act on the body.
* A face says less: no person is in it, neither officer, victim nor suspect.
* A recall shows the recalled objects again as revoked, so that ordinary clients drop them.

The parts are `stix`'s; how a face travels with its signatures is `carrier`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jindo.base.markings import Tlp
from jindo.base.times import format_time
from jindo.share.members import Member
from jindo.share.shelf import format_micros, parse_micros
from jindo.share.stix import (
    COMMON_TYPES,
    INCIDENT_CORE,
    StixObject,
    close_references,
    extension,
    file_object,
    said_object,
    service_object,
    stix_time,
    wallet_object,
)

_CASE_FACTS = ("number", "kind", "purpose", "legal_basis", "expires", "loss")
_TRACE_FACTS = ("findings_hash", "provenance_hash", "rule", "max_hops", "chains", "stolen", "held", "version")
_REQUEST_FACTS = ("kind", "case", "totals", "scope", "duration_days", "urgency", "made", "expires", "custody")


def build_case_objects(
    author: Member, body: Mapping[str, Any], tlp: Tlp, made: int
) -> tuple[StixObject, ...]:
    """A case as an incident; a case with no coin in it is one too."""
    return close_references(author, tlp, [_incident_object(author, body)])


def build_exhibit_objects(
    author: Member, body: Mapping[str, Any], tlp: Tlp, made: int, *, case: Mapping[str, Any] | None = None
) -> tuple[StixObject, ...]:
    """An exhibit: a note as a note, a trace or files as a report.

    With `case`, its case's body, the incident is beside it, unless the case is marked more strictly.
    """
    parts = [] if case is None or _is_stricter(case, tlp) else [_incident_object(author, case)]
    if body["kind"] == "note":
        text = str(body["facts"].get("text") or body["title"])
        note = _note(author, tlp, made, ("exhibit", body["id"]), body["title"], text, parts)
        return close_references(author, tlp, [*parts, note])
    parts += [file_object(each["name"], each["size"], each["sha256"], tlp) for each in body["files"]]
    services = body["facts"].get("services", [])
    parts += _wallets(tlp, (row for service in services for row in service.get("addresses", [])))
    return close_references(author, tlp, [*parts, _report(author, body, tlp, made, parts)])


def build_label_objects(
    author: Member, body: Mapping[str, Any], tlp: Tlp, made: int
) -> tuple[StixObject, ...]:
    """A label: each address as a wallet, related to the service that it is said to belong to."""
    service = service_object(body["service"], tlp)
    rows = [{"account": address, "chains": body.get("chains", [])} for address in body["addresses"]]
    wallets = _wallets(tlp, rows)
    said = [_belongs(author, tlp, made, wallet, service, body) for wallet in wallets]
    return close_references(author, tlp, [service, *wallets, *said])


def build_request_objects(
    author: Member, body: Mapping[str, Any], tlp: Tlp, made: int
) -> tuple[StixObject, ...]:
    """A request to freeze or preserve: a course of action, grouped with the wallets that it is about."""
    wallets = _wallets(tlp, body["identifiers"])
    action = {
        **said_object("course-of-action", ("request", body["id"]), author=author, tlp=tlp, created=made),
        "name": f"Request to {body['kind']}, case {body['case']['number']}",
        "description": str(body["flow"]),
        "extensions": extension(
            request_id=body["id"],
            addressee=body["addressee"]["name"],
            **{name: body[name] for name in _REQUEST_FACTS if name in body},
        ),
    }
    group = {
        **said_object("grouping", ("request", body["id"]), author=author, tlp=tlp, created=made),
        "name": action["name"],
        "context": "suspicious-activity",
        "object_refs": [action["id"], *(wallet["id"] for wallet in wallets)],
    }
    return close_references(author, tlp, [*wallets, action, group])


def build_reply_objects(
    author: Member, body: Mapping[str, Any], tlp: Tlp, made: int
) -> tuple[StixObject, ...]:
    """An answer to a request, as a note on the wallets that it is about."""
    wallets = _wallets(tlp, body.get("lines", []))
    said = {
        name: body[name] for name in ("request_id", "state", "until", "totals") if body.get(name) is not None
    }
    note = _note(author, tlp, made, ("reply", body["id"]), body["state"], body["reason"], wallets)
    return close_references(author, tlp, [*wallets, note | {"extensions": extension(**said)}])


def build_recall_objects(
    author: Member,
    body: Mapping[str, Any],
    tlp: Tlp,
    made: int,
    *,
    recalled: Sequence[Mapping[str, Any]] = (),
) -> tuple[StixObject, ...]:
    """A recall: what `recalled` (the objects of the recalled statement) said, revoked, with a note that says why."""
    revoked = [_revoked(item, made) for item in recalled if _is_said(item)]
    beside = [dict(item) for item in recalled if not _is_said(item)]
    text = f"Recalled: {body['reason']}"
    note = _note(author, tlp, made, ("recall", body["statement_id"]), "recall", text, revoked)
    said = extension(statement_id=body["statement_id"], kind=body["kind"])
    return close_references(author, tlp, [*beside, *revoked, note | {"extensions": said}])


def build_receipt_objects(
    author: Member, body: Mapping[str, Any], tlp: Tlp, made: int
) -> tuple[StixObject, ...]:
    """A receipt, as a note of who received which statement."""
    text = f"Received statement {body['statement_id']}, SHA-256 {body['sha256']}"
    note = _note(author, tlp, made, ("receipt", body["statement_id"]), "receipt", text, [])
    said = extension(statement_id=body["statement_id"], sha256=body["sha256"])
    return close_references(author, tlp, [note | {"extensions": said}])


def _is_stricter(case: Mapping[str, Any], tlp: Tlp) -> bool:
    return Tlp(case["tlp"]).rank > tlp.rank


def _incident_object(author: Member, body: Mapping[str, Any]) -> StixObject:
    core = {
        "extension_type": "property-extension",
        "determination": "suspected",
        "investigation_status": "open",
        "incident_types": [body["kind"]],
    }
    marked = Tlp(body["tlp"])
    incident = {
        **said_object("incident", ("case", body["id"]), author=author, tlp=marked, created=body["opened"]),
        "name": f"{body['number']}: {body['title']}",
        "external_references": [{"source_name": "jindo-case", "external_id": body["number"]}],
        "extensions": {
            INCIDENT_CORE: core,
            **extension(case_id=body["id"], **{name: body[name] for name in _CASE_FACTS if name in body}),
        },
    }
    return incident | ({"description": body["summary"]} if body.get("summary") else {})


def _report(
    author: Member, body: Mapping[str, Any], tlp: Tlp, made: int, parts: Sequence[StixObject]
) -> StixObject:
    facts = {name: body["facts"][name] for name in _TRACE_FACTS if name in body["facts"]}
    head = said_object("report", ("exhibit", body["id"]), author=author, tlp=tlp, created=made)
    return {
        **head,
        "name": body["title"],
        "report_types": ["observed-data"],
        "published": format_time(made),
        "object_refs": [part["id"] for part in parts] or [head["created_by_ref"]],
        "extensions": extension(exhibit_id=body["id"], kind=body["kind"], sha256=body["sha256"], **facts),
    }


def _note(
    author: Member,
    tlp: Tlp,
    made: int,
    named: tuple[str, ...],
    abstract: str,
    content: str,
    about: Sequence[StixObject],
) -> StixObject:
    head = said_object("note", named, author=author, tlp=tlp, created=made)
    refs = [item["id"] for item in about] or [head["created_by_ref"]]
    return {**head, "abstract": abstract, "content": content, "object_refs": refs}


def _wallets(tlp: Tlp, rows: Iterable[Mapping[str, Any]]) -> list[StixObject]:
    """One wallet for each address of the rows, with all chains on which they name it."""
    chains: dict[str, set[str]] = {}
    for row in rows:
        named = row.get("chains") or ([row["chain"]] if row.get("chain") else [])
        chains.setdefault(row["account"], set()).update(named)
    return [wallet_object(address, sorted(found), tlp) for address, found in sorted(chains.items())]


def _belongs(
    author: Member, tlp: Tlp, made: int, wallet: StixObject, service: StixObject, body: Mapping[str, Any]
) -> StixObject:
    named = ("label", wallet["value"], body["service"], str(made))
    return {
        **said_object("relationship", named, author=author, tlp=tlp, created=made),
        "relationship_type": "related-to",
        "source_ref": wallet["id"],
        "target_ref": service["id"],
        "description": f"{body['kind']}: {body['reason']}",
        "extensions": extension(service=body["service"], kind=body["kind"]),
    }


def _is_said(item: Mapping[str, Any]) -> bool:
    """Whether an object is something said, with versions, and not a wallet, file, identity or definition."""
    return "modified" in item and "created_by_ref" in item and item["type"] not in COMMON_TYPES


def _revoked(item: Mapping[str, Any], made: int) -> StixObject:
    """The object's next version, also where it is recalled within the second in which it was made."""
    later = format_micros(parse_micros(item["modified"]) + 1000)[:-4] + "Z"
    return {**item, "modified": max(later, stix_time(made)), "revoked": True}
