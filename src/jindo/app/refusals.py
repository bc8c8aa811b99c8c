"""A refusal goes on record: who was refused what, and by which rule.

* The row is written after the refused work was undone, in a transaction of its own.
* It holds ids and the rule's code, never what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jindo.app.node import Node
from jindo.app.permissions import Actor
from jindo.base.errors import IntegrityError, RefusedError
from jindo.store import record_audit


@contextmanager
def recording_refusals(node: Node, actor: Actor, act: str, subject: str) -> Iterator[None]:
    """Whatever is refused inside, or does not hold, is entered in the audit trail, and stays refused.

    No transaction may be open around it.
    """
    try:
        yield
    except (RefusedError, IntegrityError) as refusal:
        with node.store.begin() as conn:
            record_audit(
                conn,
                time=node.clock(),
                actor=actor.id,
                act=f"{act}.refused",
                subject=subject,
                detail={"code": refusal.code},
            )
        raise
