"""Kept responses as a source: what a server was asked, and what it said.

* A source is a folder that a fetch kept, or one with several such folders, each named `FORMAT-…`.
* One file is one response; its name holds its SHA-256, and it is held against it when it is read.
* What asks servers is heavy, and loads where a kept folder is read.
* Of several answers to one request the last that counts is read; a response that answers several requests is read
  for each.

What the responses mean, each format's own file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from jindo.base.errors import NotFound
from jindo.ledger.files import SourceFile

if TYPE_CHECKING:
    from jindo.ledger.fetching import ServerRequest

CONFIRMATIONS = {"bitcoin-rpc": 6, "ethereum-rpc": 12, "esplora": 6, "etherscan": 12}
"""Blocks above the last one that is looked at, by format: what stands that deep is hardly ever taken back. Where a
format's server says itself what is settled, none are left out."""


@dataclass(frozen=True, slots=True)
class KeptResponse:
    """One answer that counts."""

    file: int
    """Number of the source's file."""
    path: str
    """Path of the URL that was asked."""
    query: dict[str, str]
    """Parameters of the URL, and those of a JSON body that are text or numbers."""
    posted: str
    """JSON that was posted, empty for a GET."""
    body: bytes


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What stands in the index of one answer that counts."""

    method: str
    url: str
    posted: str
    """JSON that was posted, empty for a GET."""
    size: int
    sha256: str


def list_kept(folder: Path) -> list[KeptAnswer]:
    """Every answer in one folder that counts, by method, URL and body.

    Raises:
        KeptDamaged: the index is not what was written.
    """
    from jindo.ledger.fetching.keep import iter_kept

    last = {kept.request: kept for kept in iter_kept(folder) if kept.counts}
    found = [
        KeptAnswer(request.method, request.url, request.body, kept.size, kept.sha256)
        for request, kept in last.items()
    ]
    return sorted(found, key=lambda kept: (kept.method, kept.url, kept.posted))


def find_kept(source: str, *, format: str) -> list[SourceFile]:  # noqa: A002  # the command line's word
    """The responses below `source` that count.

    Raises:
        NotFound: nothing that a fetch kept is there.
        KeptDamaged: an index is not what was written.
    """
    from jindo.ledger.fetching.keep import INDEX, place_of

    root = Path(source)
    folders = (
        [root] if (root / INDEX).is_file() else sorted(p.parent for p in root.glob(f"{format}-*/{INDEX}"))
    )
    files = [
        _to_file(root, place_of(folder, sha256))
        for folder in folders
        for sha256 in sorted(_find_counted(folder))
    ]
    if not files:
        raise NotFound(
            f"there are no kept responses at {source!r}",
            remedy=f"Name a folder that `jindo trace --fetch {format}=URL` kept.",
        )
    return files


def read_kept(files: Sequence[SourceFile]) -> Iterator[KeptResponse]:
    """Every answer in these files, by folder in the order in which they came.

    Raises:
        KeptDamaged: a response is not what was received.
    """
    from jindo.ledger.fetching.keep import place_of, read_response

    numbers = {source.path: number for number, source in enumerate(files)}
    for folder in dict.fromkeys(_folder_of(source.path) for source in files):
        for sha256, requests in _find_counted(folder).items():
            number = numbers.get(place_of(folder, sha256))
            if number is not None:
                body = read_response(folder, sha256)
                yield from (_to_response(number, request, body) for request in requests)


def _find_counted(folder: Path) -> dict[str, list[ServerRequest]]:
    """The requests that each response answers, in the order in which they were answered first."""
    from jindo.ledger.fetching.keep import iter_kept

    last = {kept.request: kept.sha256 for kept in iter_kept(folder) if kept.counts}
    found: dict[str, list[ServerRequest]] = {}
    for request, sha256 in last.items():
        found.setdefault(sha256, []).append(request)
    return found


def _to_file(root: Path, path: Path) -> SourceFile:
    return SourceFile(path, path.relative_to(root).as_posix(), "response", (), ())


def _folder_of(path: Path) -> Path:
    return path.parent.parent.parent


def _to_response(number: int, request: ServerRequest, body: bytes) -> KeptResponse:
    parts = urlsplit(request.url)
    return KeptResponse(
        number, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), request.body, body
    )
