"""The node over HTTP: pages for people, an API for programs, TAXII 2.1 for other members; it holds no logic.

* `build_web` is the ASGI application of a node, `serve_node` serves it over TLS with the worker beside it.
* `describe_web` is its OpenAPI document, which a node also serves to its people.
* A handler knows who asks, parses what came in, calls a use case of `app`, and renders what it gives.
"""

from jindo.web.building import build_web, describe_web
from jindo.web.serving import serve_node

__all__ = ["build_web", "describe_web", "serve_node"]
