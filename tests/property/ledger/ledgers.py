"""Ledgers that are written to by a process which may die at any step, for the tests of what is left."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from jindo.base.ids import Account, AssetId, ChainId, TxId
from jindo.ledger import ImportReport, Transfer, UtxoInput, UtxoOutput, UtxoTransaction, import_source

_ADDRESSES = ("1PkqKGbNLDdDJGveCcNUMV9CEFH77ADrPQ", "1HaHTfmvoUW6i6nhJf8jJs6tU4cHNmBQHQ")
_STEPS = ((os, "fsync"), (os, "replace"), (os, "rename"), (os, "unlink"), (os, "mkdir"), (os, "rmdir"))


def transfers(block: int, seed: int, count: int) -> list[Transfer]:
    """So many movements of one block; accounts and assets come back in later blocks, and new ones are added."""
    return [
        Transfer(
            block,
            TxId(f"0x{block * 1000 + i // 2:064x}"),
            None if (seed + i) % 7 == 0 else Account(f"0x{(seed * 3 + i) % (block % 40 + 3) + 1:040x}"),
            Account(f"0x{(seed * 5 + i * 3) % (block % 60 + 3) + 1:040x}"),
            (1 << 70) if (seed + i) % 23 == 0 else seed + i,
            AssetId(f"asset{(seed + i) % 3}"),
            time=block * 12 if seed % 5 else None,
            tx_index=i // 2,
            position=i,
            memo="a\tb" if (seed + i) % 11 == 0 else None,
        )
        for i in range(count)
    ]


def transactions(block: int, seed: int, before: list[UtxoTransaction]) -> list[UtxoTransaction]:
    """A block that issues coins, and spends an output that nothing spends yet, and one that the ledger does not hold."""
    coins = UtxoTransaction(
        block, TxId(f"{block:064x}"), 0, (), (UtxoOutput(50, Account(f"m{seed % 4}")), UtxoOutput(5, None, "6a")), coinbase=True, time=block
    )  # fmt: skip
    spent = {(one.prev_hash, one.prev_index) for row in before for one in row.inputs}
    free = [row.tx_hash for row in before if row.coinbase and (row.tx_hash, 0) not in spent]
    rows = [coins]
    if free:
        name = free[seed % len(free)]
        paid = (UtxoOutput(20, Account(f"a{seed % 9}")), UtxoOutput(30, Account(f"b{block}")))
        rows.append(
            UtxoTransaction(
                block, TxId(f"{block + (1 << 60):064x}"), 1, (UtxoInput(name, 0),), paid, time=block
            )
        )
    if seed % 3 == 0:
        away = UtxoInput(TxId(f"{block + (1 << 70):064x}"), 1, 9, Account("away"))
        rows.append(
            UtxoTransaction(
                block,
                TxId(f"{block + (1 << 61):064x}"),
                2,
                (away,),
                (UtxoOutput(9, Account("b")),),
                time=block,
            )
        )
    return rows


def coins(block: int, seed: int) -> list[UtxoTransaction]:
    """A block that issues coins to an address that an importer knows as one."""
    made = (UtxoOutput(50, Account(_ADDRESSES[seed % 2])),)
    return [UtxoTransaction(block, TxId(f"{block:064x}"), 0, (), made, coinbase=True, time=block)]


def import_rows(ledger: Path, chain: ChainId, rows: Sequence[Any], name: str) -> ImportReport:
    """Bring rows in from a file of this name beside the ledger: `transfers`, or what bitcoin-etl writes."""
    file = ledger.parent / name
    if isinstance(rows[0], Transfer):
        _write_csv(file, rows)
        return import_source(str(file), format="transfers", into=ledger, chain=chain)
    file = file.with_suffix(".json")
    file.write_text("".join(json.dumps(_to_etl(row)) + "\n" for row in rows))
    return import_source(str(file), format="bitcoin-etl", into=ledger, chain=chain)


def _write_csv(file: Path, rows: Sequence[Transfer]) -> None:
    names = ["block", "tx_hash", "from", "to", "amount", "asset", "time", "tx_index", "log_index", "memo"]
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for row in rows:
            places = [row.asset, row.time, row.tx_index, row.position, row.memo]
            writer.writerow([row.block, row.tx_hash, row.sender, row.receiver, row.amount, *places])


def _to_etl(row: UtxoTransaction) -> dict[str, Any]:
    return {
        "hash": row.tx_hash, "block_number": row.block, "index": row.tx_index, "block_timestamp": row.time,
        "is_coinbase": row.coinbase, "inputs": [],
        "outputs": [
            {"index": n, "value": made.value, "addresses": [made.address], "script_hex": ""}
            for n, made in enumerate(row.outputs)
        ],
    }  # fmt: skip


def die_at(step: int, act: Callable[[], Any]) -> bool:
    """Do `act` in a process of its own that is killed when it comes to a step on the disk; whether it came to its end.

    Steps are what reaches the disk: opening and writing files, syncing, renaming, making and removing them. A write
    that the process dies at has written half.
    """
    child = os.fork()
    if not child:
        _act_or_die(step, act)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise AssertionError(f"the process ended with {status}")
    return not os.WIFSIGNALED(status)


def _act_or_die(step: int, act: Callable[[], Any]) -> None:
    left = [step]

    def count() -> bool:
        left[0] -= 1
        return left[0] < 0

    try:
        _watch_steps(setattr, count, _die)
        act()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def look_at_each_step(look: Callable[[], Any], act: Callable[[], Any]) -> int:
    """Do `act`, and before each step on the disk `look`; how often it was looked."""
    looked, looking = [0], [False]

    def watch() -> bool:
        if not looking[0]:
            looking[0] = True
            looked[0] += 1
            look()
            looking[0] = False
        return False

    with pytest.MonkeyPatch.context() as patched:
        _watch_steps(patched.setattr, watch, _die)
        act()
    return looked[0]


def _watch_steps(
    put: Callable[[Any, str, Any], None], is_last: Callable[[], bool], end: Callable[[], None]
) -> None:
    """Have every step ask `is_last` before it is done; the last is an `end`, a write after half of its bytes."""

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **named: Any) -> Any:
            if is_last():
                end()
            return real(*args, **named)

        return watched

    def open_watched(path: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
        if not set(mode) & set("wxa+"):
            return real_open(path, mode, *args, **named)
        if is_last():
            end()
        stream = real_open(path, mode, *args, **named)
        return _WatchedFile(stream, is_last, end) if "b" in mode else stream

    real_open = io.open
    for module, name in _STEPS:
        put(module, name, wrap(getattr(module, name)))
    put(io, "open", open_watched)


class _WatchedFile:
    """A file of which each write is a step."""

    def __init__(self, stream: Any, is_last: Callable[[], bool], end: Callable[[], None]) -> None:
        self._stream, self._is_last, self._end = stream, is_last, end

    def write(self, data: Any) -> Any:
        if self._is_last():
            self._stream.write(bytes(data)[: len(bytes(data)) // 2])
            self._stream.flush()
            self._end()
        return self._stream.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> _WatchedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def list_files(ledger: Path) -> list[str]:
    """Every file below the ledger's folder."""
    return sorted(path.relative_to(ledger).as_posix() for path in ledger.rglob("*") if path.is_file())
