"""Compile what builds a ledger ahead of its first use: `python -m jindo.ledger.warm`.

Numba compiles once a machine and keeps what it made beside the source. Without this, the first import does the same,
and takes some seconds longer.
"""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from jindo.base.ids import ETHEREUM
from jindo.ledger.importing import import_source
from jindo.ledger.opened import open_ledger

_COLUMNS = ("block", "tx_hash", "tx_index", "from", "to", "amount", "time", "asset")


def warm_builder() -> None:
    """Import a few movements into a ledger that is thrown away: narrow and wide amounts, hexadecimal and other names."""
    with TemporaryDirectory() as folder:
        for name, amount in (("narrow", 5), ("wide", 1 << 70)):
            _import_rows(Path(folder) / name, amount)


def _import_rows(folder: Path, amount: int) -> None:
    folder.mkdir()
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(_COLUMNS)
        for row in range(40):
            ends = [
                f"0x{number:040x}" if row else f"name-{number}" for number in (row + 1, row * 7 % 40 + 50)
            ]
            asset = "AB"[row % 2]
            writer.writerow(
                [row // 8, f"0x{row // 2:064x}", row // 2 % 4, *ends, amount, 1_600_000_000, asset]
            )
    into = folder / "ledger"
    import_source(str(folder / "rows.csv"), format="transfers", into=into, chain=ETHEREUM)
    open_ledger(into).chain(ETHEREUM).accounts.find_all([f"0x{9:040x}", "name-1"])


if __name__ == "__main__":
    warm_builder()
