"""The `transfers` format: one movement a row, in CSV, JSON lines or Parquet.

* Columns: block, tx_hash, from, to, amount; if there: time, tx_index, log_index, asset, decimals, memo.
* A column with another name is mapped; a mapping to a column that is not there is refused.
* A column that is read has a name that no other has, capitals aside: two that are called the same are refused.
* Amounts are whole tokens where decimals are given, by column or by option, and base units otherwise: there one
  amount with a decimal point refuses the whole source, whose scale nobody has stated.
* Without an asset column or option the asset is `unnamed`; the option gives the rows without one theirs.

Order and copies are `merging`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jindo.base.amounts import MAX_DECIMALS
from jindo.base.errors import InputError
from jindo.base.ids import UNNAMED_ASSET, ChainId, parse_asset
from jindo.ledger.files import SourceFile, find_lines, quote
from jindo.ledger.rows import Kind
from jindo.ledger.sources.request import SourceRequest
from jindo.ledger.staging import Staging, load

REQUIRED = ("block", "tx_hash", "from", "to", "amount")
OPTIONAL = ("time", "tx_index", "log_index", "asset", "decimals", "memo")


def stage_transfer_files(request: SourceRequest) -> dict[str, int]:
    """Make the view `raw` of these files, for `check_rows`; gives the number of their rows.

    Raises:
        InputError: a column is missing or mapped wrongly, or an option is not usable.
    """
    names = ("columns", "asset", "decimals")
    stage_transfers(
        request.staging, request.files, chain=request.chain, **{name: request.options[name] for name in names}
    )
    return {"transfers": request.staging.one("SELECT count(*) FROM raw") + len(request.staging.rejected)}


def stage_transfers(
    staging: Staging,
    files: Sequence[SourceFile],
    *,
    chain: ChainId,
    columns: Mapping[str, str],
    asset: str | None,
    decimals: int | None,
) -> None:
    """Make the view `raw` of these files, for `check_rows`.

    Raises:
        InputError: a column is missing or mapped wrongly, or an option is not usable.
    """
    unknown = [name for name in columns if name not in REQUIRED + OPTIONAL]
    if unknown:
        raise InputError(
            f"there is no column {unknown[0]!r} in the transfers format",
            remedy=f"Map one of {', '.join(REQUIRED + OPTIONAL)}.",
        )
    if decimals is not None and not 0 <= decimals <= MAX_DECIMALS:
        raise InputError(f"the decimals {decimals} are not from 0 to {MAX_DECIMALS}")
    names = [f"given_{i}" for i in range(len(files))]
    for i, source in enumerate(files):
        found = _find_columns(source, columns)
        load(staging, names[i], [(i, source)], {f"{ours}_text": theirs for ours, theirs in found.items()})
    default = quote(parse_asset(asset, chain=chain) if asset is not None else UNNAMED_ASSET)
    places = "NULL::VARCHAR" if decimals is None else quote(str(decimals))
    given = " UNION ALL ".join(f"SELECT * FROM {name}" for name in names)
    staging.run("CREATE TABLE failed_txs (key VARCHAR)")
    staging.run(
        f"CREATE VIEW raw AS SELECT file, line, 0 AS part, block_text AS block, tx_hash_text AS tx_hash, from_text AS sender, "
        f"to_text AS receiver, amount_text AS amount, time_text AS time, tx_index_text AS tx_index, "
        f"log_index_text AS position, coalesce(asset_text, {default}) AS asset, "
        f"coalesce(decimals_text, {places}) AS decimals, memo_text AS memo, {int(Kind.TRANSFER)} AS kind, "
        f"false AS open_end FROM ({given})"
    )
    if decimals is None:
        _check_scale(staging, files)


def _check_scale(staging: Staging, files: Sequence[SourceFile]) -> None:
    """A point says that amounts are not base units: rows without one must not come in at the wrong scale."""
    found = staging.run(
        "SELECT file, line, amount FROM raw WHERE decimals IS NULL AND contains(amount, '.') "
        "AND regexp_matches(amount, '[.][0-9]') ORDER BY file, line LIMIT 1"
    )
    for file, line, amount in found:
        shown = amount.removeprefix("float ")
        raise InputError(
            f"the amount {shown!r} has a decimal point, and no decimals are stated; nothing was imported",
            place=f"{files[file].name}:{find_lines(files[file], {line})[line]}",
            remedy="State how many decimals the asset has with --decimals (0 where amounts are base units already).",
        )


def _find_columns(source: SourceFile, columns: Mapping[str, str]) -> dict[str, str | None]:
    there = ", ".join(source.columns) or "none"
    by_lower = {name.lower(): name for name in source.columns}
    found: dict[str, str | None] = {}
    for ours in REQUIRED + OPTIONAL:
        theirs = columns.get(ours)
        if theirs is not None and theirs not in source.columns:
            raise InputError(
                f"--column {ours}={theirs} names a column that is not there; the columns are {there}",
                place=source.name,
                remedy=f"Write --column {ours}=NAME with one of those names.",
            )
        found[ours] = theirs or by_lower.get(ours)
        _check_alone(source, ours, found[ours], is_mapped=theirs is not None)
        if found[ours] is None and ours in REQUIRED:
            raise InputError(
                f"there is no column {ours!r}; the columns are {there}",
                place=source.name,
                remedy=f"Say which column it is: --column {ours}=NAME.",
            )
    return found


def _check_alone(source: SourceFile, ours: str, name: str | None, *, is_mapped: bool) -> None:
    """Which of two columns with one name is meant, nobody can tell; JSON's keys differ by their capitals too."""
    if name is None or (is_mapped and source.sort == "json"):
        return
    same = [each for each in source.columns if each.lower() == name.lower()]
    if len(same) > 1:
        raise InputError(
            f"{len(same)} columns are called alike ({', '.join(same)}), and one of them is read as {ours!r}",
            place=source.name,
            remedy="Rename all but the right one in the file.",
        )
