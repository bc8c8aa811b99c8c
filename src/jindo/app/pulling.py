"""Pull: ask a partner's node for what is new, page by page, and take it in.

* A page is taken in by pieces, each one transaction of a second or so; the place in the collection is remembered when
  the page is through. A crash loses and doubles nothing, and no partner can hold the database for long.
* A pull ends after a while, wherever it is, and puts the next one into the queue; that goes on from there.
* The partner's log must hold all that it held when we last looked; if it does not, nothing more is taken from it.
* What its log does not prove, or what does not verify, is put aside and stops nothing.
* What is dated a little in the future is left until its time has come. All else is taken in meanwhile; only the place
  in the collection stays.

What is done with a statement is `receiving`'s.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace

from sqlalchemy import Connection, select, update

from jindo.app.acting import View, new_id
from jindo.app.client import Partner, PartnerPage, open_partner
from jindo.app.handing_out import log_origin
from jindo.app.node import Node
from jindo.app.receiving import Carried, NotInLog, check_logged, open_carrier, take_in
from jindo.base.errors import JindoError, SourceError
from jindo.seal import verify_checkpoint
from jindo.share import Member, get_member, has_statement
from jindo.store import add_job, tables

PIECE = 100
"""Statements taken in by one transaction, at most."""
LONGEST_LOCK = 1.0
"""Seconds after which a transaction takes in no more."""
LONGEST_PULL = 60.0
"""Seconds after which a pull ends for now."""
LONGEST_VISIT = 180.0
"""Seconds for which the partner may make us wait in one pull."""
WAIT = 30
"""Seconds until something dated ahead of us is looked at again."""


class DatedAhead(SourceError):
    """A partner's statement is dated later than our clock."""

    code = "share.dated-ahead"

    def default_remedy(self) -> str:
        """Check both clocks."""
        return "Check both nodes' clocks. It is taken in when its time has come."


def pull_member(node: Node, member_id: str) -> View:
    """Take in what is new of what a partner has for us.

    Raises:
        NotFound: we know no such partner.
        SourceError: it does not answer, or dates something ahead of us; or our database cannot hold more now.
        IntegrityError: its log is not the one that we saw before.
        InputError: what it gives as its log is none.
    """
    with node.store.read() as conn:
        member = get_member(conn, member_id)
    try:
        with open_partner(node, member, seconds=LONGEST_VISIT) as partner:
            pull = _Pull(node, member, partner)
            pull.run()
        _note(node, member.id, problem=None, again=pull.is_cut)
    except JindoError as error:
        _note(node, member.id, problem=str(error))
        raise
    return {"member": member.id, "received": pull.received, "quarantined": pull.quarantined}


class _Pull:
    """One pull, and how far it is."""

    def __init__(self, node: Node, member: Member, partner: Partner) -> None:
        self.node, self.member, self.partner = node, member, partner
        self.received = self.quarantined = 0
        self.is_cut = False
        """Whether the time was over before all was seen."""
        self._is_early = False
        self._begun = time.monotonic()

    def run(self) -> None:
        for page in self.partner.iter_pages(added_after=_cursor(self.node, self.member)):
            self._take_page(page)
            if self.is_cut:
                break
            self.is_cut = page.more and self._is_over
            if self.is_cut:
                break
        _watch_log(self.node, self.member, self.partner)
        if self._is_early:
            raise DatedAhead(
                f"{self.member.id} shows what is dated in the future", place=self.member.id, retry_after=WAIT
            )

    @property
    def _is_over(self) -> bool:
        return time.monotonic() - self._begun > LONGEST_PULL

    def _take_page(self, page: PartnerPage) -> None:
        items = (open_carrier(self.node, self.member, item) for item in page.objects)
        carried = [each for each in items if each is not None]
        waiting = deque(each for each in carried if not each.is_early)
        self._is_early = self._is_early or len(waiting) < len(carried)
        while waiting and not self.is_cut:
            self._take_in(self._hold_against_log(waiting))
        if not self._is_early and not waiting:
            _remember(self.node, self.member, page.last_added)

    def _hold_against_log(self, waiting: deque[Carried]) -> deque[Carried]:
        """The next piece of what waits, each as the partner's log proves it; a single one where time is over."""
        piece: deque[Carried] = deque()
        checkpoint = None
        while waiting and len(piece) < PIECE and not self.is_cut:
            each = waiting.popleft()
            if _is_fresh(self.node, each):
                checkpoint = checkpoint or _watch_log(self.node, self.member, self.partner)
                each = self._check_logged(each, checkpoint)
                self.is_cut = bool(waiting) and self._is_over
            piece.append(each)
        return piece

    def _check_logged(self, carried: Carried, checkpoint: tuple[int, bytes]) -> Carried:
        try:
            check_logged(self.partner, carried, checkpoint)
        except NotInLog as error:
            return replace(carried, signed=None, problem=str(error))
        return carried

    def _take_in(self, piece: deque[Carried]) -> None:
        while piece:
            with self.node.store.begin() as conn:
                begun = time.monotonic()
                while piece and time.monotonic() - begun < LONGEST_LOCK:
                    taken = take_in(conn, self.node, self.member, piece.popleft())
                    self.received += taken == "received"
                    self.quarantined += taken == "quarantined"


def _is_fresh(node: Node, carried: Carried) -> bool:
    """Whether it verifies and is not here yet."""
    if carried.signed is None:
        return False
    with node.store.read() as conn:
        return not has_statement(conn, carried.signed.statement.id)


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


def _note(node: Node, member_id: str, *, problem: str | None, again: bool = False) -> None:
    """When a partner last answered, or why it did not; and the next pull, where this one was cut off."""
    now = node.clock()
    values: dict[str, str | int | None] = {"problem": problem}
    if problem is None:
        values["pulled"] = now
    with node.store.begin() as conn:
        conn.execute(update(tables.member).where(tables.member.c.id == member_id).values(**values))
        if again and not _is_queued(conn, member_id):
            add_job(conn, id=new_id(), kind="pull", subject=member_id, args={"member": member_id}, time=now)


def _is_queued(conn: Connection, member_id: str) -> bool:
    """Whether a pull waits already; the one that runs now does not count."""
    job = tables.job.c
    waiting = (job.kind == "pull") & (job.subject == member_id) & (job.state == "queued")
    return conn.scalar(select(job.id).where(waiting).limit(1)) is not None
