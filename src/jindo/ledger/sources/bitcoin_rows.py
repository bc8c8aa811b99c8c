"""A Bitcoin transaction as the ETL family writes it, in whatever type the file has: bitcoin-etl, AWS, BigQuery.

* Inputs and outputs are taken in the order of their `index`.
* An enriched input states value and address of the output it spends; another states neither.
* An output with one address belongs to it; with several (bare multisig) to `multisig:<a1>,<a2>`; with none, or
  with a made-up `nonstandard…` one, to the address of its script, and where that has none, to the script's hash.
* Counts and totals that the row states beside its parts are computed again; a row that contradicts itself is refused.
* Hashes carry no `0x`.

What a value's number means (satoshi, or doubles of BTC) is each format's; whether a transaction can be, `utxo_import`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jindo.base.amounts import parse_units
from jindo.base.errors import InputError
from jindo.base.ids import Account, ChainId, TxId, parse_address, parse_tx_id
from jindo.base.times import parse_time
from jindo.ledger.bitcoin.networks import NETWORKS, Network
from jindo.ledger.bitcoin.script import find_address
from jindo.ledger.build_utxo import output_account
from jindo.ledger.rows import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow

COLUMNS = (
    "hash", "transaction_hash", "block_number", "index", "transaction_index", "block_timestamp", "timestamp",
    "is_coinbase", "input_count", "output_count", "input_value", "output_value", "fee",
    "inputs.index", "inputs.spent_transaction_hash", "inputs.spent_output_index", "inputs.value", "inputs.address",
    "inputs.addresses", "outputs.index", "outputs.value", "outputs.address", "outputs.addresses", "outputs.script_hex",
)  # fmt: skip
"""Columns of a Parquet file that a transaction is made of."""

_LONGEST_INDEX = 18
"""Digits of the largest height or index that fits 64 bits."""
_MOST = 10**_LONGEST_INDEX
_HASH = re.compile("[0-9a-f]{64}")
_REMEDY = "Compare with another copy of the chain, and leave the wrong one out."


def parse_whole(value: Any) -> int:
    """Satoshi written as a whole number: an integer, text, or a decimal whose places are all zero.

    Raises:
        InputError: it is none, or a floating-point number, which may be of bitcoin.
    """
    if isinstance(value, float):
        raise InputError(
            f"the value {value} is a floating-point number, and satoshi are whole",
            remedy="If the values are doubles of bitcoin, as in AWS's data set, import them as aws-btc.",
        )
    text = str(value)
    whole, point, part = text.partition(".")
    return parse_units(whole if point and not part.strip("0") else text)


@dataclass(frozen=True, slots=True)
class RowReader:
    """How a format writes its values."""

    chain: ChainId
    to_units: Callable[[Any], int] = parse_whole
    """Satoshi of a value, or `InputError`."""
    is_total: Callable[[Any, int, int], bool] = lambda stated, units, _: parse_whole(stated) == units
    """Whether a stated total is that of `units` satoshi, added up of so many parts."""

    def parse(self, row: Mapping[str, Any], *, index: int | None = None) -> UtxoTransaction | BadRow:
        """The transaction of a row, or what is wrong with it; `index` is its place where the row states none."""
        try:
            transaction = self._parse_transaction(row, index)
            self._check_counts(row, transaction)
            self._check_totals(row, transaction)
        except InputError as error:
            return BadRow("ledger.bad-transaction", error.problem, error.remedy())
        return transaction

    def _parse_transaction(self, row: Mapping[str, Any], index: int | None) -> UtxoTransaction:
        coinbase = is_coinbase(row)
        time = _first(row, "block_timestamp", "timestamp")
        place = index if index is not None else _get(row, "index", "transaction_index")
        return UtxoTransaction(
            block=parse_index(_get(row, "block_number"), "block"),
            tx_hash=parse_hash(_get(row, "hash", "transaction_hash")),
            tx_index=parse_index(place, "transaction index"),
            inputs=() if coinbase else tuple(self._parse_input(given) for given in _in_order(row, "inputs")),
            outputs=tuple(self._parse_output(made) for made in _in_order(row, "outputs")),
            coinbase=coinbase,
            time=None if time is None else parse_time(str(time)),
        )

    def _parse_input(self, given: Any) -> UtxoInput:
        value = given.get("value")
        stated = value is not None
        return UtxoInput(
            prev_hash=parse_hash(_get(given, "spent_transaction_hash")),
            prev_index=parse_index(_get(given, "spent_output_index"), "spent output index"),
            value=self.to_units(value) if stated else None,
            address=_parse_addresses(given) if stated else None,
        )

    def _parse_output(self, made: Any) -> UtxoOutput:
        script = str(made.get("script_hex") or "").lower()
        address = _parse_addresses(made) or _find_address(script, NETWORKS.get(self.chain))
        output = UtxoOutput(self.to_units(_get(made, "value")), address, script if address is None else "")
        output_account(output)  # a script that is not hex is refused here, with its line
        return output

    def _check_counts(self, row: Mapping[str, Any], tx: UtxoTransaction) -> None:
        counts = [("output_count", len(tx.outputs))] + (
            [] if tx.coinbase else [("input_count", len(tx.inputs))]
        )
        for name, there in counts:
            if row.get(name) is not None and parse_index(row[name], name) != there:
                raise InputError(
                    f"the row has {there} of what its {name} counts as {row[name]}", remedy=_REMEDY
                )

    def _check_totals(self, row: Mapping[str, Any], tx: UtxoTransaction) -> None:
        given = [item.value for item in tx.inputs if item.value is not None]
        made, parts = sum(item.value for item in tx.outputs), len(tx.outputs)
        totals = [("output_value", made, parts)]
        if not tx.coinbase and len(given) == len(tx.inputs):
            totals += [
                ("input_value", sum(given), len(given)),
                ("fee", sum(given) - made, len(given) + parts),
            ]
        for name, units, count in totals:
            stated = row.get(name)
            if stated is not None and not self.is_total(stated, units, count):
                says = f"the {name} is stated as {stated}, but the row's parts add up to {units} satoshi"
                raise InputError(says, remedy=_REMEDY)


def is_coinbase(row: Mapping[str, Any]) -> bool:
    """Whether a row is its block's coinbase: it says so, or says nothing and has no inputs."""
    stated = row.get("is_coinbase")
    return stated in (True, "true", "1") or (stated is None and not row.get("inputs"))


