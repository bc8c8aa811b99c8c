"""A range of blocks from a node that may change its mind: spans of blocks that hang together by their hashes.

* Each block's parent is the block before; where a span does not hang on the one before, it is asked for again, then
  the one before too, so that what was kept before a reorganisation gives way.
* A node that never hangs together is told apart from one in a reorganisation by nothing: after some rounds it is
  a `SourceError`, and says when to come back.
* Spans begin at multiples of their size, so that ranges which overlap ask the same.

What is in a span is the source's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jindo.base.errors import SourceError
from jindo.ledger.fetching.keep import AnswerName
from jindo.ledger.staging import Progress

ROUNDS = 8
"""Spans that are taken back in all."""
DEPTH = 16
"""Spans that can be taken back at once; what lies deeper is settled."""
COME_BACK = 60
"""Seconds after which a reorganisation has most likely ended."""


class ChainUnsettled(SourceError):
    """A node's blocks do not hang together."""

    code = "ledger.chain-unsettled"

    def default_remedy(self) -> str:
        """Wait for the reorganisation to end."""
        return "Wait until the node has settled and run the command again; if it stays so, use another node."


@dataclass(frozen=True, slots=True)
class Span:
    """Blocks that are asked for together, first and last included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FetchedSpan:
    """A span as a node answered it; its blocks hang together."""

    span: Span
    parent: str
    """Hash of the block before the first."""
    tip: str
    """Hash of the last block."""
    answers: tuple[AnswerName, ...]
    """Without their bytes: many spans wait to be settled."""


def iter_spans(first: int, last: int, size: int) -> Iterator[Span]:
    """The spans of a range of blocks."""
    while first <= last:
        end = min(last, first - first % size + size - 1)
        yield Span(first, end)
        first = end + 1


class Walk:
    """Spans in order; `fetch(span, fresh=…)` asks for one, `settle` is told of each that stands."""

    def __init__(
        self, fetch: Callable[[Span, bool], FetchedSpan], settle: Callable[[FetchedSpan], None], place: str
    ) -> None:
        self._fetch, self._settle, self._place = fetch, settle, place
        self._pending: list[FetchedSpan] = []
        self._settled = ""
        """Hash of the last block that was settled."""
        self._rounds = ROUNDS

    def run(self, first: int, last: int, *, size: int, progress: Progress) -> None:
        """Fetch and settle a range of blocks, `size` at a time.

        Raises:
            ChainUnsettled: the node's blocks do not hang together.
            SourceError: the node does not answer.
        """
        for span in iter_spans(first, last, size):
            progress(f"fetching from {self._place}", span.first - first, last - first + 1)
            self.add(span)
        self.finish()

    def add(self, span: Span) -> None:
        """Fetch the next span.

        Raises:
            ChainUnsettled: the node's blocks do not hang together.
            SourceError: the node does not answer.
        """
        self._add(span, fresh=False)
        while len(self._pending) > DEPTH:
            self._settle_first()

    def finish(self) -> None:
        """Settle what is left."""
        while self._pending:
            self._settle_first()

    def _settle_first(self) -> None:
        fetched = self._pending.pop(0)
        self._settled = fetched.tip
        self._settle(fetched)

    def _add(self, span: Span, *, fresh: bool) -> None:
        fetched = self._fetch(span, fresh)
        before = self._pending[-1].tip if self._pending else self._settled
        if not before or fetched.parent == before:
            self._pending.append(fetched)
        elif not fresh:
            self._add(span, fresh=True)
        else:
            self._take_back(span)

    def _take_back(self, span: Span) -> None:
        self._rounds -= 1
        if not self._pending or self._rounds < 0:
            raise ChainUnsettled(
                f"block {span.first} does not stand on the block before, as the node gives them",
                place=self._place,
                retry_after=COME_BACK,
            )
        before = self._pending.pop()
        self._add(before.span, fresh=True)
        self._add(span, fresh=True)
