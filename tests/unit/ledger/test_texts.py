"""Tables of texts: what goes in comes out, and is found, however it is kept."""

import random
from typing import Any

import numpy as np
import pytest

from jindo.ledger.hex_texts import FORMS, HexForm, HexTexts, find_form, parse_hex_texts, read_bytes
from jindo.ledger.memos import NoMemos, cut_memos, join_memos
from jindo.ledger.stored_texts import store_texts
from jindo.ledger.text_order import order_keys, order_texts, sort_keys
from jindo.ledger.text_views import FirstTexts, JoinedTexts
from jindo.ledger.texts import MappedTexts, MemoryTexts, SomeTexts, lay_out, to_arrow_texts

ADDRESSES = [f"0x{n * 7919 % 1009:040x}" for n in range(50)]


def make_mapped(texts: list[str]) -> MappedTexts:
    data, ends = lay_out(texts)
    return MappedTexts(data[: ends[-1]], ends, None).sorted()


def make_hex(texts: list[str], form: HexForm = FORMS[0]) -> HexTexts:
    raw, fits = parse_hex_texts(form, *lay_out(texts))
    others = np.flatnonzero(~fits)
    mine = np.array(sorted(np.flatnonzero(fits), key=lambda i: texts[i]), np.int32)
    return HexTexts(form, raw, mine, others, make_mapped([texts[i] for i in others]))


def odd_texts(seed: int) -> list[str]:
    chance = random.Random(seed)  # texts, not secrets
    made = {"".join(chance.choice("ab\0é") for _ in range(chance.randrange(20))) for _ in range(40)}
    return sorted(made, key=lambda text: chance.random())


@pytest.mark.parametrize("seed", range(20))
def test_order_is_that_of_the_bytes(seed: int) -> None:
    texts = odd_texts(seed)
    data, ends = lay_out(texts)
    order = order_texts(data, ends)
    assert order is not None
    assert [texts[i].encode() for i in order] == sorted(text.encode() for text in texts)


def test_texts_in_order_need_none() -> None:
    data, ends = lay_out(["a", "b", "ba"])
    assert order_texts(data, ends) is None


def test_an_order_is_found_where_texts_are_equal() -> None:
    depths: list[int] = []

    def find_keys(rows: np.ndarray, depth: int) -> np.ndarray:
        depths.append(depth)
        assert len(depths) < 9, "no end"
        return np.zeros(len(rows), np.uint64)

    order = order_keys(np.array([3, 1, 3], np.uint64), find_keys, 20)
    assert order is not None
    assert (order[0], sorted(order.tolist()), depths) == (1, [0, 1, 2], [8, 16, 24])
    texts = ["gift", "a" * 30, "gift", "a" * 30, "gift\0", ""]
    found = order_texts(*lay_out(texts))
    assert found is not None
    assert [texts[i] for i in found] == sorted(texts)


def test_texts_that_may_repeat_are_kept_without_an_order() -> None:
    texts = [*ADDRESSES, "gift", "a word", *ADDRESSES[:3], "gift"]
    stored = [column.name for column in store_texts("memos", MemoryTexts(texts), ordered=False)]
    assert stored == ["memos", "memos_other_rows", "memos_others"]


@pytest.mark.parametrize("count", [0, 1, 17, 5000])
@pytest.mark.parametrize("most", [0, 3, 2**64 - 1])
def test_keys_are_sorted_with_their_rows(count: int, most: int) -> None:
    chance = random.Random(count)
    keys = np.array([chance.randint(0, most) for _ in range(count)], np.uint64)
    found, order = sort_keys(keys)
    assert found.tolist() == sorted(keys.tolist())
    assert keys[order].tolist() == found.tolist()
    assert sorted(order.tolist()) == list(range(count))


@pytest.mark.parametrize("seed", range(5))
def test_mapped_texts_are_found(seed: int) -> None:
    texts = odd_texts(seed)
    table = make_mapped(texts)
    assert list(table) == texts
    assert table.find_all([*texts, "q"]).tolist() == [*range(len(texts)), -1]
    assert [table.find(text) for text in [*texts, "q"]] == [*range(len(texts)), -1]
    assert to_arrow_texts(table, 2, 9).to_pylist() == texts[2:9]
    assert table.take(np.array([3, 0])).to_pylist() == [texts[3], texts[0]]


OTHERS = [
    "reward-508110",
    "",
    "0x" + "A" * 40,
    "0x" + "g" * 40,
    "0x" + "1" * 39,
    "1" * 42,
    "0x" + "1" * 64,
    "é",
]


