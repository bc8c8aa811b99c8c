"""Which rows of Ethereum's tables move value, whatever format they came in.

* Where a block has traces of transactions, native value comes only from successful call, create and suicide
  traces without a failed ancestor; otherwise from successful transactions.
* Delegate, static and code calls move nothing; a sort of trace that is not known is rejected. Rewards, genesis and
  withdrawals are issuance, at the block's end.
* Rows that contradict each other on whether a transaction failed are rejected (`ethereum_differing`).
* Gas is what the receipt says was used, at the price that was paid, also where the transaction failed.
* An unknown status counts as success, and unknown gas as none; the import notes how many there were.
* A table that is not there is noted with what the ledger does not know for want of it.

A token transfer's value is what the log said: for ERC-721 that is the token's number, not an amount.
"""

from __future__ import annotations

from collections.abc import Collection

from jindo.base.ids import native_asset
from jindo.ledger.chain import AccountChain
from jindo.ledger.files import quote
from jindo.ledger.rejects import to_row_text
from jindo.ledger.sources.ethereum_differing import reject_differing
from jindo.ledger.sources.ethereum_logs import add_logged_transfers
from jindo.ledger.sources.ethereum_shape import (
    TABLES,
    EthereumShape,
    check_chain,
    load_table,
    note_missing_transactions,
    sort_files,
)
from jindo.ledger.sources.ethereum_tables import make_lookups
from jindo.ledger.sources.request import SourceRequest
from jindo.ledger.staging import Staging

END_OF_BLOCK = 999_999_999
"""Transaction index of what a block does after its transactions: rewards and withdrawals."""

_TRACE_TYPES = (
    "call", "create", "create2", "suicide", "selfdestruct", "daofork", "reward", "genesis", "withdrawal"
)  # fmt: skip
_CALL_TYPES = ("call", "callcode", "delegatecall", "staticcall")

# What tells two traces without a transaction apart: their index, their id, or else which of its file's it is.
_NAMED = "(try_cast(trace_index AS BIGINT), trace_id, CASE WHEN trace_id IS NULL AND trace_index IS NULL THEN nth END)"


def stage_ethereum(request: SourceRequest, shape: EthereumShape) -> dict[str, int]:
    """Make the table `raw` of files of this shape, for `check_rows`; gives the rows of each table.

    Raises:
        InputError: none of the files is a table that is read.
    """
    staging = request.staging
    tables, notes = sort_files(request.files, shape)
    counts = {}
    for table in TABLES:
        load_table(staging, table, tables.get(table, []), shape)
        if tables.get(table):
            counts[table] = staging.one(f"SELECT count(*) FROM {table}")
    check_chain(staging, request.chain)
    if "logs" in counts:
        notes += add_logged_transfers(staging)
    notes += note_missing_tables(counts)
    if "transactions" in counts:
        notes += note_missing_transactions(staging)
    make_lookups(staging, request.old if isinstance(request.old, AccountChain) else None)
    _refuse_unknown(staging)
    reject_differing(staging)
    native = quote(native_asset(request.chain))
    staging.run(
        "CREATE TABLE raw AS SELECT m.* REPLACE (coalesce(m.time, b.time) AS time) FROM ("
        + " UNION ALL ".join((_tokens(), _gas(native), _plain(native), _traced(native), _issued(native)))
        + ") m LEFT JOIN block_times b ON m.block = b.block"
    )
    request.notes += notes + _read_notes(staging)
    return counts


def _refuse_unknown(staging: Staging) -> None:
    """A trace of a sort that is not known might move value or not: it is rejected, and moves none."""
    odd = (
        f"coalesce(trace_type, '') NOT IN {_TRACE_TYPES} "
        f"OR (trace_type = 'call' AND coalesce(call_type, 'call') NOT IN {_CALL_TYPES})"
    )
    shown = ("hash", "block", "trace_type", "call_type", "trace_address", "sender", "receiver", "value")
    for file, line, *values in staging.run(f"SELECT file, line, {', '.join(shown)} FROM calls WHERE {odd}"):
        fields = dict(zip(shown, values, strict=True))
        sort = fields["call_type"] if fields["trace_type"] == "call" else fields["trace_type"]
        reason = f"the trace is of the sort {sort or ''!r}, which is not known"
        remedy = "Correct the row, or leave it out if it moves nothing."
        staging.rejected.append((file, line, "ledger.bad-trace", reason, remedy, to_row_text(fields)))
    staging.run(f"DELETE FROM calls WHERE {odd}")


def _tokens() -> str:
    return _movement(
        "e.block", "e.hash", "e.sender", "e.receiver", "e.value", "e.time", "p.tx_index", "e.log_index", "e.token",
        1, "false", "token_transfers e LEFT JOIN tx_places p USING (key)",
    )  # fmt: skip


def _gas(native: str) -> str:
    clean = f"{_is_whole('gas_used')} AND {_is_whole('gas_paid')}"
    product = f"({_whole('gas_used')} * {_whole('gas_paid')})::VARCHAR"
    amount = f"CASE WHEN {clean} THEN {product} ELSE gas_used || ' gas at ' || gas_paid END"
    return _movement(
        "block", "hash", "sender", "NULL", amount, "time", "tx_index", "NULL", native, 2, "sender IS NOT NULL",
        "tx WHERE gas_used IS NOT NULL AND gas_paid IS NOT NULL",
    )  # fmt: skip


