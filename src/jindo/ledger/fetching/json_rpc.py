"""JSON-RPC over a `Fetcher`: many calls in one request, each reply with the call it belongs to.

* Calls are numbered from 0, so that the same calls are the same request; replies may come in any order, and each
  call has exactly one.
* An answer that is no JSON, not whole, or holds a passing error is asked for again; any other error is a
  `SourceDeclined` with the server's number and words.
* A batch that a server does not take, or whose answer is too large, is asked for in halves, at last one by one.

Sources: JSON-RPC 2.0; EIP-1474; Bitcoin Core, `rpc/protocol.h`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from jindo.base.errors import InputError
from jindo.ledger.fetching.failures import AnswerTooLarge, SourceDeclined, SourceSilent, WrongAnswer
from jindo.ledger.fetching.fetcher import Fetcher
from jindo.ledger.fetching.keep import ServerAnswer

Call: TypeAlias = tuple[str, list[Any]]
"""Method and parameters."""

NO_SUCH_METHOD = -32601
_DEPTH = 4_000
"""Levels of JSON that are read: 1,024 calls inside each other, two levels each, and room for what calls us."""
_PASSING = frozenset({-28, -10, 429, -32005, -32097})
"""Warming up, catching up (Bitcoin Core), limits of services."""
_PASSING_WORDS = re.compile(r"rate.?limit|too many|timed? ?out|busy|try again|capacity", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replies:
    """What one request of calls was answered."""

    calls: list[Call]
    results: list[Any]
    answer: ServerAnswer


class JsonRpc:
    """A JSON-RPC server behind a `Fetcher`."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    @property
    def place(self) -> str:
        """The server, as it may be written down."""
        return self._fetcher.address.shown

    def call(self, method: str, *params: Any, fresh: bool = False) -> Any:
        """The result of one call.

        Raises:
            SourceError: there is none.
        """
        return self._ask([(method, list(params))], lambda _: None, fresh=fresh).results[0]

    def batch(
        self,
        calls: Sequence[Call],
        check: Callable[[Sequence[Call], Sequence[Any]], None],
        *,
        fresh: bool = False,
    ) -> list[Replies]:
        """The results of many calls, in as few requests as the server takes.

        `check` sees some of the calls and their results, and raises a `SourceError` where they do not count.

        Raises:
            SourceError: there are none.
        """
        calls = list(calls)
        try:
            return [self._ask(calls, lambda results: check(calls, results), fresh=fresh)] if calls else []
        except (SourceDeclined, AnswerTooLarge) as error:
            if len(calls) == 1 or getattr(error, "number", None) == NO_SUCH_METHOD:
                raise
        half = len(calls) // 2
        return self.batch(calls[:half], check, fresh=fresh) + self.batch(calls[half:], check, fresh=fresh)

    def _ask(self, calls: list[Call], check: Callable[[Sequence[Any]], None], *, fresh: bool) -> Replies:
        found: list[list[Any]] = []

        def judge(body: bytes) -> None:
            results = self._parse(body, len(calls))
            check(results)
            found.append(results)

        answer = self._fetcher.ask("", body=to_body(calls), fresh=fresh, check=judge)
        return Replies(calls, found[-1], answer)

    def _parse(self, body: bytes, count: int) -> list[Any]:
        replies = parse_json(body, self.place)
        if isinstance(replies, dict):
            self._check_error(replies)
            replies = [replies]
        try:
            by_id = {reply["id"]: reply for reply in replies}
        except (TypeError, KeyError) as error:
            raise SourceSilent("the answer is none of JSON-RPC", place=self.place) from error
        for reply in by_id.values():
            self._check_error(reply)
        if len(replies) != count or by_id.keys() != set(range(count)):
            raise SourceSilent("the replies are not those to the calls", place=self.place)
        if not all("result" in reply for reply in by_id.values()):
            raise SourceSilent("a reply has neither result nor error", place=self.place)
        return [by_id[number]["result"] for number in range(count)]

    def _check_error(self, reply: dict[str, Any]) -> None:
        error = reply.get("error")
        if error is None:
            return
        fields = error if isinstance(error, dict) else {"message": error}
        number, words = fields.get("code"), str(fields.get("message", ""))
        number = number if type(number) is int else None
        problem = f"the server says: {self._fetcher.quote(words) or 'no'}" + (
            f" ({number})" if number else ""
        )
        if number in _PASSING or _PASSING_WORDS.search(words):
            raise SourceSilent(problem, place=self.place)
        raise SourceDeclined(problem, place=self.place, number=number)


def to_body(calls: Sequence[Call]) -> Any:
    """The body of a request of these calls; one call is sent as itself, since not every server takes batches."""
    each = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(calls)
    ]
    return each[0] if len(each) == 1 else each


def parse_kept(answer: ServerAnswer) -> list[tuple[Call, Any]]:
    """The calls of a kept answer that counts, each with its result.

    Raises:
        InputError: it is none of JSON-RPC.
    """
    try:
        asked, replies = json.loads(answer.request.body), _load_deep(answer.body)
        asked, replies = _to_list(asked), _to_list(replies)
        results = {reply["id"]: reply["result"] for reply in replies}
        return [((call["method"], call["params"]), results[call["id"]]) for call in asked]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("a kept answer is none of JSON-RPC", place=answer.sha256) from error


def parse_json(body: bytes, place: str) -> Any:
    """The JSON value of an answer.

    Raises:
        SourceSilent: it is none.
    """
    try:
        return _load_deep(body)
    except (ValueError, RecursionError) as error:
        raise SourceSilent("the answer is no JSON, or cut", place=place) from error


def check_that(fits: object, problem: str, place: str) -> None:
    """Refuse an answer that does not fit.

    Raises:
        SourceError: `fits` is false.
    """
    if not fits:
        raise WrongAnswer(problem, place=place)


def _load_deep(body: bytes) -> Any:
    """The JSON value: a trace is as deep as calls can be, which is deeper than Python reads by itself."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, _DEPTH))
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    finally:
        sys.setrecursionlimit(usual)


def _to_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
