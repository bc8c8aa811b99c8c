"""Ledgers that are written to by a process which may die at any step, for the tests of what is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jindo.base.ids import Account, AssetId, TxId
from jindo.ledger import Transfer, UtxoInput, UtxoOutput, UtxoTransaction

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


def die_at(step: int, act: Callable[[], Any]) -> bool:
    """Do `act` in a process of its own that is killed when it comes to a step on the disk; whether it came to its end.

    Steps are what reaches the disk in an order that matters: syncing, renaming, making and removing files.
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

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args: Any, **named: Any) -> Any:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return real(*args, **named)

        return count

    try:
        for module, name in _STEPS:
            setattr(module, name, wrap(getattr(module, name)))
        act()
        os._exit(0)
    finally:
        os._exit(1)


def list_files(ledger: Path) -> list[str]:
    """Every file below the ledger's folder."""
    return sorted(path.relative_to(ledger).as_posix() for path in ledger.rglob("*") if path.is_file())
