"""TAXII 2.1 over HTTP: what this node has for the member that asks, for any client of the standard.

* Each member sees one collection: the statements addressed to it, as the gate lets them through now.
* Answers are `application/taxii+json;version=2.1`; a client that takes nothing of the kind is told so (406).
* Nothing is written here: members speak by their own nodes, and others' collections are not there (404).

Filters, paging and the gate are `share`'s.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse

from jindo.app import Node
from jindo.base.errors import NotFound, RefusedError
from jindo.share import (
    MEDIA,
    Filters,
    Member,
    Page,
    api_root_view,
    collection_view,
    discovery_view,
    parse_filters,
    read_manifest,
    read_objects,
    read_versions,
)
from jindo.web.access import Here, Partner
from jindo.web.failing import Unacceptable

_ACCEPTED = frozenset({"application/taxii+json", "application/*", "*/*"})

StixId: TypeAlias = Annotated[
    str, Path(pattern=r"^[a-z0-9-]{1,250}--[0-9a-f-]{36}$", description="A STIX id.")
]


FILTERS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": schema, "description": what}
        for name, schema, what in (
            ("limit", {"type": "integer", "minimum": 1}, "Objects on a page; at most 1000."),
            ("next", {"type": "string"}, "Where the last page ended, as it said."),
            ("added_after", {"type": "string", "format": "date-time"}, "Only what was added later."),
            ("match[id]", {"type": "string"}, "STIX ids, parted by commas."),
            ("match[type]", {"type": "string"}, "STIX types, parted by commas."),
            ("match[version]", {"type": "string"}, "`first`, `last`, `all` or times."),
            ("match[spec_version]", {"type": "string"}, "Versions of STIX."),
        )
    ]
}
"""What `parse_filters` reads, for the OpenAPI document."""


class NothingWritten(RefusedError):
    """Another member wants to write here."""

    code = "web.nothing-written"

    def __init__(self) -> None:
        super().__init__(
            "nothing is written or deleted here",
            remedy="Publish on your own node; what you take back, recall there.",
        )


def check_accept(request: Request) -> None:
    """Pass a client that takes TAXII 2.1, or does not say.

    Raises:
        InputError: it takes other media types only.
    """
    header = request.headers.get("accept", "*/*")
    if not any(_accepts(media_range) for media_range in header[:1000].split(",")):
        raise Unacceptable(f"here is only {MEDIA}", place="Accept", remedy=f"Send `Accept: {MEDIA}`.")


ROUTES = APIRouter(prefix="/taxii2", tags=["taxii"], dependencies=[Depends(check_accept)])


class TaxiiResponse(JSONResponse):
    """JSON in TAXII's own media type."""

    media_type = MEDIA


@ROUTES.get("/", response_class=TaxiiResponse)
def discover(node: Here, partner: Partner) -> TaxiiResponse:
    """The discovery resource: this member, and its one API root."""
    return TaxiiResponse(discovery_view(node.me.url, node.me))


@ROUTES.get("/jindo/", response_class=TaxiiResponse)
def show_api_root(node: Here, partner: Partner) -> TaxiiResponse:
    """The API root."""
    return TaxiiResponse(api_root_view(node.me))


@ROUTES.get("/jindo/status/{status}/", response_class=TaxiiResponse)
def show_status(status: str, partner: Partner) -> TaxiiResponse:
    """The status of a write; there are none, as nothing is written here."""
    raise NotFound("there is no such status: nothing is written here")


@ROUTES.get("/jindo/collections/", response_class=TaxiiResponse)
def list_collections(node: Here, partner: Partner) -> TaxiiResponse:
    """The collections that the asking member may read: one."""
    return TaxiiResponse({"collections": [collection_view(node.me)]})


@ROUTES.get("/jindo/collections/{collection}/", response_class=TaxiiResponse)
def show_collection(node: Here, partner: Partner, collection: str) -> TaxiiResponse:
    """The collection."""
    check_collection(node, collection)
    return TaxiiResponse(collection_view(node.me))


