"""What is to be fetched of a chain from a server, and what came of it: words that the sources and the import share.

* The last block that is fetched has enough others on it: a reorganisation would need to undo them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jindo.base.errors import InputError
from jindo.base.ids import ChainId
from jindo.ledger.fetching.address import name_keep, parse_service_address
from jindo.ledger.fetching.fetcher import Fetcher
from jindo.ledger.files import SourceFile
from jindo.ledger.staging import Progress

USER = "JINDO_RPC_USER"
"""Environment: user and password for a node, as `USER:PASSWORD`."""
FILE = "JINDO_RPC_USER_FILE"
"""Environment: a file that holds them, such as Bitcoin Core's `.cookie`."""
PER_SECOND = 50.0
"""Requests a second, where the user states none: a node of one's own."""


@dataclass(frozen=True, slots=True)
class FetchOrder:
    """Blocks of a chain, to be fetched from a node."""

    url: str = field(repr=False)
    keeps: Path
    """Folder in which each server has a folder of its own."""
    from_block: int | None = None
    to_block: int | None = None
    """`None`: up to the last block with enough confirmations."""
    confirmations: int | None = None
    """Blocks that must stand on the last one; `None`: what is usual on the chain."""
    chain: ChainId | None = None
    """The chain that the node must have; `None`: the one that it has."""
    per_second: float = PER_SECOND
    batch: int = 10
    """Blocks that are asked for together."""
    progress: Progress = lambda *_: None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class FetchedBlocks:
    """What was fetched."""

    chain: ChainId
    files: list[SourceFile]
    """Lists of answers (`evidence`)."""
    notes: list[str]


def open_fetcher(order: FetchOrder, environ: Mapping[str, str]) -> Fetcher:
    """The server of an order; to be closed.

    Its user and password stand in the URL, or else in the environment or the file that it names.

    Raises:
        InputError: the address is no http or https URL, or the file cannot be read.
        ConflictError: another process fetches from there for this ledger.
    """
    address = parse_service_address(order.url)
    return Fetcher(
        order.url,
        order.keeps / name_keep(address),
        per_second=order.per_second,
        clock=order.clock,
        sleep=order.sleep,
        user=address.user or read_user(environ),
    )


def read_user(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password for a node as the environment has them (`USER:PASSWORD`, or a file that holds it).

    Raises:
        InputError: they are not of that form, or the file cannot be read.
    """
    text, place = environ.get(USER), USER
    if text is None and FILE in environ:
        place = environ[FILE]
        try:
            text = Path(place).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("the file of user and password cannot be read", place=place) from error
    if text is None:
        return None
    name, colon, password = text.strip().partition(":")
    if not colon:
        raise InputError(
            "there is no USER:PASSWORD", place=place, remedy="Write the two with a colon between."
        )
    return name, password


def find_range(order: FetchOrder, tip: int, usual: int) -> tuple[int, int]:
    """First and last block that are fetched, where the node's last block is `tip`.

    Raises:
        InputError: there is no such range, or its end has too few confirmations.
    """
    wanted = usual if order.confirmations is None else order.confirmations
    first, last = order.from_block, order.to_block
    if first is None or first < 0:
        raise InputError("the first block is not stated", place="--from-block", remedy="Add --from-block N.")
    if wanted < 0 or order.batch < 1:
        raise InputError("a number below 0 was given", place="--confirmations", remedy="Give 0 or more.")
    last = tip - wanted if last is None else last
    if last > tip - wanted:
        raise InputError(
            f"block {last} has {max(tip - last, 0)} blocks on it and {wanted} are wanted (the node's last is {tip})",
            place="--to-block",
            remedy=f"Name a block up to {tip - wanted}, wait, or want fewer with --confirmations.",
        )
    if first > last:
        raise InputError(f"there is no block from {first} to {last}", place="--from-block")
    return first, last
