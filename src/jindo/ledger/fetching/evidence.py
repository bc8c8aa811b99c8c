"""The list of the answers that one import rests on: a file whose SHA-256 stands for all of them.

    KEEP/lists/SHA256.jsonl    one line an answer, in the order in which they are read: request and SHA-256

* A list holds no time, so that the same answers make the same list.
* A list is written in full, and on the disk, before it has its name.

The answers' bytes are in the same folder (`keep`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jindo.base.errors import InputError
from jindo.ledger.fetching.keep import AnswerName, KeptDamaged, ServerAnswer, read_response
from jindo.ledger.fetching.request import ServerRequest
from jindo.ledger.files import SourceFile
from jindo.ledger.hashing import hash_file, sync_folder

ANSWERS = "answers"
"""What a `SourceFile` is that lists answers."""
LISTS = "lists"


class EvidenceList:
    """A list that is being written; to be closed."""

    def __init__(self, keep: Path) -> None:
        self._folder = keep / LISTS
        self._folder.mkdir(exist_ok=True)
        self._hash = hashlib.sha256()
        self._stream = (self._folder / "list.new").open("wb")

    def add(self, answer: AnswerName) -> None:
        """Put one more answer in."""
        request = answer.request
        content: dict[str, Any] = {"method": request.method, "url": request.url, "sha256": answer.sha256}
        if request.body:
            content["body"] = request.body
        line = json.dumps(content, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        self._hash.update(line)
        self._stream.write(line)

    def close(self) -> None:
        """Let go of the file; what was not finished counts for nothing."""
        self._stream.close()

    def finish(self, name: str) -> SourceFile:
        """The list, on the disk, as a file that is called `name` in the ledger."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        path = self._folder / f"{self._hash.hexdigest()}.jsonl"
        (self._folder / "list.new").replace(path)
        sync_folder(self._folder)
        return SourceFile(path, name, ANSWERS, (), ())


def check_evidence(keeps: Path, wanted: Iterable[str]) -> None:
    """Hold the lists that have these SHA-256, and every answer that they name, against what was received.

    Raises:
        KeptDamaged: a list or an answer is gone, or not what it was.
    """
    for sha256 in wanted:
        found = next(keeps.glob(f"*/{LISTS}/{sha256}.jsonl"), None)
        if found is None or hash_file(found) != sha256:
            raise KeptDamaged(
                "a list of kept answers is gone, or not what was written", place=str(found or keeps)
            )
        for _ in iter_evidence(SourceFile(found, found.name, ANSWERS, (), ())):
            pass


def iter_evidence(source: SourceFile) -> Iterator[ServerAnswer]:
    """The answers of a list, each held against its SHA-256.

    Raises:
        InputError: the file is no list of answers.
        KeptDamaged: an answer is not what was received.
    """
    keep = source.path.parent.parent
    with source.path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                content = json.loads(line)
                request = ServerRequest(content["method"], content["url"], content.get("body", ""))
                sha256 = str(content["sha256"])
            except (ValueError, KeyError, TypeError) as error:
                raise InputError("the line names no answer", place=f"{source.name}:{number}") from error
            yield ServerAnswer(request, sha256, read_response(keep, sha256))
