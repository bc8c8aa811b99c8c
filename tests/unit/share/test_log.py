"""The log: numbered without a gap, proved to others, and any change in it is found."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, delete, update
from tests.unit.share.cast import NOW, SEOUL, key_of

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import leaf_hash, sha256_hex, verify_checkpoint, verify_consistency, verify_inclusion
from jindo.share import append_leaf, prove_consistency, prove_inclusion, read_checkpoint, verify_log
from jindo.store import tables

ORIGIN = "jindo/seoul"
KEY = key_of("seoul", "service")


def fill(conn: Connection, size: int) -> None:
    for n in range(size):
        commitment = sha256_hex(bytes([n]))
        assert append_leaf(conn, kind="case", subject=f"s{n}", commitment=commitment, time=NOW + n) == n


def read(conn: Connection) -> tuple[int, bytes]:
    checkpoint = verify_checkpoint(
        read_checkpoint(conn, origin=ORIGIN, key=KEY), key=SEOUL.service_key, origin=ORIGIN
    )
    return checkpoint.size, checkpoint.root


def test_every_leaf_is_proved_in_every_size(conn: Connection) -> None:
    roots = [read(conn)[1]]
    for n in range(9):
        append_leaf(conn, kind="case", subject=f"s{n}", commitment=sha256_hex(bytes([n])), time=NOW)
        size, root = read(conn)
        assert size == n + 1
        roots.append(root)
    for size in range(1, 10):
        for n in range(size):
            proved = prove_inclusion(conn, n, size)
            verify_inclusion(
                leaf_hash(proved["leaf"].encode()),
                index=n,
                size=size,
                proof=[bytes.fromhex(step) for step in proved["proof"]],
                root=roots[size],
            )
        for old in range(size + 1):
            verify_consistency(
                old_size=old,
                old_root=roots[old],
                new_size=size,
                new_root=roots[size],
                proof=[bytes.fromhex(step) for step in prove_consistency(conn, old, size)],
            )


@pytest.mark.parametrize(("n", "size"), [(0, 0), (3, 3), (-1, 3), (0, 4), (0, -1)])
def test_prove_inclusion_refuses_what_is_not_there(conn: Connection, n: int, size: int) -> None:
    fill(conn, 3)
    with pytest.raises(InputError):
        prove_inclusion(conn, n, size)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 3), (0, 4)])
def test_prove_consistency_refuses_what_never_was(conn: Connection, old: int, new: int) -> None:
    fill(conn, 3)
    with pytest.raises(InputError):
        prove_consistency(conn, old, new)


def test_verify_log_counts(conn: Connection) -> None:
    assert verify_log(conn) == 0
    fill(conn, 5)
    assert verify_log(conn) == 5


@pytest.mark.parametrize(
    "changed", [{"subject": "other"}, {"kind": "label"}, {"time": 1}, {"hash": "0" * 64}, {"data": "{}"}]
)
def test_verify_log_names_a_changed_leaf(conn: Connection, changed: dict[str, object]) -> None:
    fill(conn, 5)
    conn.execute(update(tables.leaf).where(tables.leaf.c.n == 3).values(**changed))
    with pytest.raises(IntegrityError) as found:
        verify_log(conn)
    assert found.value.place == "log leaf 3"


def test_verify_log_names_a_missing_leaf(conn: Connection) -> None:
    fill(conn, 5)
    conn.execute(delete(tables.leaf).where(tables.leaf.c.n == 2))
    with pytest.raises(IntegrityError) as found:
        verify_log(conn)
    assert found.value.place == "log leaf 2"
