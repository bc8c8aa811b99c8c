"""Where a command stands: the node it works on, who works, and the key under which it acts once.

* The node is the one of `--node`, of $JINDO_NODE, or the folder one stands in.
* Who has a token is that person; without one it is the node's operator, who may administer and nothing else.
* A token is better given by $JINDO_TOKEN than by an argument, which everybody on the machine can read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jindo.base.errors import InputError

if TYPE_CHECKING:
    from jindo.app import Actor, Node

NodeFolder = Annotated[
    Path | None,
    typer.Option(
        "--node", help="The node's folder; else the one you stand in.", metavar="DIR", envvar="JINDO_NODE"
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        help="Who you are; without it the node's operator, who may only administer.",
        metavar="TOKEN",
        envvar="JINDO_TOKEN",
    ),
]
Once = Annotated[
    str | None,
    typer.Option(
        help="A word of your choice: the same command with the same word acts once.", metavar="WORD"
    ),
]


@contextmanager
def open_here(folder: Path | None, token: str | None) -> Iterator[tuple[Node, Actor]]:
    """The node where the command stands, and who works there; closed afterwards.

    Raises:
        InputError: there is no node.
        RefusedError: the token is none of this node's.
    """
    from jindo.app import console, find_node, open_node, sign_in

    node = open_node(find_node(folder))
    try:
        yield node, sign_in(node, token) if token else console(node)
    finally:
        node.store.close()


def split_names(text: str | None) -> list[str]:
    """The names of a comma-separated option, in order; none where it was not given."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def require_names(text: str, option: str) -> list[str]:
    """The same, where at least one is needed.

    Raises:
        InputError: no name is there.
    """
    names = split_names(text)
    if not names:
        raise InputError("no name is given", place=option, remedy=f"Write {option} NAME,NAME.")
    return names
