"""Pull: ask a partner's node for what is new, page by page, and take it in.

* A page is taken in by pieces, each one transaction; the place in the collection is remembered with the last piece. A
  crash loses and doubles nothing, and no partner can hold the database for long.
* A pull ends after a while, wherever it is; the next one goes on from there.
* The partner's log must hold all that it held when we last looked; if it does not, nothing more is taken from it.
* What is dated a little in the future is left, with what stands behind it, until its time has come.

What is done with a statement is `receiving`'s.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update

from jindo.app.acting import View
from jindo.app.client import Partner, PartnerPage, open_partner
from jindo.app.handing_out import log_origin
from jindo.app.node import Node
from jindo.app.receiving import Carried, check_logged, open_carrier, take_in
from jindo.base.errors import IntegrityError, SourceError
from jindo.seal import verify_checkpoint
from jindo.share import Member, get_member, has_statement
from jindo.store import tables

PIECE = 100
"""Statements taken in by one transaction."""
LONGEST_PULL = 60.0
"""Seconds after which a pull ends for now."""
WAIT = 30
"""Seconds until something dated ahead of us is looked at again."""


class DatedAhead(SourceError):
    """A partner's statement is dated later than our clock."""

    code = "share.dated-ahead"

    def default_remedy(self) -> str:
        """Check both clocks."""
        return "Check both nodes' clocks. It is taken in when its time has come."


@dataclass(slots=True)
class _Count:
    received: int = 0
    quarantined: int = 0
    begun: float = field(default_factory=time.monotonic)

    def add(self, taken: str) -> None:
        self.received += taken == "received"
        self.quarantined += taken == "quarantined"

    @property
    def is_over(self) -> bool:
        return time.monotonic() - self.begun > LONGEST_PULL


def pull_member(node: Node, member_id: str) -> View:
    """Take in what is new of what a partner has for us.

    Raises:
        NotFound: we know no such partner.
        SourceError: it does not answer, or dates something ahead of us.
        IntegrityError: its log is not the one that we saw before, or does not have what it shows us.
    """
    with node.store.read() as conn:
        member = get_member(conn, member_id)
    count = _Count()
    try:
        with open_partner(node, member) as partner:
            for page in partner.iter_pages(added_after=_cursor(node, member)):
                _take_page(node, member, partner, page, count)
                if count.is_over:
                    break
            _watch_log(node, member, partner)
        _note(node, member.id, problem=None)
    except (SourceError, IntegrityError) as error:
        _note(node, member.id, problem=str(error))
        raise
    return {"member": member.id, "received": count.received, "quarantined": count.quarantined}


def _take_page(node: Node, member: Member, partner: Partner, page: PartnerPage, count: _Count) -> None:
    carried = [each for item in page.objects if (each := open_carrier(node, member, item)) is not None]
    now = [each for each in carried if not each.is_early]
    fresh = _find_fresh(node, now)
    if fresh:
        checkpoint = _watch_log(node, member, partner)
        for each in fresh:
            check_logged(partner, each, checkpoint)
    for piece in _pieces(now):
        with node.store.begin() as conn:
            for each in piece:
                count.add(take_in(conn, node, member, each))
    if len(now) < len(carried):
        raise DatedAhead(f"{member.id} shows what is dated in the future", place=member.id, retry_after=WAIT)
    _remember(node, member, page.last_added)


def _find_fresh(node: Node, carried: Sequence[Carried]) -> list[Carried]:
    """Those that verify and are not here yet."""
    with node.store.read() as conn:
        return [
            each
            for each in carried
            if each.signed is not None and not has_statement(conn, each.signed.statement.id)
        ]


def _pieces(carried: Sequence[Carried]) -> Iterator[Sequence[Carried]]:
    for start in range(0, len(carried), PIECE):
        yield carried[start : start + PIECE]


def _watch_log(node: Node, member: Member, partner: Partner) -> tuple[int, bytes]:
    """Hold a partner's checkpoint against the last one that we saw, and remember it; its size and root.

    Raises:
        IntegrityError: the log has lost or changed something.
    """
    rows = tables.member
    with node.store.read() as conn:
        before = conn.scalar(select(rows.c.checkpoint).where(rows.c.id == member.id))
    note = partner.follow_log(before)
    if note != before:
        with node.store.begin() as conn:
            conn.execute(update(rows).where(rows.c.id == member.id).values(checkpoint=note))
    checkpoint = verify_checkpoint(note, key=member.service_key, origin=log_origin(member.id))
    return checkpoint.size, checkpoint.root


def _cursor(node: Node, member: Member) -> str | None:
    """When the last object that we took in had been added to the partner's collection."""
    with node.store.read() as conn:
        return conn.scalar(select(tables.member.c.cursor).where(tables.member.c.id == member.id))


def _remember(node: Node, member: Member, cursor: str | None) -> None:
    if cursor:
        changed = update(tables.member).where(tables.member.c.id == member.id)
        with node.store.begin() as conn:
            conn.execute(changed.values(cursor=cursor))


def _note(node: Node, member_id: str, *, problem: str | None) -> None:
    """When a partner last answered, or why it did not."""
    values: dict[str, str | int | None] = {"problem": problem}
    if problem is None:
        values["pulled"] = node.clock()
    with node.store.begin() as conn:
        conn.execute(update(tables.member).where(tables.member.c.id == member_id).values(**values))