def parse_hash(text: Any) -> TxId:
    """A transaction hash, without `0x`."""
    plain = str(text)
    if _HASH.fullmatch(plain):
        return TxId(plain)
    parsed = parse_tx_id(plain.removeprefix("0x"))
    if not _HASH.fullmatch(parsed):
        raise InputError(f"{plain!r} is not a transaction hash of 64 hex digits")
    return parsed


def parse_index(text: Any, says: str) -> int:
    """A height or an index: a whole number from 0 that fits 64 bits."""
    if type(text) is int and 0 <= text < _MOST:
        return text
    digits = str(text)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_INDEX):
        raise InputError(f"the {says} {digits[:40]!r} is not a whole number from 0 that a chain can have")
    return int(digits)


def _parse_addresses(item: Any) -> Account | None:
    stated = item.get("addresses")
    addresses = [str(a) for a in stated or [item.get("address")] if a]
    if not addresses or (len(addresses) == 1 and addresses[0].startswith("nonstandard")):
        return None
    parsed = [parse_address(address) for address in addresses]
    return parsed[0] if len(parsed) == 1 else Account("multisig:" + ",".join(parsed))


def _find_address(script: str, network: Network | None) -> Account | None:
    """Nodes since Bitcoin Core 22 name no address for P2PK and bare multisig, which have one here as elsewhere."""
    try:
        return None if network is None else find_address(bytes.fromhex(script), network)
    except ValueError:
        return None


def _in_order(row: Mapping[str, Any], name: str) -> list[Any]:
    items = row.get(name) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InputError(f"the {name} are not a list of objects")
    indices = [parse_index(_or(item.get("index"), place), "index") for place, item in enumerate(items)]
    if indices == list(range(len(items))):
        return items
    if sorted(indices) != list(range(len(items))):
        raise InputError(f"the {name} are not numbered from 0 without a gap")
    return [item for _, item in sorted(zip(indices, items, strict=True), key=lambda pair: pair[0])]


def _or(value: Any, default: int) -> Any:
    return default if value is None else value


def _get(row: Mapping[str, Any], *names: str) -> Any:
    value = _first(row, *names)
    if value is None:
        raise InputError(f"the field {names[0]} is missing", remedy="Fill the field in.")
    return value


def _first(row: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        value = row.get(name)
        if value is not None:
            return value
    return None
