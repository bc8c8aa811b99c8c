"""One server, asked at no more than a stated rate, and again where that may help.

* 408, 429, 5xx, a cut connection, a timeout, and an answer that `check` refuses are tried again with growing
  pauses, or after the pause that the server names; then the error says when to come back.
* TLS is verified; a redirect is not followed; no proxy is used; an answer has a largest size and a longest time.
* Every body that arrives whole with status 200 is kept before it is used.
* No text of ours, kept or shown, holds a credential.

Waiting and time are passed in; what an answer means, whoever asks knows.
"""

from __future__ import annotations

import asyncio
import ssl
import time as machine_time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from jindo.base.errors import InputError, SourceError
from jindo.ledger.fetching.address import HIDDEN, ServiceAddress, find_secrets, parse_service_address
from jindo.ledger.fetching.failures import AnswerTooLarge, SourceDeclined, SourceRefused, SourceSilent
from jindo.ledger.fetching.keep import ResponseKeep, ServerAnswer
from jindo.ledger.fetching.request import ServerRequest, build_request, join_path

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
LONGEST_ANSWER = 600
"""Seconds for a whole answer, however busily its bytes trickle in."""
LARGEST_ANSWER = 128 * 1024 * 1024
ATTEMPTS = 6
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 120
"""Seconds that are waited here; who names more is come back to by the user."""

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_NO_REDIRECT = "Name the address that the server redirects to, if you trust it."


class _Passing(Exception):
    """A failure that may not be one the next time."""

    def __init__(self, error: SourceError) -> None:
        super().__init__()
        self.error = error


