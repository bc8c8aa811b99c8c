"""The pages of a node: cases, requests, jobs and the audit trail, as plain HTML.

* A page reads by the same use cases as the API, as the same person.
* Who is not signed in is led to the sign-in page, and back to where they wanted to go.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from jindo import app
from jindo.web.access import Asking, Here
from jindo.web.incoming import CaseName, ThingId
from jindo.web.rendering import list_pages, render_page

AUDIT_PAGE = 200
"""Rows of the audit trail on one page."""

ROUTES = APIRouter(include_in_schema=False)


@ROUTES.get("/")
def show_cases(request: Request, node: Here, actor: Asking) -> Response:
    """The cases that the reader may see; who works on none begins with the first page that is theirs."""
    theirs = [address for address, _ in list_pages(actor)]
    if theirs and "/" not in theirs:
        return RedirectResponse(theirs[0], status_code=303)
    return render_page(request, "cases.html.j2", reader=actor, **app.list_cases(node, actor))


@ROUTES.get("/cases/{case}")
def show_case(request: Request, node: Here, actor: Asking, case: CaseName) -> HTMLResponse:
    """A case: where the money went, who was asked, told and denied, and what was done."""
    return render_page(request, "case.html.j2", reader=actor, case=app.show_case(node, actor, case))


@ROUTES.get("/requests")
def show_requests(request: Request, node: Here, actor: Asking) -> HTMLResponse:
    """The requests made and received."""
    return render_page(request, "requests.html.j2", reader=actor, **app.list_requests(node, actor))


@ROUTES.get("/requests/{request_id}")
def show_request(request: Request, node: Here, actor: Asking, request_id: ThingId) -> HTMLResponse:
    """A request, what it asks for, and its answers."""
    view = app.show_request(node, actor, request_id)
    return render_page(request, "request.html.j2", reader=actor, asked=view)


@ROUTES.get("/jobs")
def show_jobs(request: Request, node: Here, actor: Asking) -> HTMLResponse:
    """What the worker does and did."""
    return render_page(request, "jobs.html.j2", reader=actor, **app.list_jobs(node, actor))


@ROUTES.get("/audit")
def show_audit(
    request: Request, node: Here, actor: Asking, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> HTMLResponse:
    """The audit trail, a page at a time."""
    rows = app.show_audit(node, actor, after=after, limit=AUDIT_PAGE)["rows"]
    later = rows[-1]["n"] if len(rows) == AUDIT_PAGE else None
    earlier = max(after - AUDIT_PAGE, 0) if after else None
    return render_page(request, "audit.html.j2", reader=actor, rows=rows, earlier=earlier, later=later)
