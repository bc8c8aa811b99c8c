"""Who signs: a key is held against its officer before anything is drafted for it to sign.

* A key signs for the person whose key it is, while the member vouches for it and the person holds a role that counts.
* Checking a key changes nothing, so that a wrong one leaves no draft behind.
"""

from __future__ import annotations

from sqlalchemy import Connection

from jindo.app.node import Node
from jindo.app.people import Actor, get_officer
from jindo.base.errors import RefusedError
from jindo.seal import Envelope
from jindo.share import Officer, check_may_sign, get_act


class KeyDiffers(RefusedError):
    """A key is not the one that the member vouches for under this person's name."""

    code = "node.key-differs"

    def default_remedy(self) -> str:
        """Sign with one's own key."""
        return "Sign with your own key; nobody hands in another's signature."


def check_signer(node: Node, actor: Actor, *, key_id: str, kind: str) -> None:
    """Hold that this key may sign statements of this kind for the actor now.

    Raises:
        KeyMissing: the member vouches for no key of the actor's.
        KeyDiffers: it vouches for another.
        RefusedError: the voucher has lapsed, or the actor holds no role whose signature counts.
    """
    with node.store.read() as conn:
        officer, _ = get_key_officer(conn, node, actor, key_id)
    check_may_sign(get_act(kind), officer)


def get_key_officer(conn: Connection, node: Node, actor: Actor, key_id: str) -> tuple[Officer, Envelope]:
    """Whom the member vouches for in the actor by this key, and the voucher.

    Raises:
        KeyMissing, KeyDiffers, RefusedError: as `check_signer`.
    """
    officer, voucher = get_officer(conn, node, actor)
    if officer.key.key_id != key_id:
        raise KeyDiffers("the key is not the one that is vouched for under your name", place="key_id")
    return officer, voucher
