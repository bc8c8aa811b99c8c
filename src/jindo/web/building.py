"""The web application of a node: its routes, and what stands around them.

* No interactive documentation: it would load scripts from another host. The OpenAPI document is a route of its own.
* An address is written in one way; nothing redirects because of a slash.
* Only `/health`, the style sheet and the sign-in page answer to nobody known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse

from jindo.app import Node
from jindo.base.version import VERSION
from jindo.web import api_cases, api_node, api_statements, evidence, pages, signing_in, taxii
from jindo.web.access import Asking
from jindo.web.failing import add_error_handlers
from jindo.web.guarding import Guard

View: TypeAlias = dict[str, Any]

STATIC = Path(__file__).parent / "static"
STYLE_SECONDS = 3600

PLAIN = APIRouter()


@PLAIN.get("/health", tags=["node"])
def show_health() -> View:
    """That the node answers; nothing about it."""
    return {"status": "ok"}


@PLAIN.get("/static/style.css", include_in_schema=False)
def show_style() -> FileResponse:
    """The style sheet of the pages."""
    headers = {"Cache-Control": f"public, max-age={STYLE_SECONDS}"}
    return FileResponse(STATIC / "style.css", media_type="text/css", headers=headers)


@PLAIN.get("/api/openapi.json", include_in_schema=False)
def show_openapi(request: Request, actor: Asking) -> View:
    """The OpenAPI document of this node's HTTP."""
    document: View = request.app.openapi()
    return document


ROUTERS = (
    PLAIN,
    api_cases.ROUTES,
    api_statements.ROUTES,
    api_node.ROUTES,
    taxii.ROUTES,
    evidence.ROUTES,
    signing_in.ROUTES,
    pages.ROUTES,
)


def build_web(node: Node) -> FastAPI:
    """The ASGI application that answers for `node`."""
    web = _build_application()
    web.state.node = node
    return web


def describe_web() -> View:
    """The OpenAPI document, which is the same on every node of this version."""
    document: View = _build_application().openapi()
    return document


def _build_application() -> FastAPI:
    web = FastAPI(
        title="Jindo",
        version=VERSION,
        description="The HTTP of a node: for its people, and for other members' nodes.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        web.include_router(router)
    add_error_handlers(web)
    web.add_middleware(Guard)
    return web
