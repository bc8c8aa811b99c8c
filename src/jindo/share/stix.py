"""The parts of STIX 2.1 that our faces are built from, as plain dicts.

* The same thing gives the same id and the same bytes on every node: ids are UUIDv5, times come from the statement.
* Every id that an object refers to is among the objects beside it, so that nothing dangles.
* Every object of ours carries the marking of its statement, in TLP 2.0.
* What STIX has no word for stands in our one property extension, whose definition travels along.

Sources: STIX 2.1 (OASIS); the TLP 2.0 markings and the incident core of OASIS's common objects;
`cryptocurrency-wallet` as dogesec's stix2extensions has it, which OpenCTI reads too.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jindo.base.markings import Tlp
from jindo.seal import canonical_bytes
from jindo.share.members import Member

StixObject = dict[str, Any]

EXTENSION = "extension-definition--138db680-4c1b-58be-b4c5-23a43a33682f"
"""Ours: what Jindo says where STIX has no property for it."""
INCIDENT_CORE = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
WALLET = "extension-definition--be78509e-6958-51b1-8b26-d17ee0eba2d7"
TLP_2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

MARKINGS = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""OASIS's own objects for TLP 2.0, by level."""

COMMON_TYPES = frozenset({"extension-definition", "identity", "marking-definition"})
"""What many statements bring along, so that nothing dangles."""

_OASIS = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
_OURS = uuid.UUID("8a4e9a6c-0f4e-5d8a-9f2c-3b1d8f6d2e70")
_BEGAN = "2026-01-01T00:00:00.000Z"
_PROJECT = "identity--b95a45ad-9d93-5fc4-b5eb-75e8acf8840f"
_SECTORS = {"exchange": "financial-services", "issuer": "financial-services"}


def stix_time(seconds: int) -> str:
    """Unix seconds as STIX writes a time."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def stix_id(kind: str, *named: str) -> str:
    """The id of an object of ours: the same names give the same id."""
    return f"{kind}--{uuid.uuid5(_OURS, canonical_bytes([kind, *named]).decode())}"


def extension(**said: Any) -> dict[str, Any]:
    """Our extension with these properties; STIX has no word for nothing, so what is empty is left out."""
    return {EXTENSION: {"extension_type": "property-extension", **_without_empty(said)}}


def project_object() -> StixObject:
    """Who defines our extension."""
    return {
        **_domain_object("identity", _PROJECT, _BEGAN, _BEGAN),
        "name": "Jindo",
        "identity_class": "system",
    }


def extension_object() -> StixObject:
    """The definition of our property extension."""
    return {
        **_domain_object("extension-definition", EXTENSION, _BEGAN, _BEGAN),
        "created_by_ref": _PROJECT,
        "name": "Jindo statement",
        "description": "Signed statements of members and what they say: amounts in base units, CAIP-2 chains, hashes.",
        "schema": "docs/explain/sharing.md of Jindo: properties are named there by the kind of statement.",
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }


def marking_object(tlp: Tlp) -> StixObject:
    """The marking definition of a level of TLP 2.0, as OASIS publishes it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {TLP_2: {"extension_type": "property-extension", "tlp_2_0": str(tlp).lower()}},
    }


def identity_object(member: Member) -> StixObject:
    """The member as an organisation; a newer card makes a newer version of it."""
    modified = stix_time(1_767_225_600 + member.version)
    return {
        **_domain_object("identity", stix_id("identity", "member", member.id), _BEGAN, modified),
        "name": member.name,
        "identity_class": "organization",
        "sectors": [_SECTORS.get(member.kind, "government")],
        "extensions": extension(member=member.id, country=member.country, kind=member.kind),
    }


def service_object(service: str, tlp: Tlp) -> StixObject:
    """A service that holds or moves value, as a label names it."""
    return {
        **_domain_object("identity", stix_id("identity", "service", service, str(tlp)), _BEGAN, _BEGAN),
        "name": service,
        "identity_class": "organization",
        "object_marking_refs": [MARKINGS[tlp]],
    }


def wallet_object(address: str, chains: Sequence[str], tlp: Tlp) -> StixObject:
    """One address, in its canonical form, on the chains (CAIP-2) where it was seen."""
    extensions: dict[str, Any] = {WALLET: {"extension_type": "new-sco"}}
    if chains:
        extensions |= extension(chains=sorted(set(chains)))
    return {
        "type": "cryptocurrency-wallet",
        "spec_version": "2.1",
        "id": f"cryptocurrency-wallet--{uuid.uuid5(_OASIS, canonical_bytes({'value': address}).decode())}",
        "value": address,
        "object_marking_refs": [MARKINGS[tlp]],
        "extensions": extensions,
    }


def file_object(name: str, size: int, sha256: str, tlp: Tlp) -> StixObject:
    """One file by name, size and hash; its content is not in it."""
    hashes = {"SHA-256": sha256}
    named = canonical_bytes({"hashes": hashes, "name": name}).decode()
    return {
        "type": "file",
        "spec_version": "2.1",
        "id": f"file--{uuid.uuid5(_OASIS, named)}",
        "hashes": hashes,
        "size": size,
        "name": name,
        "object_marking_refs": [MARKINGS[tlp]],
    }


def said_object(
    kind: str, named: Sequence[str], *, author: Member, tlp: Tlp, created: int, modified: int | None = None
) -> StixObject:
    """The common properties of what `author` says: id, creator, times, marking."""
    times = stix_time(created), stix_time(max(created, created if modified is None else modified))
    return {
        **_domain_object(kind, stix_id(kind, author.id, *named), *times),
        "created_by_ref": stix_id("identity", "member", author.id),
        "object_marking_refs": [MARKINGS[tlp]],
    }


def close_references(
    author: Member, tlp: Tlp, objects: Iterable[Mapping[str, Any]]
) -> tuple[StixObject, ...]:
    """The objects with all that they refer to beside themselves: author, marking, extension; each once."""
    said = tuple(objects)
    named = {MARKINGS[tlp]}.union(*(references_of(item) for item in said))
    markings = (marking_object(level) for level in Tlp if MARKINGS[level] in named)
    common = (project_object(), extension_object(), *markings, identity_object(author))
    by_id = {item["id"]: dict(item) for item in (*common, *said)}
    return tuple(by_id.values())


def references_of(item: Mapping[str, Any]) -> set[str]:
    """Every id that an object refers to by a property named `..._ref` or `..._refs`."""
    found: set[str] = set()
    for name, value in item.items():
        if name.endswith("_ref") and isinstance(value, str):
            found.add(value)
        elif name.endswith("_refs") and isinstance(value, list):
            found.update(each for each in value if isinstance(each, str))
    return found


def _domain_object(kind: str, object_id: str, created: str, modified: str) -> StixObject:
    return {"type": kind, "spec_version": "2.1", "id": object_id, "created": created, "modified": modified}


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: _without_empty(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in (None, [], {})}
    if isinstance(value, list | tuple):
        return [kept for kept in map(_without_empty, value) if kept not in (None, [], {})]
    return value
