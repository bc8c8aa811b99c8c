"""`jindo serve DIR`: the node at work: page, API, TAXII and worker in one process, until it is told to stop.

What is served is `jindo.web`'s. Both faces stand on the same line of rooms, so it is started by name and not imported.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from jindo.cli.output import Json


def serve(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="The node's folder; else the one you stand in.", metavar="DIR", envvar="JINDO_NODE"
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; else node.toml's.", metavar="HOST")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port to listen on, 0 for a free one; else node.toml's.", metavar="PORT"),
    ] = None,
    lasting: Annotated[
        int | None,
        typer.Option(
            "--for", help="End by itself so many seconds after it listens.", metavar="SECONDS", min=1
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve the node over HTTPS and do its work, until SIGTERM or Ctrl-C. Says `ready` once it listens."""
    from jindo.app import find_node, open_node

    node = open_node(find_node(folder))
    settings = node.settings

    def say_ready(address: str) -> None:
        sys.stdout.write(json.dumps({"ready": address}) + "\n" if as_json else f"ready {address}\n")
        sys.stdout.flush()
        if lasting is not None:
            end_after(lasting)

    import_module("jindo.web").serve_node(
        node,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
        ready=say_ready,
    )


def end_after(seconds: int) -> None:
    """End this process as SIGTERM would, after so many seconds."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()
