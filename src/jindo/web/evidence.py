"""What other members' nodes fetch besides statements: exhibits' files, and proofs from this node's log."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, PlainTextResponse

from jindo import app
from jindo.web.access import Here, Partner
from jindo.web.incoming import ThingId

View: TypeAlias = dict[str, Any]
FileName: TypeAlias = Annotated[
    str, Path(pattern=r"^[^\x00-\x1f\x7f\\/:]{1,200}$", description="As the exhibit lists it.")
]
Leaves: TypeAlias = Annotated[int, Query(ge=0, le=2**40)]

ROUTES = APIRouter(tags=["evidence"])


@ROUTES.get("/files/{exhibit}/{name}", response_class=FileResponse)
def fetch_file(node: Here, partner: Partner, exhibit: ThingId, name: FileName) -> FileResponse:
    """A file of an exhibit that the asking member was told of."""
    path = app.open_exhibit_file(node, partner, exhibit, name)
    return FileResponse(path, media_type="application/octet-stream", filename=name)


@ROUTES.get("/log/checkpoint", response_class=PlainTextResponse)
def show_checkpoint(node: Here, partner: Partner) -> PlainTextResponse:
    """The signed size and root of this node's log, a C2SP tlog-checkpoint."""
    return PlainTextResponse(app.show_checkpoint(node))


@ROUTES.get("/log/inclusion")
def prove_inclusion(node: Here, partner: Partner, index: Leaves, size: Leaves) -> View:
    """The RFC 9162 proof that leaf `index` is in the log of `size` leaves."""
    return app.prove_leaf(node, index, size)


@ROUTES.get("/log/consistency")
def prove_consistency(node: Here, partner: Partner, old: Leaves, new: Leaves) -> View:
    """The RFC 9162 proof that the log of `new` leaves begins with the log of `old`."""
    return app.prove_growth(node, old, new)
