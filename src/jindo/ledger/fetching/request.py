"""What is asked of a server, as it is written down: the same words are the same request.

* A request is its method, the URL as it may be written down, and its body; credentials are no part of it.
* A parameter whose name is a credential's is written down without its value, whoever put it there.
* A JSON body has one form: keys sorted, no spaces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from jindo.ledger.fetching.address import HIDDEN, ServiceAddress

_SECRET_NAMES = frozenset(
    {"apikey", "api_key", "api-key", "key", "token", "access_token", "auth", "password"}
)


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """One request."""

    method: str
    """GET or POST."""
    url: str
    """As it is written down."""
    body: str = ""
    """JSON of a POST."""

    def digest(self) -> bytes:
        """32 bytes that tell this request from every other."""
        return hashlib.sha256(f"{self.method}\n{self.url}\n{self.body}".encode()).digest()


def build_request(
    address: ServiceAddress, path: str, params: Mapping[str, str | int], body: Any | None
) -> ServerRequest:
    """The request for `path` below a server's address; with a body it is a POST."""
    shown = {name: HIDDEN if name.lower() in _SECRET_NAMES else str(value) for name, value in params.items()}
    query = f"?{urlencode(sorted(shown.items()))}" if shown else ""
    url = join_path(address.shown, path) + query
    return ServerRequest("GET", url) if body is None else ServerRequest("POST", url, to_json(body))


def join_path(base: str, path: str) -> str:
    """`path` below `base`, with one slash between them."""
    path = path.lstrip("/")
    return f"{base}/{path}" if path else base


def to_json(body: Any) -> str:
    """The one form of a JSON body."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