class Fetcher:
    """One server and the folder that keeps its answers; to be closed.

    `clock` gives unix seconds, for the record; `sleep` waits; `monotonic` paces. `headers` and `secrets` (further
    parameters of each URL) go to the server and are never written down.

    Raises:
        InputError: the address is no http or https URL, or the folder cannot be ours.
        ConflictError: another process fetches into the folder.
    """

    def __init__(
        self,
        base_url: str,
        keep: Path,
        *,
        per_second: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        user: tuple[str, str] | None = None,
        attempts: int = ATTEMPTS,
        largest: int = LARGEST_ANSWER,
        monotonic: Callable[[], float] = machine_time.monotonic,
    ) -> None:
        if per_second <= 0:
            raise InputError("the number of requests a second is not above 0")
        self.address = parse_service_address(base_url)
        self.keep = keep
        self._secrets = (*self.address.query, *(secrets or {}).items())
        self._clock, self._sleep, self._monotonic = clock, sleep, monotonic
        self._hidden = find_secrets(self.address, headers or {}, self._secrets, user)
        self._gap, self._next = 1 / per_second, 0.0
        self._attempts, self._largest = attempts, largest
        self._http = _open_client(self.address, user, headers or {})
        self._kept = ResponseKeep(keep)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection and the folder."""
        try:
            self._runner.run(self._http.aclose())
            self._runner.close()
        finally:
            self._kept.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        fresh: bool = False,
        check: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """The body of the answer to a GET of `path` below the server's address.

        With `fresh` it is asked also where an answer is kept. `check` raises a `SourceError` for an answer that
        does not count: it is kept as such, and asked for again; not so for a `SourceDeclined`.

        Raises:
            SourceError: there is no answer; `retry_after` where it is known when to come back.
            KeptDamaged: the answer that is kept is not what was received.
        """
        return self.ask(path, params=params, fresh=fresh, check=check).body

    def post_json(
        self,
        path: str,
        body: Any,
        *,
        fresh: bool = False,
        check: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """The body of the answer to a POST of `body` as JSON; else as `get`."""
        return self.ask(path, body=body, fresh=fresh, check=check).body

    def ask(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Any | None = None,
        fresh: bool = False,
        check: Callable[[bytes], None] | None = None,
    ) -> ServerAnswer:
        """The answer with what was asked and its SHA-256; a POST where there is a body."""
        request = build_request(self.address, path, params or {}, body)
        kept = None if fresh else self._kept.find(request)
        if kept is not None and _is_fit(kept.body, check):
            return kept
        return self._ask_until(request, self._build_url(path, params or {}), check)

    def _build_url(self, path: str, params: Mapping[str, str | int]) -> httpx.URL:
        everything = {name: str(value) for name, value in params.items()} | dict(self._secrets)
        try:
            return httpx.URL(join_path(self.address.url, path)).copy_merge_params(everything)
        except httpx.InvalidURL as error:
            raise InputError("no URL can be made of what is asked", place=self.address.shown) from error

    def quote(self, text: str) -> str:
        """What a server wrote, cut to what a message can hold, without control characters and credentials."""
        for secret in self._hidden:
            text = text.replace(secret, HIDDEN)
        return "".join(c if c.isprintable() else " " for c in text[:200]).strip()

    def _ask_until(
        self, request: ServerRequest, url: httpx.URL, check: Callable[[bytes], None] | None
    ) -> ServerAnswer:
        pause = FIRST_PAUSE
        for attempt in range(1, self._attempts + 1):
            self._pace()
            try:
                return self._ask_once(request, url, check)
            except _Passing as passing:
                wait = passing.error.retry_after
                if attempt == self._attempts or (wait is not None and wait > LONGEST_PAUSE):
                    raise passing.error from passing.__cause__
                self._sleep(pause if wait is None else wait)
                pause = min(2 * pause, LONGEST_PAUSE)
        raise InputError("the number of attempts is not above 0")

    def _pace(self) -> None:
        now = self._monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._gap

    def _ask_once(
        self, request: ServerRequest, url: httpx.URL, check: Callable[[bytes], None] | None
    ) -> ServerAnswer:
        content = request.body.encode() or None
        headers = {"Content-Type": "application/json"} if content else {}
        asked = self._http.build_request(request.method, url, content=content, headers=headers)
        try:
            body = self._runner.run(self._receive(asked))
        except TimeoutError as error:
            raise _Passing(self._say("takes too long to answer")) from error
        except httpx.HTTPError as error:
            raise _Passing(self._say(f"does not answer ({type(error).__name__})")) from error
        return self._judge(request, body, check)

    def _judge(
        self, request: ServerRequest, body: bytes, check: Callable[[bytes], None] | None
    ) -> ServerAnswer:
        """Keep the answer, as one that counts or does not."""
        try:
            if check is not None:
                check(body)
        except SourceDeclined:
            self._record(request, body, counts=False)
            raise
        except SourceError as error:
            self._record(request, body, counts=False)
            raise _Passing(error) from error.__cause__
        except BaseException:
            self._record(request, body, counts=False)
            raise
        return self._record(request, body, counts=True)

    def _record(self, request: ServerRequest, body: bytes, *, counts: bool) -> ServerAnswer:
        return self._kept.record(request, body, time=int(self._clock()), status=200, counts=counts)

    async def _receive(self, request: httpx.Request) -> bytes:
        async with asyncio.timeout(LONGEST_ANSWER):
            answer = await self._http.send(request, stream=True)
            try:
                self._check_status(answer)
                return await self._read_body(answer)
            finally:
                await answer.aclose()

    def _check_status(self, answer: httpx.Response) -> None:
        status, wait = answer.status_code, parse_wait(answer.headers.get("Retry-After"))
        if status == 200:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise self._say("packs its answer, which was not asked for")
            return
        if status in _TRY_AGAIN:
            raise _Passing(self._say(f"answers with status {status}", retry_after=wait))
        if status in {401, 403}:
            raise SourceRefused(f"the server answers with status {status}", place=self.address.shown)
        remedy = _NO_REDIRECT if 300 <= status < 400 else ""
        raise SourceDeclined(
            f"the server answers with status {status}", place=self.address.shown, remedy=remedy
        )

    async def _read_body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > self._largest:
                raise AnswerTooLarge(
                    f"the answer has more than {self._largest} bytes", place=self.address.shown
                )
        return bytes(body)

    def _say(self, problem: str, *, remedy: str = "", retry_after: int | None = None) -> SourceSilent:
        return SourceSilent(
            f"the server {problem}", place=self.address.shown, remedy=remedy, retry_after=retry_after
        )


def _open_client(
    address: ServiceAddress, user: tuple[str, str] | None, headers: Mapping[str, str]
) -> httpx.AsyncClient:
    given = user or address.user
    try:
        return httpx.AsyncClient(
            auth=None if given is None else httpx.BasicAuth(*given),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
            timeout=TIMEOUT,
            verify=_build_context(address),
            trust_env=False,
            follow_redirects=False,
        )
    except UnicodeEncodeError as error:
        raise InputError("a key for the server has a character that no header holds") from error


def _build_context(address: ServiceAddress) -> ssl.SSLContext:
    """What verifies a server; one that knows no authority, and takes long to make, where there is no TLS."""
    if address.url.startswith("https:"):
        return httpx.create_ssl_context(trust_env=False)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def parse_wait(text: str | None) -> int | None:
    """Seconds of a `Retry-After`; its other form, a date, is not waited for."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return max(1, int(text))


def _is_fit(body: bytes, check: Callable[[bytes], None] | None) -> bool:
    try:
        if check is not None:
            check(body)
    except SourceError:
        return False
    return True
