"""The worker: does the node's long work, each piece at least once, and loses none.

* A job is held by a lease, which the worker renews while the job runs; a killed worker's jobs are taken up again.
* Work that the world keeps away (`SourceError`, `ConflictError`) is tried again, at growing intervals, for ever.
* Work that cannot succeed (any other error of ours) fails at once, with its problem in words. A bug, and work that
  takes its process down with it, is tried a few times.
* Told to stop, it is back within a second; what it leaves unfinished is done by whoever comes next.
* Between two jobs it enters in the audit trail how often signing in failed.
* Waiting is measured by a clock that only goes forward. Where the machine's time was set back, no job waits for the
  old time to come again.

What a kind of work does is in `handlers`; it may be done twice, and then nothing doubles.
"""

from __future__ import annotations

import fcntl
import json
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import and_, or_, select, update

from jindo.app.node import Node
from jindo.app.tokens import record_knocks
from jindo.base.errors import ConflictError, InputError, IntegrityError, JindoError, SourceError
from jindo.store import (
    Job,
    LeaseLost,
    extend_lease,
    fail_job,
    finish_job,
    record_audit,
    release_jobs,
    tables,
    take_job,
)

Handler = Callable[[Node, Job], Mapping[str, Any]]
"""Does one job and gives its answer, JSON-ready."""
Periodic = Callable[[Node], None]
"""Queues what is due again."""

LEASE_SECONDS = 60
RENEW_SECONDS = 15
IDLE_SECONDS = 0.25
LOOK_SECONDS = 0.1
STOP_SECONDS = 0.5
"""How long a running job may still come to its end after the stop."""
FIRST_WAIT, LONGEST_WAIT = 1, 900
LONGEST_ASKED = 3_600
"""What a source may ask us to wait."""
LONGEST_PROBLEM = 2_000
MOST_BUGS = 5
MOST_DEATHS = 20
"""How often work may take its process down without a word; an operator's kills count too, so it is generous."""

_LOG = logging.getLogger("jindo.worker")


class Worker:
    """Works on a node's queue; several may, in one process or many."""

    def __init__(
        self,
        node: Node,
        owner: str,
        handlers: Mapping[str, Handler] | None = None,
        periodic: Periodic | None = None,
        *,
        every: int | None = None,
        kinds: frozenset[str] | None = None,
    ) -> None:
        """Make a worker.

        Args:
            node: whose work it is.
            owner: the worker's name, which no other living worker has.
            handlers: what to do by kind of job; all that this version knows where not given.
            periodic: queues what is due; asks every partner where not given.
            every: seconds between two such turns, 0 for never; node.toml's where not given.
            kinds: take only work of these kinds; all where not given.
        """
        self._node = node
        self._owner = owner
        self._handlers = _all_handlers() if handlers is None else handlers
        self._periodic = _queue_pulls if periodic is None else periodic
        self._every = node.settings.pull_seconds if every is None else every
        self._kinds = kinds
        self._due = time.monotonic()

    def run_once(self) -> bool:
        """Do one job; whether there was one.

        Raises:
            SourceError: the database does not answer.
        """
        with _working(self._node):
            record_knocks(self._node)
            return self._run_next(threading.Event())

    def run_until(self, stop: threading.Event) -> None:
        """Work until `stop` is set; back within a second of it."""
        with _working(self._node, first=True):
            while not stop.is_set():
                try:
                    record_knocks(self._node)
                    self._take_turn()
                    worked = self._run_next(stop)
                except (SourceError, ConflictError) as error:
                    _LOG.warning("the queue cannot be reached: %s", error)
                    worked = False
                if not worked:
                    stop.wait(IDLE_SECONDS)

    def _take_turn(self) -> None:
        if self._every <= 0 or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every
        try:
            self._periodic(self._node)
        except Exception as error:
            _log_bug("periodic work", error)

    def _run_next(self, stop: threading.Event) -> bool:
        job = self._take()
        if job is None:
            return False
        try:
            self._run(job, stop)
        except LeaseLost:
            _LOG.warning("job %s went to another worker meanwhile", job.id)
        return True

    def _take(self) -> Job | None:
        now = self._node.clock()
        with self._node.store.read() as conn:
            waiting = conn.execute(select(tables.job.c.id).where(self._mine(_takable(now))).limit(1)).first()
        if waiting is None:
            return None
        with self._node.store.begin() as conn:
            conn.execute(
                update(tables.job).where(_from_the_future(now)).values(not_before=now, leased_until=now - 1)
            )
            return take_job(conn, owner=self._owner, time=now, lease_seconds=LEASE_SECONDS, kinds=self._kinds)

    def _mine(self, ready: Any) -> Any:
        """Of what is ready, what this worker takes."""
        return ready if self._kinds is None else and_(ready, tables.job.c.kind.in_(sorted(self._kinds)))

    def _run(self, job: Job, stop: threading.Event) -> None:
        handler = self._handlers.get(job.kind)
        if handler is None:
            self._fail(job, "this version of Jindo does not know this kind of work", code="node.job-kind")
        elif job.problem is None and job.attempts > MOST_DEATHS:
            self._fail(job, "the work ended its process each time", code="node.job-deadly")
        else:
            running = _Running(self._node, handler, job)
            if self._watch(running, job, stop):
                self._settle(job, running)

    def _watch(self, running: _Running, job: Job, stop: threading.Event) -> bool:
        """Renew the lease until the work has ended; False where it was left because of the stop."""
        renewed = time.monotonic()
        while not running.ended.wait(LOOK_SECONDS):
            if stop.is_set():
                return running.ended.wait(STOP_SECONDS)
            if time.monotonic() - renewed >= RENEW_SECONDS:
                renewed = time.monotonic()
                self._renew(job)
        return True

    def _renew(self, job: Job) -> None:
        try:
            with self._node.store.begin() as conn:
                extend_lease(
                    conn, job.id, owner=self._owner, time=self._node.clock(), lease_seconds=LEASE_SECONDS
                )
        except SourceError as error:
            _LOG.warning("the lease of job %s cannot be renewed now: %s", job.id, error)

    def _settle(self, job: Job, running: _Running) -> None:
        error = running.error
        if error is None:
            error = self._finish(job, running.answer)
        if error is None:
            return
        if isinstance(error, SourceError | ConflictError):
            self._retry(job, str(error), _wait_of(job, error))
        elif isinstance(error, JindoError):
            if isinstance(error, IntegrityError):
                _LOG.critical("job %s (%s): %s", job.id, job.kind, error)
            self._fail(job, str(error), code=error.code)
        else:
            self._settle_bug(job, error)

    def _finish(self, job: Job, answer: Mapping[str, Any]) -> BaseException | None:
        """Record the answer; what is wrong with it, where the database cannot hold it."""
        try:
            json.dumps(answer)
            with self._node.store.begin() as conn:
                finish_job(conn, job.id, dict(answer), self._node.clock(), owner=self._owner)
        except (InputError, TypeError, ValueError) as error:
            return error
        return None

    def _settle_bug(self, job: Job, error: BaseException) -> None:
        _log_bug(f"job {job.id} ({job.kind})", error)
        problem = (
            f"Jindo failed in a way it does not expect ({type(error).__name__}); the node's log has the place"
        )
        if job.attempts < MOST_BUGS:
            self._retry(job, problem, _backoff(job))
        else:
            self._fail(job, problem, code="bug")

    def _retry(self, job: Job, problem: str, wait: int) -> None:
        now = self._node.clock()
        with self._node.store.begin() as conn:
            fail_job(conn, job.id, _plain(problem), now, retry_at=now + wait, owner=self._owner)

    def _fail(self, job: Job, problem: str, *, code: str) -> None:
        now = self._node.clock()
        with self._node.store.begin() as conn:
            fail_job(conn, job.id, _plain(problem), now, retry_at=None, owner=self._owner)
            detail = {"kind": job.kind, "code": code, "about": job.subject}
            record_audit(conn, time=now, actor="worker", act="job.failed", subject=job.id, detail=detail)


