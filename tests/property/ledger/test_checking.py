"""What compiled code reads of a text is what the field's parser reads."""

import string
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.ids import ETHEREUM
from jindo.ledger.checking import Checked
from jindo.ledger.fields import build_fields, mark_amount
from jindo.ledger.interning import NameIds
from jindo.ledger.packing import pack_hash, pack_hashes, unpack_hash, unpack_hashes
from jindo.ledger.spool import Spool
from jindo.ledger.wide import parse_decimals

HEX = "0123456789abcdef"
PRINTABLE = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=70)
HASHES = st.one_of(
    st.text(HEX, min_size=64, max_size=64),
    st.text(HEX, min_size=64, max_size=64).map("0x{}".format),
    st.text(HEX + "ABCDEFg", min_size=62, max_size=66),
    PRINTABLE,
    st.integers(28, 36).map(lambda size: "r" * size),
)
NAMES = st.one_of(
    st.text("01f", min_size=40, max_size=40).map("0x{}".format),
    st.text(HEX + "AG", min_size=39, max_size=41).map("0x{}".format),
    PRINTABLE,
)
ADDRESSES = st.sampled_from(["0x" + "0" * 39 + digit for digit in "0123456789abcdefAF"])
NUMBERS = st.one_of(
    st.integers(-5, 1 << 40).map(str),
    st.sampled_from(["", "0x1f", "12.0", "1.5", " 7", "007", "x", "1e3", "2**3"]),
)
AMOUNTS = st.one_of(
    st.integers(0, 1 << 256).map(str),
    st.decimals(0, 10**20, places=6, allow_nan=False).map("{:f}".format),
    st.sampled_from(
        ["0", "000", "0.", ".5", "1.50", "1e3", "-1", "float 1.5", "1,5", "１", " 1", "1\x1f5", "1.2.3"]
    ),
)
DECIMALS = st.sampled_from([None, "0", "6", "18", "78", "-1", "06", " 6", "x", "6.0", "\x1f6"])


@given(st.lists(HASHES, max_size=20))
def test_packed_hashes_give_back_their_texts(texts: list[str]) -> None:
    packed = pack_hashes(pa.array(texts, pa.large_string()))
    assert [unpack_hash(each) for each in packed.to_pylist()] == texts
    assert len(set(packed.to_pylist())) == len(set(texts))
    assert packed.to_pylist() == [pack_hash(text) for text in texts]
    ends = np.cumsum([0, *map(len, packed.to_pylist())])
    raw, forms, others = unpack_hashes(np.frombuffer(b"".join(packed.to_pylist()) or b"0", np.uint8), ends)
    rest = iter(others)
    spelled = [
        next(rest) if form == 2 else ("0x", "")[form] + row.tobytes().hex()
        for row, form in zip(raw, forms, strict=True)
    ]
    assert spelled == texts


@given(st.lists(st.lists(NAMES | st.none(), max_size=20), max_size=4))
def test_names_have_one_id_each(batches: list[list[str | None]]) -> None:
    names = NameIds()
    ids: dict[str, int] = {}
    for batch in batches:
        for text, found in zip(batch, names.number(pa.array(batch, pa.large_string())).tolist(), strict=True):
            assert (found == -1) == (text is None)
            if text is not None:
                assert ids.setdefault(text, found) == found
    assert sorted(ids.values()) == list(range(len(names)))
    assert names.texts(np.array([*ids.values()], np.int64)) == [*ids]


def test_many_names_keep_their_ids_while_the_table_grows() -> None:
    texts = [f"0x{i * 7919 % 50_021:040x}" if i % 9 else f"name {i % 777}" for i in range(120_000)]
    names = NameIds()
    ids: dict[str, int] = {}
    for start in range(0, len(texts), 999):
        part = texts[start : start + 999]
        for text, found in zip(part, names.number(pa.array(part)).tolist(), strict=True):
            assert ids.setdefault(text, found) == found
    assert names.texts(np.array([*ids.values()], np.int64)) == [*ids]


