"""One group of files, imported on a worker by this package's own importer, and written as tables of the cluster.

* What counts as a row, a copy or a reject is decided by `import_source`, as on one machine.
* A worker that is started again for a group writes the same files again.
* What went wrong comes back as words, so that the person who asked reads them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.errors import ConflictError, InputError, IntegrityError, JindoError, SourceError
from jindo.base.ids import ChainId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.chain import Chain
from jindo.ledger.engines.places import Place, parse_place
from jindo.ledger.engines.tables import OUTPUTS, PLACE_BITS, ROWS, STATED, TRANSACTIONS, to_event
from jindo.ledger.extract import read_transactions
from jindo.ledger.importing import import_source
from jindo.ledger.opened import open_ledger
from jindo.ledger.reading import iter_text_batches
from jindo.ledger.utxo_chain import UtxoChain

SCHEMA = "report string"
_FAMILIES: dict[str, type[JindoError]] = {
    family.__name__: family for family in (InputError, IntegrityError, ConflictError, SourceError)
}
_BATCH = 1 << 14


def import_groups(batches: Iterator[Any]) -> Iterator[Any]:
    """For each job (JSON, one a row), its report (JSON); runs on the workers."""
    for batch in batches:
        reports = [json.dumps(_try_group(json.loads(job))) for job in batch.column(0).to_pylist()]
        yield pa.record_batch({"report": pa.array(reports, pa.string())})


def check_report(report: dict[str, Any]) -> None:
    """Raise what a worker met.

    Raises:
        JindoError: the group could not be imported.
    """
    error = report.get("error")
    if error is not None:
        family = _FAMILIES.get(error["family"], InputError)
        raise family(error["problem"], place=error["place"], remedy=error["remedy"])


def _try_group(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return _import_group(job)
    except JindoError as error:
        family = next((name for name, kind in _FAMILIES.items() if isinstance(error, kind)), "InputError")
        return {
            "number": job["number"],
            "error": {
                "family": family,
                "problem": f"{error.problem} ({job['name']})",
                "place": error.place,
                "remedy": error.remedy(),
            },
        }


def _import_group(job: dict[str, Any]) -> dict[str, Any]:
    chain = ChainId(job["chain"])
    with tempfile.TemporaryDirectory(prefix="jindo-group-") as scratch:
        source, ledger = Path(scratch, "source"), Path(scratch, "ledger")
        for place, name in job["files"]:
            _lay_out(parse_place(place), source / name)
        report = import_source(str(source), into=ledger, chain=chain, **job["options"])
        opened = open_ledger(ledger)
        into = parse_place(job["into"])
        told = {"number": job["number"], "source_rows": report.source_rows, "error": None}
        told["entry"] = asdict(opened.manifest.imports[-1])
        told["first_rejects"] = [asdict(reject) for reject in report.first_rejects]
        if report.rejects is not None:
            into.at("rejects", f"{job['number']:06d}.csv").write_bytes(report.rejects.read_bytes())
        if chain in opened.chain_ids():
            status = opened.status().chains[chain]
            told["assets"] = dict(zip(status.assets, status.decimals, strict=True))
            told["inexact"] = status.inexact
            _write_chain(opened.chain(chain), into, job["number"])
        shutil.rmtree(ledger)
        return told


def _lay_out(place: Place, path: Path) -> None:
    """A file of the source at `path`: linked where it is a file of this machine, else copied."""
    local = Path(place.path)
    if place.text.startswith("file:"):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not local.is_file():
            raise SourceError(
                "a worker does not see the file",
                place=place.text,
                remedy="Put the source where every worker sees it under the same name: a shared folder or a store.",
            )
        path.symlink_to(local)
    else:
        place.fetch_file(path)


def _write_chain(chain: Chain, into: Place, part: int) -> None:
    name = f"part-{part:06d}.parquet"
    if isinstance(chain, AccountChain):
        into.at("rows", name).write_parquet(ROWS, _iter_rows(chain, part))
        return
    into.at("transactions", name).write_parquet(TRANSACTIONS, _iter_transactions(chain, part))
    into.at("outputs", name).write_parquet(OUTPUTS, _iter_outputs(chain))
    into.at("stated", name).write_parquet(STATED, _iter_inputs(chain))


def _iter_rows(chain: AccountChain, part: int) -> Iterator[Any]:
    last, place = -1, 0
    for batch in iter_text_batches(chain):
        block = batch["block"].to_numpy()
        if not len(block):
            continue
        places = _number_in_block(block, last, place)
        last, place = int(block[-1]), int(places[-1]) + 1
        to_event(int(block.min()), 0)
        to_event(int(block.max()), int(places.max()))
        amount = pc.coalesce(pc.cast(batch["amount"], pa.large_string()), batch["wide"])
        columns: dict[str, Any] = {name: batch[name] for name in ROWS.names if name in batch.schema.names}
        columns |= {
            "event": pa.array(block << PLACE_BITS | places),
            "part": pa.array(np.full(len(block), part, np.int32)),
            "amount": amount,
        }
        yield pa.record_batch([columns[field.name].cast(field.type) for field in ROWS], schema=ROWS)


def _number_in_block(block: Any, last: int, place: int) -> Any:
    """The place of each row in its block; `place` rows of block `last` came before."""
    first = np.flatnonzero(np.diff(block, prepend=block[0] - 1))
    sizes = np.diff(np.append(first, len(block)))
    places = np.arange(len(block)) - np.repeat(first, sizes)
    if int(block[0]) == last:
        places[: sizes[0]] += place
    return places


def _iter_transactions(chain: UtxoChain, part: int) -> Iterator[Any]:
    for txs in _pieces(chain):
        yield _to_batch(
            TRANSACTIONS,
            [
                (
                    event, part, int(chain.block[tx]), int(chain.time[tx]), chain.tx_hashes[tx],
                    int(chain.tx_index[tx]), int(chain.coinbase[tx]),
                )
                for tx, event in txs
            ],
        )  # fmt: skip


def _iter_outputs(chain: UtxoChain) -> Iterator[Any]:
    for txs in _pieces(chain):
        yield _to_batch(
            OUTPUTS,
            [
                (
                    event,
                    chain.tx_hashes[tx],
                    place,
                    str(int(chain.out_amount[o])),
                    chain.accounts[int(chain.out_account[o])],
                )
                for tx, event in txs
                for place, o in enumerate(chain.outputs_of(tx))
            ],
        )


def _iter_inputs(chain: UtxoChain) -> Iterator[Any]:
    for txs in _pieces(chain):
        rows = []
        for tx, event in txs:
            (read,) = read_transactions(chain, (tx,))
            for place, (i, given) in enumerate(zip(chain.inputs_of(tx), read.inputs, strict=True)):
                stated, held = bool(chain.in_stated[i]), int(chain.in_output[i]) >= 0
                amount = str(given.value) if stated else None
                account = given.address if stated or not held else None
                rows.append((event, read.tx_hash, place, given.prev_hash, given.prev_index, amount, account))
        yield _to_batch(STATED, rows)


def _pieces(chain: UtxoChain) -> Iterator[list[tuple[int, int]]]:
    """Transactions with their events, some at a time."""
    count = chain.tx_count
    for start in range(0, count, _BATCH):
        txs = range(start, min(start + _BATCH, count))
        yield [(tx, to_event(int(chain.block[tx]), int(chain.tx_index[tx]))) for tx in txs]


def _to_batch(schema: Any, rows: Sequence[tuple[Any, ...]]) -> Any:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )
