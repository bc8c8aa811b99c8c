"""One Bitcoin transaction as Esplora's API tells it, held against its own id.

* The transaction's bytes without witnesses are written again from the fields, and must hash to the id: so every
  output's value and script, and every output that is spent, are what the id covers.
* What an input is worth and whose it is stands outside the id: it is the explorer's word, until the transaction
  that made it is there too.
* Addresses are derived from scripts; one that the explorer states must be the same.

Whether the transaction is in a block is `esplora`'s to check.

Source: Blockstream Esplora, `API.md`; BIP-141, BIP-144.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import TxId
from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.script import find_address
from jindo.ledger.bitcoin.transaction import (
    RawTransaction,
    from_shown,
    parse_hex,
    parse_transaction,
    to_shown,
)
from jindo.ledger.build_utxo import output_account
from jindo.ledger.rows import UtxoInput, UtxoOutput
from jindo.ledger.sources.explorer_json import as_list, as_object, find_number, get_number, get_text


@dataclass(frozen=True, slots=True)
class ToldTransaction:
    """A confirmed transaction whose fields give its id."""

    txid: TxId
    height: int
    block_hash: str
    """As explorers show it."""
    time: int
    """Unix seconds that the explorer states for the block."""
    coinbase: bool
    inputs: tuple[UtxoInput, ...]
    outputs: tuple[UtxoOutput, ...]
    raw: RawTransaction


def parse_esplora_transaction(value: Any, network: Network) -> ToldTransaction | None:
    """The transaction of a `/tx/:txid` response or of a list of them; `None` where it is in no block yet.

    Raises:
        InputError: a field is missing, or they do not give the id, or an address is not its script's.
    """
    row = as_object(value, "transaction")
    status = as_object(row.get("status"), "status of the transaction")
    if status.get("confirmed") is not True:
        return None
    raw = parse_transaction(_write_stripped(row))
    txid = get_text(row, "txid")
    if to_shown(raw.txid) != txid:
        raise InputError(
            f"the transaction's fields do not give its id {txid[:64]}: they hash to {to_shown(raw.txid)}"
        )
    given = as_list(row.get("vin"), "vin")
    return ToldTransaction(
        txid=TxId(txid),
        height=get_number(status, "block_height"),
        block_hash=get_text(status, "block_hash"),
        time=get_number(status, "block_time"),
        coinbase=raw.is_coinbase,
        inputs=()
        if raw.is_coinbase
        else tuple(_build_input(raw.spent[i], each, network) for i, each in enumerate(given)),
        outputs=tuple(_parse_output(each, network) for each in as_list(row.get("vout"), "vout")),
        raw=raw,
    )


def _build_input(spent: tuple[bytes, int], value: Any, network: Network) -> UtxoInput:
    made = as_object(value, "input").get("prevout")
    if made is None:
        return UtxoInput(TxId(to_shown(spent[0])), spent[1])
    output = _parse_output(made, network)
    return UtxoInput(TxId(to_shown(spent[0])), spent[1], output.value, output_account(output))


def _parse_output(value: Any, network: Network) -> UtxoOutput:
    made = as_object(value, "output")
    script = parse_hex(get_text(made, "scriptpubkey"))
    address = find_address(script, network)
    stated = get_text(made, "scriptpubkey_address")
    if stated and stated != address:
        raise InputError(
            f"the address {stated[:100]!r} is not that of its script, which is {address or 'none'}"
        )
    return UtxoOutput(get_number(made, "value"), address, "" if address is not None else script.hex())


def _write_stripped(row: dict[str, Any]) -> bytes:
    """The bytes that the id is the hash of."""
    inputs, outputs = as_list(row.get("vin"), "vin"), as_list(row.get("vout"), "vout")
    version = row.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise InputError("the field version is not a whole number")
    parts = [(version & 0xFFFFFFFF).to_bytes(4, "little"), _compact(len(inputs))]
    parts += [_write_input(as_object(each, "input")) for each in inputs]
    parts.append(_compact(len(outputs)))
    for each in outputs:
        made = as_object(each, "output")
        parts += [_fixed(get_number(made, "value"), 8, "value"), _sized(get_text(made, "scriptpubkey"))]
    parts.append(_fixed(get_number(row, "locktime"), 4, "locktime"))
    return b"".join(parts)


def _write_input(given: dict[str, Any]) -> bytes:
    index = find_number(given, "vout")
    return b"".join(
        (
            from_shown(get_text(given, "txid")),
            _fixed(0xFFFFFFFF if index is None else index, 4, "vout"),
            _sized(get_text(given, "scriptsig")),
            _fixed(get_number(given, "sequence"), 4, "sequence"),
        )
    )


def _fixed(number: int, size: int, says: str) -> bytes:
    if number >> 8 * size:
        raise InputError(f"the field {says} is too large: {number}")
    return number.to_bytes(size, "little")


def _sized(script: str) -> bytes:
    data = parse_hex(script)
    return _compact(len(data)) + data


def _compact(number: int) -> bytes:
    if number < 0xFD:
        return bytes([number])
    return (
        b"\xfd" + number.to_bytes(2, "little") if number < 0x10000 else b"\xfe" + number.to_bytes(4, "little")
    )
