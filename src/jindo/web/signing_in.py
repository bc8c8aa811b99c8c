"""Signing in and out on a page: a person's token becomes a session cookie that scripts cannot read.

* Both forms count only where the browser says that they were sent from a page of this node.
* After signing in one comes to the page one wanted, if it is a page of this node, else to the cases.
* The token is in the body of a form over TLS, never in an address, and no page repeats it.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from jindo import app
from jindo.base.errors import RefusedError
from jindo.web.access import SESSION_COOKIE, Here, check_origin
from jindo.web.rendering import render_page

ROUTES = APIRouter(include_in_schema=False)

_PAGE = re.compile(r"/((cases|requests)/[A-Za-z0-9._-]{1,128}|requests|jobs|audit)?")


@ROUTES.get("/sign-in")
def show_sign_in(request: Request, next: str = "/") -> HTMLResponse:  # noqa: A002  the form's own name
    """The form that takes a token."""
    return render_page(request, "sign_in.html.j2", next=choose_page(next), refused=False)


@ROUTES.post("/sign-in", dependencies=[Depends(check_origin)])
def sign_in(
    request: Request,
    node: Here,
    token: Annotated[str, Form(max_length=500)],
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002  the form's own name
) -> Response:
    """Open a session, or say that the token does not count."""
    try:
        session = app.open_session(node, token.strip())
    except RefusedError:
        return render_page(request, "sign_in.html.j2", status=401, next=choose_page(next), refused=True)
    answer = RedirectResponse(choose_page(next), status_code=303)
    answer.set_cookie(SESSION_COOKIE, session, path="/", secure=True, httponly=True, samesite="strict")
    return answer


@ROUTES.post("/sign-out", dependencies=[Depends(check_origin)])
def sign_out(request: Request, node: Here) -> RedirectResponse:
    """End the session; it counts nowhere any more, also where its cookie was copied."""
    session = request.cookies.get(SESSION_COOKIE)
    if session:
        app.close_session(node, session)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def choose_page(wanted: str) -> str:
    """The address to go to: the wanted one where it is a page of this node."""
    return wanted if _PAGE.fullmatch(wanted) else "/"
