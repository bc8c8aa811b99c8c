"""What this node asks another member's node: its statements, the files of its exhibits, its log.

* TLS with the one certificate that is on the member's card, and no other; no proxy, no redirect.
* Every request carries a fresh pass, signed by this node's service key for that one member.
* Nothing that the other side says is taken at its word: answers have a largest size and a longest time, each and all together, pages that
  lead nowhere end the reading, and a checkpoint counts when it is signed and grows out of the one before.
* Whatever keeps an answer away is a `SourceError`, with the seconds to wait where the other side named them. What
  contradicts what was signed is an `IntegrityError`.

It waits in an event loop of its own, since only that bounds a whole answer, headers and all; so it is used from
threads that have none. What a page says is believed only after `share` has verified the statements in it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from jindo.app.certificates import pin_certificate
from jindo.app.handing_out import log_origin
from jindo.app.node import Node
from jindo.base.errors import InputError, IntegrityError, SourceError
from jindo.seal import Checkpoint, verify_checkpoint, verify_consistency
from jindo.share import MEDIA, Member, build_pass, collection_id

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
LONGEST_ANSWER = 120
"""Seconds for a whole answer, however busily its bytes trickle in."""
LONGEST_VISIT = 3_600
"""Seconds for all answers of one connection together."""
FILE_SECONDS_PER_MIB = 8
"""Seconds more for each MiB of a file: slower lines than this are not waited for."""
LARGEST_PAGE = 64 * 1024 * 1024
LARGEST_FILE = 512 * 1024 * 1024
LARGEST_NOTE = 64 * 1024
MOST_PAGES = 10_000
PAGE_OBJECTS = 1_000
"""Objects asked for at once; a page with more is not what was asked."""
LONGEST_WAIT = 3_600
"""Seconds: nobody makes us wait longer by a `Retry-After`."""
MIB = 1024 * 1024


class PartnerSilent(SourceError):
    """Another member's node did not answer, or not in the agreed form."""

    code = "node.partner"


class PartnerRefused(SourceError):
    """Another member's node does not let us in."""

    code = "node.partner-refused"

    def default_remedy(self) -> str:
        """Ask the member."""
        return "Check that the member has this node's newest card, and that both clocks are right."


class LogRewritten(IntegrityError):
    """A member's log is not a continuation of what it was."""

    code = "node.log-rewritten"

    def default_remedy(self) -> str:
        """Take no more from the member."""
        return "Keep both checkpoints, take nothing more from this member, and tell the other members."


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """One page of what a member has published for us, as it was sent."""

    objects: tuple[Mapping[str, Any], ...]
    more: bool
    next: str | None
    first_added: str | None
    """Time of adding of the first and the last object (RFC 3339), as the headers say it."""
    last_added: str | None


