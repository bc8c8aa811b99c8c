"""Long work from the command line: it is put into the node's queue, and done here unless the node does it first.

* A node that is served works on its own queue; then this only waits. One that is not is worked by this process.
* Work that failed, or waits to be tried again, ends the command with its problem.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from jindo.base.errors import SourceError

if TYPE_CHECKING:
    from jindo.app import Actor, Node

PAUSE = 0.1
"""Seconds between two looks at a job that another worker has."""


class WorkFailed(SourceError):
    """A piece of long work came to no end; the node tries again what may succeed later."""

    code = "cli.work-failed"

    def default_remedy(self) -> str:
        """See to the cause; what can be retried is."""
        return "See to what is named. A node that is served tries again by itself what may succeed later."


def work_until_done(node: Node, actor: Actor, job: str) -> dict[str, Any]:
    """The view of a job that is done.

    Raises:
        WorkFailed: it failed, or waits to be tried again.
    """
    from jindo.app import Worker, show_job

    worker = Worker(node, f"cli:{os.getpid()}")
    while (view := show_job(node, actor, job))["state"] in {"queued", "running"}:
        if view["state"] == "queued" and view["problem"]:
            break
        if not worker.run_once():
            time.sleep(PAUSE)
    if view["state"] != "done":
        raise WorkFailed(view["problem"] or "the work was given up", place=f"{view['kind']} {job}")
    return view
