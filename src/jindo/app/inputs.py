"""The small CSV files that people write: what was stolen, whose the services are, opening balances.

* Columns are found by name, in any order; columns not named here are ignored.
* A value that cannot be read is an `InputError` that names the file and the line; nothing is guessed.
* Each file is hashed as it is, so that a result can say which one it used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jindo.base.amounts import parse_units
from jindo.base.errors import InputError, JindoError, NotFound
from jindo.base.ids import parse_address, parse_tx_id
from jindo.base.times import parse_time
from jindo.seal import sha256_hex
from jindo.trace import KNOWN_KINDS, Named, NamedAccount, NamedTransfer, Stop, stop_of_kind

Parsed = TypeVar("Parsed")
DEFAULT_THEFT = "theft"


@dataclass(frozen=True, slots=True)
class StolenFile:
    """A `--stolen` file."""

    named: tuple[Named, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Labels:
    """A `--services` file; it is the `Boundary` that a trace asks."""

    by_address: Mapping[str, Stop]
    name: str
    sha256: str
    rows: int
    notes: tuple[str, ...]

    def stops(self) -> Mapping[str, Stop]:
        """Stops by canonical address."""
        return self.by_address


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """Units that an account held before the ledger begins."""

    account: str
    asset: str
    units: int


def read_stolen(path: Path) -> StolenFile:
    """The thefts named in a CSV of `tx_hash` (with `log_index` or `output_index`) or `address` (with `from_time`).

    An optional `theft` column says which theft a row belongs to.

    Raises:
        InputError: the file lacks these columns, names nothing, or has a value that cannot be read.
    """
    data = _read(path)
    named: list[Named] = []
    for place, row in _iter_rows(path, data, any_of=("tx_hash", "address")):
        named.append(_parse_named(place, row))
    if not named:
        raise InputError("no row names a transfer or an account as stolen", place=str(path))
    return StolenFile(tuple(named), sha256_hex(data))


def read_labels(path: Path) -> Labels:
    """The services in a CSV of `address, service, kind`.

    Raises:
        InputError: a column is missing or an address cannot be read.
    """
    data = _read(path)
    stops: dict[str, Stop] = {}
    notes, rows = [], 0
    for place, row in _iter_rows(path, data, all_of=("address", "service", "kind")):
        rows += 1
        address = _at(place, "address", parse_address, row["address"])
        stop = stop_of_kind(row["kind"], service=row["service"], source=path.name)
        if stops.setdefault(address, stop) != stop:
            notes.append(
                f"{place}: {address} is labelled twice; the first label, {stops[address].service!r}, counts"
            )
        if stop.kind.lower() not in KNOWN_KINDS:
            notes.append(
                f"{place}: the kind {stop.kind!r} is not one that Jindo knows; the account counts as a service"
            )
    return Labels(stops, path.name, sha256_hex(data), rows, tuple(dict.fromkeys(notes)))


def read_opening(path: Path) -> tuple[tuple[OpeningBalance, ...], str]:
    """Opening balances from a CSV of `address, asset, amount` (base units), and the file's SHA-256.

    `asset` may be left out where the ledger has one asset alone.

    Raises:
        InputError: a column is missing or a value cannot be read.
    """
    data = _read(path)
    balances = []
    for place, row in _iter_rows(path, data, all_of=("address", "amount")):
        address = _at(place, "address", parse_address, row["address"])
        balances.append(
            OpeningBalance(address, row.get("asset", ""), _at(place, "amount", parse_units, row["amount"]))
        )
    return tuple(balances), sha256_hex(data)


def _parse_named(place: str, row: Mapping[str, str]) -> Named:
    theft = row.get("theft") or DEFAULT_THEFT
    if row.get("tx_hash") and row.get("address"):
        raise InputError(
            "the row names a transaction and an account at once",
            place=place,
            remedy="Use one row for the transaction (tx_hash) and another for the account (address).",
        )
    if row.get("address"):
        time = row.get("from_time")
        from_time = _at(place, "from_time", parse_time, time) if time else None
        return NamedAccount(theft, _at(place, "address", parse_address, row["address"]), from_time, place)
    if not row.get("tx_hash"):
        raise InputError(
            "the row names neither a transaction (tx_hash) nor an account (address)", place=place
        )
    index = row.get("log_index") or row.get("output_index")
    tx_hash = _at(place, "tx_hash", parse_tx_id, row["tx_hash"])
    return NamedTransfer(theft, tx_hash, _at(place, "index", parse_index, index) if index else None, place)


def parse_index(text: str) -> int:
    """A log or output index: a whole number from 0."""
    if not text.isdecimal():
        raise InputError(f"{text!r} is not an index: a whole number from 0")
    return int(text)


def _at(place: str, column: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    try:
        return parse(text)
    except JindoError as error:
        raise InputError(error.problem, place=f"{place}, column {column}", remedy=error.remedy()) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("there is no such file", place=str(path)) from error
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", place=str(path)) from error


def _iter_rows(
    path: Path, data: bytes, *, all_of: tuple[str, ...] = (), any_of: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is not UTF-8 text", place=str(path), remedy="Save it as CSV with UTF-8 encoding."
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = [name.strip() for name in reader.fieldnames or []]
    missing = [name for name in all_of if name not in columns]
    if missing or (any_of and not set(any_of) & set(columns)):
        wanted = ", ".join(missing) or " or ".join(any_of)
        there = ", ".join(columns) or "none"
        raise InputError(f"the column {wanted} is missing; the file has: {there}", place=str(path))
    reader.fieldnames = columns
    for row in reader:
        cleaned = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        if any(cleaned.values()):
            yield f"{path.name}:{reader.line_num}", cleaned