class Partner:
    """A connection to another member's node; `open_partner` makes it."""

    def __init__(
        self, node: Node, member: Member, http: httpx.AsyncClient, runner: asyncio.Runner, seconds: float
    ) -> None:
        self._until = time.monotonic() + seconds
        self._node = node
        self._member = member
        self._http = http
        self._runner = runner

    def read_page(
        self,
        *,
        added_after: str | None = None,
        next: str | None = None,  # noqa: A002  TAXII's name
        limit: int | None = None,
    ) -> PartnerPage:
        """One page of the member's collection.

        Raises:
            SourceError: no answer, or none that is a page of TAXII 2.1.
        """
        asked = {"added_after": added_after, "next": next, "limit": limit}
        query = {name: value for name, value in asked.items() if value is not None}
        path = f"/taxii2/jindo/collections/{collection_id(self._member)}/objects/"
        body, headers = self._get(path, query, accept=MEDIA, largest=LARGEST_PAGE)
        return self._parse_page(body, headers)

    def iter_pages(self, *, added_after: str | None = None) -> Iterator[PartnerPage]:
        """Every page after a time of adding, until there is no more.

        Raises:
            SourceError: as `read_page`, or the pages lead in a circle.
        """
        where, seen = None, set()
        for _ in range(MOST_PAGES):
            page = self.read_page(added_after=added_after, next=where, limit=PAGE_OBJECTS)
            if len(page.objects) > PAGE_OBJECTS:
                raise PartnerSilent("the page holds more than was asked for", place=self._member.id)
            yield page
            where = page.next
            if not page.more:
                return
            if where is None or where in seen:
                break
            seen.add(where)
        raise PartnerSilent("the pages of the collection do not end", place=self._member.id)

    def fetch_file(self, exhibit_id: str, name: str, *, size: int) -> bytes:
        """A file of an exhibit, of which it lists `size` bytes; whoever asks holds it against its SHA-256.

        Raises:
            SourceError: no answer, or the answer broke off.
            InputError: the exhibit lists more bytes than this node takes.
            IntegrityError: the file is longer than the exhibit lists.
        """
        if size > LARGEST_FILE:
            raise InputError("the file is larger than this node takes", place=f"{exhibit_id}/{name}")
        path = f"/files/{quote(exhibit_id, safe='')}/{quote(name, safe='')}"
        patience = LONGEST_ANSWER + FILE_SECONDS_PER_MIB * (size // MIB)
        data, _ = self._get(path, {}, accept="*/*", largest=size + 1, patience=patience, cut=True)
        if len(data) > size:
            raise IntegrityError(
                f"{self._member.id} gives more bytes than the exhibit lists", place=f"{exhibit_id}/{name}"
            )
        if len(data) < size:
            raise PartnerSilent("the file broke off", place=f"{self._member.id}: {exhibit_id}/{name}")
        return data

    def read_checkpoint(self) -> str:
        """The member's newest checkpoint, not verified yet."""
        body, _ = self._get("/log/checkpoint", {}, accept="text/plain", largest=LARGEST_NOTE)
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PartnerSilent("the checkpoint is no text", place=self._member.id) from error

    def read_inclusion(self, index: int, size: int) -> dict[str, Any]:
        """The member's proof that a leaf is in its log of `size`, not verified yet."""
        return self._get_object("/log/inclusion", {"index": index, "size": size})

    def read_consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The member's proof that its log of size `new` begins with that of size `old`, not verified yet."""
        proof = self._get_object("/log/consistency", {"old": old, "new": new}).get("proof")
        if not isinstance(proof, list) or len(proof) > 128:
            raise PartnerSilent("the proof has no known form", place=self._member.id)
        try:
            return tuple(bytes.fromhex(each) for each in proof)
        except (TypeError, ValueError) as error:
            raise PartnerSilent("the proof has no known form", place=self._member.id) from error

    def follow_log(self, known: str | None) -> str:
        """The member's newest checkpoint, verified: signed by it, and grown out of the `known` one.

        Raises:
            SourceError: no answer.
            InputError: what it answers is no checkpoint.
            IntegrityError: another signed it, or the log was cut or rewritten.
        """
        note = self.read_checkpoint()
        new = self._verify(note)
        if known is None:
            return note
        old = self._verify(known)
        if new.size < old.size or (new.size == old.size and new.root != old.root):
            raise LogRewritten(
                f"the log had {old.size} entries and now has others or fewer", place=self._member.id
            )
        if 0 < old.size < new.size:
            self._check_growth(old, new)
        return note

    def _verify(self, note: str) -> Checkpoint:
        return verify_checkpoint(note, key=self._member.service_key, origin=log_origin(self._member.id))

    def _check_growth(self, old: Checkpoint, new: Checkpoint) -> None:
        proof = self.read_consistency(old.size, new.size)
        try:
            verify_consistency(
                old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, proof=proof
            )
        except IntegrityError as error:
            raise LogRewritten(
                f"the log of {new.size} entries is not that of {old.size} and more", place=self._member.id
            ) from error

    def _get_object(self, path: str, query: Mapping[str, str | int]) -> dict[str, Any]:
        body, _ = self._get(path, query, accept="application/json", largest=LARGEST_NOTE)
        return self._parse_object(body)

    def _parse_object(self, body: bytes) -> dict[str, Any]:
        try:
            value = json.loads(body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise PartnerSilent("the answer is no JSON", place=self._member.id) from error
        if not isinstance(value, dict):
            raise PartnerSilent("the answer is no JSON object", place=self._member.id)
        return value

    def _parse_page(self, body: bytes, headers: httpx.Headers) -> PartnerPage:
        value = self._parse_object(body)
        objects, more, where = value.get("objects", []), value.get("more", False), value.get("next")
        well_formed = isinstance(objects, list) and all(isinstance(each, dict) for each in objects)
        if not well_formed or not isinstance(more, bool) or not isinstance(where, str | None):
            raise PartnerSilent("the answer is no page of TAXII 2.1", place=self._member.id)
        return PartnerPage(
            tuple(objects),
            more,
            where,
            headers.get("X-TAXII-Date-Added-First"),
            headers.get("X-TAXII-Date-Added-Last"),
        )

    def _get(
        self,
        path: str,
        query: Mapping[str, str | int],
        *,
        accept: str,
        largest: int,
        patience: int | None = None,
        cut: bool = False,
    ) -> tuple[bytes, httpx.Headers]:
        """Body and headers; a body beyond `largest` is cut there, or refused."""
        headers = {"Authorization": f"Bearer {self._pass()}", "Accept": accept, "Accept-Encoding": "identity"}
        request = self._http.build_request("GET", path, params=dict(query), headers=headers)
        left = self._until - time.monotonic()
        if left <= 0:
            raise PartnerSilent("all its answers together take too long", place=self._member.id)
        patience = LONGEST_ANSWER if patience is None else patience
        try:
            return self._runner.run(self._ask(request, largest, min(patience, left), cut=cut))
        except TimeoutError as error:
            raise PartnerSilent("the answer takes too long", place=self._member.id) from error
        except httpx.HTTPError as error:
            raise PartnerSilent(
                f"the node of {self._member.id} does not answer ({type(error).__name__})",
                place=self._member.url,
            ) from error

    async def _ask(
        self, request: httpx.Request, largest: int, patience: float, *, cut: bool
    ) -> tuple[bytes, httpx.Headers]:
        async with asyncio.timeout(patience):
            answer = await self._http.send(request, stream=True)
            try:
                self._check_status(answer)
                return await self._read_body(answer, largest, cut=cut), answer.headers
            finally:
                await answer.aclose()

    def _pass(self) -> str:
        return build_pass(
            member=self._node.me.id,
            audience=self._member.id,
            key=self._node.service_key,
            time=self._node.clock(),
            nonce=secrets.token_hex(16),
        )

    def _check_status(self, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise PartnerSilent("the answer is packed, which was not asked for", place=self._member.id)
            return
        problem = f"the node of {self._member.id} answers {answer.status_code}"
        wait = _parse_wait(answer.headers.get("Retry-After"))
        if answer.status_code in {401, 403}:
            raise PartnerRefused(problem, place=self._member.url, retry_after=wait)
        raise PartnerSilent(problem, place=self._member.url, retry_after=wait)

    async def _read_body(self, answer: httpx.Response, largest: int, *, cut: bool) -> bytes:
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > largest and not cut:
                raise PartnerSilent(f"the answer has more than {largest} bytes", place=self._member.id)
            if len(body) >= largest:
                break
        return bytes(body[:largest])


@contextmanager
def open_partner(node: Node, member: Member, *, seconds: float = LONGEST_VISIT) -> Iterator[Partner]:
    """A connection to another member's node, closed at the end; it gives answers for so many `seconds`.

    Raises:
        InputError: the certificate on its card cannot be pinned.
    """
    context = pin_certificate(member.certificate)
    with asyncio.Runner() as runner:
        http = httpx.AsyncClient(
            base_url=member.url, verify=context, timeout=TIMEOUT, trust_env=False, follow_redirects=False
        )
        try:
            yield Partner(node, member, http, runner, seconds)
        finally:
            runner.run(http.aclose())


def _parse_wait(text: str | None) -> int | None:
    """Seconds of a `Retry-After`; its other form, a date, is not waited for."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return max(1, min(int(text), LONGEST_WAIT))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
