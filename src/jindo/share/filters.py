"""What a TAXII 2.1 client asks for, read from the query of its request, and the views that it begins with.

* An unknown `match[...]` or a value of the wrong form is refused: whoever filters must not get everything instead.
* `next` is a place on the shelf, nothing else; another's shelf cannot be reached with it.

Source: TAXII 2.1 (OASIS), sections 3.4 and 4.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jindo.base.errors import InputError
from jindo.share.members import Member
from jindo.share.shelf import format_micros, parse_micros

MEDIA, STIX_MEDIA = "application/taxii+json;version=2.1", "application/stix+json;version=2.1"
PAGE, MAX_PAGE = 100, 1000
_MATCHES = frozenset({"id", "type", "version", "spec_version"})
_COLLECTIONS = uuid.UUID("77c26efc-7506-529f-a550-88a15111cad3")
_ID = re.compile(r"[a-z0-9-]{1,250}--[0-9a-f-]{36}")
_TYPE = re.compile(r"[a-z0-9-]{1,250}")
_MAX_CONTENT = 64 * 1024 * 1024
_MAX_VALUES = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What a client asks for."""

    added_after: int | None = None
    """Microseconds since 1970."""
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("last",)
    """`first`, `last`, `all`, or times in the form of `format_micros`."""
    spec_versions: tuple[str, ...] = ()
    limit: int = PAGE
    next: tuple[int, int] | None = None
    """(date_added, seq) of the last object of the page before."""

    def of_object(self, object_id: str) -> Filters:
        """The same, of all versions of one object."""
        return replace(self, ids=(object_id,), types=(), versions=("all",))


def parse_filters(query: Mapping[str, Sequence[str]]) -> Filters:
    """The filters in a query; parameters that TAXII does not know are left alone.

    Raises:
        InputError: an unknown match, a value of the wrong form, or one parameter given twice.
    """
    for name in query:
        if name.startswith("match[") and name not in {f"match[{each}]" for each in _MATCHES}:
            raise InputError("this node matches by id, type, version and spec_version only", place="match")
    added_after, limit, where = (_one_of(query, name) for name in ("added_after", "limit", "next"))
    return Filters(
        added_after=None if added_after is None else parse_micros(added_after),
        ids=_many_of(query, "id", _ID),
        types=_many_of(query, "type", _TYPE),
        versions=tuple(_version_of(each) for each in _many_of(query, "version")) or ("last",),
        spec_versions=_many_of(query, "spec_version", re.compile(r"[0-9.]{3}")),
        limit=PAGE if limit is None else _limit_of(limit),
        next=None if where is None else read_next(where),
    )


def write_next(date_added: int, seq: int) -> str:
    """A place on the shelf as opaque text."""
    return base64.urlsafe_b64encode(f"{date_added}.{seq}".encode()).rstrip(b"=").decode()


def read_next(text: str) -> tuple[int, int]:
    """The place that `write_next` wrote.

    Raises:
        InputError: it wrote no such text.
    """
    try:
        place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InputError("the value of next is not one that this node gave", place="next") from error
    found = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,18})", place)
    if found is None or write_next(int(found.group(1)), int(found.group(2))) != text:
        raise InputError("the value of next is not one that this node gave", place="next")
    return int(found.group(1)), int(found.group(2))


def discovery_view(base_url: str, me: Member) -> dict[str, Any]:
    """What `/taxii2/` answers."""
    root = f"{base_url}/taxii2/jindo/"
    return {"title": f"Jindo node of {me.name}", "default": root, "api_roots": [root]}


def api_root_view(me: Member) -> dict[str, Any]:
    """What the API root answers."""
    return {"title": f"Statements of {me.name}", "versions": [MEDIA], "max_content_length": _MAX_CONTENT}


def collection_id(me: Member) -> str:
    """The id of a member's one collection; what is in it depends on who asks."""
    return str(uuid.uuid5(_COLLECTIONS, me.id))


def collection_view(me: Member) -> dict[str, Any]:
    """The one collection: it is read by partners, and written by nobody."""
    return {
        "id": collection_id(me),
        "title": f"What {me.name} tells you",
        "can_read": True,
        "can_write": False,
        "media_types": [STIX_MEDIA],
    }


def _one_of(query: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = query.get(name, ())
    if len(values) > 1:
        raise InputError("the parameter is given twice", place=name)
    return values[0] if values else None


def _many_of(
    query: Mapping[str, Sequence[str]], name: str, pattern: re.Pattern[str] | None = None
) -> tuple[str, ...]:
    """Values parted by commas, as TAXII writes them."""
    values = [each for text in query.get(f"match[{name}]", ()) for each in text.split(",")]
    fits = all(pattern is None or pattern.fullmatch(each) for each in values)
    if len(values) > _MAX_VALUES or not fits:
        raise InputError("a value is not of the form that is matched", place=f"match[{name}]")
    return tuple(dict.fromkeys(values))


def _version_of(text: str) -> str:
    return text if text in {"first", "last", "all"} else format_micros(parse_micros(text))


def _limit_of(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise InputError("a limit is a whole number from 1 on", place="limit")
    return min(int(text), MAX_PAGE)
