"""What a result says of fetching: which answers it rests on, and how far each account is known.

* `evidence-fetched.jsonl` has a line for each answer that counts: what was asked of which server, and the SHA-256 of
  its bytes. The bytes are in the folder that keeps them.
* `accounts-fetched.csv` has a line for each account that was fetched or should have been.
* Both files are named in the result by their SHA-256, and the second follows from the result itself.
* No time stands in either, so that the same answers make the same result.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.fetching.explorer import COMPLETE, Explorer, Extent
from jindo.base.errors import IntegrityError
from jindo.ledger import list_kept
from jindo.seal import canonical_bytes, sha256_hex

EVIDENCE, ACCOUNTS = "evidence-fetched.jsonl", "accounts-fetched.csv"
COLUMNS = ("chain", "account", "state", "height", "transactions", "total", "why")
_SHOWN = 5
"""Accounts that a note names."""


@dataclass(frozen=True, slots=True)
class FetchStatement:
    """What a result carries of fetching."""

    provenance: dict[str, Any]
    """`provenance.fetched` of the result."""
    files: dict[str, bytes]
    """The files beside it, by name."""
    notes: tuple[str, ...]


def build_fetch_statement(
    explorers: tuple[Explorer, ...],
    extents: Mapping[Any, Extent],
    *,
    further: int,
    limits: Mapping[str, int | bool],
) -> FetchStatement:
    """The statement of what these explorers answered and of these accounts."""
    lines = {
        explorer.folder: [_to_line(explorer, kept) for kept in list_kept(explorer.folder)]
        for explorer in explorers
    }
    evidence = b"".join(line for of_one in lines.values() for line in of_one)
    accounts = [_to_row(extent) for extent in extents.values()]
    provenance = {
        "servers": [
            {
                "format": explorer.format,
                "chain": explorer.chain,
                "url": explorer.shown,
                "height": explorer.height,
                "answers": len(lines[explorer.folder]),
            }
            for explorer in explorers
        ],
        "limits": dict(limits),
        "accounts": accounts,
        "further_accounts": further,
        "evidence": {"sha256": sha256_hex(evidence), "answers": sum(map(len, lines.values()))},
    }
    files = {EVIDENCE: evidence, ACCOUNTS: write_accounts(accounts)}
    return FetchStatement(provenance, files, tuple(_say(extents, further)))


def check_fetched(folder: Path, stated: dict[str, Any] | None) -> str | None:
    """What a result says of fetching, in words; `None` where nothing was fetched.

    Raises:
        IntegrityError: a file beside the result is not the one that it names.
    """
    if stated is None:
        extra = next((name for name in (EVIDENCE, ACCOUNTS) if (folder / name).exists()), None)
        if extra is not None:
            raise IntegrityError("the result says that nothing was fetched", place=str(folder / extra))
        return None
    expected = {
        EVIDENCE: stated["evidence"]["sha256"],
        ACCOUNTS: sha256_hex(write_accounts(stated["accounts"])),
    }
    for name, sha256 in expected.items():
        path = folder / name
        if not path.is_file() or sha256_hex(path.read_bytes()) != sha256:
            raise IntegrityError("the file is not the one that the result names", place=str(path))
    whole = sum(row["state"] == COMPLETE for row in stated["accounts"])
    return (
        f"{stated['evidence']['answers']} answers of servers are named by their SHA-256; {whole} of "
        f"{len(stated['accounts'])} accounts are complete. Not shown here: the answers themselves, which lie in the "
        "folder that keeps them"
    )


def write_accounts(rows: list[dict[str, Any]]) -> bytes:
    """`accounts-fetched.csv`."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if row[name] is None else row[name] for name in COLUMNS} for row in rows)
    return text.getvalue().encode()


def _to_line(explorer: Explorer, kept: Any) -> bytes:
    value = {
        "chain": explorer.chain,
        "format": explorer.format,
        "method": kept.method,
        "url": kept.url,
        "size": kept.size,
        "sha256": kept.sha256,
    }
    return canonical_bytes(value | ({"body": kept.posted} if kept.posted else {})) + b"\n"


def _to_row(extent: Extent) -> dict[str, Any]:
    return {name: getattr(extent, name) for name in COLUMNS}


def _say(extents: Mapping[Any, Extent], further: int) -> list[str]:
    """What a reader must know: where the trace does not know how it goes on."""
    notes = []
    open_ones = [extent for extent in extents.values() if extent.state != COMPLETE]
    if open_ones:
        named = "; ".join(f"{extent.account} ({extent.why})" for extent in open_ones[:_SHOWN])
        more = f"; and {len(open_ones) - _SHOWN} more" if open_ones[_SHOWN:] else ""
        notes.append(
            f"{len(open_ones)} of {len(extents)} accounts that stolen value entered were not fetched: what entered them is "
            f"counted as beyond a limit, and where it went is not known: {named}{more}"
        )
    if further:
        notes.append(
            f"under other rules stolen value enters {further} further accounts, which were not fetched: behind them the "
            "spread and the upper figures may be too low (--fetch-all-rules fetches them too)"
        )
    return notes
