"""The `bitcoin-etl` format: transactions with their inputs and outputs as JSON lines, enriched or not.

* Inputs and outputs are taken in the order of their `index`.
* An enriched input states value and address of the output it spends; another states neither.
* An output with one address belongs to it; with several (bare multisig) to `multisig:<a1>,<a2>`; with none, or
  with a made-up `nonstandard…` one, to the hash of its script.
* Hashes carry no `0x`; amounts are whole satoshi.

Whether a transaction can be is `utxo_import`'s to say, which sees all of them.
"""

from __future__ import annotations

import gzip
import json
from typing import IO, Any

from jindo.base.amounts import parse_units
from jindo.base.errors import InputError
from jindo.base.ids import Account, TxId, parse_address, parse_tx_id
from jindo.base.times import parse_time
from jindo.ledger.build_utxo import output_account
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.request import SourceRequest, TransactionRows

_LONGEST_INDEX = 18
"""Digits of the largest height or index that fits 64 bits."""


def read_bitcoin_etl(request: SourceRequest) -> TransactionRows:
    """Every line of the files: number of the file, line, the line itself, and what it says.

    Raises:
        InputError: a file is not JSON lines.
    """
    for number, source in enumerate(request.files):
        if source.sort != "json":
            raise InputError("bitcoin-etl transactions are read as JSON lines", place=source.name)
        with _open(source) as stream:
            for line, text in enumerate(stream, 1):
                if line % 50_000 == 0:
                    request.staging.progress(f"reading {source.name}", line, None)
                if text.strip():
                    yield number, line, text.strip(), _parse_line(text)


def _open(source: SourceFile) -> IO[str]:
    if source.path.suffix == ".gz":
        return gzip.open(source.path, "rt", encoding="utf-8")
    return source.path.open(encoding="utf-8")


def _parse_line(text: str) -> UtxoTransaction | BadRow:
    try:
        return _parse_transaction(json.loads(text, parse_float=str, parse_int=str))
    except json.JSONDecodeError as error:
        return BadRow("ledger.bad-line", f"the line is not JSON: {error.msg}", "Correct the line.")
    except InputError as error:
        return BadRow("ledger.bad-transaction", error.problem, error.remedy())


def _parse_transaction(row: Any) -> UtxoTransaction:
    if not isinstance(row, dict):
        raise InputError("the line is not a JSON object")
    stated = row.get("is_coinbase")
    coinbase = stated in (True, "true", "1") or (stated is None and not row.get("inputs"))
    time = _first(row, "block_timestamp", "timestamp")
    return UtxoTransaction(
        block=_parse_index(_get(row, "block_number"), "block"),
        tx_hash=_parse_hash(_get(row, "hash", "transaction_hash")),
        tx_index=_parse_index(_get(row, "index", "transaction_index"), "transaction index"),
        inputs=() if coinbase else tuple(_parse_input(given) for given in _in_order(row, "inputs")),
        outputs=tuple(_parse_output(made) for made in _in_order(row, "outputs")),
        coinbase=coinbase,
        time=None if time is None else parse_time(str(time)),
    )


def _parse_input(given: Any) -> UtxoInput:
    value = given.get("value")
    stated = value is not None
    return UtxoInput(
        prev_hash=_parse_hash(_get(given, "spent_transaction_hash")),
        prev_index=_parse_index(_get(given, "spent_output_index"), "spent output index"),
        value=parse_units(str(value)) if stated else None,
        address=_parse_addresses(given) if stated else None,
    )


def _parse_output(made: Any) -> UtxoOutput:
    address = _parse_addresses(made)
    script = str(made.get("script_hex") or "").lower() if address is None else ""
    output = UtxoOutput(value=parse_units(str(_get(made, "value"))), address=address, script=script)
    output_account(output)  # a script that is not hex is refused here, with its line
    return output


def _parse_addresses(item: Any) -> Account | None:
    addresses = [str(a) for a in item.get("addresses") or [] if a]
    if not addresses or (len(addresses) == 1 and addresses[0].startswith("nonstandard")):
        return None
    parsed = [parse_address(address) for address in addresses]
    return parsed[0] if len(parsed) == 1 else Account("multisig:" + ",".join(parsed))


def _in_order(row: dict[str, Any], name: str) -> list[Any]:
    items = row.get(name) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InputError(f"the {name} are not a list of objects")
    indices = [_parse_index(str(item.get("index", place)), "index") for place, item in enumerate(items)]
    if sorted(indices) != list(range(len(items))):
        raise InputError(f"the {name} are not numbered from 0 without a gap")
    return [item for _, item in sorted(zip(indices, items, strict=True), key=lambda pair: pair[0])]


def _get(row: dict[str, Any], *names: str) -> Any:
    value = _first(row, *names)
    if value is None:
        raise InputError(f"the field {names[0]} is missing", remedy="Fill the field in.")
    return value


def _first(row: dict[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _parse_hash(text: Any) -> TxId:
    parsed = parse_tx_id(str(text).removeprefix("0x"))
    if len(parsed) != 64 or any(c not in "0123456789abcdef" for c in parsed):
        raise InputError(f"{str(text)!r} is not a transaction hash of 64 hex digits")
    return parsed


def _parse_index(text: Any, says: str) -> int:
    digits = str(text)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_INDEX):
        raise InputError(f"the {says} {digits[:40]!r} is not a whole number from 0 that a chain can have")
    return int(digits)
