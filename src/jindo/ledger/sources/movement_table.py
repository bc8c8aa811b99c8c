"""Movements that were parsed one by one become the table `raw` of an account import.

* An amount is base units; where the asset's decimals are known and fit, it is written with them, so that both the
  amount and the decimals arrive exact.
* A line that is read again, since one response answers several requests, comes in once.
* No two movements share a place (file, line, part): what is said of one is never said of another.

Checking and merging are the ledger's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from jindo.base.amounts import MAX_DECIMALS
from jindo.base.ids import AssetId
from jindo.ledger.rows import Kind
from jindo.ledger.staging import Staging

_PART = {Kind.GAS: 0, Kind.NATIVE: 1, Kind.TOKEN: 2, Kind.TRANSFER: 3, Kind.ISSUANCE: 3}
_FURTHER = 1 << 24
"""Lines further on stands a movement whose place another transaction's has: no response has so many."""
_SCHEMA = pa.schema(
    [("file", pa.int64()), ("line", pa.int64()), ("part", pa.int32())]
    + [
        (name, pa.string())
        for name in (
            "block", "tx_hash", "sender", "receiver", "amount", "time", "tx_index", "position", "asset", "decimals", "memo",
        )
    ]
    + [("kind", pa.int32()), ("open_end", pa.bool_())]
)  # fmt: skip


@dataclass(slots=True)
class MovementTable:
    """The movements of one import, on their way into the staging database."""

    rows: list[tuple[object, ...]] = field(default_factory=list)
    _read: set[tuple[int, int, Kind, str]] = field(default_factory=set)
    """File, line, kind and transaction of what came in."""
    _places: set[tuple[int, int, int]] = field(default_factory=set)

    def add(
        self,
        kind: Kind,
        *,
        file: int,
        line: int,
        block: int,
        tx_hash: str,
        sender: str | None,
        receiver: str | None,
        units: int,
        asset: AssetId,
        time: int | None,
        tx_index: int | None,
        position: int | None,
    ) -> None:
        """One movement of `units` base units; a fee has no receiver, an issuance no sender."""
        if (file, line, kind, tx_hash) in self._read:
            return
        self._read.add((file, line, kind, tx_hash))
        line = self._take_place(file, line, _PART[kind])
        open_end = kind in (Kind.GAS, Kind.ISSUANCE)
        numbers = (_text(time), _text(tx_index), _text(position))
        self.rows.append(
            (
                file, line, _PART[kind], str(block), tx_hash, sender, receiver, str(units), *numbers, asset, None,
                None, int(kind), open_end,
            )
        )  # fmt: skip

    def _take_place(self, file: int, line: int, part: int) -> int:
        """The line, or one further on where it is taken."""
        while (file, line, part) in self._places:
            line += _FURTHER
        self._places.add((file, line, part))
        return line

    def put(self, staging: Staging, decimals: Mapping[str, int]) -> None:
        """Make the tables `raw` and `failed_txs`; `decimals` has those of the assets that state them."""
        rows = [_scale(row, decimals) for row in self.rows]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(_SCHEMA)
        arrays = [pa.array(column, type=kind) for column, kind in zip(columns, _SCHEMA.types, strict=True)]
        staging.con.register("movements", pa.table(arrays, schema=_SCHEMA))
        staging.run("CREATE TABLE raw AS SELECT * FROM movements")
        staging.con.unregister("movements")
        staging.run("CREATE TABLE failed_txs (key VARCHAR)")


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _scale(row: tuple[object, ...], decimals: Mapping[str, int]) -> tuple[object, ...]:
    places = decimals.get(str(row[11]))
    if not places or places > MAX_DECIMALS:
        return row if places is None or places > MAX_DECIMALS else (*row[:12], "0", *row[13:])
    digits = str(row[7]).rjust(places + 1, "0")
    return (*row[:7], f"{digits[:-places]}.{digits[-places:]}", *row[8:12], str(places), *row[13:])
