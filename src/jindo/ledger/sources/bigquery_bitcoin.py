"""The `bigquery-btc` format: exports of BigQuery's `crypto_bitcoin.transactions`, as JSON lines or Parquet.

* Values are NUMERIC: whole satoshi, as text in JSON and as decimals in Parquet.
* The table does not state a transaction's place in its block. Where the rows have no `index`, places are given so that
  every output stands before its spender: the coinbase first, then what can come, by hash. They are the same whatever
  the order of files and rows; that they are not the chain's is noted.
* A block's transactions are placed together: they must come in one import, which holds them in memory until then.

What is in a row is `bitcoin_rows`'s.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from jindo.base.errors import InputError
from jindo.ledger.rows import UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.bitcoin_files import BlockCounts, iter_transaction_records, to_text
from jindo.ledger.sources.bitcoin_rows import RowReader
from jindo.ledger.sources.request import SourceRequest, TransactionRows


@dataclass(frozen=True, slots=True)
class _Unplaced:
    """A transaction that waits for the others of its block."""

    file: int
    line: int
    text: str
    row: UtxoTransaction


def read_bigquery_bitcoin(request: SourceRequest) -> TransactionRows:
    """Every row of the files: number of the file, line, the line itself, and what it says.

    Raises:
        InputError: no file is a table of transactions, or one cannot be read to its end.
    """
    reader, counts = RowReader(request.chain), BlockCounts(request)
    waiting: dict[int, list[_Unplaced]] = defaultdict(list)
    for number, line, text, row in iter_transaction_records(request):
        placed = isinstance(row, BadRow) or row.get("index") is not None
        parsed = row if isinstance(row, BadRow) else reader.parse(row, index=None if placed else 0)
        shown = text or to_text(row)
        if isinstance(parsed, UtxoTransaction):
            counts.add(parsed.block)
            if not placed:
                waiting[parsed.block].append(_Unplaced(number, line, shown, parsed))
                continue
        yield number, line, shown, parsed
    yield from _place_all(waiting)
    request.notes += counts.notes() + _note_places(waiting)


def place_transactions(rows: Iterable[UtxoTransaction]) -> dict[str, int]:
    """A place for each transaction of one block, by hash: the coinbase first, then outputs before spenders, by hash.

    Raises:
        InputError: the block's transactions spend each other in a circle.
    """
    by_hash = {str(row.tx_hash): row for row in rows}
    makers = {h: {str(i.prev_hash) for i in row.inputs} & by_hash.keys() for h, row in by_hash.items()}
    spenders: dict[str, list[str]] = defaultdict(list)
    for name, made_by in makers.items():
        for maker in made_by:
            spenders[maker].append(name)
    ready = [(not by_hash[name].coinbase, name) for name, made_by in makers.items() if not made_by]
    heapq.heapify(ready)
    places: dict[str, int] = {}
    while ready:
        _, name = heapq.heappop(ready)
        places[name] = len(places)
        for spender in spenders[name]:
            makers[spender].discard(name)
            if not makers[spender]:
                heapq.heappush(ready, (True, spender))
    if len(places) < len(by_hash):
        raise InputError("the transactions of a block spend each other in a circle")
    return places


def _place_all(waiting: dict[int, list[_Unplaced]]) -> TransactionRows:
    for block in sorted(waiting):
        items = waiting[block]
        try:
            places = place_transactions(item.row for item in items)
        except InputError as error:
            bad = BadRow("ledger.impossible-order", error.problem, "Compare with another copy of the chain.")
            yield from ((item.file, item.line, item.text, bad) for item in items)
            continue
        for item in items:
            row = dataclasses.replace(item.row, tx_index=places[str(item.row.tx_hash)])
            yield item.file, item.line, item.text, row


def _note_places(waiting: dict[int, list[_Unplaced]]) -> list[str]:
    if not waiting:
        return []
    count = sum(len(items) for items in waiting.values())
    note = (
        f"{count} transactions do not state their place in their block, as BigQuery's table does not: they were given one, "
        "outputs before their spenders. A ledger of another source has other places, and another fingerprint"
    )
    return [note]
