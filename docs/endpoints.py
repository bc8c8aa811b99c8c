"""Builds `http.md`: every address of a node, what it takes and gives, and how errors are said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jindo.web import describe_web

TAGS = {
    "cases": ("Cases", "for people of the member, with a token or a page's session"),
    "statements": ("Statements and requests", "for people of the member"),
    "node": ("The node", "for people of the member; `/health` for anybody"),
    "taxii": ("TAXII 2.1", "for other members' nodes and their ordinary TAXII clients"),
    "evidence": ("Files and log", "for other members' nodes"),
}
INTRODUCTION = """\
A node speaks HTTPS only. The same list for programs, with the form of every body, is the OpenAPI document that a node
gives its people at `GET /api/openapi.json`.

- **Who asks.** `Authorization: Bearer TOKEN` (also `Token TOKEN`, or Basic with the token as its password). People have a
  token (`jindo node token`); another member's node shows a pass that it signed; its ordinary TAXII client, a token that
  this member gave it. A page's session is a cookie, and changes something only from a page of the same node (`Origin`).
- **Once.** `Idempotency-Key` on a POST: sent again with the same key, it is answered as before and does nothing twice.
- **Limits.** A body has at most 1 MB. Unknown fields, conversions and control characters are refused.
- **Times** in answers are ISO 8601 in UTC; in bodies also unix seconds. **Amounts** are base units as decimal text.
- **Errors** are `{"error": {"code", "problem", "place", "remedy"}}`; under `/taxii2` they are TAXII's own error message.
  The codes are in [errors](errors.md).
"""
STATUSES = """\
| status | what | who acts |
|---|---|---|
| 400, 422 | the request cannot be read, or not in this form | the sender corrects it |
| 401 | nobody known asks | the sender brings a token or pass |
| 403 | refused: role, case, marking, signatures | someone with the authority decides |
| 404 | not there, or not for the one who asks | the sender looks again |
| 406 | under `/taxii2`: no media type of TAXII 2.1 is accepted | the sender corrects it |
| 409 | a conflict: read again and retry; code `integrity…`: evidence does not add up, everyone stops | by its code |
| 413 | the body is too large | the sender corrects it |
| 502, 503 | a source does not answer; `Retry-After` says when to ask again | wait |
| 500 | a bug; the answer says nothing of what was asked | report it |
"""
PAGES = """\
## Pages

For people, in English and Korean, without scripts: `/sign-in`, `/` (cases), `/cases/{case}`, `/requests`,
`/requests/{request}`, `/jobs`, `/audit`.
"""


def build_http(note: str) -> str:
    """`http.md`."""
    document = describe_web()
    parts = [f"# HTTP\n\n{note}", INTRODUCTION, f"## Statuses\n\n{STATUSES}"]
    parts += [_build_group(document, tag) for tag in TAGS]
    return "\n".join([*parts, PAGES])


def _build_group(document: Mapping[str, Any], tag: str) -> str:
    title, who = TAGS[tag]
    rows = [_describe(document, *each) for each in _iter_operations(document) if tag in each[2]["tags"]]
    head = "| method | address | what | takes |\n|---|---|---|---|\n"
    return f"## {title}\n\n{who[0].upper()}{who[1:]}.\n\n{head}" + "\n".join(rows) + "\n"


def _iter_operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def _describe(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    what = operation["description"].splitlines()[0]
    query = [f"`?{each['name']}`" for each in operation.get("parameters", []) if each["in"] == "query"]
    takes = [*query, *(f"`{name}`" for name in _list_fields(document, operation))]
    return f"| {method} | `{path}` | {what} | {', '.join(takes)} |"


def _list_fields(document: Mapping[str, Any], operation: Mapping[str, Any]) -> list[str]:
    """Fields of the body; those that may be left out with a question mark."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return []
    form = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    required = form.get("required", [])
    return [name if name in required else f"{name}?" for name in form["properties"]]
