"""A node's own log: what it said and received, in an order that it cannot change later.

* A leaf is a commitment (a hash) with what it is about; never content.
* Leaves are numbered from 0 without a gap, and nothing is taken out.
* A checkpoint is the signed root over the leaves so far. Whoever kept one can ask for the proof that the log still
  holds what it held then (RFC 9162).

One node alone can still show two people two different logs; witnesses are what will end that.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, func, insert, select

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import (
    Checkpoint,
    SigningKey,
    build_consistency_proof,
    build_inclusion_proof,
    canonical_bytes,
    leaf_hash,
    root_of_hashes,
    sign_checkpoint,
)
from jindo.store import tables


def append_leaf(conn: Connection, *, kind: str, subject: str, commitment: str, time: int) -> int:
    """The number of the new leaf. `commitment` is a hash; call inside the one writing transaction."""
    last = conn.scalar(select(func.max(tables.leaf.c.n)))
    n = 0 if last is None else last + 1
    data = _data_of(n=n, kind=kind, subject=subject, commitment=commitment, time=time)
    row = {"n": n, "time": time, "kind": kind, "subject": subject, "data": data.decode()}
    conn.execute(insert(tables.leaf).values(**row, hash=leaf_hash(data).hex()))
    return n


def read_checkpoint(conn: Connection, *, origin: str, key: SigningKey) -> str:
    """A signed note (C2SP tlog-checkpoint) over all leaves so far."""
    hashes = _read_hashes(conn)
    return sign_checkpoint(Checkpoint(origin, len(hashes), root_of_hashes(hashes)), key)


def prove_inclusion(conn: Connection, n: int, size: int) -> dict[str, Any]:
    """The proof that leaf `n` is in the log of `size` leaves: `{"index", "size", "leaf", "proof": [hex]}`.

    Raises:
        InputError: there are not that many leaves.
    """
    hashes = _read_hashes(conn, size)
    if not 0 <= n < size:
        raise InputError(f"a log of {size} leaves has no leaf {n}")
    data = conn.scalar(select(tables.leaf.c.data).where(tables.leaf.c.n == n))
    proof = [step.hex() for step in build_inclusion_proof(hashes, n)]
    return {"index": n, "size": size, "leaf": data, "proof": proof}


def prove_consistency(conn: Connection, old: int, new: int) -> list[str]:
    """The proof, in hex, that the log of `new` leaves begins with the log of `old`.

    Raises:
        InputError: there are not that many leaves, or `old` is beyond `new`.
    """
    hashes = _read_hashes(conn, new)
    if not 0 <= old <= new:
        raise InputError(f"a log of {new} leaves never had {old}")
    return [step.hex() for step in build_consistency_proof(hashes, old)]


def verify_log(conn: Connection) -> int:
    """How many leaves there are, each of them whole and in its place.

    Raises:
        IntegrityError: a leaf is missing, moved or changed; it names the first.
    """
    size = 0
    for row in conn.execute(select(tables.leaf).order_by(tables.leaf.c.n)).mappings():
        if row["n"] != size:
            raise IntegrityError("a leaf is missing", place=f"log leaf {size}")
        _check_leaf(dict(row))
        size += 1
    return size


def _check_leaf(row: dict[str, Any]) -> None:
    place, data = f"log leaf {row['n']}", row["data"].encode()
    if leaf_hash(data).hex() != row["hash"]:
        raise IntegrityError("the leaf is not what was hashed", place=place)
    said = json.loads(data)
    if any(said[name] != row[name] for name in ("n", "time", "kind", "subject")):
        raise IntegrityError("the leaf is shown as something else than it is", place=place)


def _data_of(**said: int | str) -> bytes:
    return canonical_bytes(said)


def _read_hashes(conn: Connection, size: int | None = None) -> list[bytes]:
    """Hashes of the first `size` leaves, or of all."""
    asked = select(tables.leaf.c.hash).order_by(tables.leaf.c.n)
    if size is not None:
        if size < 0:
            raise InputError(f"no log has {size} leaves")
        asked = asked.where(tables.leaf.c.n < size)
    hashes = [bytes.fromhex(text) for text in conn.scalars(asked)]
    if size is not None and len(hashes) != size:
        raise InputError(f"the log has {len(hashes)} leaves, not {size}")
    return hashes
