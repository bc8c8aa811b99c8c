"""Fields of text become values, or a named problem, without a Python call for each clean row.

* Each field has a pattern of clean text, checked and converted inside DuckDB.
* Every distinct text that is not clean goes through the field's parser in Python once, which converts it or
  says why it cannot be.
* A row has one problem at most: the first in the order of the fields.

The parsers themselves are `base`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from jindo.base.amounts import MAX_DECIMALS, parse_units
from jindo.base.errors import InputError
from jindo.base.ids import ChainId, parse_address, parse_asset, parse_tx_id
from jindo.base.times import parse_time
from jindo.ledger.checksums import find_checked
from jindo.ledger.files import quote
from jindo.ledger.staging import Staging

SEPARATOR = "\x1f"
"""Stands between code, reason and remedy in a problem's text."""

_PLACE = "r.file::BIGINT * 17592186044416 + r.line * 4 + r.part"
"""SQL of a movement's place in the source: file, line, part."""

_PLACES = "coalesce(try_cast(r.decimals AS INTEGER), 0)"
_WHOLE, _PART = "split_part(r.amount, '.', 1)", "split_part(r.amount, '.', 2)"
_MAX_INDEX = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Field:
    """How one column is checked."""

    column: str
    says: str
    """How the field is called in a reason."""
    code: str
    clean: str
    """SQL that is true of clean text; `{c}` is the text."""
    value: str
    """SQL of a clean text's value."""
    parse: Callable[[str], str | int]
    kind: str = "VARCHAR"
    required: bool = True
    missing: str = "NULL"
    """SQL of the value where the field is missing and may be."""


def build_fields(chain: ChainId) -> list[Field]:
    """The fields of a movement on `chain`, amount aside."""
    evm, digits = "regexp_full_match({c}, '0x[0-9a-f]{{40}}')", "regexp_full_match({c}, '[0-9]{{1,9}}')"
    whole = "{c}::BIGINT"
    return [
        Field("block", "block", "ledger.bad-block", digits, whole, lambda text: _parse_index(text, "block"), "BIGINT"),
        Field(
            "tx_hash", "transaction hash", "ledger.bad-hash",
            "regexp_full_match({c}, '(0x)?[0-9a-f]{{64}}')", "{c}", parse_tx_id,
        ),
        Field("sender", "sender", "ledger.bad-address", evm, "{c}", parse_address),
        Field("receiver", "receiver", "ledger.bad-address", evm, "{c}", parse_address),
        Field(
            "tx_index", "transaction index", "ledger.bad-order", digits, whole,
            lambda text: _parse_index(text, "transaction index"), "BIGINT", required=False, missing="-1",
        ),
        Field(
            "position", "log index", "ledger.bad-order", digits, whole,
            lambda text: _parse_index(text, "log index"), "BIGINT", required=False, missing="-1",
        ),
        Field(
            "asset", "asset", "ledger.bad-asset", "false", "{c}", lambda text: parse_asset(text, chain=chain),
        ),
        Field(
            "time", "time", "ledger.bad-time", "regexp_full_match({c}, '[0-9]{{9,10}}')", "{c}::BIGINT",
            parse_time, "BIGINT", required=False, missing="-1",
        ),
    ]  # fmt: skip


def check_rows(staging: Staging, chain: ChainId) -> None:
    """From the view `raw` make the table `checked` (typed values, `problem` NULL where there is none).

    `raw` has the fields as text, with `decimals`, `memo`, `kind` (a number), `part` (0 to 3, its place among the movements of one line) and `open_end` (true where a missing
    sender or receiver is meant). `checked.amount` is NULL where the amount needs `wide`, decimal text.
    """
    columns, problems, joins = [], [], []
    fields = build_fields(chain)
    unclean = _find_unclean(staging, fields)
    for item in fields:
        value, problem, join = _check_field(staging, item, is_clean=item.column not in unclean)
        columns.append(f"{value} AS {item.column}")
        problems.append(problem)
        joins.append(join)
    amount, wide, problem, join = _check_amount(staging, is_clean="amount" not in unclean)
    problems.insert(4, problem)
    staging.run(
        f"CREATE TABLE checked AS SELECT r.file, r.line, r.part, {', '.join(columns)}, {amount} AS amount, {wide} AS wide, "
        f"r.memo, r.kind::TINYINT AS kind, try_cast(r.decimals AS INTEGER) AS decimals, "
        f"coalesce({', '.join(problems)}) AS problem, {_PLACE} AS ord FROM raw r {' '.join(joins)} {join}"
    )


def to_problem(code: str, reason: str, remedy: str) -> str:
    """A problem as it stands in a table."""
    return SEPARATOR.join((code, reason, remedy))


def _find_unclean(staging: Staging, fields: Sequence[Field]) -> set[str]:
    """The columns that hold a text that is not clean, found in one pass over the files."""
    staging.progress("checking rows", 0, None)
    clean = {item.column: item.clean.format(c=f"r.{item.column}") for item in fields}
    clean["amount"] = _is_clean_amount()
    asked = [f"bool_or(r.{name} IS NOT NULL AND NOT {test})" for name, test in clean.items()]
    (found,) = staging.run(f"SELECT {', '.join(asked)} FROM raw r")
    return {name for name, is_unclean in zip(clean, found, strict=True) if is_unclean}


