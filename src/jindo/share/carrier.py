"""The STIX object in which a signed statement travels: a grouping with envelope and vouchers in our extension.

* The carrier is a wrapping, believed in nothing: a node takes the envelope out and verifies that.
* Ordinary STIX clients see a grouping of the statement's objects and leave the rest alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jindo.base.errors import InputError
from jindo.seal import Envelope, parse_envelope
from jindo.share.statements import SignedStatement
from jindo.share.stix import EXTENSION, MARKINGS, StixObject, extension, stix_id, stix_time

_MAX_VOUCHERS = 64


def carrier_object(signed: SignedStatement, leaf: int | None = None) -> StixObject:
    """The grouping that carries a signed statement, and says which leaf of its author's log commits to it."""
    statement = signed.statement
    made, author = stix_time(statement.made), stix_id("identity", "member", statement.member)
    return {
        "type": "grouping",
        "spec_version": "2.1",
        "id": f"grouping--{statement.id}",
        "created": made,
        "modified": made,
        "created_by_ref": author,
        "name": f"Signed statement: {statement.kind}",
        "context": "suspicious-activity",
        "object_refs": [item["id"] for item in statement.objects] or [author],
        "object_marking_refs": [MARKINGS[statement.tlp]],
        "extensions": extension(
            statement=statement.id,
            kind=statement.kind,
            envelope=signed.envelope.to_dict(),
            vouchers=[voucher.to_dict() for voucher in signed.vouchers],
            **({} if leaf is None else {"leaf": leaf}),
        ),
    }


def find_leaf(item: Mapping[str, Any]) -> int | None:
    """The number of the leaf that a carrier names; nobody signed that, and the log has to prove it."""
    leaf = item.get("extensions", {}).get(EXTENSION, {}).get("leaf")
    return leaf if isinstance(leaf, int) and not isinstance(leaf, bool) and leaf >= 0 else None


def find_envelope(item: Mapping[str, Any]) -> tuple[Envelope, tuple[Envelope, ...]] | None:
    """The envelope and vouchers in an object, or None where it is no carrier; nothing is verified yet.

    Raises:
        InputError: it says that it carries a statement, and what it carries is no envelope.
    """
    extensions = item.get("extensions")
    said = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    if item.get("type") != "grouping" or not isinstance(said, dict) or "envelope" not in said:
        return None
    vouchers = said.get("vouchers")
    if not isinstance(vouchers, list) or len(vouchers) > _MAX_VOUCHERS:
        raise InputError("the carrier has no list of vouchers", place="grouping")
    return parse_envelope(said["envelope"]), tuple(parse_envelope(voucher) for voucher in vouchers)
