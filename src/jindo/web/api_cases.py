"""Cases over HTTP: open, read, add notes, trace, share, label, request, brief."""

from __future__ import annotations

from typing import Any, TypeAlias

from fastapi import APIRouter

from jindo import app
from jindo.web.access import Asking, Here
from jindo.web.incoming import (
    CaseIn,
    CaseName,
    CasePersonIn,
    LabelIn,
    Language,
    NoteIn,
    Once,
    RequestIn,
    ShareIn,
    TraceIn,
)

View: TypeAlias = dict[str, Any]

ROUTES = APIRouter(prefix="/api/cases", tags=["cases"])


@ROUTES.get("")
def list_cases(node: Here, actor: Asking) -> View:
    """The cases that the asking person may see."""
    return app.list_cases(node, actor)


@ROUTES.post("", status_code=201)
def open_case(node: Here, actor: Asking, draft: CaseIn, once: Once = None) -> View:
    """Open a case; refused without purpose, legal basis and expiry."""
    return app.open_case(node, actor, draft.to_draft(), once=once)


@ROUTES.get("/{case}")
def show_case(node: Here, actor: Asking, case: CaseName) -> View:
    """A case: exhibits, people, what was shared, answered, refused and done."""
    return app.show_case(node, actor, case)


@ROUTES.post("/{case}/people", status_code=201)
def add_case_person(
    node: Here, actor: Asking, case: CaseName, given: CasePersonIn, once: Once = None
) -> View:
    """Put a person of this node on a case."""
    return app.add_case_person(node, actor, case, person=given.person, role=given.role, once=once)


@ROUTES.post("/{case}/notes", status_code=201)
def add_note(node: Here, actor: Asking, case: CaseName, note: NoteIn, once: Once = None) -> View:
    """Add a note to a case as an exhibit."""
    return app.add_note(node, actor, case, title=note.title, text=note.text, tlp=note.tlp, once=once)


@ROUTES.post("/{case}/traces", status_code=202)
def request_trace(node: Here, actor: Asking, case: CaseName, trace: TraceIn, once: Once = None) -> View:
    """Have a case's loss traced by the worker; gives the job."""
    return app.request_trace(node, actor, case, rule=trace.rule, once=once)


@ROUTES.post("/{case}/shares", status_code=201)
def share_case(node: Here, actor: Asking, case: CaseName, share: ShareIn, once: Once = None) -> View:
    """Draft what a case says to other members; gives statements to sign, and denials with their rules."""
    return app.share_case(node, actor, case, to=share.to, items=share.items, once=once)


@ROUTES.get("/{case}/statements")
def list_statements(node: Here, actor: Asking, case: CaseName) -> View:
    """The statements made and received in a case."""
    return app.list_statements(node, actor, case)


@ROUTES.post("/{case}/labels", status_code=201)
def draft_label(node: Here, actor: Asking, case: CaseName, label: LabelIn, once: Once = None) -> View:
    """Draft a label for addresses; gives a statement to sign."""
    return app.draft_label(
        node,
        actor,
        case,
        addresses=label.addresses,
        service=label.service,
        kind=label.kind,
        tlp=label.tlp,
        reason=label.reason,
        to=label.to,
        once=once,
    )


@ROUTES.get("/{case}/requests")
def list_requests(node: Here, actor: Asking, case: CaseName) -> View:
    """The requests made in a case."""
    return app.list_requests(node, actor, case)


@ROUTES.post("/{case}/requests", status_code=201)
def draft_request(node: Here, actor: Asking, case: CaseName, request: RequestIn, once: Once = None) -> View:
    """Draft a request to freeze or to preserve; gives a statement that two officers sign."""
    return app.draft_request(
        node,
        actor,
        case,
        addressee=request.addressee,
        kind=request.kind,
        exhibit=request.exhibit,
        fields=request.to_fields(),
        once=once,
    )


@ROUTES.get("/{case}/brief")
def build_brief(node: Here, actor: Asking, case: CaseName, lang: Language = "en") -> View:
    """The brief of a case: its facts, and its text in the language asked for."""
    return app.build_brief(node, actor, case, lang)
