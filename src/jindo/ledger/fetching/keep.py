"""The answers of one server, kept byte for byte, and found again by what was asked.

    KEEP/
    ├── index.jsonl            one line an answer, only added to: time, request, status, size, SHA-256, whether it counts
    ├── responses/ab/abcd…     the bytes of an answer, named by their SHA-256
    └── lock                   held while somebody fetches

* An answer counts once its bytes are on the disk and, after them, its line. A torn last line is cut off when the
  folder is opened: it never counted.
* What is read again is held against its SHA-256.
* One process at a time.

What is asked, and what is an answer, `fetcher` says.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jindo.base.errors import ConflictError, InputError, IntegrityError
from jindo.ledger.fetching.request import ServerRequest
from jindo.ledger.hashing import sync_folder

INDEX = "index.jsonl"
_NEW = "response.new"
_SHA256 = re.compile("[0-9a-f]{64}")


class KeptDamaged(IntegrityError):
    """A kept answer is not what was received."""

    code = "ledger.kept-damaged"

    def default_remedy(self) -> str:
        """Keep the folder, fetch into another."""
        return "Keep the folder as it is for who looks into it, and fetch into a new one."


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the index."""

    request: ServerRequest
    time: int
    """When it was answered, unix seconds."""
    status: int
    size: int
    sha256: str
    counts: bool
    """Whether it was taken as the answer."""


@dataclass(frozen=True, slots=True)
class AnswerName:
    """Which answer is meant, without its bytes."""

    request: ServerRequest
    sha256: str


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server said to a request."""

    request: ServerRequest
    sha256: str
    body: bytes

    @property
    def name(self) -> AnswerName:
        """The answer without its bytes."""
        return AnswerName(self.request, self.sha256)


class ResponseKeep:
    """The folder, open for adding; to be closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[bytes, bytes] = {}
        """SHA-256 of the answer that counts, by request."""
        (folder / "responses").mkdir(parents=True, exist_ok=True)
        _check_no_links(folder)
        self._lock = _take_lock(folder)
        try:
            self._index = self._open_index()
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Let others in."""
        self._index.close()
        self._lock.close()

    def find(self, request: ServerRequest) -> ServerAnswer | None:
        """The answer that counts, or `None`.

        Raises:
            KeptDamaged: its bytes are not those that were received.
        """
        known = self._known.get(request.digest())
        return (
            None
            if known is None
            else ServerAnswer(request, known.hex(), read_response(self._folder, known.hex()))
        )

    def record(
        self, request: ServerRequest, body: bytes, *, time: int, status: int, counts: bool
    ) -> ServerAnswer:
        """Keep an answer; it is on the disk when this returns."""
        sha256 = self._write_response(body)
        kept = Kept(request, time, status, len(body), sha256, counts)
        self._index.write(_to_line(kept))
        self._index.flush()
        os.fsync(self._index.fileno())
        if counts:
            self._known[request.digest()] = bytes.fromhex(sha256)
        return ServerAnswer(request, sha256, body)

    def _write_response(self, body: bytes) -> str:
        sha256 = hashlib.sha256(body).hexdigest()
        place = place_of(self._folder, sha256)
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            draft = self._folder / _NEW
            with draft.open("wb") as stream:
                stream.write(body)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(place)
            sync_folder(place.parent)
        return sha256

    def _open_index(self) -> IO[bytes]:
        path = self._folder / INDEX
        whole = 0
        if path.exists():
            with path.open("rb") as lines:
                for kept, end in _iter_lines(lines, path):
                    whole = end
                    if kept.counts:
                        self._known[kept.request.digest()] = bytes.fromhex(kept.sha256)
        stream = path.open("ab")
        stream.truncate(whole)
        sync_folder(self._folder)
        return stream


def iter_kept(folder: Path) -> Iterator[Kept]:
    """Every answer in the folder, in the order in which they came.

    Raises:
        KeptDamaged: the index is not what was written.
    """
    path = folder / INDEX
    if path.exists():
        with path.open("rb") as lines:
            for kept, _ in _iter_lines(lines, path):
                yield kept


def read_response(folder: Path, sha256: str) -> bytes:
    """The bytes of a kept answer.

    Raises:
        KeptDamaged: they are gone, or not those that were received.
    """
    place = place_of(folder, sha256)
    try:
        body = place.read_bytes()
    except OSError as error:
        raise KeptDamaged("a kept answer is missing or cannot be read", place=str(place)) from error
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise KeptDamaged(f"the kept answer is damaged: its SHA-256 is {found}", place=str(place))
    return body


def place_of(folder: Path, sha256: str) -> Path:
    """Where an answer's bytes stand."""
    return folder / "responses" / sha256[:2] / sha256


def _iter_lines(lines: IO[bytes], path: Path) -> Iterator[tuple[Kept, int]]:
    """Each whole line, and the byte after it."""
    end = 0
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            return
        end += len(line)
        yield _parse_line(line, f"{path}:{number}"), end


def _to_line(kept: Kept) -> bytes:
    request = kept.request
    content: dict[str, Any] = {"time": kept.time, "method": request.method, "url": request.url}
    if request.method == "POST":
        content["body"] = request.body
    content |= {"status": kept.status, "size": kept.size, "sha256": kept.sha256, "counts": kept.counts}
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _parse_line(line: bytes, place: str) -> Kept:
    try:
        content = json.loads(line)
        request = ServerRequest(content["method"], content["url"], content.get("body", ""))
        kept = Kept(
            request, content["time"], content["status"], content["size"], content["sha256"], content["counts"]
        )
        _check_line(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeptDamaged("the index of kept answers is damaged", place=place) from error
    return kept


def _check_line(content: dict[str, Any]) -> None:
    texts = [content.get(name, "") for name in ("method", "url", "body")]
    if not all(isinstance(text, str) for text in texts) or not isinstance(content["counts"], bool):
        raise TypeError("a field")
    if not _SHA256.fullmatch(content["sha256"]):
        raise ValueError("sha256")


def _check_no_links(folder: Path) -> None:
    ours = (folder, folder / "responses", folder / INDEX, folder / "lock", folder / _NEW)
    links = [str(path) for path in ours if path.is_symlink()]
    if links:
        raise InputError(
            f"the folder for answers has a link in the place of its own file or folder ({links[0]})",
            remedy="Put what it points to in its place, or fetch into a new folder.",
        )


def _take_lock(folder: Path) -> IO[str]:
    lock = (folder / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ConflictError(
            "another process is fetching into this folder",
            place=str(folder),
            remedy="Wait until it has ended, then run the command again.",
        ) from error
    return lock
