"""What the people of a node see of the node itself: the worker's jobs and the audit trail; and how they ask for news.

* Jobs are shown latest first, without what they were given: their arguments and answers belong to their case.
* The audit trail is shown in its order, some rows at a time.
* A pull is a job per partner; where one waits already, asking again queues nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from jindo.app.acting import View, look, perform
from jindo.app.node import Node
from jindo.app.partners import queue_pull
from jindo.app.people import Actor, check_case_access
from jindo.base.errors import RefusedError
from jindo.base.times import format_time
from jindo.share import get_member, list_members
from jindo.store import Job, read_audit
from jindo.store import list_jobs as read_jobs

MOST_JOBS = 200
"""Jobs that are shown at once."""


def list_jobs(node: Node, actor: Actor) -> View:
    """What the worker does and did, the latest first.

    Raises:
        RefusedError: the actor may not see it.
    """

    def do(conn: Connection) -> View:
        mine = [job for job in read_jobs(conn) if _may_see(conn, actor, job)]
        found = sorted(mine, key=lambda job: (job.made, job.id), reverse=True)
        return {"jobs": [view_job(job) for job in found[:MOST_JOBS]]}

    return look(node, actor, "job.read", do)


def _may_see(conn: Connection, actor: Actor, job: Job) -> bool:
    """Work in a case is shown to those who may see the case; all else to everyone who may see jobs."""
    if "case" not in job.args:
        return True
    try:
        check_case_access(conn, actor, str(job.args["case"]), missing_ok=True)
    except RefusedError:
        return False
    return True


def view_job(job: Job) -> dict[str, Any]:
    """A job in a few fields; `case` is empty where it belongs to none."""
    return {
        "job": job.id,
        "kind": job.kind,
        "subject": job.subject,
        "case": str(job.args.get("case", "")),
        "state": job.state,
        "attempts": job.attempts,
        "problem": job.problem or "",
        "made": format_time(job.made),
        "ended": format_time(job.ended),
    }


def show_audit(node: Node, actor: Actor, *, after: int = 0, limit: int = 200) -> View:
    """Rows of the audit trail behind row `after`.

    Raises:
        RefusedError: the actor may not see it.
    """

    def do(conn: Connection) -> View:
        rows = read_audit(conn, after=after, limit=limit)
        return {"rows": [{**row, "time": format_time(row["time"])} for row in rows]}

    return look(node, actor, "audit.read", do)


def request_pull(node: Node, actor: Actor, *, member: str | None = None, once: str | None = None) -> View:
    """Have the worker ask a partner, or every partner, for news.

    Raises:
        NotFound: there is no such partner.
        RefusedError: the actor may not.
    """

    def do(conn: Connection) -> View:
        partners = [get_member(conn, member)] if member else list_members(conn)
        asked = [partner.id for partner in partners if partner.id != node.me.id]
        return {"jobs": [_queue_pull(conn, node, partner) for partner in asked]}

    asked = {"member": member}
    return perform(node, actor, "pull.run", do, subject=member or "all", asked=asked, once=once)


def _queue_pull(conn: Connection, node: Node, partner: str) -> dict[str, Any]:
    return {"job": queue_pull(conn, partner, time=node.clock()), "member": partner}
