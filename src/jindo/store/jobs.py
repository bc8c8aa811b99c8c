"""Long tasks: queued in the transaction that asked for them, taken by one worker at a time.

    queued → running → done
       ↑        ↓  ↘
       └── retry, lost lease   failed

* A job with an id that is there already is the same job, and is not added again.
* Whoever takes a job holds it for a lease. When the lease has run out, the worker is taken for dead.
* Only who holds a job may finish it: a worker that slept too long finds that it is not its own any more.
* `attempts` counts how often a job was taken, also by workers that died of it.

What a kind of job does, and how often it is tried, is known to `app`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from jindo.base.errors import ConflictError, NotFound
from jindo.store.tables import job


class LeaseLost(ConflictError):
    """A job is not, or no longer, in the hands of the one who speaks of it."""

    code = "store.lease"

    def default_remedy(self) -> str:
        """Let it go."""
        return "Drop what was done for this job; whoever holds it now does it again."


@dataclass(frozen=True, slots=True)
class Job:
    """One long task and how far it is."""

    id: str
    kind: str
    subject: str
    """The id of what it is about."""
    args: Mapping[str, Any]
    state: str
    """queued, running, done or failed."""
    attempts: int
    problem: str | None
    """Why the last attempt failed."""
    answer: Any
    """What came out; None until it is done."""
    made: int
    ended: int | None


_COLUMNS = [job.c[one.name] for one in fields(Job)]


def add_job(
    conn: Connection,
    *,
    id: str,  # noqa: A002  the column's name
    kind: str,
    subject: str,
    args: Mapping[str, Any],
    time: int,
    not_before: int | None = None,
) -> None:
    """Queue a job, unless one with this id is there."""
    if conn.execute(select(job.c.id).where(job.c.id == id)).first() is not None:
        return
    conn.execute(
        insert(job).values(
            id=id,
            kind=kind,
            subject=subject,
            args=dict(args),
            state="queued",
            attempts=0,
            not_before=time if not_before is None else not_before,
            made=time,
        )
    )


def take_job(
    conn: Connection, *, owner: str, time: int, lease_seconds: int, kinds: Collection[str] | None = None
) -> Job | None:
    """The job that has waited longest and may run now, in the hands of `owner`; None where there is none.

    With `kinds`, only work of these.
    """
    ready = or_(
        and_(job.c.state == "queued", job.c.not_before <= time),
        and_(job.c.state == "running", job.c.leased_until < time),
    )
    asked = select(job.c.id).where(ready).order_by(job.c.not_before, job.c.made, job.c.id)
    if kinds is not None:
        asked = asked.where(job.c.kind.in_(sorted(kinds)))
    found = conn.execute(asked).first()
    if found is None:
        return None
    conn.execute(
        update(job)
        .where(job.c.id == found.id)
        .values(state="running", owner=owner, leased_until=time + lease_seconds, attempts=job.c.attempts + 1)
    )
    return get_job(conn, found.id)


def extend_lease(conn: Connection, job_id: str, *, owner: str, time: int, lease_seconds: int) -> None:
    """Hold the job until `lease_seconds` from now.

    Raises:
        ConflictError: code `store.lease`, another has it, or nobody.
    """
    _change_held(conn, job_id, owner, leased_until=time + lease_seconds)


def finish_job(conn: Connection, job_id: str, answer: Any, time: int, *, owner: str | None = None) -> None:
    """The job is done, with this answer (JSON).

    Raises:
        ConflictError: code `store.lease`, it is not running, or not in the hands of `owner` where one is named.
    """
    _change_held(
        conn, job_id, owner, state="done", answer=answer, ended=time, problem=None, leased_until=None
    )


def fail_job(
    conn: Connection, job_id: str, problem: str, time: int, *, retry_at: int | None, owner: str | None = None
) -> None:
    """The attempt failed: to be tried again at `retry_at`, or never.

    Raises:
        ConflictError: code `store.lease`, it is not running, or not in the hands of `owner` where one is named.
    """
    if retry_at is None:
        _change_held(conn, job_id, owner, state="failed", problem=problem, ended=time, leased_until=None)
    else:
        _change_held(
            conn, job_id, owner, state="queued", problem=problem, not_before=retry_at, leased_until=None
        )


def release_jobs(conn: Connection, time: int) -> int:
    """Queue every running job again: for a node that starts, and knows that no worker of its own lives."""
    changed = conn.execute(
        update(job)
        .where(job.c.state == "running")
        .values(state="queued", not_before=time, owner=None, leased_until=None)
    )
    return changed.rowcount


def get_job(conn: Connection, job_id: str) -> Job:
    """The job with this id.

    Raises:
        NotFound: there is none.
    """
    row = conn.execute(select(*_COLUMNS).where(job.c.id == job_id)).mappings().first()
    if row is None:
        raise NotFound("there is no such job", place="job")
    return Job(**row)


def list_jobs(conn: Connection, subject: str | None = None) -> list[Job]:
    """Every job, or those about one subject; the oldest first."""
    asked = select(*_COLUMNS).order_by(job.c.made, job.c.id)
    if subject is not None:
        asked = asked.where(job.c.subject == subject)
    return [Job(**row) for row in conn.execute(asked).mappings()]


def _change_held(conn: Connection, job_id: str, owner: str | None, **values: Any) -> None:
    held = and_(job.c.id == job_id, job.c.state == "running")
    if owner is not None:
        held = and_(held, job.c.owner == owner)
    if conn.execute(update(job).where(held).values(**values)).rowcount != 1:
        raise LeaseLost("the job is not in these hands", place=f"job {job_id}")