def check_one(**given: str | None) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows that pass, and the problems of the others, of one row."""
    row: dict[str, Any] = dict.fromkeys(("time", "tx_index", "position", "memo"))
    row |= {"block": "1", "tx_hash": "t", "sender": "a", "receiver": "b", "amount": "1", "asset": "X"}
    decimals = given.pop("decimals", None)
    row |= given
    plain = (
        decimals is not None
        and decimals.isdecimal()
        and str(int(decimals)) == decimals
        and int(decimals) <= 77
    )
    columns: dict[str, Any] = {name: pa.array([value], pa.string()) for name, value in row.items()}
    columns |= {
        "ord": pa.array([4], pa.int64()),
        "kind": pa.array([4], pa.int8()),
        "open_end": pa.array([False]),
    }
    columns |= {"decimals": pa.array([int(decimals or 0) if plain else None], pa.int32())}
    columns |= {"scale": pa.array([int(decimals or 0) if plain or decimals is None else -1], pa.int32())}
    columns |= {"stated": pa.array([decimals], pa.string())}
    good, refused = Checked(ETHEREUM).check(pa.record_batch(columns))
    return good.to_pylist(), [] if refused is None else refused["problem"].to_pylist()


@given(st.sampled_from(["block", "tx_index", "position", "time"]), NUMBERS)
def test_numbers_are_what_the_parser_says(column: str, text: str) -> None:
    (value,), (problem,) = build_fields(ETHEREUM)[column].read([text])
    good, refused = check_one(**{column: text})
    assert refused == ([] if problem is None else [problem])
    assert [row[column] for row in good] == ([] if problem is not None else [value])


@given(AMOUNTS, DECIMALS)
def test_amounts_are_what_the_parser_says(text: str, decimals: str | None) -> None:
    (value,), (problem,) = build_fields(ETHEREUM)["amount"].read([mark_amount(text, decimals)])
    good, refused = check_one(amount=text, decimals=decimals)
    assert refused == ([] if problem is None else [problem])
    for row in good:
        large = len(str(value)) > 18
        assert row["wide"] == (value if large else None)
        assert row["amount"] == (None if large else int(value or 0))


@given(st.lists(st.tuples(HASHES, ADDRESSES, NAMES), min_size=1, max_size=20))
def test_hashes_and_accounts_are_what_the_parsers_say(rows: list[tuple[str, str, str]]) -> None:
    fields = build_fields(ETHEREUM)
    for tx_hash, sender, receiver in rows:
        found = {"tx_hash": tx_hash, "sender": sender, "receiver": receiver}
        read = {name: fields[name].read([text]) for name, text in found.items()}
        problems = [problem for _, (problem,) in read.values() if problem is not None]
        good, refused = check_one(**found)
        assert refused == problems[:1]
        for row in good:
            assert unpack_hash(row["tx_hash"]) == read["tx_hash"][0][0]


def test_the_first_problem_of_a_row_is_named() -> None:
    _, (problem,) = check_one(amount="x", time="y", asset="")
    assert problem.startswith("ledger.bad-amount")


@given(st.lists(st.integers(0, 255), max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_column_in_a_file_reads_as_an_array(
    tmp_path_factory: Any, values: list[int], a: int, b: int
) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool") / "columns")
    column = np.array(values, np.int16)
    spool.append("x", column[:a])
    spool.append("x", column[a:])
    found = spool.read("x")
    assert len(found) == len(column)
    assert found[a:b].tolist() == column[a:b].tolist()
    assert [found[i] for i in range(len(column))] == values
    rows = np.array([i for i in (a, b, 0) if i < len(column)], np.int64)
    assert found[rows].tolist() == column[rows].tolist()
    assert np.asarray(found).tolist() == values


def test_decimals_are_read_as_bytes() -> None:
    assert parse_decimals(pa.array(["258"], pa.string()))[0, -2:].tolist() == [1, 2]