def test_hex_texts_keep_those_that_are_written_otherwise() -> None:
    texts = [*ADDRESSES[:5], *OTHERS, *ADDRESSES[5:]]
    table = make_hex(texts)
    assert list(table) == texts
    assert table.find_all([*texts, "0x" + "f" * 40, "no"]).tolist() == [*range(len(texts)), -1, -1]
    assert [table.find(text) for text in texts] == [*range(len(texts))]
    assert to_arrow_texts(table, 3, 9).to_pylist() == texts[3:9]
    assert table.take(np.array([7, 0, 6])).to_pylist() == [texts[7], texts[0], texts[6]]


def test_the_address_of_zeros_is_not_one_that_is_written_otherwise() -> None:
    texts = [*OTHERS, *ADDRESSES, "0x" + "0" * 40]
    texts = list(dict.fromkeys(texts))
    table = make_hex(texts)
    assert table.find("0x" + "0" * 40) == texts.index("0x" + "0" * 40)
    without = make_hex([text for text in texts if text != "0x" + "0" * 40])
    assert without.find("0x" + "0" * 40) == -1


def test_an_empty_table_finds_nothing() -> None:
    assert make_hex([]).find_all(["a", ADDRESSES[0]]).tolist() == [-1, -1]
    assert make_mapped([]).find_all(["a"]).tolist() == [-1]
    assert make_mapped(["a"]).find_all([]).tolist() == []


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (ADDRESSES, FORMS[0]),
        ([f"0x{n:064x}" for n in range(9)], FORMS[1]),
        ([f"{n:064x}" for n in range(9)], FORMS[2]),
        ([*ADDRESSES[:8], "reward-1"], FORMS[0]),
        ([*ADDRESSES[:2], "reward-1"], None),
        ([f"{n:040x}" for n in range(9)], None),
        (["1PkqKGbNLDdDJGveCcNUMV9CEFH77ADrPQ"], None),
        ([], None),
    ],
)
def test_find_form_knows_what_most_are(texts: list[str], form: HexForm | None) -> None:
    assert find_form(texts) == form


def test_bytes_are_read_through_views() -> None:
    texts = [*ADDRESSES[:20], "other", *ADDRESSES[20:]]
    tables = JoinedTexts([make_hex(texts[:25]), MemoryTexts(texts[25:30]), make_mapped(texts[30:])])
    for start, stop in ((0, len(texts)), (20, 21), (24, 31), (5, 5)):
        raw, fits = read_bytes(FirstTexts(tables, 45), FORMS[0], start, min(stop, 45))
        right, fit = parse_hex_texts(FORMS[0], *lay_out(texts[start : min(stop, 45)]))
        assert (raw == right).all()
        assert (fits == fit).all()
    assert to_arrow_texts(tables, 18, 33).to_pylist() == texts[18:33]


def test_some_texts_have_none_in_most_rows() -> None:
    memos = SomeTexts(5, np.array([1, 4]), ["x", "y"])
    assert list(memos) == [None, "x", None, None, "y"]
    assert memos[1:] == ["x", None, None, "y"]
    assert memos[-1] == "y"


class WatchedTexts(SomeTexts):
    """Texts that tell which rows they were asked for."""

    def __init__(self, count: int, rows: np.ndarray, texts: list[str]) -> None:
        super().__init__(count, rows, texts)
        self.asked: list[Any] = []

    def __getitem__(self, index: Any) -> Any:
        self.asked.append(index)
        return super().__getitem__(index)


@pytest.mark.parametrize(("count", "asked"), [(3, []), (4, [3]), (1000, [3, 900])])
def test_memos_are_cut_without_asking_the_rows_that_have_none(count: int, asked: list[int]) -> None:
    memos = WatchedTexts(1000, np.array([3, 900]), ["x", "y"])
    cut = cut_memos(memos, count)
    assert memos.asked == asked
    expected = [{3: "x", 900: "y"}.get(row) for row in range(count)]
    assert (None if cut is None else list(cut)) == (expected if asked else None)


def test_joined_memos_are_cut_too() -> None:
    joined = join_memos(None, join_memos([None, "a"], SomeTexts(3, np.array([2]), ["b"]), 2, 3), 4, 5)
    assert joined is not None
    assert [list(cut_memos(joined, count) or []) for count in (5, 6, 9)] == [
        [],
        [None] * 5 + ["a"],
        [None] * 5 + ["a", None, None, "b"],
    ]
    assert cut_memos(NoMemos(5), 5) is None