class _Running:
    """One handler at work in a thread of its own, so that the worker can renew its lease and hear the stop."""

    def __init__(self, node: Node, handler: Handler, job: Job) -> None:
        self.ended = threading.Event()
        self.answer: Mapping[str, Any] = {}
        self.error: BaseException | None = None
        thread = threading.Thread(
            target=self._work, args=(node, handler, job), name=f"jindo-job-{job.kind}", daemon=True
        )
        thread.start()

    def _work(self, node: Node, handler: Handler, job: Job) -> None:
        try:
            self.answer = handler(node, job)
        except BaseException as error:
            self.error = error
        finally:
            self.ended.set()


def _takable(now: int) -> Any:
    job = tables.job.c
    queued = and_(job.state == "queued", job.not_before <= now)
    left = and_(job.state == "running", job.leased_until < now)
    return or_(queued, left, _from_the_future(now))


def _from_the_future(now: int) -> Any:
    """Jobs whose time is further off than this worker would ever set it: the machine's time was set back."""
    job = tables.job.c
    queued = and_(job.state == "queued", job.not_before > now + LONGEST_ASKED)
    leased = and_(job.state == "running", job.leased_until > now + LEASE_SECONDS)
    return or_(queued, leased)


def _wait_of(job: Job, error: JindoError) -> int:
    asked = error.retry_after if isinstance(error, SourceError) else None
    return _backoff(job) if asked is None else max(FIRST_WAIT, min(asked, LONGEST_ASKED))


def _backoff(job: Job) -> int:
    """1, 2, 4, ... seconds, at most a quarter of an hour."""
    return int(min(FIRST_WAIT * 2 ** min(job.attempts - 1, 20), LONGEST_WAIT))


def _plain(problem: str) -> str:
    """The text as every database holds it: no NUL, no half characters, not without end."""
    return problem.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST_PROBLEM]


def _log_bug(what: str, error: BaseException) -> None:
    """The place of the failure in the code; never its message, which may hold what people are called."""
    places = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("%s failed: %s\n%s", what, type(error).__name__, places)


@contextmanager
def _working(node: Node, *, first: bool = False) -> Iterator[None]:
    """Say to this machine's other workers that one is at work; the first one takes up what dead ones left.

    With SQLite all workers are on this machine: where nobody else holds the lock, nobody else works. Elsewhere the
    leases alone decide.
    """
    folder = node.folder / "work"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "worker.lock").open("a") as lock:
        if first and node.settings.database.startswith("sqlite") and _is_alone(lock.fileno()):
            _take_up(node)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _take_up(node: Node) -> None:
    try:
        with node.store.begin() as conn:
            release_jobs(conn, node.clock())
    except SourceError as error:
        _LOG.warning("what was left comes back with its leases only: %s", error)


def _is_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _all_handlers() -> Mapping[str, Handler]:
    from jindo.app.handlers import HANDLERS

    return HANDLERS


def _queue_pulls(node: Node) -> None:
    from jindo.app.partners import queue_pulls

    queue_pulls(node)