@ROUTES.get("/jindo/collections/{collection}/manifest/", response_class=TaxiiResponse, openapi_extra=FILTERS)
def show_manifest(node: Here, partner: Partner, collection: str, request: Request) -> TaxiiResponse:
    """What is in the collection, without the objects."""
    check_collection(node, collection)
    filters = parse_filters(query_of(request))
    with node.store.read() as conn:
        page = read_manifest(conn, partner, filters, us=node.me.id, time=node.clock())
    return answer_page(page)


@ROUTES.get("/jindo/collections/{collection}/objects/", response_class=TaxiiResponse, openapi_extra=FILTERS)
def list_objects(node: Here, partner: Partner, collection: str, request: Request) -> TaxiiResponse:
    """The objects that the asking member may see, in the order in which they were added."""
    check_collection(node, collection)
    return _answer_objects(node, partner, parse_filters(query_of(request)))


@ROUTES.post("/jindo/collections/{collection}/objects/", response_class=TaxiiResponse)
def refuse_objects(node: Here, partner: Partner, collection: str) -> TaxiiResponse:
    """Refused: members speak by their own nodes."""
    check_collection(node, collection)
    raise NothingWritten


@ROUTES.get(
    "/jindo/collections/{collection}/objects/{object_id}/",
    response_class=TaxiiResponse,
    openapi_extra=FILTERS,
)
def show_object(
    node: Here, partner: Partner, collection: str, object_id: StixId, request: Request
) -> TaxiiResponse:
    """One object, in the versions asked for."""
    check_collection(node, collection)
    _check_there(node, partner, object_id)
    filters = parse_filters({**query_of(request), "match[id]": [object_id]})
    return _answer_objects(node, partner, filters)


@ROUTES.delete("/jindo/collections/{collection}/objects/{object_id}/", response_class=TaxiiResponse)
def refuse_deletion(node: Here, partner: Partner, collection: str, object_id: StixId) -> TaxiiResponse:
    """Refused: what was said stays said; it can be recalled."""
    check_collection(node, collection)
    raise NothingWritten


@ROUTES.get(
    "/jindo/collections/{collection}/objects/{object_id}/versions/",
    response_class=TaxiiResponse,
    openapi_extra=FILTERS,
)
def list_versions(
    node: Here, partner: Partner, collection: str, object_id: StixId, request: Request
) -> TaxiiResponse:
    """The versions of one object."""
    check_collection(node, collection)
    _check_there(node, partner, object_id)
    filters = parse_filters(query_of(request))
    with node.store.read() as conn:
        page = read_versions(conn, partner, object_id, filters, us=node.me.id, time=node.clock())
    return answer_page(page, name="versions")


def check_collection(node: Node, collection: str) -> None:
    """Pass the one collection of this node.

    Raises:
        NotFound: another is named, whether or not it exists elsewhere.
    """
    if collection != collection_view(node.me)["id"]:
        raise NotFound("there is no such collection here")


def query_of(request: Request) -> dict[str, list[str]]:
    """The parameters of a query, each with all its values."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def answer_page(page: Page, *, name: str = "objects") -> TaxiiResponse:
    """A page as TAXII 2.1, sections 3.7 to 3.9 and 5.3 to 5.8, has it; when the first and last were added, by header."""
    body: dict[str, Any] = {}
    if page.objects:
        body[name] = list(page.objects)
    if page.more:
        body |= {"more": True, "next": page.next}
    added = {"X-TAXII-Date-Added-First": page.first_added, "X-TAXII-Date-Added-Last": page.last_added}
    return TaxiiResponse(body, headers={name: time for name, time in added.items() if time is not None})


def _answer_objects(node: Node, partner: Member, filters: Filters) -> TaxiiResponse:
    with node.store.read() as conn:
        return answer_page(read_objects(conn, partner, filters, us=node.me.id, time=node.clock()))


def _check_there(node: Node, partner: Member, object_id: str) -> None:
    with node.store.read() as conn:
        page = read_versions(conn, partner, object_id, Filters(limit=1), us=node.me.id, time=node.clock())
    if not page.objects:
        raise NotFound("there is no such object here")


def _accepts(media_range: str) -> bool:
    name, *parameters = [part.strip().lower() for part in media_range.split(";")]
    versions = [part.partition("=")[2].strip(' "') for part in parameters if part.startswith("version")]
    return name in _ACCEPTED and all(version == "2.1" for version in versions)