def _check_field(staging: Staging, item: Field, *, is_clean: bool) -> tuple[str, str, str]:
    c = f"r.{item.column}"
    clean, value = item.clean.format(c=c), item.value.format(c=c)
    odd = (
        []
        if is_clean
        else staging.run(f"SELECT DISTINCT {c} FROM raw r WHERE {c} IS NOT NULL AND NOT {clean}")
    )
    absent = "NULL::VARCHAR"
    if item.required:
        text = to_problem("ledger.missing-field", f"the {item.says} is missing", "Fill the field in.")
        meant = "AND NOT coalesce(r.open_end, false)" if item.column in ("sender", "receiver") else ""
        absent = f"CASE WHEN {c} IS NULL {meant} THEN {quote(text)} END"
    if not odd:
        return f"CASE WHEN {c} IS NULL THEN {item.missing} ELSE {value} END", absent, ""
    fix = f"fix_{item.column}"
    _parse_odd(staging, fix, [row[0] for row in odd], item)
    result = f"CASE WHEN {c} IS NULL THEN {item.missing} WHEN {clean} THEN {value} ELSE {fix}.value::{item.kind} END"
    return result, f"coalesce({absent}, {fix}.problem)", f"LEFT JOIN {fix} ON {c} = {fix}.raw"


def _parse_odd(staging: Staging, table: str, texts: Sequence[str], item: Field) -> None:
    values: list[str | None] = []
    problems: list[str | None] = []
    right = find_checked(texts) if item.parse is parse_address else [False] * len(texts)
    for text, is_checked in zip(texts, right, strict=True):
        try:
            values.append(text.lower() if is_checked else str(item.parse(text)))
            problems.append(None)
        except InputError as error:
            values.append(None)
            problems.append(to_problem(item.code, error.problem, error.remedy()))
    _put(staging, table, {"raw": texts, "value": values, "problem": problems})


def _check_amount(staging: Staging, *, is_clean: bool) -> tuple[str, str, str, str]:
    clean = _is_clean_amount()
    digits = f"ltrim({_WHOLE} || rpad({_PART}, {_PLACES}, '0'), '0')"
    odd = (
        []
        if is_clean
        else staging.run(
            f"SELECT DISTINCT r.amount, r.decimals FROM raw r WHERE r.amount IS NOT NULL AND NOT {clean}"
        )
    )
    text = to_problem("ledger.missing-field", "the amount is missing", "Fill the field in.")
    absent = f"CASE WHEN r.amount IS NULL THEN {quote(text)} END"
    if odd:
        _parse_odd_amounts(staging, odd)
        digits = f"CASE WHEN {clean} THEN {digits} ELSE fix_amount.value END"
        absent = f"coalesce({absent}, fix_amount.problem)"
        join = "LEFT JOIN fix_amount ON r.amount = fix_amount.raw AND r.decimals IS NOT DISTINCT FROM fix_amount.decimals"
    else:
        join = ""
    small = f"CASE WHEN length({digits}) <= 18 THEN coalesce(try_cast({digits} AS BIGINT), 0) END"
    wide = f"CASE WHEN length({digits}) > 18 THEN {digits} END"
    return small, wide, absent, join


def _is_clean_amount() -> str:
    fits = f"length({_PART}) <= {_PLACES} AND length({_WHOLE}) + {_PLACES} <= 77"
    return (
        f"(regexp_full_match(r.amount, '[0-9]+([.][0-9]+)?') AND {fits} "
        f"AND {_PLACES} BETWEEN 0 AND {MAX_DECIMALS} AND (r.decimals IS NULL OR {_PLACES}::VARCHAR = r.decimals))"
    )


def _parse_odd_amounts(staging: Staging, odd: Sequence[tuple[str, str | None]]) -> None:
    values: list[str | None] = []
    problems: list[str | None] = []
    for text, decimals in odd:
        try:
            values.append(_parse_amount(text, decimals))
            problems.append(None)
        except InputError as error:
            values.append(None)
            problems.append(to_problem("ledger.bad-amount", error.problem, error.remedy()))
    raw, places = [row[0] for row in odd], [row[1] for row in odd]
    _put(staging, "fix_amount", {"raw": raw, "decimals": places, "value": values, "problem": problems})


def _parse_amount(text: str, decimals: str | None) -> str:
    if text.startswith("float "):
        raise InputError(
            f"the amount {text[6:]} is a floating-point number, which may have been rounded",
            remedy="Write amounts as whole numbers, decimals or text.",
        )
    decimals = None if decimals is None else decimals.strip()
    if decimals is not None and not (decimals.isdecimal() and int(decimals) <= MAX_DECIMALS):
        raise InputError(f"the decimals {decimals!r} are not a whole number from 0 to {MAX_DECIMALS}")
    return str(parse_units(text, decimals=int(decimals or 0))).lstrip("0")


def _parse_index(text: str, says: str) -> int:
    text = text.strip()
    try:
        number = int(text, 16) if text.startswith("0x") else int(text.removesuffix(".0"))
    except ValueError as error:
        raise InputError(f"the {says} {text!r} is not a whole number") from error
    if number < 0:
        raise InputError(f"the {says} {text!r} is negative")
    if number > _MAX_INDEX:
        raise InputError(f"the {says} {text!r} is too large to be one")
    return number


def _put(staging: Staging, table: str, columns: dict[str, Sequence[str | None]]) -> None:
    arrays = {name: pa.array(values, type=pa.string()) for name, values in columns.items()}
    staging.con.register("put_rows", pa.table(arrays))
    staging.run(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM put_rows")
    staging.con.unregister("put_rows")
