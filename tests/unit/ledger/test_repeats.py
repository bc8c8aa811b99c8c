"""The same movements with more columns, or fewer, are no further movements."""

from pathlib import Path
from typing import Any

import pytest

from jindo.base.errors import ConflictError
from jindo.base.ids import ETHEREUM
from jindo.ledger import AccountChain, ImportReport, import_source, open_ledger

A, B = (f"0x{n:040x}" for n in (1, 2))
HEADER = "block,tx_hash,from,to,amount"
PLAIN = f"{HEADER}\n1,t,{A},{B},5\n2,s,{A},{B},{2**200}\n"


def add(text: str, name: str, *values: object) -> str:
    """The text with one more column."""
    header, *rows = text.splitlines()
    return "\n".join([f"{header},{name}", *(f"{r},{v}" for r, v in zip(rows, values, strict=True))]) + "\n"


def bring(tmp_path: Path, text: str, name: str = "t.csv", **options: Any) -> ImportReport:
    (tmp_path / name).write_text(text)
    return import_source(str(tmp_path / name), format="transfers", into=tmp_path / "ledger", **options)


FULLER = {
    "time": add(PLAIN, "time", 1700000000, 1700000001),
    "log index": add(PLAIN, "log_index", 3, 4),
    "asset": add(PLAIN, "asset", "USD", "USD"),
    "time and log index": add(add(PLAIN, "log_index", 3, 4), "time", 1700000000, 1700000001),
}
PLACED = add(PLAIN, "tx_index", 3, 4)


@pytest.mark.parametrize("field", FULLER)
@pytest.mark.parametrize("is_fuller_first", [False, True])
def test_the_same_movements_with_other_columns_are_refused(
    tmp_path: Path, field: str, *, is_fuller_first: bool
) -> None:
    first, second = (PLAIN, FULLER[field]) if not is_fuller_first else (FULLER[field], PLAIN)
    bring(tmp_path, first)
    with pytest.raises(ConflictError, match=f"only one of the two states its {field}: ") as caught:
        bring(tmp_path, second, "u.csv")
    assert (caught.value.place, "--again" in caught.value.remedy()) == ("u.csv:2", True)
    assert bring(tmp_path, second, "u.csv", again=True).added == 2


@pytest.mark.parametrize("is_fuller_first", [False, True])
def test_the_same_movements_with_their_index_are_there_already(
    tmp_path: Path, *, is_fuller_first: bool
) -> None:
    first, second = (PLACED, PLAIN) if is_fuller_first else (PLAIN, PLACED)
    bring(tmp_path, first)
    for again in (False, True):
        report = bring(tmp_path, second, "u.csv", again=again)
        assert (report.added, report.already_there) == (0, 2)
    chain = open_ledger(tmp_path / "ledger").chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    assert [int(chain.tx_index[tx]) for tx in range(2)] == [3, 4]


def test_rows_with_and_without_their_index_come_again_as_the_same(tmp_path: Path) -> None:
    text = f"{HEADER},tx_index\n1,t,{A},{B},5,3\n1,t,{A},{B},6,\n"
    assert (bring(tmp_path, text).added, bring(tmp_path, text).added) == (2, 0)


def test_a_repeat_between_two_files_of_one_import_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text(PLAIN)
    (tmp_path / "in/b.csv").write_text(FULLER["time"])
    with pytest.raises(ConflictError) as caught:
        import_source(str(tmp_path / "in"), format="transfers", into=tmp_path / "ledger")
    assert caught.value.place == "b.csv:2"
    assert not (tmp_path / "ledger").exists()


def test_a_memo_that_comes_with_a_time_is_no_other_movement(tmp_path: Path) -> None:
    bring(tmp_path, PLAIN)
    with pytest.raises(ConflictError, match="time"):
        bring(tmp_path, add(FULLER["time"], "memo", "a", "b"), "u.csv")


def test_movements_that_contradict_each_other_are_two(tmp_path: Path) -> None:
    bring(tmp_path, add(PLACED, "time", 1700000000, 1700000001))
    text = add(add(PLAIN, "tx_index", 3, 4), "time", 1700000005, "")
    assert bring(tmp_path, text.rsplit("\n", 2)[0] + "\n", "u.csv").added == 1


def test_rows_of_one_file_are_never_repeats(tmp_path: Path) -> None:
    text = f"{HEADER},time\n1,t,{A},{B},5,\n1,t,{A},{B},5,1700000000\n"
    assert (bring(tmp_path, text).added, bring(tmp_path, text).added) == (2, 0)


def test_other_blocks_may_state_more(tmp_path: Path) -> None:
    bring(tmp_path, PLAIN)
    assert bring(tmp_path, f"{HEADER},time\n9,u,{A},{B},5,1700000000\n", "u.csv").added == 1
