"""How an error is said over HTTP: a status by its family, and a body in the form that its reader expects.

* Statuses are by error family (who has to act), and are known here only.
* A token or pass that is missing or wrong is 401 and says how to bring one; every other refusal is 403.
* The API answers `{"error": {code, problem, place, remedy}}`, TAXII its own error message, a page a page.
* What was sent is never repeated: only where it is wrong, and how.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from jindo.base.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    JindoError,
    NotFound,
    RefusedError,
    SourceError,
)
from jindo.share import MEDIA
from jindo.web.rendering import render_error

STATUSES: Mapping[type[JindoError], int] = {
    NotFound: 404,
    InputError: 422,
    RefusedError: 403,
    IntegrityError: 409,
    SourceError: 502,
    ConflictError: 409,
}
"""By family; what is not listed is a bug and answered with 500."""

UNKNOWN_CALLER = frozenset({"node.token", "share.pass", "web.nobody"})
"""Codes of refusals that say: we do not know who asks."""

PROGRAMS = ("/api", "/taxii2", "/files", "/log", "/health")
"""Paths that programs ask; everything else is a page for people."""

LOG = logging.getLogger("jindo.web")


class Unacceptable(InputError):
    """The answer exists in another media type than the ones asked for."""

    code = "web.media-type"


def status_of(error: JindoError, path: str = "") -> int:
    """The HTTP status of an error: its family's, with the exceptions that HTTP and TAXII make."""
    if error.code in UNKNOWN_CALLER:
        return 401
    if isinstance(error, Unacceptable):
        return 406
    if isinstance(error, SourceError) and error.retry_after is not None:
        return 503
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)
    return 400 if status == 422 and path.startswith("/taxii2") else status


def answer_error(request: Request, error: JindoError) -> Response:
    """The answer to a request that failed, in the form that its path asks for."""
    status = status_of(error, request.url.path)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="jindo"'
    if isinstance(error, SourceError) and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, IntegrityError):
        LOG.error("alarm: evidence does not add up: %s", error.code)
    if request.url.path.startswith("/taxii2"):
        return _answer_taxii(error, status, headers)
    if not _wants_page(request):
        return JSONResponse({"error": error_view(error)}, status_code=status, headers=headers)
    if status == 401 and request.method == "GET":
        return RedirectResponse(f"/sign-in?{urlencode({'next': request.url.path})}", status_code=303)
    return render_error(request, error_view(error), status=status, headers=headers)


def error_view(error: JindoError) -> dict[str, str]:
    """What is said about an error: code, problem, place and remedy."""
    return {
        "code": error.code,
        "problem": error.problem,
        "place": error.place,
        "remedy": error.remedy(),
    }


def add_error_handlers(app: FastAPI) -> None:
    """Let every error of `app` end here."""

    @app.exception_handler(JindoError)
    async def on_ours(request: Request, error: JindoError) -> Response:
        return answer_error(request, error)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return answer_error(request, _read_invalid(error))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        answer = answer_error(request, _read_http(error))
        answer.status_code = error.status_code
        answer.headers.update(error.headers or {})
        return answer


def _answer_taxii(error: JindoError, status: int, headers: Mapping[str, str]) -> Response:
    """TAXII 2.1, section 3.6.1: the error message resource."""
    body = {
        "title": error.problem,
        "description": error.remedy(),
        "error_code": error.code,
        "http_status": str(status),
    }
    return JSONResponse(body, status_code=status, headers=dict(headers), media_type=MEDIA)


def _read_invalid(error: RequestValidationError) -> InputError:
    """The first thing that is wrong; never the value itself, which may be anybody's."""
    first = error.errors()[0]
    # The name of a field that is not known is the sender's own text too.
    known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
    place = ".".join(str(part) for part in known)
    return InputError(str(first["msg"]), place=place, remedy="Correct what is named and send it again.")


def _read_http(error: HTTPException) -> JindoError:
    if error.status_code == 404:
        return NotFound("there is nothing at this address")
    if error.status_code == 405:
        return InputError("this address does not answer to that method")
    return InputError(str(error.detail))


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith(PROGRAMS)
