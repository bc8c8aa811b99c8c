"""A chain as a folder of Arrow files: one file a column, mapped when opened, never changed after.

* Every column is one Arrow IPC file with one record batch, uncompressed, so that numpy reads the mapped pages.
* Texts are one string column, and one of their sorted order where ids do not follow it.
* Mapping reads no column; a reader pays for the rows that it touches, and for checking the files where it asks.

Which generation counts is said by `folder`; how a chain is made, by `build` and `merging`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.errors import IntegrityError
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.chain import AccountChain, Amounts, Blocks, Chain, Ints, Texts, UtxoChain
from jindo.ledger.hashing import HashingFile
from jindo.ledger.texts import MappedTexts
from jindo.ledger.wide import WideColumn

_BLOCKS = ("height", "time_max", "first")
_SPECIAL = {"chain", "asset", "assets", "decimals", "narrow", "blocks", "accounts", "tx_hashes", "memos"}
_TEXTS = {"in_prev_hash"}


class Memos(Sequence[str | None]):
    """A mapped column of texts that may be missing."""

    __slots__ = ("_column",)

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, index: int) -> str | None:  # type: ignore[override]  # slices are never asked for
        value: str | None = self._column[int(index)].as_py()
        return value

    def __iter__(self) -> Iterator[str | None]:
        return (self[i] for i in range(len(self)))


def write_chain(chain: Chain, into: Path) -> dict[str, str]:
    """Write every column of `chain` into the new folder `into`, and wait until the disk has it.

    Gives the SHA-256 of each file by name, as it was written.
    """
    into.mkdir(parents=True)
    files: dict[str, str] = {}
    for name in _BLOCKS:
        files |= _write(into, f"blocks_{name}", pa.array(getattr(chain.blocks, name)))
    files |= _write_texts(into, "accounts", chain.accounts)
    files |= _write_texts(into, "tx_hashes", chain.tx_hashes)
    for field in dataclasses.fields(chain):
        value = getattr(chain, field.name)
        if field.name in _SPECIAL or value is None:
            continue
        is_text = field.name in _TEXTS
        files |= _write(into, field.name, to_arrow_texts(value) if is_text else _to_arrow(field.name, value))
    if isinstance(chain, AccountChain) and chain.memos is not None:
        files |= _write(into, "memos", to_arrow_texts(chain.memos))
    sync_folder(into)
    return files


def map_account_chain(
    folder: Path, chain: ChainId, *, assets: Sequence[str], decimals: Sequence[int | None], narrow: bool
) -> AccountChain:
    """The account chain in `folder`, mapped.

    Raises:
        IntegrityError: a column is missing or is no whole Arrow file.
    """
    memos = Memos(_map(folder, "memos")) if (folder / "memos.arrow").exists() else None
    return AccountChain(
        chain=chain,
        assets=tuple(AssetId(asset) for asset in assets),
        decimals=tuple(decimals),
        accounts=_map_texts(folder, "accounts"),
        tx_hashes=_map_texts(folder, "tx_hashes"),
        blocks=_map_blocks(folder),
        narrow=narrow,
        memos=memos,
        **_map_columns(folder, AccountChain),
    )


def map_utxo_chain(folder: Path, chain: ChainId, *, asset: str, narrow: bool) -> UtxoChain:
    """The UTXO chain in `folder`, mapped.

    Raises:
        IntegrityError: a column is missing or is no whole Arrow file.
    """
    return UtxoChain(
        chain=chain,
        asset=AssetId(asset),
        accounts=_map_texts(folder, "accounts"),
        tx_hashes=_map_texts(folder, "tx_hashes"),
        blocks=_map_blocks(folder),
        narrow=narrow,
        **_map_columns(folder, UtxoChain),
    )


def to_arrow_texts(texts: Texts | Sequence[str | None]) -> Any:
    """The texts as one Arrow array of large strings; mapped ones are not copied."""
    if isinstance(texts, MappedTexts):
        data, offsets = texts.buffers()
        return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))
    if isinstance(texts, Memos):
        return texts._column  # noqa: SLF001  # the class is this module's own
    return pa.array((texts[i] for i in range(len(texts))), type=pa.large_string(), size=len(texts))


def from_arrow_texts(array: Any, order: Ints | None) -> MappedTexts:
    """Texts over an Arrow array of large strings; `order` as in `MappedTexts`."""
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return MappedTexts(np.frombuffer(data or b"", dtype=np.uint8), ends, order)


def sync_folder(folder: Path) -> None:
    """Wait until the disk holds the folder's list of names."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _to_arrow(name: str, value: Amounts) -> Any:
    if isinstance(value, np.ndarray):
        return pa.array(value)
    if name == "amount" or name.endswith("_amount"):
        wide = value if isinstance(value, WideColumn) else WideColumn.from_ints(value)
        data = np.ascontiguousarray(wide.data)
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(wide), [None, pa.py_buffer(data)])
    raise TypeError(f"the column {name} is neither an array nor amounts")


def _write_texts(into: Path, name: str, texts: Texts) -> dict[str, str]:
    array = to_arrow_texts(texts)
    files = _write(into, name, array)
    if not pc.all(pc.less(array[:-1], array[1:])).as_py():
        files |= _write(into, f"{name}_order", pa.array(pc.sort_indices(array).to_numpy().astype(np.int64)))
    return files


def _write(into: Path, name: str, array: Any) -> dict[str, str]:
    batch = pa.record_batch([array], names=[name])
    path = into / f"{name}.arrow"
    with path.open("wb") as stream:
        hashed = HashingFile(stream)
        with pa.ipc.new_file(hashed, batch.schema) as writer:
            writer.write_batch(batch)
        stream.flush()
        os.fsync(stream.fileno())
    return {path.name: hashed.hexdigest()}


def _map(folder: Path, name: str) -> Any:
    path = folder / f"{name}.arrow"
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0).column(0)
    except (OSError, pa.ArrowInvalid) as error:
        raise IntegrityError(
            f"the ledger's column {name} cannot be read", place=str(path), remedy="Import the sources again."
        ) from error


def _map_columns(folder: Path, kind: type[Chain]) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(kind) if field.name not in _SPECIAL]
    return {name: _map_column(folder, name) for name in names}


def _map_column(folder: Path, name: str) -> Any:
    if name in _TEXTS:
        return from_arrow_texts(_map(folder, name), None)
    column = _map(folder, name)
    if pa.types.is_fixed_size_binary(column.type):
        data = np.frombuffer(column.buffers()[1] or b"", dtype=np.uint8)
        return WideColumn(data[: 32 * len(column)].reshape(-1, 32))
    return column.to_numpy(zero_copy_only=True)


def _map_texts(folder: Path, name: str) -> MappedTexts:
    ordered = (folder / f"{name}_order.arrow").exists()
    return from_arrow_texts(_map(folder, name), _map_column(folder, f"{name}_order") if ordered else None)


def _map_blocks(folder: Path) -> Blocks:
    height, time_max, first = (_map_column(folder, f"blocks_{name}") for name in _BLOCKS)
    return Blocks(height=height, time_max=time_max, first=first)