def _is_whole(column: str) -> str:
    """SQL: whether a number is whole, written plainly, with zeros after the point, or as `5e13`."""
    return f"regexp_full_match({column}, '[0-9]{{1,18}}([.]0+)?(e[+]?[0-9]{{1,2}})?')"


def _whole(column: str) -> str:
    digits = f"regexp_extract({column}, '^[0-9]+')"
    zeros = f"coalesce(try_cast(regexp_extract({column}, 'e[+]?([0-9]+)$', 1) AS INTEGER), 0)"
    return f"({digits} || repeat('0', {zeros}))::HUGEINT"


def _plain(native: str) -> str:
    return _movement(
        "block", "hash", "sender", "receiver", "value", "time", "tx_index", "NULL", native, 0, "false",
        "tx WHERE (block IS NULL OR block NOT IN (SELECT block FROM traced_blocks WHERE block IS NOT NULL)) "
        "AND coalesce(status, '1') <> '0' AND (receiver IS NOT NULL OR coalesce(value, '') <> '0')",
    )  # fmt: skip


def _traced(native: str) -> str:
    origin = "coalesce(key, trace_type || '-' || block)"
    position = f"dense_rank() OVER (PARTITION BY {origin} ORDER BY path, CASE WHEN key IS NULL THEN {_NAMED} END) - 1"
    moves = (
        "(trace_type IN ('create', 'create2', 'suicide', 'selfdestruct', 'daofork') "
        "OR (trace_type = 'call' AND coalesce(call_type, 'call') = 'call'))"
    )
    alive = "NOT EXISTS (SELECT 1 FROM failed f WHERE f.key = n.key AND f.path = n.path[1:len(f.path)])"
    return _movement(
        "block", "coalesce(hash, trace_type || '-' || block)", "sender", "receiver", "value", "time",
        f"coalesce(tx_index, place, CASE WHEN hash IS NULL THEN '{END_OF_BLOCK}' END)", "position::VARCHAR", native, 0, "false",
        f"(SELECT *, {position} AS position FROM calls) n WHERE {moves} AND coalesce(outcome, '1') <> '0' AND {alive}",
    )  # fmt: skip


def _issued(native: str) -> str:
    position = f"dense_rank() OVER (PARTITION BY trace_type, block ORDER BY {_NAMED}) - 1"
    return _movement(
        "block", "trace_type || '-' || block", "NULL", "receiver", "value", "time", f"'{END_OF_BLOCK}'",
        "position::VARCHAR", native, 3, "receiver IS NOT NULL",
        f"(SELECT *, {position} AS position FROM calls) n WHERE trace_type IN ('reward', 'genesis', 'withdrawal') "
        "AND coalesce(outcome, '1') <> '0'",
    )  # fmt: skip


def _movement(
    block: str, tx_hash: str, sender: str, receiver: str, amount: str, time: str, tx_index: str, position: str,
    asset: str, kind: int, open_end: str, origin: str,
) -> str:  # fmt: skip
    part = {2: 0, 0: 1}.get(kind, 0)
    return (
        f"SELECT file, line, {part} AS part, {block} AS block, {tx_hash} AS tx_hash, {sender}::VARCHAR AS sender, "
        f"{receiver}::VARCHAR AS receiver, {amount} AS amount, {time} AS time, {tx_index}::VARCHAR AS tx_index, "
        f"{position}::VARCHAR AS position, {asset} AS asset, NULL::VARCHAR AS decimals, NULL::VARCHAR AS memo, "
        f"{kind} AS kind, {open_end} AS open_end FROM {origin}"
    )


def note_missing_tables(tables: Collection[str]) -> list[str]:
    """What the ledger does not know for want of a table."""
    missing = {
        "traces": "no traces: value that contracts moved inside transactions is not in the ledger, nor are block rewards",
        "transactions": "no transactions: fees are not in the ledger",
        "token_transfers": "no token transfers or logs: movements of tokens are not in the ledger",
    }
    there = set(tables) | ({"token_transfers"} if "logs" in tables else set())
    return [f"the source has {says}" for table, says in missing.items() if table not in there]


def _read_notes(staging: Staging) -> list[str]:
    unknown = staging.one(
        "SELECT count(DISTINCT key) FROM tx WHERE status IS NULL AND block NOT IN (SELECT block FROM traced_blocks WHERE block IS NOT NULL)"
    )
    no_gas = staging.one("SELECT count(DISTINCT key) FROM tx WHERE gas_used IS NULL OR gas_paid IS NULL")
    rootless = staging.one(
        "SELECT count(DISTINCT key) FROM tx WHERE block IN (SELECT block FROM traced_blocks) AND coalesce(status, '1') <> '0' "
        "AND key NOT IN (SELECT key FROM calls WHERE key IS NOT NULL AND len(path) = 0)"
    )
    untold = staging.one("SELECT count(*) FROM calls WHERE key IS NOT NULL AND outcome IS NULL")
    notes = []
    if unknown:
        notes.append(f"{unknown} transactions have no receipt status and were taken as successful")
    if untold:
        notes.append(f"{untold} traces have no status and were taken as successful")
    if rootless:
        notes.append(
            f"{rootless} transactions of blocks with traces have no trace of their own; what they moved is not in the "
            "ledger: import the traces of whole blocks"
        )
    if no_gas:
        notes.append(f"{no_gas} transactions state no gas used or no price; their fees are not in the ledger")
    return notes
